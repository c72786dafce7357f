/**
 * The view in the page's address: which run, at which checkpoint, which sample, how it is
 * decomposed, which interaction, mask and number of interactions, which two runs are compared, and
 * whether it plays. Each is typed; what is wrong is named and ignored.
 */

import { listed } from "./all-runs";
import { type Named, SGD_STEPS, sampleInspection, sampleSolver } from "./inspection";
import { pairOf } from "./pair";
import { boundaryOf, current, cursor, firstName, type Run, sample, untouched } from "./runs";

/** What an address says of the view. */
export interface WantedView {
  run: string | undefined;
  epoch: number | undefined;
  sample: number | undefined;
  /** Learning rate of the published SGD, by which the sample is decomposed. */
  sgd: number | undefined;
  interaction: Named | undefined;
  /** How many of the strongest interactions are kept. */
  k: number | undefined;
  mask: number | undefined;
  pair: string[] | undefined;
  play: boolean;
}

/** Learning rates that the page has a slider for. */
const RATES = { least: 1e-8, most: 1e-2 } as const;
/** Players have at most twenty bits in a mask. */
const MOST_MASK = 2 ** 20 - 1;

/** Reads the view; `complain` hears of values that are wrong by themselves. */
export function readView(address: URLSearchParams, complain: (words: string) => void): WantedView {
  const read = <Value>(name: string, of: (text: string) => Value | undefined, must: string): Value | undefined => {
    const text = address.get(name);
    if (text === null) return undefined;
    const value = of(text.trim());
    if (value === undefined) complain(`${name}=${text}: ${must}`);
    return value;
  };
  return {
    run: address.get("run") ?? undefined,
    epoch: read("epoch", (text) => between(text, 0, Infinity), "epochs are 0 or above"),
    sample: read("sample", (text) => whole(text, Infinity), "samples are whole numbers from 0"),
    sgd: read("sgd", (text) => between(text, RATES.least, RATES.most), "the SGD's learning rate is 1e-8 to 0.01"),
    interaction: read("interaction", interactionIn, "an interaction is and-MASK or or-MASK, bit i for player i"),
    k: read("k", (text) => whole(text, 2 * MOST_MASK), "k is a whole number of interactions"),
    mask: read("mask", (text) => whole(text, MOST_MASK), "a mask is a whole number, bit i for player i"),
    pair: read("pair", pairIn, "a pair is the name of a run, or two with a comma between"),
    play: read("play", (text) => (text === "1" ? true : undefined), "play is 1 or not there") ?? false,
  };
}

function between(text: string, least: number, most: number): number | undefined {
  const value = text === "" ? NaN : Number(text);
  return Number.isFinite(value) && least <= value && value <= most ? value : undefined;
}

function whole(text: string, most: number): number | undefined {
  return /^\d+$/.test(text) ? between(text, 0, most) : undefined;
}

function interactionIn(text: string): Named | undefined {
  const [, kind, bits = ""] = text.match(/^(and|or)-(\d+)$/) ?? [];
  const mask = whole(bits, MOST_MASK);
  return kind && mask ? { kind: kind as Named["kind"], mask } : undefined;
}

function pairIn(text: string): string[] | undefined {
  const names = text.split(",");
  return names.length <= 2 && names.every((name) => name !== "") ? names : undefined;
}

/** Looks at the sample and the pair as wanted; the run and its checkpoint are looked at already. */
export function lookAsWanted(wanted: WantedView, complain: (words: string) => void): void {
  const count = current.value?.view.samples.length ?? 0;
  if (wanted.sample !== undefined) {
    if (wanted.sample < count) sample.value = wanted.sample;
    else complain(`sample=${wanted.sample}: this run has the samples 0 to ${count - 1}`);
  }
  if (wanted.sgd !== undefined) sampleSolver.value = { published_sgd: { learning_rate: wanted.sgd, steps: SGD_STEPS } };
  const { interaction, k, mask } = wanted;
  sampleInspection.wish({ interaction, strongest: k, mask, complain });
  const unknown = wanted.pair?.find((name) => !listed.value.some((run) => run.name === name));
  if (unknown !== undefined) complain(`pair=${wanted.pair?.join(",")}: there is no run ${unknown}`);
  else if (wanted.pair) {
    const [one, two] = wanted.pair;
    pairOf.first.value = two === undefined ? undefined : one;
    pairOf.second.value = two ?? one;
  }
}

/** Whether a run is found by an address, whoever opens it: not what this browser alone has. */
export function hasAddress(run: Run): boolean {
  return !run.live && !run.kept && (run.address !== undefined || !run.fromFile);
}

/**
 * The view's part of the address: what differs from how a run is looked at first; with the checkpoint in any case
 * where it `isMoment`, since a look may begin elsewhere.
 */
export function writeView(address: URLSearchParams, isPlaying: boolean, isMoment = false): void {
  const run = current.value;
  // This browser finds again what it keeps; a training is found by its settings.
  if (run && (hasAddress(run) || run.kept)) {
    if (run.name !== firstName.value) address.set("run", run.address ?? run.name);
    const epoch = run.view.checkpoints[cursor.value]?.losses.epoch;
    // A look at a run begins at its boundary, or plays by itself: no need to say so.
    const isFirst = untouched.value || epoch === boundaryOf(run.view)?.epoch;
    if (epoch !== undefined && (isMoment || !isFirst)) address.set("epoch", String(+epoch.toPrecision(6)));
    if (sample.value !== 0) address.set("sample", String(sample.value));
    writeSample(address);
  }
  const [first, second] = [pairOf.first.value, pairOf.second.value];
  const pair = [first ?? (second && current.value?.name), second].filter((name) => name !== undefined);
  if (pair.length > 0 && pair.every((name) => !name.startsWith("file ") && name !== "live"))
    address.set("pair", (first === undefined ? pair.slice(1) : pair).join(","));
  if (isPlaying) address.set("play", "1");
}

function writeSample(address: URLSearchParams): void {
  const solver = sampleSolver.value;
  if (solver !== "certified") address.set("sgd", String(+solver.published_sgd.learning_rate.toPrecision(3)));
  const { interaction, strongest, mask } = sampleInspection.differing.value;
  if (interaction) address.set("interaction", `${interaction.kind}-${interaction.mask}`);
  if (strongest !== undefined) address.set("k", String(strongest));
  if (mask !== undefined) address.set("mask", String(mask));
}
