/** A checkpoint's way: reached, stored, measured, stored again, recorded. */

import type { StoredCheckpoint } from "../engine/storage";
import type { Event } from "../generated/Event";
import type { LossRecord } from "../generated/LossRecord";
import type { MeasuredPart } from "../generated/MeasuredPart";
import { compare } from "./comparisons";
import { type Effect, inEpochs, measured, type Next, only, type Problem, type State, sentence, then } from "./state";
import { isToRest, obey, pausedIfStored } from "./wanted";

const NOT_PAUSED =
  "It did not pause: at no checkpoint had the mean order risen from its minimum by more than both intervals. " +
  "More samples or more epochs may show it.";

/** A checkpoint was reached: it is stored first. */
export function reached(state: State, event: Extract<Event, { type: "checkpoint" }>): Next {
  const { losses, sample_losses, weights } = event;
  // A training that went on from a state comes by checkpoints that were measured before.
  if (!state.session || state.checkpoints.has(losses.step)) return only(state);
  return kept(state, { losses, sample_losses, weights, train_seconds: state.trainSeconds });
}

/** A checkpoint is stored: what is next depends on whether it was measured. */
export function stored(state: State, step: number): Next {
  const checkpoint = state.checkpoints.get(step);
  if (!checkpoint) return only(state);
  if (!checkpoint.parts) return [state, toBeMeasured(state, checkpoint)];
  return [state, [{ type: "record_checkpoint", recorder: state.recorders, checkpoint }]];
}

/** All checkpoints that are stored and not measured are measured now. */
export function measureTheRest(state: State): Next {
  const rest = [...state.checkpoints.values()].filter(({ parts }) => !parts);
  return [state, rest.flatMap((checkpoint) => toBeMeasured(state, checkpoint))];
}

function toBeMeasured({ session }: State, { losses, weights }: StoredCheckpoint): Effect[] {
  return session ? [{ type: "measure", session, step: losses.step, weights }] : [];
}

/** Its samples are measured: they are stored with it. */
export function measuredNow(state: State, step: number, parts: MeasuredPart[]): Next {
  const checkpoint = state.checkpoints.get(step);
  return checkpoint ? kept(state, { ...checkpoint, parts }) : only(state);
}

function kept(state: State, checkpoint: StoredCheckpoint): Next {
  const checkpoints = new Map(state.checkpoints).set(checkpoint.losses.step, checkpoint);
  return [
    { ...state, checkpoints, writes: state.writes + 1 },
    [{ type: "store_checkpoint", name: state.name, checkpoint }],
  ];
}

/** A checkpoint that cannot be measured or recorded is told, and left out. */
export function leftOut(state: State, step: number, { words }: Problem): Next {
  const epoch = inEpochs(state.checkpoints.get(step)?.losses.epoch ?? 0);
  const notice = `The checkpoint at epoch ${epoch} could not be measured: ${words}.`;
  return settled({ ...state, notice }, [step]);
}

/** No more is to come of these checkpoints. */
export function settled(state: State, steps: number[]): Next {
  return concluded({ ...state, settled: new Set([...state.settled, ...steps]) });
}

/** What follows the last step: the last checkpoints are measured, and then all is compared. */
export function afterTraining(state: State): Next {
  return isSettled(state) ? compare(state) : only({ ...state, phase: "measuring" });
}

function isSettled({ checkpoints, settled }: State): boolean {
  return [...checkpoints.keys()].every((step) => settled.has(step));
}

/** A training is measured when of all its checkpoints no more is to come. */
export function concluded(state: State): Next {
  if (state.phase !== "measuring" || !isSettled(state)) return only(state);
  const waited = state.pausesAtSecondPhase && !state.knowsSecondPhase;
  return compare({ ...state, notice: waited ? NOT_PAUSED : state.notice });
}

/** Begins the record in a new worker, with all that is known so far. */
export function beginRecord(state: State): Next {
  const { session, losses } = state;
  if (!session) return only(state);
  const recorder = state.recorders + 1;
  const checkpoints = measured(state);
  return [{ ...state, recorders: recorder }, [{ type: "begin_record", recorder, session, losses, checkpoints }]];
}

/** Losses after an epoch, over what was known of the same step. */
export function evaluated(state: State, losses: LossRecord): Next {
  const others = state.losses.filter((known) => known.step !== losses.step);
  const all = [...others, losses].sort((a, b) => a.step - b.step);
  return [{ ...state, losses: all }, [{ type: "record_losses", recorder: state.recorders, losses }]];
}

/** The record has grown by these checkpoints. */
export function grown(state: State, steps: number[], secondPhase: boolean, now: number): Next {
  return then(pausedAtSecondPhase(state, secondPhase, now), (next) => settled(next, steps));
}

/** Pauses when the second phase has begun, once, and only what still trains. */
function pausedAtSecondPhase(state: State, secondPhase: boolean, now: number): Next {
  if (!secondPhase || !state.pausesAtSecondPhase || state.knowsSecondPhase || isToRest(state)) return only(state);
  const knows: State = { ...state, knowsSecondPhase: true };
  if (state.phase !== "running" && state.phase !== "preparing") return only(knows);
  return obey({ ...knows, wanted: "rest", notice: "Paused: the second phase has begun." }, now);
}

/**
 * A write has ended. A browser that stores nothing trains all the same; the reader is told, and no
 * longer once all is stored after all.
 */
export function writeEnded(state: State, problem: Problem | undefined): State {
  const unstored = problem && `This training cannot be resumed after the page is closed: ${sentence(problem.words)}`;
  const notice = state.notice === state.unstored ? unstored : state.notice;
  return pausedIfStored({ ...state, writes: state.writes - 1, unstored, notice });
}
