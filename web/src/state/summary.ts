/** What came of a run, in the few numbers of a table; and of several runs that differ in their seed alone. */

import type { Estimate } from "../generated/Estimate";
import type { Mark } from "../generated/Mark";
import type { Row } from "../generated/Row";
import type { RunView } from "../generated/RunView";
import { courseOf, twoPhases } from "./figures";
import { verdictOf, withoutBoundary } from "./phases";
import { ANY, type Domain, ORDER, SHARE } from "./seeds";

/** Numbers of a run; what is not known of it is undefined. */
export interface Summary {
  /** Share of the test samples that are classified right at the end. */
  accuracy: number | undefined;
  boundary: Mark | undefined;
  /** Why there is no boundary, in the record's words. */
  phases: string | undefined;
  /** Share of orders of 3 and more at the first checkpoint, the lowest, the last. */
  shares: { first: Estimate; lowest: Estimate; last: Estimate } | undefined;
}

export function summaryOf(view: RunView): Summary {
  const verdict = verdictOf(view);
  const all = (courseOf(view, "share-of-high-orders")?.kind.all ?? []).filter((estimate) => estimate !== null);
  const [first, last] = [all[0], all.at(-1)];
  const lowest = all.reduce<Estimate | undefined>((low, next) => (low && low.value <= next.value ? low : next), first);
  return {
    accuracy: view.checkpoints.at(-1)?.losses.test_accuracy,
    boundary: verdict?.boundary,
    phases: verdict && withoutBoundary(verdict),
    shares: first && lowest && last && { first, lowest, last },
  };
}

/** The same of a run that is not open, from the table of pairs. */
export function summaryOfRow({ phases, first, moments }: Row): Summary {
  const [before, low, end] = moments.map((moment) => (first === "share-of-high-orders" ? moment.first : null));
  return {
    accuracy: undefined,
    boundary: undefined,
    phases: phases ?? undefined,
    shares: before && low && end ? { first: before, lowest: low, last: end } : undefined,
  };
}

/** A statistic over training. */
export interface Curve {
  epochs: number[];
  values: Estimate[];
}

/** What can be laid over each other. */
export const OVERLAID = {
  share: "share of orders of 3 and more",
  order: "mean order",
  gap: "test − training loss (nats)",
  accuracy: "test accuracy",
} as const;
export type Overlaid = keyof typeof OVERLAID;

/** What each of them can be. */
export const DOMAINS: Record<Overlaid, Domain> = { share: SHARE, order: ORDER, gap: ANY, accuracy: SHARE };

/** A statistic of a run over training; where it has no interval, that is as wide as the value. */
export function curveOf(view: RunView, what: Overlaid): Curve {
  const flat = (value: number): Estimate => ({ value, low: value, high: value });
  if (what === "accuracy")
    return {
      epochs: view.checkpoints.map(({ losses }) => losses.epoch),
      values: view.checkpoints.map(({ losses }) => flat(losses.test_accuracy)),
    };
  if (what === "gap") {
    const losses = twoPhases(view)?.kind.losses;
    return { epochs: losses?.epochs ?? [], values: (losses?.gap ?? []).map(flat) };
  }
  const course = courseOf(view, what === "share" ? "share-of-high-orders" : "mean-order")?.kind;
  const found = (course?.epochs ?? []).flatMap((epoch, index) => {
    const value = course?.all[index];
    return value ? [{ epoch, value }] : [];
  });
  return { epochs: found.map(({ epoch }) => epoch), values: found.map(({ value }) => value) };
}
