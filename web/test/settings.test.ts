// What goes together in the settings, and on which engine.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { conflict, defaults, models, obstacleToGpu, runsOn, withModel, withValue } from "../src/state/settings";

describe("networks to train here", () => {
  test("LeNets, perceptrons and small VGGs are offered", () => {
    const names = models.map(({ name }) => name);
    for (const name of ["lenet", "mlp", "vgg-11-narrow"] as const) assert.ok(names.includes(name), name);
  });

  test("each says where it runs, and a GPU is not asked for what it has no kernels for", () => {
    assert.match(runsOn("lenet"), /and on WebGPU/);
    assert.equal(obstacleToGpu(defaults), undefined);
    for (const name of ["vgg-11-narrow", "mlp-tanh"] as const) {
      assert.match(runsOn(name), /WebAssembly only/);
      assert.match(obstacleToGpu(withModel(defaults, name)) ?? "", /WebGPU has no kernels for/);
    }
    assert.match(obstacleToGpu(withValue(defaults, "penalty", 1)) ?? "", /kernels for a penalty/);
  });

  test("a penalty is refused where no kernels know it, before the training", () => {
    const penalised = withValue(defaults, "penalty", 1);
    assert.equal(conflict(penalised), undefined);
    const { field, words } = conflict(withModel(penalised, "vgg-11-narrow")) ?? {};
    assert.equal(field, "penalty");
    assert.match(words ?? "", /VGG-11-narrow can only be trained with a penalty of 0/);
  });
});
