/** The worker that trains: how it begins, what it tells, what follows when it fails. */

import type { Choice } from "../engine/choice";
import { CPU } from "../engine/place";
import type { StoredSession } from "../engine/storage";
import type { Event } from "../generated/Event";
import { beginRecord, concluded, evaluated, reached } from "./checkpoints";
import { withPace } from "./remaining";
import { inEpochs, type LossAtStep, type Next, only, type Problem, type State, sentence, then } from "./state";
import { isToRest, obey, pausedIfStored } from "./wanted";

/** New workers for a training that ends without a step forward. */
export const MOST_RESTARTS = 3;

/** Trains in a new worker: from the last state, or from the beginning. */
export function train(state: State): Next {
  const id = state.trainers + 1;
  const next = { ...state, trainers: id, trainer: { id, listens: false, rests: false } };
  if (state.choice) return begun(next, id, state.choice);
  return [next, [{ type: "choose", trainer: id, wish: state.wish, experiment: state.experiment }]];
}

/** The engine is chosen, and trains. */
export function begun(state: State, trainer: number, choice: Choice): Next {
  const { experiment } = state;
  const from = state.saved?.bytes ?? null;
  return [{ ...state, choice }, [{ type: "train", trainer, choice, experiment, state: from }]];
}

/** What the trainer tells. */
export function told(state: State, event: Event, now: number): Next {
  switch (event.type) {
    case "started":
      return started(state, event, now);
    case "progress":
      return only(progressed(state, event, now));
    case "losses":
      return evaluated(state, event.losses);
    case "checkpoint":
      return reached(state, event);
    case "state":
      return saved({ ...state, saved: { step: event.step, bytes: event.bytes } }, false);
    case "paused":
      return only(rested({ ...state, step: event.step }));
    case "finished":
      return finished(state);
    default:
      return only(state);
  }
}

type Started = Extract<Event, { type: "started" }>;

function started(state: State, event: Started, now: number): Next {
  const { trainer, session } = state;
  const listening: State = { ...state, step: event.step, trainer: trainer && { ...trainer, listens: true } };
  // The session is stored before anything of it, and the record begins before the first losses come.
  const known: Next = session ? only(listening) : then(sessionBegun(listening, event), beginRecord);
  return then(known, (next) => obey(next, now));
}

function sessionBegun(state: State, event: Started): Next {
  const session: StoredSession = {
    id: state.name,
    experiment: state.experiment,
    provenance: event.provenance,
    classes: event.classes,
    bench: event.bench,
    totalSteps: event.total_steps,
    stepsPerEpoch: event.steps_per_epoch,
    checkpoints: event.checkpoints,
  };
  return [{ ...state, session, writes: state.writes + 1 }, [{ type: "store_session", session }]];
}

function progressed(state: State, event: Extract<Event, { type: "progress" }>, now: number): State {
  const isForward = event.step > state.furthest;
  const next: State = {
    ...state,
    step: event.step,
    loss: event.loss,
    curve: lengthened(state.curve, { step: event.step, loss: event.loss }),
    stepsPerSecond: event.steps_per_second,
    trainSeconds: state.trainSeconds + (now - state.lookedAt) / 1000,
    lookedAt: now,
    // A failure that comes back at the same step is to end the training.
    furthest: isForward ? event.step : state.furthest,
    restarts: isForward ? 0 : state.restarts,
  };
  return isToRest(next) ? next : { ...withPace(next, now), phase: "running" };
}

/** Points of the curve at most: more than a drawing this small can show. */
const MOST_POINTS = 120;

/** The curve with another point; steps that are done again replace what was there. */
function lengthened(curve: readonly LossAtStep[], point: LossAtStep): LossAtStep[] {
  const before = curve.filter(({ step }) => step < point.step);
  const kept = before.length < MOST_POINTS ? before : before.filter((_, index) => index % 2 === 0);
  return [...kept, point];
}

function rested(state: State): State {
  const { trainer } = state;
  // It may have been told to go on meanwhile.
  return trainer && isToRest(state) ? pausedIfStored({ ...state, trainer: { ...trainer, rests: true } }) : state;
}

function saved(state: State, finished: boolean): Next {
  const { saved, session, losses } = state;
  if (!saved || !session) return only(state);
  const stored = { ...saved, losses: [...losses], finished };
  return [{ ...state, writes: state.writes + 1 }, [{ type: "store_state", name: session.id, state: stored }]];
}

function finished(state: State): Next {
  const step = state.session?.totalSteps ?? state.step;
  const next: State = { ...state, step, stepsPerSecond: undefined, phase: "measuring" };
  // It is done: its memory is free for others, and nothing becomes of its end.
  return then(then(saved(next, true), withoutTrainer), concluded);
}

/** The training ends; what was stored and measured stays. */
export function failed(state: State, { kind, words }: Problem): Next {
  const canGoOn = state.saved !== undefined && kind !== "diverged";
  return withoutTrainer({ ...state, notice: sentence(words), canGoOn, phase: "failed" });
}

/** Goes on from the last state in a new worker, on the CPU where the GPU failed. */
export function restarted(state: State, problem: Problem): Next {
  const { choice, saved, session } = state;
  const restarts = state.restarts + 1;
  if (restarts > MOST_RESTARTS) return failed({ ...state, restarts }, problem);
  const onGpu = choice?.build === "gpu";
  const from = session && saved ? `epoch ${inEpochs(saved.step / session.stepsPerEpoch)}` : "the beginning";
  const notice = `${sentence(problem.words)} The training went on from ${from}${onGpu ? ", on the CPU" : ""}.`;
  const next: State = { ...state, restarts, notice, step: saved?.step ?? 0, choice: onGpu ? AFTER_GPU : choice };
  return then(withoutTrainer(next), train);
}

const AFTER_GPU: Choice = { build: "cpu", place: CPU, name: "WebAssembly", reason: "the GPU failed" };

function withoutTrainer(state: State): Next {
  return [{ ...state, trainer: undefined }, [{ type: "end_trainer" }]];
}
