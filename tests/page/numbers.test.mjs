// The same numbers in the page and natively: losses, outputs, decompositions, strengths by order.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { address, flags, folder, phase, SMALL, spindle, train, withPage } from "./support/page.mjs";

const close = (found, expected, tolerance, what) =>
  assert.ok(
    Math.abs(found - expected) <= tolerance * Math.max(1, Math.abs(expected)),
    `${what}: ${found} against ${expected}`,
  );

/** A run of the command line tool; its record. */
function native(place, settings) {
  spindle("run", "--quiet", "--out", place, ...flags({ resamples: 100, sgd_steps: 100, ...settings }));
  return JSON.parse(readFileSync(join(place, "run.json"), "utf8"));
}

/** Arrays of a safetensors file. */
function safetensors(bytes) {
  const length = Number(bytes.readBigUInt64LE(0));
  const head = JSON.parse(bytes.subarray(8, 8 + length));
  const types = { F32: Float32Array, F64: Float64Array, I64: BigInt64Array };
  return Object.fromEntries(
    Object.entries(head)
      .filter(([name]) => name !== "__metadata__")
      .map(
        ([
          name,
          {
            dtype,
            data_offsets: [start, end],
          },
        ]) => {
          const part = bytes.subarray(8 + length + start, 8 + length + end);
          return [name, new types[dtype](part.buffer.slice(part.byteOffset, part.byteOffset + part.length))];
        },
      ),
  );
}

for (const engine of ["cpu", "webgpu"]) {
  test(`ten steps on ${engine} end at the losses of Burn natively`, { timeout: 400_000 }, async () => {
    const settings = { ...SMALL, epochs: 1 };
    const { losses } = native(join(folder(), "burn"), { ...settings, backend: "burn" });
    await withPage({ search: `${address(settings)}&engine=${engine}`, gpu: engine === "webgpu" }, async (page) => {
      await train(page);
      await phase(page, "finished", 300_000);
      assert.match(
        await page.locator(".badge").innerText(),
        engine === "cpu" ? /WebAssembly/ : /WebGPU on .*swiftshader.*program on the CPU/is,
      );
      const found = await page.evaluate(() => globalThis.spindle.training.value.losses.value);
      assert.deepEqual(
        found.map(({ step }) => step),
        [0, 10],
      );
      for (const [index, expected] of losses.entries()) {
        close(found[index].train_loss, expected.train_loss, 1e-3, `training loss at step ${expected.step}`);
        close(found[index].test_loss, expected.test_loss, 1e-3, `test loss at step ${expected.step}`);
      }
    });
  });
}

test("a small VGG has the command line tool's losses, on the engine that has kernels for it", {
  timeout: 300_000,
}, async () => {
  const settings = { ...SMALL, model: "vgg-11-narrow", epochs: 2, samples: 3, train_samples: 0, players: 8 };
  const { losses, checkpoints } = native(join(folder(), "vgg"), settings);
  await withPage({ search: `${address(settings)}&engine=webgpu` }, async (page) => {
    assert.match(await page.locator("#settings").innerText(), /VGG-11-narrow[\s\S]*WebAssembly only, not on WebGPU/);
    await train(page);
    await phase(page, "finished", 200_000);
    assert.match(await page.locator(".badge").innerText(), /WebAssembly.*WebGPU has no kernels for VGG-11-narrow/s);
    const { found, measured } = await page.evaluate(() => ({
      found: globalThis.spindle.training.value.losses.value,
      measured: globalThis.spindle.current.value.view.checkpoints.length,
    }));
    assert.equal(measured, checkpoints.length);
    for (const [index, expected] of losses.entries())
      close(found[index].test_loss, expected.test_loss, 1e-3, `test loss at step ${expected.step}`);
  });
});

test("trained against interactions, losses are the command line tool's, on the engine that knows penalties", {
  timeout: 300_000,
}, async () => {
  const settings = { ...SMALL, epochs: 3, penalty: 10_000, penalty_order: 2 };
  const { losses } = native(join(folder(), "penalised"), settings);
  const { losses: free } = native(join(folder(), "free"), { ...settings, penalty: 0 });
  await withPage({ search: `${address(settings)}&engine=webgpu` }, async (page) => {
    await train(page);
    await phase(page, "finished", 200_000);
    assert.match(await page.locator(".badge").innerText(), /WebAssembly.*only WebAssembly has kernels for a penalty/s);
    const found = await page.evaluate(() => globalThis.spindle.training.value.losses.value);
    close(found.at(-1).test_loss, losses.at(-1).test_loss, 1e-3, "test loss at the end");
    assert.ok(Math.abs(found.at(-1).test_loss - free.at(-1).test_loss) > 0.1, "the penalty does something");
  });
});

test("the same settings and seed give the same strengths by order as the command line tool", {
  timeout: 300_000,
}, async () => {
  const settings = {
    ...SMALL,
    epochs: 3,
    checkpoints: 4,
    samples: 6,
    train_samples: 4,
    players: 8,
    label_noise: 0.05,
    seed: 3,
  };
  const { checkpoints } = native(join(folder(), "run"), settings);
  await withPage({ search: address(settings) }, async (page) => {
    await train(page);
    await phase(page, "finished", 200_000);
    const bars = await page.evaluate(
      () => globalThis.spindle.current.value.view.figures.find(({ kind }) => kind.type === "checkpoints").kind.panels,
    );
    assert.equal(bars.length, checkpoints.length);
    for (const [index, { summary, losses }] of checkpoints.entries()) {
      const { positive, negative } = summary.strengths.find(({ group }) => group === "test").strength;
      const total =
        positive.reduce((sum, { value }) => sum + value, 0) - negative.reduce((sum, { value }) => sum + value, 0);
      for (const order of positive.keys()) {
        // Weights differ by rounding, and the optimum is certified to one in a thousand.
        const off =
          Math.abs(bars[index].positive[order].value - positive[order].value) +
          Math.abs(bars[index].negative[order].value - negative[order].value);
        assert.ok(off <= 0.01 * total, `order ${order + 1} at epoch ${losses.epoch}: off by ${off} of ${total}`);
      }
    }
  });
});

test("outputs and decompositions in the page are the command line tool's on the same weights", {
  timeout: 200_000,
}, async (t) => {
  const place = join(folder(), "run");
  const settings = { ...SMALL, epochs: 2, samples: 3, train_samples: 0, players: 8 };
  const { experiment, checkpoints } = native(place, settings);
  const step = checkpoints.at(-1).losses.step;
  const file = (name) => readFileSync(join(place, name, `${step}.safetensors`));
  await withPage({}, async (page) => {
    const part = await page.evaluate(
      async ({ experiment, step, weights }) => {
        const engine = await globalThis.spindle.Engine.start("cpu");
        const { files } = (await (await fetch("./data.json")).json())[experiment.training.data];
        const load = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer());
        const data = await Promise.all(files.map(load));
        const place = { device: "cpu" };
        // A training that is only begun tells which samples are measured.
        const bench = await new Promise((found) => {
          const train = { type: "train", experiment, place, data, state: null, paused: true };
          const hear = (event) => event.type === "started" && found(event.bench);
          // It is ended with its worker.
          engine.stream(train, hear).catch(() => undefined);
        });
        const command = { type: "measure", experiment, step, weights: new Uint8Array(weights), bench };
        const { part } = await engine.call(command);
        engine.end();
        return {
          outputs: [...part.outputs],
          decompositions: [...part.decompositions],
          seconds: part.extract_seconds + part.decompose_seconds,
        };
      },
      { experiment, step, weights: [...file("checkpoints")] },
    );
    const [found, expected] = [safetensors(Buffer.from(part.outputs)), safetensors(file("outputs"))];
    for (const [index, value] of expected.values.entries()) close(found.values[index], value, 1e-4, `output ${index}`);
    const [here, there] = [safetensors(Buffer.from(part.decompositions)), safetensors(file("interactions"))];
    for (const [index, primal] of there.primal.entries())
      close(here.primal[index], primal, 2e-3, `L1 norm of sample ${index}`);
    for (const [index, effect] of there.and.entries()) close(here.and[index], effect, 1e-2, `AND effect ${index}`);
    const largest = (found, expected) => Math.max(...expected.map((value, index) => Math.abs(found[index] - value)));
    const share = (found, expected, of) => (largest(found, expected) / of).toExponential(1);
    const off = share(found.values, expected.values, Math.max(...expected.values.map(Math.abs)));
    const effects = share(here.and, there.and, Math.min(...there.primal));
    t.diagnostic(`off by ${off} of the largest output, effects by ${effects} of the smallest norm`);
  });
});

test("a lost GPU is told, and the training goes on on the CPU", { timeout: 300_000 }, async () => {
  const settings = { ...SMALL, epochs: 300 };
  await withPage(
    { search: `${address(settings)}&engine=webgpu`, gpu: true, expected: [/lost|destroyed|device/i] },
    async (page) => {
      await train(page);
      await phase(page, "running", 200_000);
      await page.waitForFunction(() => globalThis.spindle.training.value.losses.value.length > 0, undefined, {
        timeout: 120_000,
      });
      await page.evaluate(() => void globalThis.spindle.training.value.fault("gpu"));
      await page.locator(".status [role=alert]").waitFor({ timeout: 120_000 });
      assert.match(await page.locator(".status [role=alert]").innerText(), /(GPU was lost|device failed).*on the CPU/s);
      await page.locator(".badge[data-engine=cpu]").waitFor();
      await page.waitForFunction(() => globalThis.spindle.training.value.losses.value.length > 2);
    },
  );
});
