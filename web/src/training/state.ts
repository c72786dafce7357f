/**
 * A training on this device as data: what it is at a moment, what happens to it, what it wants done.
 *
 * `reduce` goes from a state and a message to the next state and effects. Nothing here or there
 * waits, measures time or draws at random: all that comes in by messages.
 */

import type { Choice, Wish } from "../engine/choice";
import type { Stored, StoredCheckpoint, StoredSession, StoredState } from "../engine/storage";
import type { Event } from "../generated/Event";
import type { Experiment } from "../generated/Experiment";
import type { Failure } from "../generated/Failure";
import type { LossRecord } from "../generated/LossRecord";
import type { MeasuredPart } from "../generated/MeasuredPart";

/** Where a training is. */
export type Phase = "preparing" | "running" | "paused" | "measuring" | "comparing" | "finished" | "failed";

/** What a training is to do: rest, go to its end, or go on up to a step. */
export type Wanted = "rest" | "everything" | { upTo: number };

/** Something that failed, in words that are no sentence yet. */
export interface Problem {
  kind: Failure;
  words: string;
}

/** The worker that trains. */
export interface Trainer {
  /** One failure may be told in several ways: what comes from an earlier worker is not heard. */
  id: number;
  /** Whether it has started, and listens to what is wanted. */
  listens: boolean;
  /** Whether it has said that it rests. */
  rests: boolean;
}

export interface State {
  /** Name of its session, once there is one. */
  readonly name: string;
  readonly experiment: Experiment;
  readonly wish: Wish;

  readonly phase: Phase;
  readonly choice: Choice | undefined;
  /** What the reader should know: the last thing that went wrong, and what was done about it. */
  readonly notice: string | undefined;
  /** The same about what the browser does not store; nothing once all is stored. */
  readonly unstored: string | undefined;
  /** Whether a training that has stopped can go on from its last state: not one that has diverged. */
  readonly canGoOn: boolean;

  readonly wanted: Wanted;
  /** Whether the tab is hidden: then it rests, whatever is wanted. */
  readonly held: boolean;
  readonly pausesAtSecondPhase: boolean;
  readonly knowsSecondPhase: boolean;

  readonly trainer: Trainer | undefined;
  /** Number of the newest trainer, and of the newest worker that keeps the record. */
  readonly trainers: number;
  readonly recorders: number;
  /** New workers since the last step forward. */
  readonly restarts: number;

  /** What is trained, from when it has started. */
  readonly session: StoredSession | undefined;
  /** A stored session that is being shown again, and whether it had come to its end. */
  readonly restoring: { finished: boolean } | undefined;
  /** Where a new worker can go on from. */
  readonly saved: Pick<StoredState, "step" | "bytes"> | undefined;
  /** Losses after every epoch so far. */
  readonly losses: readonly LossRecord[];
  readonly checkpoints: ReadonlyMap<number, StoredCheckpoint>;
  /** Steps of checkpoints of which no more is to come: recorded, or impossible to measure. */
  readonly settled: ReadonlySet<number>;
  /** Comparisons that were made. */
  readonly compared: number;
  /** Writes into the browser's storage that are under way. */
  readonly writes: number;

  readonly step: number;
  /** The furthest step so far: steps that are done again are no progress. */
  readonly furthest: number;
  /** Mean training loss of the last steps, nats. */
  readonly loss: number | undefined;
  readonly stepsPerSecond: number | undefined;
  /** The loss from the first steps on, thinned out. */
  readonly curve: readonly LossAtStep[];
  /** Seconds that it still takes, as they are shown, and when that was said, in milliseconds. */
  readonly left: { seconds: number; at: number } | undefined;
  /** Workers that measure. */
  readonly workers: number;
  /** Wall time of training, in seconds, and when it was last looked at, in milliseconds. */
  readonly trainSeconds: number;
  readonly lookedAt: number;
}

/** Mean training loss of the steps before a step, nats. */
export interface LossAtStep {
  step: number;
  loss: number;
}

/** What is written, and told to have been written. */
export type Written = { kind: "session" } | { kind: "state" } | { kind: "checkpoint"; step: number };

/** What was to be put into the record. */
export type Recorded =
  | { kind: "beginning" }
  | { kind: "losses" }
  | { kind: "checkpoint"; step: number }
  | { kind: "comparison" };

/** What happens. */
export type Happening =
  // The reader, the page and the tab.
  | { type: "start" }
  | { type: "restore"; stored: Stored }
  | { type: "go"; steps: number | null }
  | { type: "pause" }
  | { type: "hold"; held: boolean }
  | { type: "pause_at_second_phase"; pauses: boolean }
  // The worker that trains. One that was lost is replaced; what else fails ends the training.
  | { type: "chosen"; trainer: number; choice: Choice }
  | { type: "told"; trainer: number; event: Event }
  | { type: "trainer_failed"; trainer: number; problem: Problem }
  | { type: "trainer_lost"; trainer: number; problem: Problem }
  // The browser's storage.
  | { type: "written"; what: Written; problem: Problem | undefined }
  // The workers that measure. What one that was lost was at, another one does again.
  | { type: "measurer_lost"; problem: Problem }
  | { type: "measured"; step: number; parts: MeasuredPart[] }
  | { type: "unmeasurable"; step: number; problem: Problem }
  // The worker that keeps the record.
  | { type: "record_begun"; recorder: number; steps: number[]; secondPhase: boolean }
  | { type: "recorded"; recorder: number; step: number; secondPhase: boolean }
  | { type: "compared"; recorder: number; wasLeft: boolean }
  | { type: "not_recorded"; recorder: number; what: Recorded; problem: Problem }
  | { type: "recorder_lost"; recorder: number; problem: Problem };

/** What happens, and when, in milliseconds from any fixed time. */
export type Message = Happening & { now: number };

/** What is to be done. */
export type Effect =
  | { type: "choose"; trainer: number; wish: Wish; experiment: Experiment }
  | { type: "train"; trainer: number; choice: Choice; experiment: Experiment; state: Uint8Array | null }
  | { type: "tell"; trainer: number; command: { type: "pause" } | { type: "go"; steps: number | null } }
  | { type: "end_trainer" }
  | { type: "store_session"; session: StoredSession }
  | { type: "store_state"; name: string; state: StoredState }
  | { type: "store_checkpoint"; name: string; checkpoint: StoredCheckpoint }
  | { type: "measure"; session: StoredSession; step: number; weights: Uint8Array }
  | {
      type: "begin_record";
      recorder: number;
      session: StoredSession;
      losses: readonly LossRecord[];
      checkpoints: StoredCheckpoint[];
    }
  | { type: "record_losses"; recorder: number; losses: LossRecord }
  | { type: "record_checkpoint"; recorder: number; checkpoint: StoredCheckpoint }
  | { type: "compare"; recorder: number };

/** The next state, and what is to be done. */
export type Next = [State, Effect[]];

/** A training that has not begun. `name` must be another training's nowhere. */
export function initial(name: string, experiment: Experiment, wish: Wish, workers = 1): State {
  return {
    name,
    experiment,
    wish,
    phase: "preparing",
    choice: undefined,
    notice: undefined,
    unstored: undefined,
    canGoOn: true,
    wanted: "everything",
    held: false,
    pausesAtSecondPhase: false,
    knowsSecondPhase: false,
    trainer: undefined,
    trainers: 0,
    recorders: 0,
    restarts: 0,
    session: undefined,
    restoring: undefined,
    saved: undefined,
    losses: [],
    checkpoints: new Map(),
    settled: new Set(),
    compared: 0,
    writes: 0,
    step: 0,
    furthest: 0,
    loss: undefined,
    stepsPerSecond: undefined,
    curve: [],
    left: undefined,
    workers,
    trainSeconds: 0,
    lookedAt: 0,
  };
}

/** What the page shows of a training's progress. */
export interface Progress {
  step: number;
  totalSteps: number;
  epoch: number;
  loss: number | undefined;
  stepsPerSecond: number | undefined;
  curve: readonly LossAtStep[];
  /** Seconds until the last checkpoint is measured; nothing while that is not known. */
  secondsLeft: number | undefined;
  /** Checkpoints that are measured, of so many. */
  measured: number;
  checkpoints: number;
  /** Comparisons that were made. */
  compared: number;
}

/** How far a training is; nothing before it has started. */
export function progress(state: State): Progress | undefined {
  const { session, step, loss, stepsPerSecond } = state;
  if (!session) return undefined;
  return {
    step,
    totalSteps: session.totalSteps,
    epoch: step / session.stepsPerEpoch,
    loss,
    stepsPerSecond,
    curve: state.curve,
    secondsLeft: state.left?.seconds,
    measured: measured(state).length,
    checkpoints: session.checkpoints.length,
    compared: state.compared,
  };
}

/** Checkpoints whose samples are measured. */
export function measured(state: State): StoredCheckpoint[] {
  return [...state.checkpoints.values()].filter(({ parts }) => parts);
}

/** No more than a new state. */
export function only(state: State): Next {
  return [state, []];
}

/** Another change after one, with the effects of both. */
export function then([state, effects]: Next, change: (state: State) => Next): Next {
  const [next, more] = change(state);
  return [next, [...effects, ...more]];
}

/** Words as a sentence. */
export function sentence(words: string): string {
  return words.endsWith(".") ? words : `${words}.`;
}

/** An epoch in words. */
export function inEpochs(epoch: number): string {
  return epoch.toLocaleString("en", { maximumFractionDigits: 1 });
}
