/**
 * What a run's record says of its phases. The record decides, by one rule for all runs; here its
 * sentence is found again, and what it says is named.
 */

import type { Mark } from "../generated/Mark";
import type { RunView } from "../generated/RunView";
import { decidingCourse } from "./figures";

/** Where a run is, as far as its record tells. */
export type Standing = "too little" | "phase 1" | "phase 2" | "not distinguishable";

/** What the record says of the phases. */
export interface Verdict {
  standing: Standing;
  /** The record's own sentence. */
  says: string;
  /** Where the phases meet, where they are told apart. */
  boundary: Mark | undefined;
}

/** Sentences of the record about phases, by how they begin. A sentence ends before a capital letter, or with the text. */
const SENTENCE =
  /(Two phases, with|Phases are not distinguishable|Phases cannot be told|Too little to tell|There is nothing to tell).*?\.(?= [A-Z]|$)/;

/** The record's own sentence; nothing before anything is measured. */
export function saysOf(view: RunView): string | undefined {
  return decidingCourse(view)?.caption.match(SENTENCE)?.[0];
}

/** The record's verdict; nothing before anything is measured. */
export function verdictOf(view: RunView): Verdict | undefined {
  const course = decidingCourse(view);
  const says = saysOf(view);
  if (!course || !says) return undefined;
  const boundary = course.kind.marks.find(({ kind }) => kind === "boundary");
  return { says, boundary, standing: standingOf(says, boundary) };
}

function standingOf(says: string, boundary: Mark | undefined): Standing {
  if (boundary) return "phase 2";
  // It has fallen for certain, and not risen yet.
  if (says.includes("no rise beyond its interval")) return "phase 1";
  return says.startsWith("Phases are not") ? "not distinguishable" : "too little";
}

/** Where the loss gap opens, where the record says so. */
export function gapOnsetOf(view: RunView): Mark | undefined {
  return decidingCourse(view)?.kind.marks.find(({ kind }) => kind === "gap_onset");
}
