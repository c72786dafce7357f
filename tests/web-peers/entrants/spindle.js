// Spindle's engine in a worker of its own, as the page drives it.

/**
 * Answers `{ engines, data, device, network, seconds }` with `{ stepsPerSecond, maskedSeconds, gpu }`,
 * once; masked outputs are LeNet's, and there are none of other networks.
 */
self.onmessage = async ({ data: options }) => {
  try {
    postMessage(await turn(options));
  } catch (error) {
    postMessage({ failed: String(error?.stack ?? error) });
  }
};

async function turn({ engines, data, device, network: model, seconds }) {
  const files = await Promise.all(data.map(bytes));
  const trained = model === "lenet" ? await network(engines.cpu, files) : undefined;
  const isGpu = device === "webgpu";
  const engine = await open(isGpu ? engines.gpu : engines.cpu);
  const [gpu] = isGpu ? await engine.ask("open_gpu") : [null];
  const experiment = { training: { model } };
  const rate = { experiment, place: { device: isGpu ? "gpu" : "cpu" }, data: files, seconds };
  const [{ steps_per_second }] = await engine.ask({ rate });
  return {
    stepsPerSecond: steps_per_second,
    maskedSeconds: trained && (await measure(engine, trained)),
    gpu: gpu?.name,
  };
}

/**
 * A sample and the weights of two epochs. They come from the CPU engine for both: without a GPU,
 * WebGPU takes minutes for this.
 */
async function network(urls, data) {
  const experiment = { training: { epochs: 2 }, measurement: { checkpoints: 2, samples: 1, train_samples: 0 } };
  const engine = await open(urls);
  const place = { device: "cpu" };
  const events = await engine.ask({ train: { experiment, place, data, state: null, paused: false } });
  engine.close();
  const { bench } = events.find(({ type }) => type === "started");
  const { weights, losses } = events.findLast(({ type }) => type === "checkpoint");
  return { experiment, step: losses.step, weights, bench };
}

/**
 * Seconds of 1,024 masked outputs with their decomposition, three times; the first time, which
 * compiles, is left out.
 */
async function measure(engine, trained) {
  const seconds = [];
  for (let time = 0; time < 4; time++) {
    const [{ part }] = await engine.ask({ measure: trained });
    seconds.push(part.extract_seconds + part.decompose_seconds);
  }
  return seconds.slice(1);
}

async function bytes(url) {
  return new Uint8Array(await (await fetch(url)).arrayBuffer());
}

/** Events after which a request has nothing more to tell. */
const LAST = ["done", "gpu", "rate", "measured"];

async function open(urls) {
  const worker = new Worker(new URL("./engine.js", import.meta.url), { type: "module" });
  await new Promise((resolve, reject) => {
    worker.onmessage = resolve;
    worker.onerror = ({ message }) => reject(new Error(message ?? `cannot load ${urls.script}`));
    worker.postMessage(urls);
  });
  let requests = 0;
  return { ask: (command) => ask(worker, { id: ++requests, command }), close: () => worker.terminate() };
}

/** All events under the request's number. */
function ask(worker, request) {
  const events = [];
  return new Promise((resolve, reject) => {
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.onmessage = ({ data: { id, event } }) => {
      // Number 0 is the engine's own failure.
      if (event.type === "failed") reject(new Error(event.message));
      if (id !== request.id) return;
      events.push(event);
      if (LAST.includes(event.type)) resolve(events);
    };
    worker.postMessage(request);
  });
}
