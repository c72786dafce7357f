// Checkpoints on their way, without a browser: stored, measured, recorded, compared.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { split } from "../src/engine/bench";
import { progress as progressOf } from "../src/training/state";
import { MOST_RESTARTS } from "../src/training/trainer";
import {
  bench,
  bytes,
  CHECKPOINTS,
  Course,
  checkpoint,
  lossesAt,
  only,
  PARTS,
  problem,
  started,
  stateAt,
  TOTAL,
} from "./support/course";

describe("a checkpoint", () => {
  test("is stored, measured, stored again and recorded, in this order", () => {
    const course = Course.running();
    course.told(checkpoint(50));
    assert.deepEqual(course.doneByName(), ["store_checkpoint"]);
    course.checkpointWritten(50);
    assert.deepEqual(only(course.done(), "measure").weights, bytes(50));
    course.send({ type: "measured", step: 50, parts: PARTS });
    assert.equal(only(course.done(), "store_checkpoint").checkpoint.parts, PARTS);
    course.checkpointWritten(50);
    assert.equal(only(course.done(), "record_checkpoint").checkpoint.parts, PARTS);
  });

  test("that is known is not measured again", () => {
    const course = Course.running();
    course.measured(50);
    course.lost();
    course.told(started(0));
    course.done();
    course.told(checkpoint(50));
    assert.deepEqual(course.doneByName(), []);
  });

  test("that cannot be measured is told and left out", () => {
    const course = Course.running();
    course.told(checkpoint(50));
    course.checkpointWritten(50);
    course.told(stateAt(TOTAL), { type: "finished" });
    assert.equal(course.state.phase, "measuring");
    course.send({ type: "unmeasurable", step: 50, problem: problem("input", "No memory") });
    assert.equal(course.state.notice, "The checkpoint at epoch 5 could not be measured: No memory.");
    assert.equal(course.state.phase, "comparing");
  });

  test("goes on its way where the browser stores nothing, which is told until all is stored", () => {
    const course = Course.running();
    course.told(checkpoint(50));
    course.done();
    course.checkpointWritten(50, problem("input", "The disk is full"));
    const told = "This training cannot be resumed after the page is closed: The disk is";
    assert.equal(course.state.notice, `${told} full.`);
    assert.deepEqual(course.doneByName(), ["measure"]);
    course.told(stateAt(50));
    course.written("state", problem("input", "The disk is still full"));
    assert.equal(course.state.notice, `${told} still full.`);
    course.told(stateAt(60));
    course.written("state");
    assert.equal(course.state.notice, undefined);
    course.send({ type: "pause" });
    course.told({ type: "paused", step: 50 });
    assert.equal(course.state.phase, "paused");
  });
});

describe("a worker that measures", () => {
  test("is told where it was lost, and changes nothing else", () => {
    const course = Course.running();
    const before = course.state;
    course.send({ type: "measurer_lost", problem: problem("panic") });
    assert.deepEqual(course.doneByName(), []);
    assert.deepEqual(course.state, { ...before, notice: "It broke. Another one does its work." });
  });
});

describe("the record", () => {
  test("is begun again in a new worker, with all that is measured", () => {
    const course = Course.running();
    course.told({ type: "losses", losses: lossesAt(0) });
    course.measured(0);
    course.told(checkpoint(50));
    course.done();
    const lost = course.state.recorders;
    course.send({ type: "recorder_lost", recorder: lost, problem: problem("panic") });
    const begin = only(course.done(), "begin_record");
    assert.deepEqual(
      begin.checkpoints.map(({ losses }) => losses.step),
      [0],
    );
    assert.equal(begin.losses.length, 1);
    assert.equal(course.state.notice, "It broke. The record was begun again.");
    // What the old worker was at fails with it, and is in the new record.
    course.send({ type: "not_recorded", recorder: lost, what: { kind: "losses" }, problem: problem("panic") });
    assert.equal(course.state.phase, "running");
  });

  test("that cannot be begun ends the training", () => {
    const course = Course.running();
    for (let loss = 0; loss <= MOST_RESTARTS; loss++) {
      const recorder = course.state.recorders;
      course.send({ type: "recorder_lost", recorder, problem: problem("input", "No worker") });
      course.send({
        type: "not_recorded",
        recorder,
        what: { kind: "beginning" },
        problem: problem("input", "No worker"),
      });
      assert.equal(course.state.phase, loss < MOST_RESTARTS ? "running" : "failed");
    }
  });

  test("a checkpoint that it refuses is left out", () => {
    const course = Course.running();
    course.told(checkpoint(50), stateAt(TOTAL), { type: "finished" });
    const [recorder, what] = [course.state.recorders, { kind: "checkpoint", step: 50 } as const];
    course.send({ type: "not_recorded", recorder, what, problem: problem("input") });
    assert.equal(course.state.phase, "comparing");
    assert.match(course.state.notice ?? "", /epoch 5 could not be measured/);
  });
});

describe("comparisons", () => {
  test("are asked for one after another until none is left", () => {
    const course = Course.comparing();
    assert.equal(course.state.phase, "comparing");
    assert.equal(only(course.done(), "compare").recorder, course.state.recorders);
    for (let made = 1; made <= 3; made++) {
      course.compared(true);
      assert.deepEqual(course.doneByName(), ["compare"]);
      assert.equal(progressOf(course.state)?.compared, made);
    }
    course.compared(false);
    assert.deepEqual(course.doneByName(), []);
    assert.equal(course.state.phase, "finished");
    assert.equal(progressOf(course.state)?.compared, 3);
  });

  test("are not asked for while anything is trained or measured", () => {
    const course = Course.running();
    course.measured(0);
    course.measured(50);
    course.told(checkpoint(TOTAL), { type: "finished" });
    assert.ok(!course.doneByName().includes("compare"));
  });

  test("that fail leave the training finished, and say so", () => {
    const course = Course.comparing();
    course.done();
    const [recorder, what] = [course.state.recorders, { kind: "comparison" } as const];
    course.send({ type: "not_recorded", recorder, what, problem: problem("input", "No memory") });
    assert.equal(course.state.phase, "finished");
    assert.equal(course.state.notice, "The comparison with the published procedure failed: No memory.");
    assert.deepEqual(course.doneByName(), []);
  });

  test("begin again in a new worker, and are not heard of the old one", () => {
    const course = Course.comparing();
    course.compared(true);
    course.done();
    const lost = course.state.recorders;
    course.send({ type: "recorder_lost", recorder: lost, problem: problem("panic") });
    assert.deepEqual(course.doneByName(), ["begin_record"]);
    course.send({ type: "compared", recorder: lost, wasLeft: true });
    assert.deepEqual(course.doneByName(), []);
    course.recordBegun(CHECKPOINTS);
    assert.equal(only(course.done(), "compare").recorder, course.state.recorders);
    assert.equal(course.state.compared, 0);
  });

  test("that end their worker every time are given up", () => {
    const course = Course.comparing();
    course.done();
    for (let loss = 0; loss <= MOST_RESTARTS; loss++) {
      const [recorder, what] = [course.state.recorders, { kind: "comparison" } as const];
      course.send({ type: "recorder_lost", recorder, problem: problem("panic") });
      course.send({ type: "not_recorded", recorder, what, problem: problem("panic") });
      if (loss < MOST_RESTARTS) course.recordBegun(CHECKPOINTS);
    }
    assert.equal(course.state.phase, "finished");
  });
});

describe("a bench", () => {
  test("is split in fives, in order", () => {
    const parts = split(bench(12));
    assert.deepEqual(
      parts.map(({ samples }) => samples),
      [
        [0, 1, 2, 3, 4],
        [5, 6, 7, 8, 9],
        [10, 11],
      ],
    );
    assert.ok(parts.every(({ all, architecture }) => all === 12 && architecture === "any"));
  });
});
