// What was measured, in words and numbers.
import { cpus } from "node:os";

export const CPU_ENGINE = "Spindle, CPU engine";
export const GPU_ENGINE = "Spindle, GPU engine";

/** Steps after which a loss must have fallen. */
const ENOUGH_TO_FALL = 10;
/** Largest relative difference between the losses of two peers. */
const LOSS_TOLERANCE = 1e-3;
/** Whose losses the others' are compared with: all its kernels are its own. */
const REFERENCE = "TensorFlow.js, cpu";

/** Prints what the entrants `{ name, turns }` did, and fails where a peer does not compute what the others do. */
export function report(entrants, about) {
  console.log("\nLeNet 32x32, batch 128, SGD 0.01 with momentum 0.9");
  console.log(`${about}, ${cpus().length} cores of ${cpus()[0].model}\n`);
  const speed = (name) => median(turnsOf(entrants, name).map(({ stepsPerSecond }) => stepsPerSecond));
  const [cpu, gpu] = [speed(CPU_ENGINE), speed(GPU_ENGINE)];
  const rows = entrants.map(({ name, turns }) => [
    name,
    speed(name),
    cpu / speed(name),
    gpu / speed(name),
    median(turns.map(({ imagesPerSecond }) => imagesPerSecond ?? NaN)),
    lossDifference(turns, turnsOf(entrants, REFERENCE)),
  ]);
  const head = ["", "training, steps/s", "CPU engine / it", "GPU engine / it", "forward, images/s", "losses differ by"];
  console.log(table(head, rows));
  console.log("\nAll wasm is SIMD on one thread: threads need a cross-origin isolated page, which takes headers of the server.\n");
  checkLosses(rows, entrants);
  reportMasked(entrants);
}

function turnsOf(entrants, name) {
  return entrants.find((entrant) => entrant.name === name)?.turns ?? [];
}

/** Largest relative difference from the reference, over the steps that both did. */
function lossDifference(turns, [reference]) {
  const differences = turns.flatMap(({ losses = [] }) =>
    losses.slice(0, reference?.losses.length ?? 0).map((loss, step) => Math.abs(loss / reference.losses[step] - 1)),
  );
  return differences.length ? Math.max(...differences) : NaN;
}

function checkLosses(rows, entrants) {
  for (const [name, , , , , difference] of rows) {
    if (difference > LOSS_TOLERANCE) fail(`${name}: losses differ by ${difference} from those of ${REFERENCE}`);
  }
  for (const { name, turns } of entrants) {
    // A slow backend's turn is over before the noise of single batches is.
    const falls = ({ losses }) => losses.length < ENOUGH_TO_FALL || losses.at(-1) < losses[0];
    if (!turns.filter(({ losses }) => losses).every(falls)) fail(`${name}: the loss does not fall`);
  }
}

function reportMasked(entrants) {
  for (const { name, turns } of entrants) {
    const seconds = turns.flatMap(({ maskedSeconds = [] }) => maskedSeconds);
    if (!seconds.length) continue;
    const on = turns[0].gpu ? ` (${turns[0].gpu})` : "";
    line(`${name}${on}: 1,024 masked outputs and their decomposition`, 1000 * median(seconds), "at most 250 ms");
  }
}

/** A time beside what it is to be. */
export function line(name, milliseconds, aim) {
  console.log(`${name.padEnd(85)} ${milliseconds.toFixed(0).padStart(6)} ms   ${aim}`);
}

/** Tells of a failure; the benchmark goes on and ends with an error. */
export function fail(message) {
  console.error(message);
  process.exitCode = 1;
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted.length ? sorted[Math.floor(sorted.length / 2)] : NaN;
}

/** `rows` of cells under `head`; the first column is left-aligned, numbers have at least three digits. */
function table(head, rows) {
  const lines = [head, ...rows.map((row) => row.map(cell))];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const padded = (text, column) => (column ? text.padStart(widths[column]) : text.padEnd(widths[column]));
  return lines.map((line) => line.map(padded).join("   ")).join("\n");
}

function cell(value) {
  if (typeof value === "string") return value;
  if (!Number.isFinite(value)) return "-";
  if (value !== 0 && Math.abs(value) < 1e-2) return value.toExponential(1);
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}
