/**
 * How long a training still takes, as a number that a reader can wait by. Training and measuring go
 * on beside each other, in workers of their own: what takes longer counts.
 */

import { measured, type State } from "./state";

/** What is known of a training's pace. */
export interface Pace {
  /** Steps done and left, and the wall time of those done here, in seconds. */
  steps: { done: number; left: number; seconds: number };
  /** Checkpoints measured and left, and the wall time of those measured, in seconds. */
  checkpoints: { done: number; left: number; seconds: number };
}

/** Below these nothing is said: a rate of the first moments says nothing. */
const LEAST_SECONDS = 2;

/** Seconds that are left; nothing while that is not known. */
export function remaining({ steps, checkpoints }: Pace): number | undefined {
  if (steps.left > 0 && (steps.done === 0 || steps.seconds < LEAST_SECONDS)) return undefined;
  if (checkpoints.done === 0) return undefined;
  const training = steps.left === 0 ? 0 : (steps.left * steps.seconds) / steps.done;
  const each = checkpoints.seconds / checkpoints.done;
  // The last checkpoint is reached with the last step, and measured after it.
  return Math.max(training + (checkpoints.left > 0 ? each : 0), checkpoints.left * each);
}

/** Share by which a new estimate has to differ before another one is shown. */
const MOVES = 0.15;

/**
 * What is shown of estimates as they come: the last one counted down, until a new one differs from
 * it by more than estimates do.
 */
export function steadied(shown: number | undefined, elapsed: number, estimate: number | undefined): number | undefined {
  if (estimate === undefined) return undefined;
  if (shown === undefined) return estimate;
  const countedDown = Math.max(0, shown - elapsed);
  const isNear = Math.abs(estimate - countedDown) <= Math.max(1, MOVES * countedDown);
  return isNear ? countedDown : countedDown + (estimate - countedDown) / 2;
}

/** The state with the time that is left, as it is shown from now on. */
export function withPace(state: State, now: number): State {
  const elapsed = state.left ? (now - state.left.at) / 1000 : 0;
  const seconds = steadied(state.left?.seconds, elapsed, remaining(paceOf(state)));
  return { ...state, left: seconds === undefined ? undefined : { seconds, at: now } };
}

function paceOf(state: State): Pace {
  const { session, step, trainSeconds, workers } = state;
  const found = measured(state);
  const seconds = found
    .flatMap(({ parts }) => parts ?? [])
    .reduce((sum, part) => sum + part.extract_seconds + part.decompose_seconds, 0);
  return {
    steps: { done: step, left: (session?.totalSteps ?? step) - step, seconds: trainSeconds },
    checkpoints: {
      done: found.length,
      left: (session?.checkpoints.length ?? 0) - found.length,
      seconds: seconds / workers,
    },
  };
}
