/** The course of a training as a pure function of its state and of what happens. */

import type { Stored } from "../engine/storage";
import {
  afterTraining,
  beginRecord,
  grown,
  leftOut,
  measuredNow,
  measureTheRest,
  stored as storedCheckpoint,
  writeEnded,
} from "./checkpoints";
import { compare, compared, incomparable } from "./comparisons";
import {
  type Message,
  type Next,
  only,
  type Problem,
  type Recorded,
  type State,
  sentence,
  then,
  type Written,
} from "./state";
import { begun, failed, MOST_RESTARTS, restarted, told, train } from "./trainer";
import { isToRest, obey, want } from "./wanted";

/** The next state, and what is to be done. */
export function reduce(state: State, message: Message): Next {
  if ("trainer" in message && message.trainer !== state.trainer?.id) return only(state);
  if ("recorder" in message && message.recorder !== state.recorders) return only(state);
  switch (message.type) {
    case "start":
      return train(state);
    case "restore":
      return beginRecord(found(state, message.stored));
    case "go":
      return go(state, message.steps, message.now);
    case "pause":
      return obey({ ...state, wanted: "rest" }, message.now);
    case "hold":
      return hold({ ...state, held: message.held }, message.now);
    case "pause_at_second_phase":
      return only({ ...state, pausesAtSecondPhase: message.pauses });
    case "chosen":
      return begun(state, message.trainer, message.choice);
    case "told":
      return told(state, message.event, message.now);
    case "trainer_failed":
      return failed(state, message.problem);
    case "trainer_lost":
      return restarted(state, message.problem);
    case "written":
      return written(state, message.what, message.problem);
    case "measurer_lost":
      return only({ ...state, notice: `${sentence(message.problem.words)} Another one does its work.` });
    case "measured":
      return measuredNow(state, message.step, message.parts);
    case "unmeasurable":
      return leftOut(state, message.step, message.problem);
    case "record_begun":
      return then(grown(state, message.steps, message.secondPhase, message.now), goneOn);
    case "recorded":
      return grown(state, [message.step], message.secondPhase, message.now);
    case "compared":
      return compared(state, message.wasLeft);
    case "not_recorded":
      return notRecorded(state, message.what, message.problem);
    case "recorder_lost":
      return recordRestarted(state, message.problem);
  }
}

function go(state: State, steps: number | null, now: number): Next {
  if (state.phase !== "paused" && state.phase !== "failed") return only(state);
  const next = want(state, steps);
  // A worker that is on its way is told once it has started.
  return state.trainer ? obey(next, now) : train(next);
}

function hold(state: State, now: number): Next {
  const goesOn = state.phase === "paused" && !isToRest(state);
  return obey(goesOn ? { ...state, phase: "running" } : state, now);
}

/** A stored session, paused where it was. */
function found(state: State, { session, state: saved, checkpoints }: Stored): State {
  const step = saved?.step ?? 0;
  return {
    ...state,
    name: session.id,
    restoring: { finished: saved?.finished ?? false },
    session,
    saved,
    step,
    furthest: step,
    losses: saved?.losses ?? [],
    checkpoints: new Map(checkpoints.map((checkpoint) => [checkpoint.losses.step, checkpoint])),
    trainSeconds: checkpoints.at(-1)?.train_seconds ?? 0,
    wanted: "rest",
  };
}

/** What a record that was begun goes on with: what is not measured or not compared yet. */
function goneOn(state: State): Next {
  if (state.restoring) return shownAgain({ ...state, restoring: undefined }, state.restoring.finished);
  return state.phase === "comparing" ? compare({ ...state, compared: 0 }) : only(state);
}

/** A session that is shown again goes on measuring; training waits for the reader. */
function shownAgain(state: State, finished: boolean): Next {
  return then(finished ? afterTraining(state) : only({ ...state, phase: "paused" }), measureTheRest);
}

function written(state: State, what: Written, problem: Problem | undefined): Next {
  const next = writeEnded(state, problem);
  return what.kind === "checkpoint" ? storedCheckpoint(next, what.step) : only(next);
}

function notRecorded(state: State, what: Recorded, problem: Problem): Next {
  switch (what.kind) {
    case "checkpoint":
      return leftOut(state, what.step, problem);
    case "comparison":
      return only(incomparable(state, problem));
    default:
      return failed(state, problem);
  }
}

function recordRestarted(state: State, { words }: Problem): Next {
  const next = { ...state, restarts: state.restarts + 1 };
  if (next.restarts > MOST_RESTARTS) return only(next);
  // Its comparisons are gone with it.
  const phase = state.phase === "finished" ? "comparing" : state.phase;
  return beginRecord({ ...next, phase, notice: `${sentence(words)} The record was begun again.` });
}
