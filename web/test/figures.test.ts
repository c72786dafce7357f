// Figures of a run: which have a place on the page, and the data of each kind.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { namedCategories, placeMarks, widthOf } from "../src/figure/axes";
import { unbroken } from "../src/figure/over-training";
import { rowsOf } from "../src/figure/rows";
import type { Estimate } from "../src/generated/Estimate";
import type { Figure } from "../src/generated/Figure";
import type { FigureKind } from "../src/generated/FigureKind";
import type { Mark } from "../src/generated/Mark";
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

test("what lies between two lines is broken where one of them is unknown", () => {
  const between = [0, 1, NaN, 3, NaN, 5, 6].map((low, epoch) => ({ epoch, low, high: low + 1 }));
  const epochs = unbroken(between).map((part) => part.map(({ epoch }) => epoch));
  assert.deepEqual(epochs, [
    [0, 1],
    [5, 6],
  ]);
});

describe("names of categories", () => {
  const RULES = ["high orders", "mean order", "cancel more", "patience", "never"];

  test("stand in one line where there is room, and in several where there is less", () => {
    const wide = namedCategories(RULES, 120);
    assert.deepEqual([wide.names.length, wide.lines], [RULES.length, 1]);
    for (const step of [64, 58, 52]) {
      const { names, lines } = namedCategories(RULES, step);
      assert.equal(names.length, RULES.length, `every bar has a name at ${step} pixels`);
      assert.equal(lines, 2);
    }
  });

  test("are every few numbers where not all have room", () => {
    const { names, lines } = namedCategories(["8", "9", "10", "11"], 9);
    assert.equal(lines, 1);
    assert.ok(names.length > 0 && names.length < 4);
  });
});

describe("marks", () => {
  const mark = (short: string, epoch: number) =>
    ({ kind: short, name: short, short, epoch, low: epoch, high: epoch }) as unknown as Mark;
  const SCALE = { at: (epoch: number) => epoch, invert: (place: number) => place, ticks: [], format: String };

  test("have words that no other mark's line runs through, however near the marks are", () => {
    for (const width of [170, 340])
      for (let boundary = 30; boundary < width - 10; boundary += 7)
        for (let gap = boundary; gap < width - 10; gap += 5) {
          const placed = placeMarks([mark("boundary", boundary), mark("gap opens", gap)], SCALE, width);
          for (const { mark, row, x, anchor } of placed) {
            const words = widthOf(mark.short);
            const from = x - { start: 0, middle: words / 2, end: words }[anchor];
            assert.ok(from >= 0 && from + words <= width, `${mark.short} is cut off`);
            const other = placed.find((other) => other.mark !== mark);
            const [line, isBeside] = [other?.mark.epoch ?? 0, (other?.row ?? 0) > row];
            const isFree = isBeside || line <= from || line >= from + words;
            assert.ok(isFree, `${width}: ${mark.short} at ${mark.epoch}, a line at ${line}`);
          }
        }
  });

  test("stand in one row where there is room", () => {
    const placed = placeMarks([mark("boundary", 100), mark("gap opens", 110)], SCALE, 340);
    assert.deepEqual(
      placed.map(({ mark, row, anchor }) => [mark.short, row, anchor]),
      [
        ["gap opens", 0, "start"],
        ["boundary", 0, "end"],
      ],
    );
  });
});

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
      curves: [{ name: "a", tone: { ordered: 0 }, drawn: "dots", values: [null, estimate(1)], unscaled: null }],
      marks: [],
    });
    assert.deepEqual(rows, [
      { curve: "a", unit: "nats", epoch: 0, value: null, value_low: null, value_high: null },
      { curve: "a", unit: "nats", epoch: 4, value: 1, value_low: 0, value_high: 2 },
    ]);
  });

  test("of curves on an axis that they share: what was measured, with its unit", () => {
    const rows = rowsOf({
      type: "curves",
      y: { label: "from its lowest to its highest value", unit: "" },
      has_zero: true,
      epochs: [0, 4],
      curves: [
        {
          name: "margin",
          tone: { series: 0 },
          drawn: "line",
          values: [estimate(0), estimate(1)],
          unscaled: { unit: "nats", values: [estimate(-3), estimate(17)] },
        },
      ],
      marks: [],
    });
    assert.deepEqual(rows, [
      { curve: "margin", unit: "nats", epoch: 0, value: -3, value_low: -4, value_high: -2 },
      { curve: "margin", unit: "nats", epoch: 4, value: 17, value_low: 16, value_high: 18 },
    ]);
  });
});
