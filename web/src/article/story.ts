/**
 * What happened in a run, in three chapters: before training, where orders are lowest, at the end.
 * Every word follows from the run's numbers and their intervals.
 */

import { typeset, when, wholePercent } from "../figure/numbers";
import type { Mark } from "../generated/Mark";
import type { RangedEstimate } from "../generated/RangedEstimate";
import type { RunView } from "../generated/RunView";
import type { Statistic } from "../generated/Statistic";
import { decidingCourse, twoPhases } from "../state/figures";
import { verdictOf } from "../state/phases";

/** A moment of the run. */
export interface Moment {
  /** Position of its checkpoint. */
  at: number;
  epoch: number;
  /** The statistic that decides on phases. */
  found: RangedEstimate;
}

/** The turning points of a run, and what is certain of the way between them. */
export interface Story {
  statistic: Statistic;
  first: Moment;
  lowest: Moment;
  last: Moment;
  /** Whether the training is over: until then there is a "so far", and no end. */
  isOver: boolean;
  /** Whether the way down and the way up are beyond their intervals. */
  falls: boolean;
  rises: boolean;
  /** Whether that was asked of every sum that is nearly as sparse, too. */
  isOfAllSums: boolean;
  /** The boundary of the phases, where both are. */
  boundary: Mark | undefined;
  /** Where the loss gap opens, in a network that learnt something. */
  gap: Mark | undefined;
}

/** A network that has learnt is better by this share than one that knows the classes' frequencies only. */
const LEARNT = 0.05;

/** Whether the network learnt anything: without, no gap of its losses means anything. */
export function hasLearnt(view: RunView): boolean {
  const lowest = Math.min(...view.checkpoints.map(({ losses }) => losses.test_loss));
  const chance = view.provenance.chance_loss ?? view.checkpoints[0]?.losses.test_loss ?? 0;
  return lowest < (1 - LEARNT) * chance;
}

/** Marks of a run that may be drawn. */
export function marksOf(view: RunView): Mark[] {
  const marks = twoPhases(view)?.kind.losses.marks ?? [];
  return hasLearnt(view) ? marks : marks.filter(({ kind }) => kind !== "gap_onset");
}

/** How many moments a story has. */
const MOMENTS = 3;

/** Why a run has no story yet. */
export function untold(view: RunView | undefined): string {
  const verdict = view && view.checkpoints.length >= MOMENTS ? verdictOf(view) : undefined;
  return verdict
    ? typeset(verdict.says)
    : "A story needs a beginning, a middle and an end: it is told when three checkpoints are measured.";
}

/** The story of a run that has a beginning, a middle and an end. */
export function storyOf(view: RunView): Story | undefined {
  const course = decidingCourse(view)?.kind;
  const moments = (course?.all ?? []).flatMap((found, at): Moment[] =>
    found ? [{ at, epoch: course?.epochs[at] ?? 0, found }] : [],
  );
  const [first, last] = [moments[0], moments.at(-1)];
  if (!course || !first || !last || moments.length < MOMENTS) return undefined;
  const marks = marksOf(view);
  const boundary = marks.find(({ kind }) => kind === "boundary");
  const certain = verdictOf(view)?.certain;
  if (!certain) return undefined;
  const inner = moments.slice(1, -1);
  const lowest = boundary
    ? inner.reduce((a, b) => (Math.abs(b.epoch - boundary.epoch) < Math.abs(a.epoch - boundary.epoch) ? b : a))
    : inner.reduce((a, b) => (b.found.value < a.found.value ? b : a));
  return {
    statistic: course.statistic,
    first,
    lowest,
    last,
    isOver: last.epoch >= view.experiment.training.epochs,
    ...certain,
    isOfAllSums: [first, lowest, last].every(({ found }) => found.lowest !== null),
    boundary,
    gap: marks.find(({ kind }) => kind === "gap_onset"),
  };
}

/** A chapter as the reader sees it. */
export interface Chapter {
  at: number;
  name: string;
  words: string;
}

export function chaptersOf(story: Story): Chapter[] {
  const { first, lowest, last, isOver, falls, rises, boundary, statistic } = story;
  const amount = ({ found: { value } }: Moment): string =>
    statistic === "mean-order" ? value.toFixed(2) : wholePercent(value);
  return [
    {
      at: first.at,
      name: "Before training",
      words:
        statistic === "mean-order"
          ? `Interactions join ${amount(first)} parts on average.`
          : `${amount(first)} of all strength, drawn or not, joins three or more parts.`,
    },
    {
      at: lowest.at,
      name: falls ? "Collapse" : "No collapse",
      words: falls
        ? `Down to ${amount(lowest)} by ${when(lowest.epoch)}${boundary ? ": the boundary of two phases." : "."}`
        : `At its lowest, ${when(lowest.epoch)}, it is ${amount(lowest)}: no fall beyond its interval.`,
    },
    {
      at: last.at,
      name: rises ? "Growth" : isOver ? "No growth" : "No growth yet",
      words: rises
        ? `Up to ${amount(last)} by ${when(last.epoch)}${boundary ? "." : falls ? ", but not in every sum as sparse." : ", but no two phases without a collapse."}`
        : isOver
          ? `At the end it is ${amount(last)}: no rise beyond its interval, so no second phase.`
          : `At ${when(last.epoch)} it is ${amount(last)}: no rise beyond its interval.`,
    },
  ];
}

/** The chapter that a checkpoint belongs to: that which ends there, or on whose way it lies. */
export function chapterAt(chapters: Chapter[], cursor: number): number {
  const chapter = chapters.findIndex(({ at }) => cursor <= at);
  return chapter < 0 ? Math.max(0, chapters.length - 1) : chapter;
}
