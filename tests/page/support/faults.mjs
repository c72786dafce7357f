// Faults of a training in the page, caused at chosen moments, and what has to be the same after them.
import { createHash } from "node:crypto";
import { address, phase, SMALL, train } from "./page.mjs";

/** A training with a few steps between its checkpoints. Every fault happens to one of these. */
export const SETTINGS = { ...SMALL, train_size: 640, epochs: 2, checkpoints: 2, samples: 2, players: 4 };
export const SEARCH = address({ ...SETTINGS, engine: "cpu" });

/**
 * Runs in the page before its own scripts: gives every moment a name (a message between page and
 * worker, or a write into the browser's storage) and causes a fault at the one that a test chose.
 * The message or the write of that moment is lost.
 *
 * A name is worker, direction, kind, and the how manieth of these. Workers are numbered as a
 * training starts them; "page" is one that was there before. Progress is told as time passes, so
 * only the first of a worker has a name.
 */
export function namedMoments() {
  const moments = { passed: [], at: undefined, fault: undefined, happened: false, gone: false };
  const counts = new Map();
  let [first, workers] = [1, 0];
  /** Forgets what passed. */
  moments.begin = (at, fault) => {
    counts.clear();
    first = workers + 1;
    Object.assign(moments, { passed: [], at, fault, happened: false });
  };
  /** Whether what passes is to be let through. */
  const passes = (kind, end) => {
    if (moments.gone) return false;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    if (kind.endsWith("progress") && count > 1) return true;
    const name = `${kind} ${count}`;
    moments.passed.push(name);
    const lasts = moments.fault === "storage full" && moments.happened && kind.startsWith("storage");
    if (name !== moments.at && !lasts) return true;
    moments.happened = true;
    if (moments.fault === "page gone") {
      moments.gone = true;
      location.reload();
    } else end();
    return false;
  };
  const { Worker } = globalThis;
  globalThis.Worker = class extends Worker {
    constructor(url, options) {
      super(url, options);
      this.number = ++workers;
      super.addEventListener("message", (message) => {
        if (this.hangs) return message.stopImmediatePropagation();
        const kind = message.data.event?.type ?? message.data;
        if (!this.passes(`tells ${kind}`)) message.stopImmediatePropagation();
      });
    }
    passes(kind) {
      const name = this.number < first ? "page" : `worker ${this.number - first + 1}`;
      const end = () => {
        // No event tells the page of either. What hangs keeps its lock.
        if (moments.fault === "worker hangs") this.hangs = true;
        else super.terminate();
      };
      return passes(`${name} ${kind}`, end);
    }
    postMessage(message, ...more) {
      if (this.hangs) return;
      const { command } = message;
      const kind = typeof command === "object" ? Object.keys(command)[0] : (command ?? "load");
      if (this.passes(`is told ${kind}`)) super.postMessage(message, ...more);
    }
  };
  const { put } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.put = function (value, key) {
    // Runs that are kept are no part of a session.
    if (this.transaction.db.name !== "spindle") return put.call(this, value, key);
    const checkpoint = value.count > 0 ? "checkpoint with parts" : "checkpoint alone";
    const kind = typeof key === "number" ? checkpoint : Array.isArray(key) ? "part" : key;
    // Where a write is lost, nobody hears of it.
    if (!passes(`storage is told ${kind}`, () => this.transaction.abort())) return {};
    return put.call(this, value, key);
  };
  // What the page waits for 20 seconds or more for, it waits for here a second: a silent worker, and a
  // reset that may be taken back.
  const { setTimeout } = globalThis;
  globalThis.setTimeout = (call, delay, ...more) => setTimeout(call, delay >= 20_000 ? 1_000 : delay, ...more);
  globalThis.moments = moments;
}

export const prepare = (page) => page.addInitScript(namedMoments);

/** Begins a training, over the one before, to which a fault happens at a moment. */
export async function begin(page, at, fault) {
  await page.evaluate(([at, fault]) => globalThis.moments.begin(at, fault), [at, fault]);
  await train(page);
}

/** A whole one. */
export async function wholeTraining(page, at, fault) {
  await begin(page, at, fault);
  await phase(page, "finished");
  return resultOf(page);
}

/** A whole one, by a reader who begins again whenever a worker says nothing; and how often that was. */
export async function wholeDespiteSilence(page, at) {
  await begin(page, at, "worker hangs");
  const again = page.getByRole("button", { name: "begin again from the last stored state" });
  const finished = page.locator("[data-phase=finished]");
  let times = 0;
  for (;;) {
    await finished.or(again).first().waitFor();
    if ((await finished.count()) > 0) return { result: await resultOf(page), times };
    // In one go: it may have spoken meanwhile, and a click from outside may come about and be told as none.
    times += await again.evaluateAll((buttons) => buttons.map((button) => button.click()).length);
  }
}

/** Begins a training over which the page goes away at a moment; whether it did before the end, or just then. */
export async function goneAt(page, at) {
  // It may be loaded again while the button is still being pressed. Whichever comes second is of no more
  // interest, and nor is why it does not come.
  const loaded = page.waitForEvent("load", { timeout: 0 }).then(
    () => true,
    () => false,
  );
  await begin(page, at, "page gone");
  // The last moments come behind the end: when what came of it is asked for, and with the last writes.
  const over = phase(page, "finished")
    .then(() => resultOf(page))
    .then(() => page.waitForTimeout(2_000))
    .catch(() => new Promise(() => undefined));
  return Promise.race([loaded, over.then(() => false)]);
}

/** What a page that was loaded again has to go on with, brought to its end; from the beginning where nothing was stored. */
export async function goneOn(page) {
  if (!(await stored(page))) return wholeTraining(page);
  const paused = page.locator("[data-phase=paused]");
  await paused.or(page.locator("[data-phase=finished]")).waitFor();
  if ((await paused.count()) > 0) await page.getByRole("button", { name: "Go on" }).click();
  await phase(page, "finished");
  return resultOf(page);
}

/** Waits until the page is there, as `withPage` does. */
export async function seen(page) {
  await page.getByRole("slider", { name: "Checkpoint" }).waitFor();
}

/** Whether the browser's storage has a session. */
function stored(page) {
  return page.evaluate(
    () =>
      new Promise((done) => {
        const opening = indexedDB.open("spindle", 1);
        opening.onsuccess = () => {
          const database = opening.result;
          const request = database.transaction("session").objectStore("session").count("session");
          request.onsuccess = () => {
            database.close();
            done(request.result > 0);
          };
        };
      }),
  );
}

export async function reset(page) {
  await page.getByRole("button", { name: "Reset" }).click();
  await page.locator(".status").waitFor({ state: "detached" });
  // It may be taken back for a while.
  while (await stored(page)) await page.waitForTimeout(100);
}

/** Everything that passed. */
export function passed(page) {
  return page.evaluate(() => globalThis.moments.passed);
}

/** Whether the fault that was asked for came about. */
export function happened(page) {
  return page.evaluate(() => globalThis.moments.happened);
}

/** What the page says went wrong, or nothing. */
export async function sentence(page) {
  const alert = page.locator(".status [role=alert]");
  return (await alert.count()) === 0 ? "" : alert.innerText();
}

/** The first moment of every kind, or every so manieth of these; all where SPINDLE_EVERY_MOMENT is set. */
export function chosen(moments, every = 1) {
  if (process.env.SPINDLE_EVERY_MOMENT) return moments;
  return moments.filter((name) => name.endsWith(" 1")).filter((_, index) => index % every === 0);
}

/**
 * What a training found, without its times: all numbers of its figures, the losses, and digests of
 * the arrays in its file.
 */
export async function resultOf(page) {
  const found = await page.evaluate(async () => {
    // A record that is lost behind the end is made again.
    const atTheEnd = async () => {
      for (;;) {
        const run = globalThis.spindle.runs.value.find(({ live }) => live);
        const bytes = await run?.file().catch(() => undefined);
        const isFinished = globalThis.spindle.training.value.phase.value === "finished";
        if (bytes && isFinished && run === globalThis.spindle.runs.value.find(({ live }) => live))
          return { run, bytes };
        await new Promise((next) => setTimeout(next, 100));
      }
    };
    const { run, bytes } = await atTheEnd();
    const { figures, checkpoints, samples, phases, warnings } = run.view;
    const losses = globalThis.spindle.training.value.losses.value;
    let file = "";
    for (let at = 0; at < bytes.length; at += 32_768) file += String.fromCharCode(...bytes.subarray(at, at + 32_768));
    return { figures, checkpoints, samples, phases, warnings, losses, file: btoa(file) };
  });
  return { ...found, file: digests(Buffer.from(found.file, "base64")) };
}

/** Digest of every entry of an archive but the record, which has times. Nothing is compressed in it. */
function digests(archive) {
  const end = archive.lastIndexOf("PK\x05\x06", undefined, "latin1");
  const found = {};
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    const [size, name, extra, comment] = [
      archive.readUInt32LE(at + 24),
      ...[28, 30, 32].map((o) => archive.readUInt16LE(at + o)),
    ];
    const title = archive.toString("utf8", at + 46, at + 46 + name);
    const local = archive.readUInt32LE(at + 42);
    const from = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    if (title !== "run.json")
      found[title] = createHash("sha256")
        .update(archive.subarray(from, from + size))
        .digest("hex");
    at += 46 + name + extra + comment;
  }
  return found;
}
