// Figures of a run: which have a place on the page, and the data of each kind.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { rowsOf } from "../src/figure/rows";
import type { Estimate } from "../src/generated/Estimate";
import type { Figure } from "../src/generated/Figure";
import type { FigureKind } from "../src/generated/FigureKind";
import type { RunView } from "../src/generated/RunView";
import { barsOf, courseOf, decidingCourse, otherFigures, twoPhases } from "../src/state/figures";

function figure(name: string, kind: unknown): Figure {
  return { name, title: name, caption: name, kind: kind as FigureKind };
}

function estimate(value: number): Estimate {
  return { value, low: value - 1, high: value + 1 };
}

const SHARE = figure("share", { type: "course", statistic: "share-of-high-orders", decides: true });
const ORDER = figure("order", { type: "course", statistic: "mean-order", decides: false });
const NEVER_SEEN = figure("never-seen-before", { type: "bars" });
const VIEW = {
  figures: [
    NEVER_SEEN,
    figure("strength", { type: "two_phases" }),
    ORDER,
    SHARE,
    figure("all", { type: "checkpoints", panels: ["a", "b"] }),
    figure("groups", { type: "curves" }),
  ],
} as unknown as RunView;

describe("the figures of a run", () => {
  test("with a place on the page are found by what they draw", () => {
    assert.equal(twoPhases(VIEW)?.name, "strength");
    assert.deepEqual(barsOf(VIEW), ["a", "b"]);
    assert.equal(decidingCourse(VIEW), SHARE);
    assert.equal(courseOf(VIEW, "mean-order"), ORDER);
  });

  test("without a place are all others, in their order, whatever their names", () => {
    assert.deepEqual(
      otherFigures(VIEW).map(({ name }) => name),
      ["never-seen-before", "order", "groups"],
    );
  });

  test("are none before anything is measured", () => {
    const empty = { figures: [] } as unknown as RunView;
    assert.equal(twoPhases(empty), undefined);
    assert.deepEqual(barsOf(empty), []);
    assert.equal(decidingCourse(empty), undefined);
    assert.deepEqual(otherFigures(empty), []);
  });
});

describe("the data of a figure", () => {
  test("of bars: a row a bar, none for a series that has nothing in a panel", () => {
    const rows = rowsOf({
      type: "bars",
      x: { label: "order", unit: "players" },
      y: { label: "share", unit: "" },
      categories: ["1", "2"],
      series: [
        { name: "mine", tone: "certified" },
        { name: "theirs", tone: { series: 1 } },
      ],
      overlay: { name: "theory", tone: "theory", is_dotted: true },
      panels: [{ title: "at the end", note: "", bars: [[estimate(2), estimate(3)], null], overlay: [5, 6] }],
    });
    assert.deepEqual(rows, [
      { panel: "at the end", series: "mine", order: "1", value: 2, value_low: 1, value_high: 3, curve: 5 },
      { panel: "at the end", series: "mine", order: "2", value: 3, value_low: 2, value_high: 4, curve: 6 },
    ]);
  });

  test("of curves: a row a value, empty where it is undefined", () => {
    const rows = rowsOf({
      type: "curves",
      y: { label: "difference", unit: "nats" },
      has_zero: true,
      epochs: [0, 4],
      curves: [{ name: "a", tone: { ordered: 0 }, is_joined: false, values: [null, estimate(1)] }],
      marks: [],
    });
    assert.deepEqual(rows, [
      { curve: "a", epoch: 0, value: null, value_low: null, value_high: null },
      { curve: "a", epoch: 4, value: 1, value_low: 0, value_high: 2 },
    ]);
  });
});
