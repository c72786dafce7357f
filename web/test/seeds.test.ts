// Several seeds taken together.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ANY, meanCurve, meanOf, quantile, SHARE } from "../src/state/seeds";
import { uniqueTitle } from "../src/state/unique";

const flat = (values: number[]) => values.map((value) => ({ value, low: value, high: value }));

describe("means over seeds", () => {
  test("quantiles of Student's t are those of the tables", () => {
    for (const [freedom, expected] of [
      [1, 12.7062],
      [2, 4.3027],
      [5, 2.5706],
      [9, 2.2622],
      [11, 2.201],
      [15, 2.1314],
      [30, 2.0423],
      [1_000, 1.9623],
    ] as const)
      assert.ok(Math.abs(quantile(freedom) - expected) < 2e-3, `${freedom}: ${quantile(freedom)}`);
  });

  test("three values have a mean and an interval, one has none", () => {
    assert.equal(meanOf([1], ANY), undefined);
    const mean = meanOf([1, 2, 3], ANY);
    assert.equal(mean?.value, 2);
    // t of two degrees of freedom times the standard error, 1/√3.
    assert.ok(Math.abs((mean?.high ?? 0) - 2 - 4.3027 / Math.sqrt(3)) < 1e-4);
    assert.ok(Math.abs(2 - (mean?.low ?? 0) - 4.3027 / Math.sqrt(3)) < 1e-4);
  });

  test("the interval of a share stays between 0 and 1", () => {
    const few = [0.01, 0.02, 0.3];
    assert.ok((meanOf(few, ANY)?.low ?? 0) < 0, "Student's t knows of no shares");
    assert.deepEqual(meanOf(few, SHARE), { ...meanOf(few, ANY), low: 0 });
    assert.equal(meanOf([0.99, 0.97, 0.7], SHARE)?.high, 1);
  });

  test("curves are averaged where all of them have a checkpoint", () => {
    const curves = [
      { epochs: [0, 1, 4], values: flat([1, 2, 3]) },
      { epochs: [0, 4], values: flat([3, 5]) },
    ];
    const { epochs, values } = meanCurve(curves, ANY);
    assert.deepEqual(epochs, [0, 4]);
    assert.deepEqual(
      values.map(({ value }) => value),
      [2, 4],
    );
  });
});

describe("names", () => {
  test("that others have get a number, before the ending of a file", () => {
    const others = [{ title: "a.spindle" }, { title: "a (2).spindle" }, { title: "LeNet, 1 % wrong" }];
    assert.equal(uniqueTitle("b.spindle", others), "b.spindle");
    assert.equal(uniqueTitle("a.spindle", others), "a (3).spindle");
    assert.equal(uniqueTitle("LeNet, 1 % wrong", others), "LeNet, 1 % wrong (2)");
  });
});
