// A peer's turn in a worker: train, then pass images forward, and tell how fast.
import { BATCH, NETWORKS, trainingDigits } from "./networks.js";

/** Images of a forward pass. */
const FORWARD = BATCH;

/**
 * Answers `{ backend, network, seconds }` with `{ stepsPerSecond, imagesPerSecond, losses }`, once.
 *
 * `open(backend, network)` gives the peer with one of the `NETWORKS`: `step(images, labels)` trains on a batch and returns its loss on
 * the device, `forward(images)` returns logits on the device, `read(array)` awaits numbers and
 * frees the array.
 */
export function serve(open) {
  self.onmessage = async ({ data: { backend, network, seconds } }) => {
    try {
      const what = NETWORKS[network];
      postMessage(await turn(await open(backend, what), await trainingDigits(what), seconds));
    } catch (error) {
      postMessage({ failed: String(error?.stack ?? error) });
    }
  };
}

async function turn(peer, digits, seconds) {
  const batches = Math.floor(digits.count / BATCH);
  const losses = [];
  const train = (step) => {
    const start = (step % batches) * BATCH;
    return peer.step(digits.images(start, BATCH), digits.labels(start, BATCH));
  };
  const stepsPerSecond = await rate(train, async (loss) => losses.push((await peer.read(loss))[0]), 4, seconds);
  const images = digits.images(0, FORWARD);
  const passesPerSecond = await rate(() => peer.forward(images), peer.read, 1, seconds);
  return { stepsPerSecond, imagesPerSecond: passesPerSecond * FORWARD, losses };
}

/**
 * Calls of `work` per second, over at least `first` calls and `seconds`.
 *
 * The first call compiles and does not count. Results are read in groups of doubling size: a GPU
 * that had to answer after every call would wait for the page.
 */
async function rate(work, read, first, seconds) {
  await read(work(0));
  let done = 0;
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  for (let group = first; done === 0 || elapsed() < seconds; group *= 2) {
    const results = Array.from({ length: group }, () => work(++done));
    for (const result of results) await read(result);
  }
  return done / elapsed();
}
