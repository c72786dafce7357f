// Spindle in the browser beside its peers, in one run of one Chromium. README.md says what is
// measured and how.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { launch, workerAnswer } from "./chromium.js";
import { lostToMachine } from "./machine.js";
import { largestPaint, longTasksInTraining } from "./page.js";
import { CPU_ENGINE, fail, GPU_ENGINE, median, summary } from "./report.js";
import { serve } from "./server.js";

/** Networks that all train, by Spindle's names. */
const NETWORKS = ["lenet", "mlp"];
/** Rounds in which all take turns. */
const ROUNDS = 3;
/** Seconds of training, and of forward passes, in a turn. */
const SECONDS = 3;

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const dist = process.env.SPINDLE_DIST;

const server = await serve(
  {
    "/digits/": here("../../crates/data/assets/mnist"),
    "/wasm/": here("node_modules/@tensorflow/tfjs-backend-wasm/dist"),
    ...(dist ? { "/page/": dist } : {}),
  },
  { "/blank.html": "<!doctype html><title>Benchmark</title>", ...(await scripts()) },
);
const page = `${server.origin}/page/`;
try {
  const training = await compareTraining();
  if (!dist) console.error("SPINDLE_DIST names no built page: the peers alone were measured.");
  console.log(JSON.stringify({ ...training, page: dist ? await measurePage() : null }));
} finally {
  server.close();
}

/** The workers' scripts, bundled: address -> contents. */
async function scripts() {
  const folder = here("entrants");
  const { outputFiles } = await build({
    entryPoints: ["tfjs.js", "jax.js", "spindle.js", "engine.js"].map((name) => join(folder, name)),
    outdir: folder,
    write: false,
    bundle: true,
    splitting: true,
    format: "esm",
    minify: true,
    logLevel: "error",
  });
  return Object.fromEntries(outputFiles.map(({ path, contents }) => [path.slice(folder.length), contents]));
}

async function compareTraining() {
  const browser = await launch({ webgpu: true });
  try {
    const networks = [];
    for (const network of NETWORKS) networks.push({ network, entrants: await compare(browser, network) });
    return { about: `Chromium ${browser.version()}`, networks };
  } finally {
    await browser.close();
  }
}

async function compare(browser, network) {
  const entrants = [...(dist ? await engines() : []), ...peers()];
  for (let round = 1; round <= ROUNDS; round++) {
    for (const entrant of entrants) await takeTurn(browser, entrant, { round, network });
  }
  return summary(entrants);
}

function peers() {
  const peer = (library, script) => (backend) => ({
    name: `${library}, ${backend}`,
    script,
    options: { backend },
    turns: [],
  });
  return [
    ...["wasm", "cpu", "webgpu"].map(peer("TensorFlow.js", "/tfjs.js")),
    ...["wasm", "webgpu"].map(peer("jax-js", "/jax.js")),
  ];
}

async function engines() {
  const manifest = async (name) => JSON.parse(await readFile(join(dist, name), "utf8"));
  const absolute = (url) => new URL(url, page).href;
  const builds = Object.entries(await manifest("engines.json"));
  const urls = Object.fromEntries(
    builds.map(([name, { script, wasm }]) => [name, { script: absolute(script), wasm: absolute(wasm) }]),
  );
  const data = (await manifest("data.json")).mnist.files.map(absolute);
  const engine = (name, device) => ({
    name,
    script: "/spindle.js",
    options: { engines: urls, data, device },
    turns: [],
  });
  // A page may be built without the GPU engine, which takes longest to compile.
  return [engine(CPU_ENGINE, "cpu"), ...(urls.gpu ? [engine(GPU_ENGINE, "webgpu")] : [])];
}

async function takeTurn(browser, { name, script, options, turns }, { round, network }) {
  const what = `${network}, round ${round}   ${name}`;
  try {
    const turn = await workerAnswer(browser, server.origin, script, { ...options, network, seconds: SECONDS });
    turns.push(turn);
    console.error(`${what}: ${turn.stepsPerSecond.toPrecision(3)} steps/s`);
  } catch (error) {
    fail(`${what} failed: ${error.message}`);
  }
}

async function measurePage() {
  const browser = await launch({ webgpu: false });
  try {
    const paints = [];
    for (let round = 0; round < ROUNDS; round++) paints.push(await largestPaint(browser, page));
    const minutes = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const lost = await lostToMachine();
      const tasks = await longTasksInTraining(browser, page);
      console.error(`the page, round ${round}   tasks over 50 ms: ${tasks.join(", ") || "none"}`);
      minutes.push({ tasks, lost });
    }
    return { largestPaint: median(paints), minutes, longTasks: median(minutes.map(({ tasks }) => tasks.length)) };
  } catch (error) {
    fail(`page: ${error.message}`);
  } finally {
    await browser.close();
  }
}
