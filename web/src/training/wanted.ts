/** Resting and going on: what is wanted of the training, and how the worker that trains hears of it. */

import { type Next, only, type State } from "./state";

/** Whether it is to rest at the present step. */
export function isToRest({ held, wanted, step }: State): boolean {
  if (held || wanted === "rest") return true;
  return wanted !== "everything" && step >= wanted.upTo;
}

/** Tells the trainer what is wanted, if it listens; one that does not is told once it has started. */
export function obey(state: State, now: number): Next {
  const { trainer, wanted, step } = state;
  if (!trainer?.listens) return only(state);
  const seen = { ...state, lookedAt: now };
  if (isToRest(state)) return [seen, [{ type: "tell", trainer: trainer.id, command: { type: "pause" } }]];
  const steps = typeof wanted === "object" ? wanted.upTo - step : null;
  const going = { ...seen, trainer: { ...trainer, rests: false } };
  return [going, [{ type: "tell", trainer: trainer.id, command: { type: "go", steps } }]];
}

/** Lets a training that rests or has failed go on where it can, for so many steps or to its end. */
export function want(state: State, steps: number | null): State {
  const wanted = steps === null ? "everything" : { upTo: state.step + steps };
  return { ...state, wanted, notice: undefined, phase: state.trainer?.listens ? "running" : "preparing" };
}

/** It is paused once it rests and all is stored: from then on the page may be closed. */
export function pausedIfStored(state: State): State {
  const isUnderWay = state.phase === "running" || state.phase === "preparing";
  const rests = state.trainer?.rests && state.writes === 0 && isToRest(state);
  return isUnderWay && rests ? { ...state, phase: "paused" } : state;
}
