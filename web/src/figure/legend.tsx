/** Which colour is which series. */

import type { Tone } from "../generated/Tone";
import { typeset } from "./numbers";
import { colourOf } from "./tones";

export function Legend({ of }: { of: readonly { name: string; tone: Tone }[] }) {
  return (
    <ul class="legend">
      {of.map(({ name, tone }) => (
        <li key={name}>
          <span class="swatch" aria-hidden="true" style={{ background: colourOf(tone) }} /> {typeset(name)}
        </li>
      ))}
    </ul>
  );
}
