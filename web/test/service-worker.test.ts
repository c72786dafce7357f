// What the service worker keeps, without a browser: everything, or on a spared line what is small.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runInNewContext } from "node:vm";

const SCOPE = "https://example.org/page/";
const LIST = [
  { url: "index.html", hash: "1" },
  { url: "assets/index-a.js", hash: "2" },
  { url: "engines/cpu-01234567/spindle_web_bg.wasm", hash: "3" },
  { url: "data/train-images-1.idx", hash: "4" },
  { url: "runs/lenet-mnist.json", hash: "5" },
  { url: "runs/lenet-mnist.spindle", hash: "6" },
];
const SCRIPT = readFileSync(join(process.cwd(), "public/service-worker.js"), "utf8");

/** Installs the worker with a browser that has these; returns addresses that are kept. */
async function installed(navigator: object, kept = new Map<string, unknown>()): Promise<string[]> {
  const cache = {
    match: async (url: string) => kept.get(url),
    put: async (url: string, answer: unknown) => void kept.set(url, answer),
    keys: async () => [...kept.keys()].map((url) => ({ url })),
    delete: async (url: string) => kept.delete(url),
  };
  const listeners = new Map<string, (event: { waitUntil(work: Promise<unknown>): void }) => void>();
  const answer = { ok: true, json: async () => LIST, clone: () => answer };
  const self = {
    registration: { scope: SCOPE },
    addEventListener: (name: string, listener: (event: { waitUntil(work: Promise<unknown>): void }) => void) =>
      listeners.set(name, listener),
    skipWaiting: async () => undefined,
  };
  runInNewContext(SCRIPT, {
    self,
    caches: { open: async () => cache },
    fetch: async () => answer,
    navigator,
    URL,
    Map,
    Set,
  });
  const work: Promise<unknown>[] = [];
  listeners.get("install")?.({ waitUntil: (found) => work.push(found) });
  await Promise.all(work);
  return [...kept.keys()].map((url) => url.slice(SCOPE.length)).sort();
}

const ALL = [...LIST.map(({ url }) => url), "precache.json"].sort();
const SMALL = ["assets/index-a.js", "index.html", "precache.json", "runs/lenet-mnist.json"];
const PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148 Safari/604.1";

test("everything is kept on a fast line, and where a desktop's line is not told", async () => {
  assert.deepEqual(await installed({ userAgent: "X", connection: { saveData: false, effectiveType: "4g" } }), ALL);
  assert.deepEqual(await installed({ userAgent: "X" }), ALL);
});

test("on a line that is to be spared, what is large is kept only once it was used", async () => {
  assert.deepEqual(await installed({ userAgent: "X", connection: { saveData: true } }), SMALL);
  assert.deepEqual(await installed({ userAgent: "X", connection: { type: "cellular", effectiveType: "4g" } }), SMALL);
  assert.deepEqual(await installed({ userAgent: "X", connection: { effectiveType: "2g" } }), SMALL);
  assert.deepEqual(await installed({ userAgent: PHONE }), SMALL);
  const engine = "engines/cpu-01234567/spindle_web_bg.wasm";
  const used = new Map<string, unknown>([[SCOPE + engine, {}]]);
  assert.deepEqual(await installed({ userAgent: PHONE }, used), [...SMALL, engine].sort());
});
