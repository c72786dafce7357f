/** What a run's record says of its phases. The record decides, by one rule for all runs. */

import type { Mark } from "../generated/Mark";
import type { RunView } from "../generated/RunView";
import type { Verdict as Found } from "../generated/Verdict";
import { decidingCourse } from "./figures";

/** Where a run is, as far as its record tells. */
export type Standing = "too little" | "phase 1" | "phase 2" | "not distinguishable";

/** What the record says of the phases. */
export interface Verdict {
  standing: Standing;
  /** Whether a fall and a rise are beyond their intervals; nothing where there is too little to tell. */
  certain: { falls: boolean; rises: boolean } | undefined;
  /** What two phases would take and is not there, where enough is measured to tell. */
  missing: string | undefined;
  /** The record's own sentence. */
  says: string;
  /** Where the phases meet, where they are told apart. */
  boundary: Mark | undefined;
}

/** What each verdict of the record means. */
const VERDICTS: Record<Found, Pick<Verdict, "standing" | "certain" | "missing">> = {
  "two-phases": { standing: "phase 2", certain: { falls: true, rises: true }, missing: undefined },
  "in-our-answer-only": {
    standing: "not distinguishable",
    certain: { falls: true, rises: true },
    missing: "in the sum shown, and not in every one that is nearly as sparse",
  },
  // It has fallen for certain, and not risen yet.
  "only-a-fall": {
    standing: "phase 1",
    certain: { falls: true, rises: false },
    missing: "no rise beyond its interval",
  },
  "only-a-rise": {
    standing: "not distinguishable",
    certain: { falls: false, rises: true },
    missing: "no fall beyond its interval",
  },
  neither: {
    standing: "not distinguishable",
    certain: { falls: false, rises: false },
    missing: "neither a fall nor a rise beyond its interval",
  },
  "too-few": { standing: "too little", certain: undefined, missing: undefined },
};

/** The record's verdict; nothing before anything is measured. */
export function verdictOf(view: RunView): Verdict | undefined {
  if (!view.phases) return undefined;
  const { verdict, says } = view.phases;
  const boundary = decidingCourse(view)?.kind.marks.find(({ kind }) => kind === "boundary");
  return { ...VERDICTS[verdict], says, boundary };
}

/** Why a run has no boundary, in the words of the record's own sentence; of one with a boundary nothing. */
export function withoutBoundary({ standing, missing, boundary }: Verdict): string | undefined {
  if (boundary) return undefined;
  return missing ? `not distinguishable: ${missing}` : standing;
}

/** Whether there are two phases by now. */
export function hasTwoPhases(view: RunView): boolean {
  return view.phases?.verdict === "two-phases";
}

/** Where the loss gap opens, where the record says so. */
export function gapOnsetOf(view: RunView): Mark | undefined {
  return decidingCourse(view)?.kind.marks.find(({ kind }) => kind === "gap_onset");
}
