/**
 * What a training here is to be, and how it travels in the page's address: only what differs from
 * the defaults, typed, checked.
 */

import { signal } from "@preact/signals";
import type { Wish } from "../engine/choice";
import { counted } from "../figure/numbers";
import controls from "../generated/controls.json";
import type { Experiment } from "../generated/Experiment";
import type { Model } from "../generated/Model";
import type { Range } from "../generated/Range";
import type { Trainable } from "../generated/Trainable";

/** The experiment that the page starts with. */
export const defaults = controls.defaults as Experiment;
/** What an experiment's numbers may be. */
export const ranges = new Map((controls.ranges as Range[]).map((range) => [range.field, range]));

/** Networks that can be trained here. */
export const models = controls.models as Trainable[];

/** An experiment's numbers that the page has controls for. */
export const FIELDS = [
  "learning_rate",
  "momentum",
  "batch",
  "train_size",
  "label_noise",
  "penalty",
  "penalty_order",
  "epochs",
  "checkpoints",
  "samples",
  "train_samples",
  "mislabelled_samples",
  "players",
  "seed",
] as const;
export type Field = (typeof FIELDS)[number];

/** Digits that come with the page: to learn from, and to test with. */
export const DIGITS = { train: 6_000, test: 1_000 } as const;

/**
 * What a browser adds to the ranges: the digits that there are, and masks that a page can draw; the
 * command line tool goes further.
 */
const MOST: Partial<Record<Field, number>> = {
  train_size: DIGITS.train,
  samples: DIGITS.test,
  train_samples: DIGITS.train,
  mislabelled_samples: DIGITS.train,
  players: 12,
};

/** Names that sites put into addresses that lead here; they mean nothing to the page. */
const FOREIGN =
  /^(utm_\w+|fbclid|gclid|dclid|gbraid|wbraid|msclkid|twclid|igshid|yclid|mc_[ce]id|ref|ref_\w+|source|_hs\w+)$/;

/** What the address may wish for as engine. */
const WISHES: readonly Wish[] = ["auto", "cpu", "webgpu"];

/** The experiment that Train begins. */
export const experiment = signal<Experiment>(defaults);
/** Which engine is to train. */
export const wish = signal<Wish>("auto");
/** Whether training pauses when the second phase has begun. */
export const stopAtSecondPhase = signal(false);
/** Words about values of the address that were ignored. */
export const ignored = signal<string[]>([]);

/** A group of an experiment's fields that the page has controls for. */
type Group = "training" | "measurement";

function groupOf(field: Field): Group {
  return (ranges.get(field)?.group ?? "training") as Group;
}

/** What a field is in an experiment; null where it is not given. */
export function numberOf(of: Experiment, field: Field): number | null {
  const group: Partial<Record<Field, unknown>> = of[groupOf(field)];
  return group[field] as number | null;
}

/** The experiment with another value of a field. */
export function withValue(of: Experiment, field: Field, value: number): Experiment {
  const group = groupOf(field);
  return { ...of, [group]: { ...of[group], [field]: value } };
}

/** The experiment with another network. */
export function withModel(of: Experiment, model: Model): Experiment {
  return { ...of, training: { ...of.training, model } };
}

/** What a network of the list can do here; nothing of others. */
function trainable(model: Model): Trainable | undefined {
  return models.find(({ name }) => name === model);
}

/** A network's name for readers, where it can be trained here. */
export function titleOf(model: Model): string | undefined {
  return trainable(model)?.title;
}

/** Where kernels can train a network, as a sentence. */
export function runsOn(model: Model): string {
  return trainable(model)?.webgpu ? "runs on WebAssembly and on WebGPU" : "runs on WebAssembly only, not on WebGPU";
}

/** Why no GPU can train this, if none can. */
export function obstacleToGpu(of: Experiment): string | undefined {
  const { model } = of.training;
  if (!trainable(model)?.webgpu) return `WebGPU has no kernels for ${titleOf(model) ?? model}`;
  if (isPenalised(of)) return "only WebAssembly has kernels for a penalty";
  return undefined;
}

function inWords(field: Field): string {
  return field.replaceAll("_", " ");
}

/** Smallest and largest value of a field here. */
function boundsOf(field: Field): { min: number; max: number } {
  const range = ranges.get(field);
  return { min: range?.min ?? 0, max: Math.min(range?.max ?? Infinity, MOST[field] ?? Infinity) };
}

/**
 * Fields that are right each by itself and do not go together, or nothing: what the engine would
 * find out after the start.
 */
export function conflict(of: Experiment): { field: Field; words: string } | undefined {
  const size = of.training.train_size ?? DIGITS.train;
  const reset = Math.round(of.training.label_noise * size);
  const { train_samples, mislabelled_samples, players } = of.measurement;
  if (mislabelled_samples > reset)
    return {
      field: "mislabelled_samples",
      words: `${mislabelled_samples} mislabelled samples are to be measured, and ${reset} of the ${size} training samples are mislabelled`,
    };
  if (train_samples > size - reset)
    return {
      field: "train_samples",
      words: `${train_samples} training samples are to be measured, and ${size - reset} have their own label`,
    };
  if (isPenalised(of) && !trainable(of.training.model)?.penalties)
    return {
      field: "penalty",
      words: `${titleOf(of.training.model)} can only be trained with a penalty of 0: others are for LeNets and perceptrons`,
    };
  if (isPenalised(of) && of.training.penalty_order > players)
    return {
      field: "penalty_order",
      words: `interactions of ${of.training.penalty_order} players are to be penalised, and there are ${players}`,
    };
  return undefined;
}

/** Whether it is trained against interactions. */
export function isPenalised({ training }: Experiment): boolean {
  return training.penalty > 0;
}

/** An experiment in a few words, for the name of its run. */
export function inShort(of: Experiment): string {
  return `${besidesSeed(of)}, seed ${of.training.seed}`;
}

/** The same without its seed, for several runs. */
export function besidesSeed(of: Experiment): string {
  const { model, train_size, label_noise, penalty, penalty_order } = of.training;
  const digits = counted(train_size ?? DIGITS.train);
  const wrong = label_noise === 0 ? "no wrong labels" : `${+(100 * label_noise).toPrecision(3)} % wrong labels`;
  const against = isPenalised(of) ? `, penalty ${penalty} from order ${penalty_order} on` : "";
  return `${titleOf(model) ?? model}, ${digits} digits, ${wrong}${against}`;
}

/** What is wrong with a value, or nothing. */
export function problem(field: Field, value: number): string | undefined {
  const name = inWords(field);
  if (!Number.isFinite(value)) return `${name} must be a number`;
  const range = ranges.get(field);
  if (!range) return undefined;
  if (range.whole && !Number.isInteger(value)) return `${name} must be a whole number`;
  const { max } = boundsOf(field);
  const above = range.min_excluded ? value > range.min : value >= range.min;
  const below = range.max_excluded ? value < max : value <= max;
  if (above && below) return undefined;
  return `${name} must be ${range.min_excluded ? "above" : "at least"} ${range.min} and ${range.max_excluded ? "below" : "at most"} ${max}`;
}

/** Names in the address that are the view's: state/view-address.ts reads them. */
export const VIEW_NAMES = ["run", "epoch", "sample", "sgd", "interaction", "k", "mask", "pair", "play"] as const;

/** Reads the address; what is wrong in it is named in `ignored` and left at its default. */
export function readAddress(search: string): URLSearchParams {
  const address = new URLSearchParams(search);
  const { found, wrong } = readExperiment(address);
  const engine = address.get("engine");
  if (engine !== null) {
    if (WISHES.includes(engine as Wish)) wish.value = engine as Wish;
    else wrong.push(`engine=${engine}: the engine is one of ${WISHES.join(", ")}`);
  }
  const embed = address.get("embed");
  if (embed !== null && embed !== "figure")
    wrong.push(`embed=${embed}: only the figure can be embedded, by embed=figure`);
  const known = new Set<string>([...FIELDS, "model", "engine", "embed", ...VIEW_NAMES]);
  for (const name of address.keys())
    if (!known.has(name) && !FOREIGN.test(name)) wrong.push(`${name}: there is no such setting`);
  experiment.value = found;
  ignored.value = wrong;
  return address;
}

/** The experiment of an address, and what is wrong in it. */
function readExperiment(address: URLSearchParams): { found: Experiment; wrong: string[] } {
  let found = defaults;
  const wrong: string[] = [];
  for (const field of FIELDS) {
    const text = address.get(field);
    if (text === null) continue;
    const value = text.trim() === "" ? NaN : Number(text);
    const complaint = problem(field, value);
    if (complaint) wrong.push(`${field}=${text}: ${complaint}`);
    else found = withValue(found, field, value);
  }
  const model = address.get("model");
  if (model !== null) {
    if (titleOf(model as Model)) found = withModel(found, model as Model);
    else wrong.push(`model=${model}: the model is one of ${models.map(({ name }) => name).join(", ")}`);
  }
  return { found, wrong };
}

/** Whether an address can say all of an experiment: whoever opens it can train the same here. */
export function fitsAddress(of: Experiment): boolean {
  return keyOf(readExperiment(writtenExperiment(of, "auto")).found) === keyOf(of);
}

/** All fields of an experiment, in whatever order they came. */
function keyOf({ training, measurement, decomposition }: Experiment): string {
  const sorted = (group: object): string => JSON.stringify(Object.entries(group).sort());
  return [training, measurement, decomposition].map(sorted).join();
}

/** An experiment's part of the address: what differs from the defaults. */
export function writtenExperiment(value: Experiment, engine: Wish): URLSearchParams {
  const address = new URLSearchParams();
  for (const field of FIELDS) {
    const chosen = numberOf(value, field);
    if (chosen !== numberOf(defaults, field)) address.set(field, String(chosen));
  }
  if (value.training.model !== defaults.training.model) address.set("model", value.training.model);
  if (engine !== "auto") address.set("engine", engine);
  return address;
}
