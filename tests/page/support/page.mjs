// The built page in a real Chromium: a static server, a browser, and what every test holds against
// a page.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { serve } from "../../web-peers/server.js";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const DIST = process.env.SPINDLE_DIST ?? join(ROOT, "web/dist");
const CHROMIUM = process.env.SPINDLE_CHROMIUM ?? "/usr/bin/chromium";
const require = createRequire(join(ROOT, "web/package.json"));
const { chromium } = require("playwright-core");
/** The source of axe, to be evaluated in a page. */
const AXE = require("axe-core").source;

const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** WebGPU by SwiftShader; without these flags there is no adapter. */
const WEBGPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

let server;
const browsers = new Map();
const folders = [];

/** The address of the built page; `/entrants/` beside it are the benchmark's workers. */
export async function origin() {
  server ??= await serve({ "/entrants/": join(ROOT, "tests/web-peers/entrants"), "/": DIST }, {});
  return server.origin;
}

async function browser(gpu) {
  if (!browsers.has(gpu))
    browsers.set(gpu, await chromium.launch({ executablePath: CHROMIUM, args: gpu ? [...FLAGS, ...WEBGPU] : FLAGS }));
  return browsers.get(gpu);
}

after(async () => {
  for (const browser of browsers.values()) await browser.close();
  server?.close();
  for (const place of folders) rmSync(place, { recursive: true, force: true });
});

/**
 * Opens the page in a fresh profile and runs `test(page, context)`.
 *
 * Holds against every page: nothing on the console, no request to another origin. `expected` are
 * console messages that a test provokes.
 */
export async function withPage({ search = "", gpu = false, expected = [], prepare, ...options }, test) {
  const home = await origin();
  const context = await (await browser(gpu)).newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const [said, foreign] = [[], []];
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => said.push(`uncaught: ${error.message}`));
    context.on("request", (request) => {
      const url = new URL(request.url());
      if (!["blob:", "data:"].includes(url.protocol) && url.origin !== home) foreign.push(request.url());
    });
    await prepare?.(page, context);
    await page.goto(`${home}/${search}`);
    await page.locator("#page[data-alive]").waitFor();
    await page.getByRole("slider", { name: "Checkpoint" }).or(page.locator(".file-notice")).first().waitFor();
    await test(page, context);
  } finally {
    await context.close();
  }
  // Chromium's own word when a page asks for a GPU that is not there.
  const allowed = [...expected, /No available adapters/];
  const unexpected = said.filter((line) => !allowed.some((pattern) => pattern.test(line)));
  assert.deepEqual(unexpected, [], "something is on the console");
  assert.deepEqual(foreign, [], "another origin was asked");
}

/** A small training: ten steps an epoch, few samples and players. */
export const SMALL = {
  train_size: 320,
  batch: 32,
  learning_rate: 0.05,
  checkpoints: 2,
  samples: 4,
  train_samples: 2,
  players: 6,
  label_noise: 0,
};

/** Settings as the page's address has them. */
export function address(settings) {
  return `?${new URLSearchParams(Object.entries(settings).map(([name, value]) => [name, String(value)]))}`;
}

/** Presses Train. */
export async function train(page) {
  await page.getByRole("button", { name: /^Train/ }).click();
}

/** Waits until the training is in a phase: running, paused, finished, … */
export function phase(page, name, timeout = 120_000) {
  return page.locator(`[data-phase="${name}"]`).waitFor({ timeout });
}

/** A fact of the training's state, as a reader sees it. */
export function fact(page, name) {
  return page.locator(`[data-fact="${name}"]`).innerText();
}

/** What the page holds: for the console, and for tests. */
export function held(page, path) {
  return page.evaluate((path) => path.split(".").reduce((value, key) => value?.[key], globalThis.spindle), path);
}

/** The command line tool. Returns what it writes to stdout. */
export function spindle(...words) {
  const tool = process.env.SPINDLE_CLI ?? join(ROOT, "target/release/spindle");
  return execFileSync(tool, words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** An empty folder of this test's own; gone when the file's tests are over. */
export function folder() {
  const place = mkdtempSync(join(tmpdir(), "spindle-page-"));
  folders.push(place);
  return place;
}

/** Settings as the command line tool's flags. */
export function flags(settings) {
  return Object.entries(settings).flatMap(([name, value]) => [`--${name.replaceAll("_", "-")}`, String(value)]);
}

/** Findings of axe, of these impacts or of any. */
export async function findings(page, impacts) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations
    .filter(({ impact }) => !impacts || impacts.includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(", ")}`);
}

/** No serious finding of axe, and nothing beyond the edge. */
export async function assertSound(page) {
  assert.deepEqual(await findings(page, ["serious", "critical"]), []);
  const beyond = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(beyond, 0, "the page scrolls sideways");
}
