// The benchmark's turn of an engine, shortly: it talks to engines by itself, beside the page.
import assert from "node:assert/strict";
import { test } from "node:test";
import { withPage } from "./support/page.mjs";

/** A turn of some tenths of a second. */
function turn(page, options) {
  return page.evaluate(async (options) => {
    const manifest = async (name) => (await fetch(name)).json();
    const absolute = (url) => new URL(url, location).href;
    const builds = Object.entries(await manifest("./engines.json"));
    const engines = Object.fromEntries(
      builds.map(([name, { script, wasm }]) => [name, { script: absolute(script), wasm: absolute(wasm) }]),
    );
    const data = (await manifest("./data.json")).mnist.files.map(absolute);
    const worker = new Worker("./entrants/spindle.js", { type: "module" });
    return new Promise((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => resolve({ failed: message });
      worker.postMessage({ engines, data, seconds: 0.2, ...options });
    });
  }, options);
}

for (const [device, network] of [
  ["cpu", "lenet"],
  ["cpu", "mlp"],
  ["webgpu", "mlp"],
])
  test(`a turn of ${network} on ${device} has a rate`, { timeout: 200_000 }, async () => {
    await withPage({ gpu: device === "webgpu" }, async (page) => {
      const { failed, stepsPerSecond, maskedSeconds, gpu } = await turn(page, { device, network });
      assert.equal(failed, undefined);
      assert.ok(stepsPerSecond > 0);
      assert.equal(typeof gpu, device === "webgpu" ? "string" : "undefined");
      if (network !== "lenet") return assert.equal(maskedSeconds, undefined);
      assert.equal(maskedSeconds.length, 3);
      for (const seconds of maskedSeconds) assert.ok(seconds > 0 && seconds < 10, `${seconds} s`);
    });
  });
