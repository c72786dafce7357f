/** Runs that differ in their seed alone, taken together: means, and 95 % t-intervals over the seeds. */

import type { Estimate } from "../generated/Estimate";
import type { Experiment } from "../generated/Experiment";
import type { Curve } from "./summary";

/** What a mean over seeds holds fixed, and what not: said wherever one is shown. */
export const HELD =
  "Mean and 95 % t-interval over the seeds. Held fixed: network, data, all settings but the seed, noise bound, solver. " +
  "Drawn by each seed: initial weights, order of the samples, which of them are learned and mislabelled. " +
  "So are those that are measured, and their players, unless they have a seed of their own: that is held fixed. " +
  "The intervals of single runs, over their test samples, are not in it. " +
  "An interval of few seeds may reach where the quantity cannot be, a share below 0: it is cut there.";

/** From the smallest value of a quantity to the largest. */
export type Domain = readonly [number, number];
export const SHARE: Domain = [0, 1];
export const ORDER: Domain = [1, Infinity];
export const ANY: Domain = [-Infinity, Infinity];

/** Runs by what they are besides their seed: families of one experiment each, in order. */
export function familiesOf<Of extends { experiment: Experiment }>(runs: readonly Of[]): Of[][] {
  const families = new Map<string, Of[]>();
  for (const run of runs) {
    const key = keyBesidesSeed(run.experiment);
    families.set(key, [...(families.get(key) ?? []), run]);
  }
  return [...families.values()];
}

/** The seed of an experiment, with those that its measured samples and their players have of their own. */
export function seedsInWords({ training, measurement }: Experiment): string {
  const { samples_seed, players_seed } = measurement;
  const own = [
    ...(isOwn(samples_seed) ? [`samples by seed ${samples_seed}`] : []),
    ...(isOwn(players_seed) ? [`players by seed ${players_seed}`] : []),
  ];
  return [`seed ${training.seed}`, ...own].join(", ");
}

/** Whether a seed is one of its own. Runs that were kept before there were such have none. */
export function isOwn(seed: number | null | undefined): seed is number {
  return typeof seed === "number";
}

/** Experiments that differ in their seed alone have the same key. */
export function keyBesidesSeed(of: Experiment): string {
  return JSON.stringify({ ...of, training: { ...of.training, seed: 0 } });
}

/** Quantiles 0.975 of Student's t for one to ten degrees of freedom. */
const FEW = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622, 2.2281] as const;
/** The normal distribution's. */
const NORMAL = 1.959964;

/** Quantile 0.975 of Student's t: from a table, and from the expansion around the normal's (Fisher, Cornish). */
export function quantile(freedom: number): number {
  const tabled = FEW[freedom - 1];
  if (tabled !== undefined) return tabled;
  const [z, n] = [NORMAL, freedom];
  return (
    z +
    (z ** 3 + z) / (4 * n) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * n ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * n ** 3)
  );
}

/** Mean and 95 % t-interval, cut at what the quantity can be; of fewer than two values there is none. */
export function meanOf(values: readonly number[], [least, most]: Domain): Estimate | undefined {
  if (values.length < 2) return undefined;
  const value = values.reduce((sum, next) => sum + next, 0) / values.length;
  const squares = values.reduce((sum, next) => sum + (next - value) ** 2, 0);
  const half = quantile(values.length - 1) * Math.sqrt(squares / (values.length - 1) / values.length);
  return { value, low: Math.max(least, value - half), high: Math.min(most, value + half) };
}

/** The mean of curves at the epochs that all of them have. */
export function meanCurve(curves: readonly Curve[], domain: Domain): Curve {
  const [first, ...others] = curves;
  const common = (first?.epochs ?? []).filter((epoch) => others.every(({ epochs }) => epochs.includes(epoch)));
  const found = common.flatMap((epoch) => {
    const values = curves.map(({ epochs, values }) => values[epochs.indexOf(epoch)]?.value ?? NaN);
    const mean = meanOf(values, domain);
    return mean && Number.isFinite(mean.value) ? [{ epoch, mean }] : [];
  });
  return { epochs: found.map(({ epoch }) => epoch), values: found.map(({ mean }) => mean) };
}
