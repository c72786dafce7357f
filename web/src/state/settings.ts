/**
 * What a training here is to be, and how it travels in the page's address: only what differs from
 * the defaults, typed, checked.
 */

import { signal } from "@preact/signals";
import type { Wish } from "../engine/choice";
import controls from "../generated/controls.json";
import type { Experiment } from "../generated/Experiment";
import type { Range } from "../generated/Range";

/** The experiment that the page starts with. */
export const defaults = controls.defaults as Experiment;
/** What an experiment's numbers may be. */
export const ranges = new Map((controls.ranges as Range[]).map((range) => [range.field, range]));

/** An experiment's fields that the page has controls for. */
export const FIELDS = [
  "learning_rate",
  "momentum",
  "batch",
  "train_size",
  "label_noise",
  "epochs",
  "checkpoints",
  "samples",
  "train_samples",
  "mislabelled_samples",
  "players",
  "seed",
] as const;
export type Field = (typeof FIELDS)[number];

/** Fields that are whole numbers. */
const WHOLE = new Set<Field>(FIELDS.filter((field) => !["learning_rate", "momentum", "label_noise"].includes(field)));

/**
 * What a browser adds to the ranges: the digits that there are, and masks that a page can draw; the
 * command line tool goes further.
 */
const MOST: Partial<Record<Field, number>> = { train_size: 6_000, players: 12 };

/** Numbers of the address that are not an experiment's. */
const WISHES: readonly Wish[] = ["auto", "cpu", "webgpu"];

/** The experiment that Train begins. */
export const experiment = signal<Experiment>(defaults);
/** Which engine is to train. */
export const wish = signal<Wish>("auto");
/** Whether training pauses when the second phase has begun. */
export const stopAtSecondPhase = signal(false);
/** Words about values of the address that were ignored. */
export const ignored = signal<string[]>([]);

/** What is wrong with a value, or nothing. */
export function problem(field: Field, value: number): string | undefined {
  const name = field.replaceAll("_", " ");
  if (!Number.isFinite(value)) return `${name} must be a number`;
  if (WHOLE.has(field) && !Number.isInteger(value)) return `${name} must be a whole number`;
  const range = ranges.get(field);
  if (!range) return undefined;
  const max = Math.min(range.max, MOST[field] ?? Infinity);
  const above = range.min_excluded ? value > range.min : value >= range.min;
  const below = range.max_excluded ? value < max : value <= max;
  if (above && below) return undefined;
  return `${name} must be ${range.min_excluded ? "above" : "at least"} ${range.min} and ${range.max_excluded ? "below" : "at most"} ${max}`;
}

/** Reads the address; what is wrong in it is named in `ignored` and left at its default. */
export function readAddress(search: string): URLSearchParams {
  const address = new URLSearchParams(search);
  const found: Record<string, number> = {};
  const wrong: string[] = [];
  for (const field of FIELDS) {
    const text = address.get(field);
    if (text === null) continue;
    const value = text.trim() === "" ? NaN : Number(text);
    const complaint = problem(field, value);
    if (complaint) wrong.push(`${field}=${text}: ${complaint}`);
    else found[field] = value;
  }
  const engine = address.get("engine");
  if (engine !== null) {
    if (WISHES.includes(engine as Wish)) wish.value = engine as Wish;
    else wrong.push(`engine=${engine}: the engine is one of ${WISHES.join(", ")}`);
  }
  const embed = address.get("embed");
  if (embed !== null && embed !== "figure")
    wrong.push(`embed=${embed}: only the figure can be embedded, by embed=figure`);
  const known = new Set<string>([...FIELDS, "engine", "run", "epoch", "sample", "embed"]);
  for (const name of address.keys()) if (!known.has(name)) wrong.push(`${name}: there is no such setting`);
  experiment.value = { ...defaults, ...found };
  ignored.value = wrong;
  return address;
}

/** An experiment's part of the address: what differs from the defaults. */
export function writtenExperiment(value: Experiment, engine: Wish): URLSearchParams {
  const address = new URLSearchParams();
  for (const field of FIELDS) if (value[field] !== defaults[field]) address.set(field, String(value[field]));
  if (engine !== "auto") address.set("engine", engine);
  return address;
}
