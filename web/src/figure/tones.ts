/** Colours of series by what they stand for: those of the report, by `crates/run/src/figure/palette.rs`. */

import palette from "../generated/palette.json";
import type { Tone } from "../generated/Tone";
import { COLOURS, theme } from "./theme";

/** The colour in force. */
export function colourOf(tone: Tone): string {
  if (tone === "certified" || tone === "published") return COLOURS[tone];
  return inkOf(tone)[theme.value.dark ? 1 : 0] ?? COLOURS.faint;
}

/** On light pages, and on dark ones. */
function inkOf(tone: Exclude<Tone, "certified" | "published">): readonly string[] {
  if (typeof tone === "string") return palette[tone];
  const [inks, place] =
    "series" in tone
      ? [palette.series, tone.series % palette.series.length]
      : [palette.ordered, Math.min(tone.ordered, palette.ordered.length - 1)];
  return inks[place] ?? [];
}
