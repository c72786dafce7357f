/** Colours of series by what they stand for: those of the report. */

import type { Tone } from "../generated/Tone";
import { theme } from "./theme";

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
  ["#3b528b", "#93a8e0"],
  ["#21858a", "#4cc3be"],
  ["#3a9a4c", "#7fd98a"],
  ["#a08c10", "#e3d24f"],
  ["#767676", "#a8a8a8"],
];
const NAMED: Record<Extract<Tone, string>, Ink> = {
  certified: ["#009e73", "#2fc49a"],
  published: ["#e69f00", "#e69f00"],
  behind: ["#bdbdbd", "#4d5157"],
  theory: ["#a8437c", "#dd93bd"],
};
const UNKNOWN: Ink = ["#7a7a7a", "#a5a5a5"];

/** The colour in force. */
export function colourOf(tone: Tone): string {
  const [light, dark] = inkOf(tone);
  return theme.value.dark ? dark : light;
}

function inkOf(tone: Tone): Ink {
  if (typeof tone === "string") return NAMED[tone];
  const [inks, place] = "series" in tone ? [SERIES, tone.series] : [RAMP, tone.ordered];
  return inks[place % inks.length] ?? UNKNOWN;
}
