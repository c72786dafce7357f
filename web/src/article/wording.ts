/** What samples and their players are called. */

import { atEpoch } from "../figure/numbers";
import type { ContentView } from "../generated/ContentView";
import type { RunView } from "../generated/RunView";
import type { SampleKind } from "../generated/SampleKind";

/** A kind of sample in words. */
export interface Wording {
  one: string;
  several: string;
  /** Its players. */
  players: string;
}

export const WORDING: Record<SampleKind, Wording> = {
  digits: { one: "digit", several: "digits", players: "patches" },
  pictures: { one: "picture", several: "pictures", players: "patches" },
  texts: { one: "text", several: "texts", players: "words" },
  clouds: { one: "cloud", several: "clouds", players: "clusters of points" },
};

/** What a single sample is called where no more is known of it than how it looks. */
export const SEEN: Record<ContentView["type"], Wording> = {
  picture: WORDING.pictures,
  text: WORDING.texts,
  cloud: WORDING.clouds,
};

/** Words as they begin a sentence. */
export function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Names in a row, the last one after “and”. */
export function several(names: string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** Players of a mask by their names: letters close together, words apart. */
export function named(names: string[], mask: number): string {
  const found = names.filter((_, player) => mask & (1 << player));
  return found.join(names.some((name) => name.length > 1) ? " · " : "\u2009");
}

/** How far above the smallest norm a decomposition may be that ranges hold for (NEAR_OPTIMAL of the solver). */
export const NEAR = "0.5 %";

/**
 * A warning of a run, in the page's words and time: it counts epochs, not steps. Runs of before were told what to do
 * in words of the command line.
 */
export function inPageWords(warning: string, { checkpoints }: Pick<RunView, "checkpoints">): string {
  return warning
    .replace("--noise-ratio", "noise ratio")
    .replace(" (--device cpu)", "")
    .replace(/\bat step (\d+)/, (words, step) => {
      const found = checkpoints.find(({ losses }) => losses.step === Number(step));
      return found ? atEpoch(found.losses.epoch) : words;
    });
}
