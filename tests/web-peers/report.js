// What was measured, as medians, and whether it can be believed.

export const CPU_ENGINE = "Spindle, CPU engine";
export const GPU_ENGINE = "Spindle, GPU engine";

/**
 * Steps after which a loss must have fallen: at a dozen it is still within the noise of a batch.
 */
const ENOUGH_TO_FALL = 20;
/** Largest relative difference between the losses of two peers. */
const LOSS_TOLERANCE = 1e-3;
/** Whose losses the others' are compared with: all its kernels are its own. */
const REFERENCE = "TensorFlow.js, cpu";

/**
 * What the entrants `{ name, turns }` did, as medians; fails where a peer does not compute what the
 * others do.
 */
export function summary(entrants) {
  const reference = entrants.find(({ name }) => name === REFERENCE)?.turns ?? [];
  const rows = entrants.map(({ name, turns }) => ({
    name,
    stepsPerSecond: median(turns.map(({ stepsPerSecond }) => stepsPerSecond)),
    imagesPerSecond: median(turns.flatMap(({ imagesPerSecond }) => imagesPerSecond ?? [])),
    maskedSeconds: median(turns.flatMap(({ maskedSeconds = [] }) => maskedSeconds)),
    lossesDifferBy: lossDifference(turns, reference),
    gpu: turns[0]?.gpu,
  }));
  checkLosses(rows, entrants);
  return rows;
}

/** Largest relative difference from the reference, over the steps that both did. */
function lossDifference(turns, [reference]) {
  const differences = turns.flatMap(({ losses = [] }) =>
    losses.slice(0, reference?.losses.length ?? 0).map((loss, step) => Math.abs(loss / reference.losses[step] - 1)),
  );
  return differences.length ? Math.max(...differences) : null;
}

function checkLosses(rows, entrants) {
  for (const { name, lossesDifferBy: difference } of rows) {
    if (difference > LOSS_TOLERANCE) fail(`${name}: losses differ by ${difference} from those of ${REFERENCE}`);
  }
  for (const { name, turns } of entrants) {
    // A slow backend's turn is over before the noise of single batches is.
    const falls = ({ losses }) => losses.length < ENOUGH_TO_FALL || losses.at(-1) < losses[0];
    if (!turns.filter(({ losses }) => losses).every(falls)) fail(`${name}: the loss does not fall`);
  }
}

/** Tells of a failure; the benchmark goes on and ends with an error. */
export function fail(message) {
  console.error(message);
  process.exitCode = 1;
}

/** The value in the middle; null, which JSON has, where there is none. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted.length ? sorted[Math.floor(sorted.length / 2)] : null;
}
