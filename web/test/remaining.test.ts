// The time that is left, as a reader sees it: no jumps, nothing from rates of the first moments.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { remaining, steadied } from "../src/training/remaining";
import { progress as progressOf } from "../src/training/state";
import { Course, CPU, PARTS, TOTAL } from "./support/course";

const pace = (done: number, seconds: number, measured = 1) => ({
  steps: { done, left: 1_000 - done, seconds },
  checkpoints: { done: measured, left: 4 - measured, seconds: 2 * measured },
});

describe("the time that is left", () => {
  test("is not told from the first moments, or before a checkpoint is measured", () => {
    assert.equal(remaining(pace(1, 0.01)), undefined);
    assert.equal(remaining(pace(100, 10, 0)), undefined);
  });

  test("is what takes longer: training and its last checkpoint, or measuring", () => {
    assert.equal(remaining(pace(100, 10)), 92);
    assert.equal(remaining(pace(990, 5)), 6);
    assert.equal(remaining(pace(1_000, 5, 4)), 0);
  });

  test("is counted down while estimates stay near, and goes half way to one that does not", () => {
    assert.equal(steadied(undefined, 1, 40), 40);
    assert.equal(steadied(40, 1, 41), 39);
    assert.equal(steadied(40, 1, 79), 59);
    assert.equal(steadied(0.5, 2, 0.3), 0);
    assert.equal(steadied(40, 1, undefined), undefined);
  });

  test("does not jump by more than half while a training's rate swings between a tenth and ten times", () => {
    const course = new Course();
    course.begin(CPU);
    course.told({
      type: "started",
      provenance: {} as never,
      classes: [],
      bench: { architecture: "any", all: 1, samples: [0] } as never,
      total_steps: TOTAL,
      steps_per_epoch: 10,
      checkpoints: [0, TOTAL],
      step: 0,
    });
    course.measured(0);
    const shown: number[] = [];
    for (let step = 1; step < TOTAL; step++) {
      course.now += step % 10 === 0 ? 5_000 : 200;
      course.told({ type: "progress", step, epoch: step / 10, loss: 1, steps_per_second: step % 10 === 0 ? 0.2 : 5 });
      const left = progressOf(course.state)?.secondsLeft;
      if (left !== undefined) shown.push(left);
    }
    assert.ok(shown.length > 80, `${shown.length} times`);
    assert.ok(PARTS.length > 0);
    for (const [index, left] of shown.slice(1).entries())
      assert.ok(left < 1.5 * (shown[index] ?? 0) + 1, `${shown[index]} s, and then ${left} s`);
    assert.ok((shown.at(-1) ?? Infinity) < 4, `${shown.at(-1)} s at the last step`);
  });

  test("the curve of the loss begins with the first step and stays small", () => {
    const course = Course.running();
    for (let step = 1; step <= 1_000; step++)
      course.told({ type: "progress", step, epoch: step / 10, loss: 1 / step, steps_per_second: 20 });
    const curve = progressOf(course.state)?.curve ?? [];
    assert.equal(curve[0]?.step, 1);
    assert.equal(curve.at(-1)?.step, 1_000);
    assert.ok(curve.length <= 121, `${curve.length} points`);
  });
});
