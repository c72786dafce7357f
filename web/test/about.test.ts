// What figures that leave the page say of the runs behind them.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { csv, json, type Row, withFacts } from "../src/figure/save";
import type { RunView } from "../src/generated/RunView";
import { aboutRuns, identity } from "../src/state/about";
import { defaults } from "../src/state/settings";

/** A run with a seed, and perhaps one of its own for its samples. */
function run(title: string, seed: number, samples_seed: number | null = null) {
  const { training, measurement } = defaults;
  const experiment = { ...defaults, training: { ...training, seed }, measurement: { ...measurement, samples_seed } };
  const provenance = { version: "1.0" };
  return { title, view: { model: "LeNet", data: "MNIST", experiment, provenance } as RunView };
}

const [first, second] = [run("A", 0, 7), run("B", 1)];
const rows: Row[] = [first, second].map((run) => ({ ...identity([run]), epoch: 0 }));

describe("a figure of several runs", () => {
  test("has rows of which each says its own run, network, data, seed and solver", () => {
    const words = aboutRuns([first, second]);
    assert.deepEqual(withFacts(rows, words), [
      {
        run: "A",
        network: "LeNet",
        data: "MNIST",
        seed: 0,
        "samples seed": 7,
        solver: "certified",
        epoch: 0,
      },
      { run: "B", network: "LeNet", data: "MNIST", seed: 1, solver: "certified", epoch: 0 },
    ]);
    const [head, , line] = csv(withFacts(rows, words)).split("\r\n");
    assert.equal(head, "run,network,data,seed,samples seed,solver,epoch");
    assert.equal(line, "B,LeNet,MNIST,1,,certified,0");
  });

  test("says side by side what they do not have in common, once what they have", () => {
    const { about } = aboutRuns([first, second]);
    assert.deepEqual([about.run, about.seed, about.network], ["A; B", "0; 1", "LeNet"]);
  });

  test("has all settings of each of them in its JSON", () => {
    const { runs } = JSON.parse(json(rows, { title: "", caption: "", ...aboutRuns([first, second]) }));
    assert.deepEqual(runs, [
      { facts: identity([first]), experiment: first.view.experiment },
      { facts: identity([second]), experiment: second.view.experiment },
    ]);
  });
});

test("a row that names no run has the facts of the figure's", () => {
  const [row] = withFacts([{ epoch: 0 }], aboutRuns([first]));
  assert.deepEqual([row?.run, row?.seed, row?.epoch], ["A", 0, 0]);
});
