/**
 * A game of three variables to click through: how an output is a sum of AND and OR interactions.
 */

import { useSignal } from "@preact/signals";
import { signed } from "../figure/numbers";

interface Term {
  kind: "AND" | "OR";
  mask: number;
  effect: number;
  words: string;
}

const NAMES = ["whiskers", "tail", "paws"];
const BASELINE = -1;
/** Effects that are easy to add up in the head. */
const TERMS: Term[] = [
  { kind: "AND", mask: 0b001, effect: 1, words: "whiskers" },
  { kind: "AND", mask: 0b011, effect: 3, words: "whiskers and tail" },
  { kind: "OR", mask: 0b110, effect: 2, words: "tail or paws" },
  { kind: "AND", mask: 0b111, effect: -1, words: "all three" },
];

function acts({ kind, mask }: Term, present: number): boolean {
  return kind === "AND" ? (mask & ~present) === 0 : (mask & present) !== 0;
}

export function Toy() {
  const present = useSignal(0b011);
  const output = TERMS.reduce((sum, term) => sum + (acts(term, present.value) ? term.effect : 0), BASELINE);
  return (
    <div class="toy" role="group" aria-label="A toy with three variables">
      <div class="toggles">
        {NAMES.map((name, player) => (
          <button
            key={name}
            type="button"
            class="toggle wide-toggle"
            aria-pressed={(present.value & (1 << player)) !== 0}
            onClick={() => (present.value ^= 1 << player)}
          >
            {name}
          </button>
        ))}
      </div>
      <ul>
        <li class="acts">
          <span>nothing present</span>
          <span>{signed(BASELINE)}</span>
        </li>
        {TERMS.map((term) => (
          <li key={term.words} class={acts(term, present.value) ? "acts" : ""}>
            <span>
              <b>{term.kind}</b> {term.words}
            </span>
            <span>{acts(term, present.value) ? signed(term.effect) : "0"}</span>
          </li>
        ))}
        <li class="total" aria-live="polite">
          <span>output, “it is a cat”</span>
          <span>{signed(output)}</span>
        </li>
      </ul>
    </div>
  );
}
