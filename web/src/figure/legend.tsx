/** Which colour is which series, and which sign is which mark. */

import type { ComponentChildren } from "preact";
import type { Tone } from "../generated/Tone";
import { typeset } from "./numbers";
import { colourOf } from "./tones";

/** How references are dotted. */
export const DOTTED = "2 3";

/** Signs as they are drawn within figures, in a place of 18 by 12. */
const SIGNS = {
  series: (colour) => <rect x={3} y={1} width={10} height={10} rx={2} fill={colour} />,
  dotted: (colour) => <path d="M1 6H17" stroke={colour} stroke-width={2} stroke-dasharray={DOTTED} />,
  line: (colour) => <path d="M9 0V12" stroke={colour} stroke-width={2} />,
  thin: (colour) => <path d="M1 6H17" stroke={colour} stroke-width={0.9} stroke-opacity={0.6} />,
  dot: (colour) => <path d="M1 6H17M9 0V12M7 6a2 2 0 1 0 4 0a2 2 0 1 0 -4 0" fill={colour} stroke={colour} />,
  circle: (colour) => <circle cx={9} cy={6} r={4} fill="none" stroke={colour} stroke-width={2} />,
  band: (colour) => <rect y={1} width={18} height={10} fill={colour} fill-opacity={0.25} />,
  mark: (colour) => (
    <>
      <rect x={2} width={14} height={12} fill={colour} fill-opacity={0.14} />
      <path d="M9 0V12" stroke={colour} stroke-width={1.4} stroke-dasharray="4 3" />
    </>
  ),
} satisfies Record<string, (colour: string) => ComponentChildren>;

/** A sign, its colour, and what it stands for. */
export interface Sign {
  sign: keyof typeof SIGNS;
  colour: string;
  name: string;
}

export function SignOf({ sign, colour }: Pick<Sign, "sign" | "colour">) {
  return (
    <svg class="sign" viewBox="0 0 18 12" width={18} height={12} aria-hidden="true">
      {SIGNS[sign](colour)}
    </svg>
  );
}

export function Signs({ of }: { of: readonly Sign[] }) {
  if (of.length === 0) return null;
  return (
    <ul class="legend">
      {of.map(({ name, ...sign }) => (
        <li key={name}>
          <SignOf {...sign} /> {typeset(name)}
        </li>
      ))}
    </ul>
  );
}

interface LegendProps {
  of: readonly { name: string; tone: Tone; isDotted?: boolean; isThin?: boolean }[];
}

export function Legend({ of }: LegendProps) {
  const signs = of.map(
    ({ name, tone, isDotted, isThin }): Sign => ({
      name,
      colour: colourOf(tone),
      sign: isDotted ? "dotted" : isThin ? "thin" : "series",
    }),
  );
  return <Signs of={signs} />;
}
