// The browser of the benchmark, and a turn in it.
import { chromium } from "playwright-core";

const BASE = ["--no-sandbox", "--disable-dev-shm-usage"];
/** What gives headless Chromium WebGPU on a machine without a GPU. */
const WEBGPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

/** Chromium at `SPINDLE_CHROMIUM`. */
export function launch({ webgpu }) {
  const executablePath = process.env.SPINDLE_CHROMIUM ?? "/usr/bin/chromium";
  // Playwright's own headless mode is another program; this is Chromium's.
  const args = ["--headless=new", ...BASE, ...(webgpu ? WEBGPU : [])];
  return chromium.launch({ executablePath, headless: false, args });
}

/** Runs `use` on a page that shares nothing with others, caches least of all. */
export async function onFreshPage(browser, use) {
  const context = await browser.newContext();
  try {
    return await use(await context.newPage());
  } finally {
    await context.close();
  }
}

/** Starts a worker on a fresh page, posts it `options` and returns its one answer. */
export function workerAnswer(browser, origin, script, options) {
  return onFreshPage(browser, async (page) => {
    await page.goto(`${origin}/blank.html`);
    const answer = await page.evaluate(answerOf, { script, options });
    if (answer.failed) throw new Error(answer.failed);
    return answer;
  });
}

function answerOf({ script, options }) {
  const worker = new Worker(script, { type: "module" });
  return new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => resolve({ failed: message ?? `cannot load ${script}` });
    worker.postMessage(options);
  });
}
