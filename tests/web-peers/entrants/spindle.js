// Spindle's engine in a worker of its own, as the page drives it.

/**
 * Answers `{ engines, data, device, seconds }` with `{ stepsPerSecond, maskedSeconds, gpu }`, once.
 */
self.onmessage = async ({ data: options }) => {
  try {
    postMessage(await turn(options));
  } catch (error) {
    postMessage({ failed: String(error?.stack ?? error) });
  }
};

async function turn({ engines, data, device, seconds }) {
  const files = await Promise.all(data.map(bytes));
  const trained = await network(engines.cpu, files);
  const engine = await open(device === "webgpu" ? engines.gpu : engines.cpu);
  const [gpu] = device === "webgpu" ? await engine.ask({ type: "open_gpu" }) : [null];
  const [rate] = await engine.ask({ type: "rate", experiment: { device }, data: files, seconds });
  return {
    stepsPerSecond: rate.steps_per_second,
    maskedSeconds: await measure(engine, trained, device),
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
  const events = await engine.ask({ type: "train", experiment, data, state: null, paused: false });
  engine.close();
  const { samples, pictures } = events.find(({ type }) => type === "started");
  const { weights, losses } = events.findLast(({ type }) => type === "checkpoint");
  return { experiment, step: losses.step, weights, samples, pictures };
}

/**
 * Seconds of 1,024 masked outputs with their decomposition, three times; the first time, which
 * compiles, is left out.
 */
async function measure(engine, { experiment, ...trained }, device) {
  const seconds = [];
  for (let time = 0; time < 4; time++) {
    const [{ part }] = await engine.ask({ type: "measure", experiment: { ...experiment, device }, ...trained });
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
  const worker = new Worker("/engine.js", { type: "module" });
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
