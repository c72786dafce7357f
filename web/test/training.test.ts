// The course of a training, without a browser: what follows from what happens.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { progress as progressOf } from "../src/training/state";
import { MOST_RESTARTS } from "../src/training/trainer";
import {
  bench,
  bytes,
  CHECKPOINTS,
  Course,
  CPU,
  checkpoint,
  checkpointAt,
  GPU,
  lossesAt,
  only,
  PARTS,
  problem,
  progress,
  started,
  stateAt,
  storedAt,
  TOTAL,
} from "./support/course";

describe("from start to finish", () => {
  test("an engine is chosen, a session stored and recorded, and the training goes", () => {
    const course = new Course();
    course.send({ type: "start" });
    assert.deepEqual(course.doneByName(), ["choose"]);
    course.send({ type: "chosen", trainer: 1, choice: GPU });
    const train = only(course.done(), "train");
    assert.deepEqual(train.choice.place, { device: "gpu" });
    assert.equal(train.state, null);
    assert.equal(progressOf(course.state), undefined, "nothing is known before it has started");
    course.told(started(0));
    const effects = course.done();
    assert.deepEqual(
      effects.map(({ type }) => type),
      ["store_session", "begin_record", "tell"],
    );
    const { id, bench: stored } = only(effects, "store_session").session;
    assert.equal(id, "mine");
    assert.deepEqual(stored, bench(7));
    assert.deepEqual(only(effects, "tell").command, { type: "go", steps: null });
    assert.equal(course.state.phase, "preparing");
    course.told(progress(3));
    assert.equal(course.state.phase, "running");
    assert.deepEqual(progressOf(course.state), {
      step: 3,
      totalSteps: TOTAL,
      epoch: 0.3,
      loss: 0.25,
      stepsPerSecond: 20,
      curve: [{ step: 3, loss: 0.25 }],
      secondsLeft: undefined,
      measured: 0,
      checkpoints: CHECKPOINTS.length,
      compared: 0,
    });
  });

  test("losses are kept by step, the newest of each", () => {
    const course = Course.running();
    for (const step of [0, 20, 10, 20]) course.told({ type: "losses", losses: lossesAt(step) });
    assert.deepEqual(
      course.state.losses.map(({ step }) => step),
      [0, 10, 20],
    );
    assert.deepEqual(course.doneByName(), Array(4).fill("record_losses"));
  });

  test("it is compared when the last checkpoint is in the record, and then finished", () => {
    const course = Course.running();
    course.measured(0);
    course.measured(50);
    course.told(checkpoint(TOTAL), stateAt(TOTAL), { type: "finished" });
    assert.equal(course.state.phase, "measuring");
    assert.equal(course.state.step, TOTAL);
    assert.equal(course.state.stepsPerSecond, undefined);
    const stores = course.done().filter(({ type }) => type === "store_state");
    assert.deepEqual(
      stores.map((effect) => effect.type === "store_state" && effect.state.finished),
      [false, true],
    );
    course.checkpointWritten(TOTAL);
    course.send({ type: "measured", step: TOTAL, parts: PARTS });
    course.checkpointWritten(TOTAL);
    assert.equal(course.state.phase, "measuring");
    course.done();
    course.recorded(TOTAL);
    assert.equal(course.state.phase, "comparing");
    assert.deepEqual(course.doneByName(), ["compare"]);
    assert.equal(progressOf(course.state)?.measured, 3);
    course.compared(false);
    assert.equal(course.state.phase, "finished");
  });

  test("a finished trainer is ended, and told nothing", () => {
    const course = Course.running();
    const { trainer } = course;
    course.told(stateAt(TOTAL), { type: "finished" });
    assert.ok(course.doneByName().includes("end_trainer"));
    course.send({ type: "trainer_lost", trainer, problem: problem("panic") });
    course.send({ type: "hold", held: true }).send({ type: "hold", held: false }).send({ type: "pause" });
    assert.deepEqual(course.doneByName(), []);
    course.compared(false);
    assert.equal(course.state.phase, "finished");
  });

  test("a record that is lost behind the end is begun and compared again", () => {
    const course = Course.running();
    course.measured(0);
    course.told(stateAt(TOTAL), { type: "finished" });
    course.compared(false);
    assert.equal(course.state.phase, "finished");
    course.done();
    course.send({ type: "recorder_lost", recorder: course.state.recorders, problem: problem("panic") });
    assert.equal(course.state.phase, "comparing");
    assert.deepEqual(course.doneByName(), ["begin_record"]);
    course.recordBegun([0]);
    assert.deepEqual(course.doneByName(), ["compare"]);
    course.compared(false);
    assert.equal(course.state.phase, "finished");
  });

  test("the time of training counts while it trains", () => {
    const course = Course.running();
    course.now = 2_000;
    course.told(progress(10));
    course.send({ type: "pause" });
    course.rest(10);
    course.now = 60_000;
    course.send({ type: "go", steps: null });
    course.now = 61_000;
    course.told(progress(20), checkpoint(50));
    assert.equal(course.state.checkpoints.get(50)?.train_seconds, 3);
  });
});

describe("pausing", () => {
  test("while it is prepared: it rests before its first step", () => {
    const course = new Course();
    course.begin(CPU);
    course.send({ type: "pause" });
    course.done();
    course.told(started(0));
    assert.deepEqual(course.doneByName(), ["store_session", "begin_record", "pause"]);
    course.rest(0);
    assert.equal(course.state.phase, "preparing", "the session is not stored yet");
    course.written("session");
    assert.equal(course.state.phase, "paused");
    assert.equal(course.state.step, 0);
  });

  test("while it runs: it is paused when it rests and all is stored", () => {
    const course = Course.running();
    course.send({ type: "pause" });
    assert.deepEqual(course.doneByName(), ["pause"]);
    course.told(progress(12));
    assert.equal(course.state.phase, "running");
    course.told(stateAt(12), { type: "paused", step: 12 });
    assert.equal(course.state.phase, "running", "what was told last is not stored yet");
    course.written("state");
    assert.equal(course.state.phase, "paused");
  });

  test("in a hidden tab: it rests, and goes on when the tab is seen again", () => {
    const course = Course.running();
    course.send({ type: "hold", held: true });
    assert.deepEqual(course.doneByName(), ["pause"]);
    course.rest(12);
    assert.equal(course.state.phase, "paused");
    course.done();
    course.send({ type: "hold", held: false });
    assert.deepEqual(course.doneByName(), ["go"]);
    assert.equal(course.state.phase, "running");
  });

  test("by the reader holds when a hidden tab is seen again", () => {
    const course = Course.paused();
    course.send({ type: "hold", held: true }).send({ type: "hold", held: false });
    assert.deepEqual(course.doneByName(), ["pause", "pause"]);
    assert.equal(course.state.phase, "paused");
  });

  test("a rest that is over when it is told of is none", () => {
    const course = Course.running();
    course.send({ type: "hold", held: true }).send({ type: "hold", held: false });
    course.rest(12);
    assert.equal(course.state.phase, "running");
  });
});

describe("going on", () => {
  test("for some steps: up to there, and no further", () => {
    const course = Course.paused();
    course.send({ type: "go", steps: 10 });
    assert.deepEqual(only(course.done(), "tell").command, { type: "go", steps: 10 });
    assert.equal(course.state.phase, "running");
    course.told(progress(25));
    course.rest(30);
    assert.equal(course.state.phase, "paused");
    course.done();
    course.send({ type: "go", steps: null });
    assert.deepEqual(only(course.done(), "tell").command, { type: "go", steps: null });
  });

  test("in a tab that was hidden meanwhile: the steps that are left", () => {
    const course = Course.paused();
    course.send({ type: "go", steps: 10 }).send({ type: "hold", held: true });
    course.rest(24);
    course.done();
    course.send({ type: "hold", held: false });
    assert.deepEqual(only(course.done(), "tell").command, { type: "go", steps: 6 });
  });

  test("is not for what runs", () => {
    const course = Course.running();
    course.send({ type: "go", steps: 10 });
    assert.deepEqual(course.doneByName(), []);
    assert.equal(course.state.wanted, "everything");
  });

  test("takes a notice away", () => {
    const course = Course.paused();
    course.written("state", problem("input", "The disk is full"));
    assert.match(course.state.notice ?? "", /cannot be resumed.*The disk is full/);
    course.send({ type: "go", steps: null });
    assert.equal(course.state.notice, undefined);
  });
});

describe("failures of the trainer", () => {
  test("a lost GPU: it goes on on the CPU, from the last state", () => {
    const course = Course.running(GPU);
    course.told(stateAt(40), progress(47));
    course.done();
    course.lost("gpu");
    const effects = course.done();
    assert.deepEqual(
      effects.map(({ type }) => type),
      ["end_trainer", "train"],
    );
    const train = only(effects, "train");
    assert.equal(train.choice.build, "cpu");
    assert.deepEqual(train.choice.place, { device: "cpu" });
    assert.deepEqual(train.state, bytes(40));
    assert.equal(course.state.step, 40);
    assert.equal(course.state.notice, "It broke. The training went on from epoch 4, on the CPU.");
    course.told(started(40));
    assert.deepEqual(course.doneByName(), ["go"], "the session is known: it is neither stored nor recorded again");
  });

  test("a panic before any state: from the beginning, on the engine that it was", () => {
    const course = Course.running();
    course.lost();
    assert.equal(only(course.done(), "train").state, null);
    assert.equal(course.state.notice, "It broke. The training went on from the beginning.");
  });

  test("one failure that is told twice counts once", () => {
    const course = Course.running();
    const first = course.trainer;
    course.lost();
    course.send({ type: "trainer_failed", trainer: first, problem: problem("input") });
    course.send({ type: "trainer_lost", trainer: first, problem: problem("panic") });
    course.send({ type: "told", trainer: first, event: progress(99) });
    assert.equal(course.state.restarts, 1);
    assert.equal(course.state.step, 0);
    assert.notEqual(course.state.phase, "failed");
  });

  test("it gives up after so many restarts without a step forward", () => {
    const course = Course.running();
    course.told(stateAt(20), progress(25));
    for (let restart = 0; restart < MOST_RESTARTS; restart++) {
      course.lost();
      course.told(started(20), progress(25));
      assert.equal(course.state.phase, "running");
    }
    course.done();
    course.lost();
    assert.deepEqual(course.doneByName(), ["end_trainer"]);
    assert.equal(course.state.phase, "failed");
    assert.equal(course.state.notice, "It broke.");
    assert.equal(course.state.canGoOn, true, "from the state at step 20");
    course.send({ type: "go", steps: null });
    assert.deepEqual(only(course.done(), "train").state, bytes(20));
  });

  test("a step forward is a reason to try again", () => {
    const course = Course.running();
    course.told(progress(25));
    for (let restart = 0; restart < 3 * MOST_RESTARTS; restart++) {
      course.lost();
      course.told(started(0), progress(26 + restart));
    }
    assert.equal(course.state.phase, "running");
  });

  test("one that diverged is not restarted, and cannot go on", () => {
    const course = Course.running();
    course.told(stateAt(20));
    course.done();
    course.send({ type: "trainer_failed", trainer: course.trainer, problem: problem("diverged", "It diverged.") });
    assert.deepEqual(course.doneByName(), ["end_trainer"]);
    assert.equal(course.state.phase, "failed");
    assert.equal(course.state.notice, "It diverged.");
    assert.equal(course.state.canGoOn, false);
  });

  test("what cannot be trained is told, and there is nothing to go on from", () => {
    const course = new Course();
    course.begin(CPU);
    course.send({ type: "trainer_failed", trainer: 1, problem: problem("input") });
    assert.equal(course.state.phase, "failed");
    assert.equal(course.state.canGoOn, false);
  });

  test("a worker that is replaced while the training is paused rests again", () => {
    const course = Course.paused();
    course.lost();
    course.send({ type: "go", steps: null });
    assert.equal(course.doneByName().filter((name) => name === "train").length, 1, "one new worker");
    course.send({ type: "pause" });
    course.told(started(20));
    assert.deepEqual(course.doneByName(), ["pause"]);
    course.rest(20);
    assert.equal(course.state.phase, "paused");
  });
});

describe("a stored session", () => {
  test("is shown again, paused where it was, and measures what it had not", () => {
    const course = new Course();
    course.send({ type: "restore", stored: storedAt(60) });
    const begin = only(course.done(), "begin_record");
    assert.deepEqual(begin.checkpoints, [checkpointAt(0, PARTS)]);
    assert.equal(course.state.phase, "preparing");
    assert.equal(progressOf(course.state)?.epoch, 6);
    course.recordBegun([0]);
    assert.equal(course.state.phase, "paused");
    assert.equal(only(course.done(), "measure").step, 50);
    course.send({ type: "measured", step: 50, parts: PARTS });
    assert.equal(only(course.done(), "store_checkpoint").name, "stored");
    course.checkpointWritten(50);
    course.recorded(50);
    assert.equal(course.state.phase, "paused");
  });

  test("goes on from its state, in a worker that it has not had yet", () => {
    const course = new Course();
    course.send({ type: "restore", stored: storedAt(60) });
    course.recordBegun([0]);
    course.done();
    course.send({ type: "go", steps: null });
    assert.deepEqual(course.doneByName(), ["choose"]);
    assert.equal(course.state.phase, "preparing");
    course.send({ type: "chosen", trainer: course.trainer, choice: CPU });
    assert.deepEqual(only(course.done(), "train").state, bytes(60));
    course.told(started(60));
    assert.deepEqual(course.doneByName(), ["go"]);
  });

  test("that had come to its end is measured to its end", () => {
    const course = new Course();
    course.send({ type: "restore", stored: storedAt(TOTAL, true) });
    course.recordBegun([0]);
    assert.equal(course.state.phase, "measuring");
    course.send({ type: "measured", step: 50, parts: PARTS });
    course.checkpointWritten(50);
    course.recorded(50);
    assert.equal(course.state.phase, "comparing");
    assert.equal(course.state.notice, undefined);
  });

  test("that was measured to its end is compared again", () => {
    const course = new Course();
    const stored = storedAt(TOTAL, true);
    course.send({ type: "restore", stored: { ...stored, checkpoints: stored.checkpoints.slice(0, 1) } });
    course.done();
    course.recordBegun([0]);
    assert.equal(course.state.phase, "comparing");
    assert.deepEqual(course.doneByName(), ["compare"]);
  });

  test("that cannot be shown fails, and can go on", () => {
    const course = new Course();
    course.send({ type: "restore", stored: storedAt(60) });
    course.send({ type: "not_recorded", recorder: 1, what: { kind: "beginning" }, problem: problem("input") });
    assert.equal(course.state.phase, "failed");
    assert.equal(course.state.canGoOn, true);
  });
});

describe("the second phase", () => {
  const watching = (): Course => Course.running().send({ type: "pause_at_second_phase", pauses: true });

  test("pauses the training once", () => {
    const course = watching();
    course.measured(50, true);
    assert.equal(course.state.notice, "Paused: the second phase has begun.");
    assert.equal(course.doneByName().filter((name) => name === "pause").length, 1);
    course.rest(52);
    assert.equal(course.state.phase, "paused");
    course.send({ type: "go", steps: null });
    course.done();
    course.told(progress(60));
    course.measured(TOTAL, true);
    assert.ok(!course.doneByName().includes("pause"));
    assert.equal(course.state.phase, "running");
  });

  test("does not pause where the reader does not want it", () => {
    const course = Course.running();
    course.measured(50, true);
    assert.ok(!course.doneByName().includes("pause"));
  });

  test("that never came is told at the end", () => {
    const course = watching();
    course.told(checkpoint(TOTAL), stateAt(TOTAL), { type: "finished" });
    course.checkpointWritten(TOTAL);
    course.send({ type: "measured", step: TOTAL, parts: PARTS });
    course.checkpointWritten(TOTAL);
    course.recorded(TOTAL);
    assert.match(course.state.notice ?? "", /^It did not pause/);
  });

  test("that is found when the training is over is no reason to say that it paused", () => {
    const course = watching();
    course.told(checkpoint(TOTAL), stateAt(TOTAL), { type: "finished" });
    course.checkpointWritten(TOTAL);
    course.send({ type: "measured", step: TOTAL, parts: PARTS });
    course.checkpointWritten(TOTAL);
    course.recorded(TOTAL, true);
    assert.equal(course.state.phase, "comparing");
    assert.equal(course.state.notice, undefined);
  });
});
