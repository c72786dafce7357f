/**
 * What was typed last into a field, while it is wrong: it stays to be mended, and no training begins
 * meanwhile.
 */

import { batch, computed, signal } from "@preact/signals";
import type { Experiment } from "../generated/Experiment";
import { conflict, experiment, type Field, problem, withValue } from "./settings";

/** Wrong entries by their fields. */
export const entered = signal<ReadonlyMap<Field, string>>(new Map());

/** Takes what was typed: into the experiment, or beside it while it is wrong. */
export function enter(field: Field, text: string): void {
  const wrong = problem(field, numberIn(text)) !== undefined;
  const others = new Map(entered.value);
  others.delete(field);
  entered.value = wrong ? others.set(field, text) : others;
  if (!wrong) experiment.value = withValue(experiment.value, field, numberIn(text));
}

/** Takes settings as a whole: then nothing is left to be mended. */
export function take(settings: Experiment): void {
  batch(() => {
    entered.value = new Map();
    experiment.value = settings;
  });
}

/** What is wrong with a field now, or nothing. */
export function wrongIn(field: Field): string | undefined {
  const text = entered.value.get(field);
  if (text !== undefined) return problem(field, numberIn(text));
  const together = conflict(experiment.value);
  return together?.field === field ? together.words : undefined;
}

/** Why no training can begin with the settings as they are: the first thing that is wrong. */
export const obstacle = computed<{ field: Field; words: string } | undefined>(() => {
  for (const [field, text] of entered.value) {
    const words = problem(field, numberIn(text));
    if (words) return { field, words };
  }
  return conflict(experiment.value);
});

/** A field that is empty holds no number, and not 0. */
function numberIn(text: string): number {
  return text.trim() === "" ? NaN : Number(text);
}
