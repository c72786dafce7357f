/** A training without workers: a test tells what happens, and sees what would be done. */

import assert from "node:assert/strict";
import type { Choice } from "../../src/engine/choice";
import type { Stored, StoredCheckpoint } from "../../src/engine/storage";
import type { Bench } from "../../src/generated/Bench";
import type { Event } from "../../src/generated/Event";
import type { Experiment } from "../../src/generated/Experiment";
import type { Failure } from "../../src/generated/Failure";
import type { LossRecord } from "../../src/generated/LossRecord";
import type { MeasuredPart } from "../../src/generated/MeasuredPart";
import { reduce } from "../../src/training/reduce";
import { type Effect, type Happening, initial, type Problem, type State } from "../../src/training/state";

/** Ten steps an epoch, a hundred in all, checkpoints at both ends and in the middle. */
const EXPERIMENT = { training: { epochs: 10, seed: 0 } } as Experiment;
const STEPS_PER_EPOCH = 10;
export const TOTAL = 100;
export const CHECKPOINTS = [0, 50, TOTAL];

export const CPU: Choice = { build: "cpu", place: { device: "cpu" }, name: "WebAssembly", reason: "as you chose" };
export const GPU: Choice = { build: "gpu", place: { device: "gpu" }, name: "WebGPU", reason: "as you chose" };

export const PARTS: MeasuredPart[] = [
  { outputs: bytes(1), decompositions: bytes(2), warnings: [], extract_seconds: 1, decompose_seconds: 1 },
];

const CLASSES = ["odd", "even"];

/** A bench of samples that are their positions. */
export function bench(samples: number): Bench {
  return { architecture: "any", all: samples, samples: Array.from({ length: samples }, (_, index) => index) };
}

export function bytes(...values: number[]): Uint8Array {
  return new Uint8Array(values);
}

export function problem(kind: Failure, words = "It broke"): Problem {
  return { kind, words };
}

export function lossesAt(step: number): LossRecord {
  return { step, epoch: step / STEPS_PER_EPOCH } as LossRecord;
}

export function checkpointAt(step: number, parts?: MeasuredPart[]): StoredCheckpoint {
  const checkpoint = { losses: lossesAt(step), sample_losses: bytes(), weights: bytes(step), train_seconds: step };
  return parts ? { ...checkpoint, parts } : checkpoint;
}

export class Course {
  state: State = initial("mine", EXPERIMENT, "auto");
  /** What was to be done since it was last looked at. */
  private effects: Effect[] = [];
  now = 0;

  /** A training that has started, and was told to go. */
  static running(choice = CPU): Course {
    const course = new Course();
    course.begin(choice);
    course.told(started(0));
    course.written("session");
    course.recordBegun();
    course.told(progress(1));
    course.done();
    return course;
  }

  /** A training that has started, was paused by the reader, and rests. */
  static paused(): Course {
    const course = Course.running();
    course.send({ type: "pause" });
    course.rest(20);
    course.done();
    return course;
  }

  send(happening: Happening): this {
    const [state, effects] = reduce(this.state, { ...happening, now: this.now });
    this.state = state;
    this.effects.push(...effects);
    return this;
  }

  /** What was to be done since this was last asked. */
  done(): Effect[] {
    return this.effects.splice(0);
  }

  /** The same by name, and by the command where the trainer is told one. */
  doneByName(): string[] {
    return this.done().map((effect) => (effect.type === "tell" ? effect.command.type : effect.type));
  }

  begin(choice: Choice): void {
    this.send({ type: "start" });
    this.send({ type: "chosen", trainer: this.trainer, choice });
  }

  get trainer(): number {
    return this.state.trainer?.id ?? 0;
  }

  told(...events: Event[]): this {
    for (const event of events) this.send({ type: "told", trainer: this.trainer, event });
    return this;
  }

  written(kind: "session" | "state", failed?: Problem): void {
    this.send({ type: "written", what: { kind }, problem: failed });
  }

  checkpointWritten(step: number, failed?: Problem): void {
    this.send({ type: "written", what: { kind: "checkpoint", step }, problem: failed });
  }

  recordBegun(steps: number[] = [], secondPhase = false): void {
    this.send({ type: "record_begun", recorder: this.state.recorders, steps, secondPhase });
  }

  recorded(step: number, secondPhase = false): void {
    this.send({ type: "recorded", recorder: this.state.recorders, step, secondPhase });
  }

  compared(wasLeft: boolean): void {
    this.send({ type: "compared", recorder: this.state.recorders, wasLeft });
  }

  /** All is measured, and the first comparison is being made. */
  static comparing(): Course {
    const course = Course.running();
    for (const step of CHECKPOINTS) course.measured(step);
    course.told(stateAt(TOTAL), { type: "finished" });
    return course;
  }

  /** A checkpoint on all of its way. */
  measured(step: number, secondPhase = false): void {
    this.told(checkpoint(step));
    this.checkpointWritten(step);
    this.send({ type: "measured", step, parts: PARTS });
    this.checkpointWritten(step);
    this.recorded(step, secondPhase);
  }

  /** The trainer rests, and has told its state. */
  rest(step: number): void {
    this.told(stateAt(step), { type: "paused", step });
    this.written("state");
  }

  lost(kind: Failure = "panic"): void {
    this.send({ type: "trainer_lost", trainer: this.trainer, problem: problem(kind) });
  }
}

export function started(step: number): Event {
  return {
    type: "started",
    provenance: {} as Extract<Event, { type: "started" }>["provenance"],
    classes: CLASSES,
    bench: bench(7),
    total_steps: TOTAL,
    steps_per_epoch: STEPS_PER_EPOCH,
    checkpoints: CHECKPOINTS,
    step,
  };
}

export function progress(step: number): Event {
  return { type: "progress", step, epoch: step / STEPS_PER_EPOCH, loss: 1 / (1 + step), steps_per_second: 20 };
}

export function checkpoint(step: number): Event {
  return { type: "checkpoint", losses: lossesAt(step), sample_losses: bytes(), weights: bytes(step) };
}

export function stateAt(step: number): Event {
  return { type: "state", step, bytes: bytes(step) };
}

/** A session as it is found again: measured at its first checkpoint, reached at its second. */
export function storedAt(step: number, finished = false): Stored {
  return {
    session: {
      id: "stored",
      experiment: EXPERIMENT,
      provenance: {} as Stored["session"]["provenance"],
      classes: CLASSES,
      bench: bench(7),
      totalSteps: TOTAL,
      stepsPerEpoch: STEPS_PER_EPOCH,
      checkpoints: CHECKPOINTS,
    },
    state: { step, bytes: bytes(step), losses: [lossesAt(0), lossesAt(10)], finished },
    checkpoints: [checkpointAt(0, PARTS), checkpointAt(50)],
  };
}

/** The one effect of a type among several. */
export function only<Type extends Effect["type"]>(effects: Effect[], type: Type): Extract<Effect, { type: Type }> {
  const found = effects.filter((effect) => effect.type === type);
  assert.equal(found.length, 1, `one ${type} among ${effects.map((effect) => effect.type).join(", ")}`);
  return found[0] as Extract<Effect, { type: Type }>;
}
