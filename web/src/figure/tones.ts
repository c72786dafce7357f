/** Colours of series by what they stand for: those of the report. */

import type { Tone } from "../generated/Tone";
import { COLOURS, theme } from "./theme";

/** On light pages, and on dark ones. */
type Ink = readonly [string, string];

/** Without an order (Okabe and Ito). */
const SERIES: readonly Ink[] = [
  ["#000000", "#f2f2ee"],
  ["#c98a00", "#e69f00"],
  ["#3a94cf", "#56b4e9"],
  ["#009e73", "#2fc49a"],
  ["#b8608f", "#dd93bd"],
  ["#7a7a7a", "#a5a5a5"],
];
/** In an order (viridis). */
const RAMP: readonly Ink[] = [
  ["#440154", "#d3a4ea"],
  ["#472d7b", "#b7a1ee"],
  ["#3b528b", "#93a8e0"],
  ["#2c728e", "#74b3e0"],
  ["#21858a", "#4cc3be"],
  ["#208f6d", "#55d09f"],
  ["#3a9a4c", "#7fd98a"],
  ["#6b9a1c", "#b3dc5e"],
  ["#a08c10", "#e3d24f"],
  ["#767676", "#a8a8a8"],
];
const NAMED: Record<Exclude<Extract<Tone, string>, "certified" | "published">, Ink> = {
  behind: ["#bdbdbd", "#4d5157"],
  theory: ["#a8437c", "#dd93bd"],
};
const UNKNOWN: Ink = ["#7a7a7a", "#a5a5a5"];

/** The colour in force. */
export function colourOf(tone: Tone): string {
  if (tone === "certified" || tone === "published") return COLOURS[tone];
  const [light, dark] = inkOf(tone);
  return theme.value.dark ? dark : light;
}

function inkOf(tone: Exclude<Tone, "certified" | "published">): Ink {
  if (typeof tone === "string") return NAMED[tone];
  const [inks, place] = "series" in tone ? [SERIES, tone.series] : [RAMP, tone.ordered];
  return inks[place % inks.length] ?? UNKNOWN;
}
