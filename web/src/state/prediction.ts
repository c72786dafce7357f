/**
 * What a reader expects of a training before it begins, and what came of it: a reader who has said
 * something looks closer.
 */

import { signal } from "@preact/signals";
import { epochs } from "../figure/numbers";
import type { RunView } from "../generated/RunView";
import { readList, writeList } from "./lists";
import { gapOnsetOf, verdictOf } from "./phases";

/** What is expected. A question without an answer is none. */
export interface Prediction {
  /** Whether high orders rise again after their fall. */
  rises: boolean | undefined;
  /** The epoch at which the loss gap opens; null if it never does. */
  gapOpens: number | null | undefined;
}

const NOTHING: Prediction = { rises: undefined, gapOpens: undefined };

/** What the reader expects of the next training. */
export const prediction = signal<Prediction>(NOTHING);

/** An expectation beside what was found. */
export interface Outcome {
  expected: string;
  found: string;
  /** Whether it came true; undefined where the run does not say. */
  isRight: boolean | undefined;
}

/** What came of a prediction in a run that is over. */
export function outcomes({ rises, gapOpens }: Prediction, view: RunView): Outcome[] {
  return [
    ...(rises === undefined ? [] : [ofRise(rises, view)]),
    ...(gapOpens === undefined ? [] : [ofGap(gapOpens, view)]),
  ];
}

function ofRise(rises: boolean, view: RunView): Outcome {
  const verdict = verdictOf(view);
  const standing = verdict?.standing ?? "too little";
  const isKnown = standing === "phase 1" || standing === "phase 2";
  return {
    expected: rises ? "Orders rise again." : "Orders do not rise again.",
    found: verdict?.says ?? "Nothing was measured.",
    isRight: isKnown ? (standing === "phase 2") === rises : undefined,
  };
}

function ofGap(expected: number | null, view: RunView): Outcome {
  const onset = gapOnsetOf(view);
  const found = onset
    ? `It opens at epoch ${epochs(onset.epoch)} [${epochs(onset.low)}, ${epochs(onset.high)}]; all that lies in the interval counts as right.`
    : "It does not open in this run.";
  if (expected === null) return { expected: "The loss gap never opens.", found, isRight: onset === undefined };
  return {
    expected: `The loss gap opens at about epoch ${epochs(expected)}.`,
    found,
    isRight: onset !== undefined && onset.low <= expected && expected <= onset.high,
  };
}

/** Where predictions are kept, by the names of their trainings. */
const PLACE = "spindle-predictions";
const MOST_KEPT = 20;

/** Keeps what is expected of a training. */
export function keepPrediction(training: string, of: Prediction): void {
  const others = kept().filter(([name]) => name !== training);
  writeList(PLACE, [...others, [training, of]], MOST_KEPT);
}

/** What was expected of a training. */
export function predictionOf(training: string | undefined): Prediction {
  const found = kept().find(([name]) => name === training)?.[1];
  // JSON has no undefined: what is not there was not asked.
  return { ...NOTHING, ...found };
}

function kept(): [string, Prediction][] {
  return readList(PLACE) as [string, Prediction][];
}
