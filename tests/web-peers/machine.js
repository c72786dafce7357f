// What the machine takes from programs that fill its cores: its own work, and that of a host's other guests.
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

/** Milliseconds in which the clock is looked at. */
const LOOKED = 5000;
/** A gap of the clock above which something else has run, milliseconds. */
const GAP = 1;

/** Looks at nothing but the clock, in a worker: what of the time was lost, and the longest gap, milliseconds. */
const LOOK = `
  const { parentPort } = require("node:worker_threads");
  const begun = performance.now();
  let [last, lost, longest] = [begun, 0, 0];
  while (last - begun < ${LOOKED}) {
    const now = performance.now();
    const gap = now - last;
    if (gap > ${GAP}) {
      lost += gap;
      longest = Math.max(longest, gap);
    }
    last = now;
  }
  parentPort.postMessage({ lost, longest });
`;

/** Share of the time that a thread on every core loses, and the most that one loses at once, milliseconds. */
export async function lostToMachine() {
  const looks = await Promise.all(Array.from({ length: availableParallelism() }, look));
  const lost = looks.reduce((sum, { lost }) => sum + lost, 0);
  return { share: lost / (looks.length * LOOKED), longest: Math.max(...looks.map(({ longest }) => longest)) };
}

function look() {
  return new Promise((resolve, reject) => {
    new Worker(LOOK, { eval: true }).once("message", resolve).once("error", reject);
  });
}
