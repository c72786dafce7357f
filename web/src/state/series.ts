/** Several seeds of one experiment, one training after the other. */

import { signal } from "@preact/signals";

/** How many seeds Train goes through. */
export const seeds = signal(1);

/** A series under way, or over. */
export interface Series {
  /** Seeds in all, and the place of the present one, from 1. */
  count: number;
  now: number;
}

/** The series of the training that is open, where it is one of several. */
export const series = signal<Series | undefined>(undefined);

/** Begins a series, or a single training. */
export function beginSeries(): void {
  series.value = seeds.value > 1 ? { count: seeds.value, now: 1 } : undefined;
}

/** Goes to the next seed; false where there is none. */
export function toNextSeed(): boolean {
  const at = series.value;
  if (!at || at.now >= at.count) return false;
  series.value = { ...at, now: at.now + 1 };
  return true;
}

/** No more seeds follow. */
export function endSeries(): void {
  series.value = undefined;
}
