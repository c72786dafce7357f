/** Samples that are measured, in parts for several workers. */

import type { Bench } from "../generated/Bench";

/** Samples that go to a worker together: about a third of a second's work. */
const SAMPLES_PER_JOB = 5;

/** A bench in parts with a few of its samples each, in order. */
export function split(bench: Bench): Bench[] {
  const parts: Bench[] = [];
  for (let first = 0; first < bench.samples.length; first += SAMPLES_PER_JOB)
    parts.push({ ...bench, samples: bench.samples.slice(first, first + SAMPLES_PER_JOB) });
  return parts;
}
