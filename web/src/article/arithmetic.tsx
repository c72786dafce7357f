/**
 * From an answer to its arithmetic: what the network says, what it says to what is never covered, and
 * every interaction on the way from one to the other.
 */

import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { counted, number, signed } from "../figure/numbers";
import type { Explanation } from "../generated/Explanation";
import type { Interaction } from "../generated/Interaction";
import type { SampleView } from "../generated/SampleView";
import { type Inspection, same } from "../state/inspection";
import { Content, hasButtons } from "./content";
import { named, SEEN } from "./wording";

/** Terms that have a row of their own. */
const TERMS = 9;
/** Time between two of them while they flow, ms. */
const PACE = 650;

interface ArithmeticProps {
  of: Inspection;
  view: SampleView;
  classes: string[];
}

export function Arithmetic({ of, view, classes }: ArithmeticProps) {
  const all = (1 << view.players.length) - 1;
  const mask = of.mask.value ?? all;
  const explanation = of.explanation.value?.mask === mask ? of.explanation.value : undefined;
  const flowing = useFlow(explanation);
  useEffect(() => {
    if (of.mask.peek() === undefined) void of.explain(all);
  }, [view]);
  const toggle = (player: number): void => void of.explain(mask ^ (1 << player));
  const { one, players } = SEEN[view.content.type];
  const present = named(view.players, mask);
  const term = flowing.value === undefined ? undefined : explanation?.terms[flowing.value];
  const lit = term ?? explanation?.terms.find((found) => same(found, of.pointed.value));
  return (
    <aside class="explanation" aria-label="One masked output, term by term">
      <h4>{mask === all ? `The whole ${one}` : `Only ${present || "what is no player’s"}`}</h4>
      <div class={`explanation-head shows-${view.content.type}`}>
        <Content
          view={view}
          lit={lit?.mask}
          mask={mask}
          onPlayer={toggle}
          label={`The ${one} with these ${players} present: ${present || "none"}`}
        />
        {!hasButtons(view) && (
          <div class="toggles" role="group" aria-label={`Which ${players} are present`}>
            {view.players.map((name, player) => (
              <button
                key={player}
                type="button"
                class="toggle"
                aria-pressed={(mask & (1 << player)) !== 0}
                onClick={() => toggle(player)}
              >
                {name}
              </button>
            ))}
          </div>
        )}
      </div>
      {explanation ? (
        <>
          <Prediction output={explanation.output} label={classes[view.label] ?? String(view.label)} />
          <button
            type="button"
            class="quiet flow"
            onClick={() => (flowing.value = flowing.value === undefined ? 0 : undefined)}
          >
            {flowing.value === undefined ? "Add it up, term by term" : "Show the whole sum"}
          </button>
          <Sum of={of} explanation={explanation} names={view.players} flowing={flowing.value} />
          {explanation.baseline > explanation.sum && (
            <p class="note">
              What is never covered gives more by itself: all in all, the {players} act against the label here.
            </p>
          )}
        </>
      ) : (
        <p class="note">Adding up.</p>
      )}
    </aside>
  );
}

/** Which term flows: the next one after a while, none after the last. */
function useFlow(explanation: Explanation | undefined): Signal<number | undefined> {
  const flowing = useSignal<number | undefined>(undefined);
  const count = Math.min(TERMS, explanation?.terms.length ?? 0);
  useEffect(() => {
    flowing.value = undefined;
  }, [explanation]);
  useEffect(() => {
    const now = flowing.value;
    if (now === undefined) return;
    const wait = setTimeout(() => (flowing.value = now + 1 < count ? now + 1 : undefined), PACE);
    return () => clearTimeout(wait);
  }, [flowing.value, count]);
  return flowing;
}

/** The answer in the network's own terms: from log-odds to a probability. */
function Prediction({ output, label }: { output: number; label: string }) {
  const odds = 1 / (1 + Math.exp(-Math.abs(output)));
  const share = output < 0 ? 1 - odds : odds;
  return (
    <p class="prediction">
      The network’s log-odds of <b>{label}</b>: <strong>{signed(output)}</strong>, that is {inPercent(share)}.
    </p>
  );
}

/** A probability; near 0 and 1 by how far it is from there. */
function inPercent(share: number): string {
  const rest = Math.min(share, 1 - share);
  if (rest >= 1e-3) return `${(100 * share).toFixed(1)} %`;
  return share < 0.5 ? `${number(100 * share)} %` : `all but ${number(100 * rest)} %`;
}

interface Step {
  from: number;
  to: number;
}

interface Row {
  term: Interaction;
  step: Step;
}

/** Terms one after the other, each from where the last one ended. */
function steps({ baseline, terms }: Explanation): { rows: Row[]; rest: Step } {
  let sum = baseline;
  const rows = terms.slice(0, TERMS).map((term) => {
    const step = { from: sum, to: sum + term.effect };
    sum = step.to;
    return { term, step };
  });
  const rest = terms.slice(TERMS).reduce((all, { effect }) => all + effect, 0);
  // Rounding of the sum is no term.
  return { rows, rest: { from: sum, to: sum + (Math.abs(rest) < 1e-9 ? 0 : rest) } };
}

interface SumProps {
  of: Inspection;
  explanation: Explanation;
  names: string[];
  flowing: number | undefined;
}

function Sum({ of, explanation, names, flowing }: SumProps) {
  const { rows, rest } = steps(explanation);
  const { baseline, sum, output, terms } = explanation;
  const ends = [0, baseline, sum, ...rows.map(({ step }) => step.to)];
  const scale: Step = { from: Math.min(...ends), to: Math.max(...ends) };
  const smaller = terms.length - rows.length;
  const isLater = (index: number): boolean => flowing !== undefined && index > flowing;
  return (
    <table class="sum">
      <tbody>
        <tr>
          <td>nothing but what is never covered</td>
          <Fall step={{ from: 0, to: baseline }} scale={scale} kind="constant" />
          <td>{signed(baseline)}</td>
        </tr>
        {rows.map(({ term, step }, index) => (
          <tr
            key={`${term.kind}${term.mask}`}
            class={isLater(index) ? "later" : index === flowing ? "flows" : ""}
            onPointerEnter={() => (of.pointed.value = term)}
            onPointerLeave={() => (of.pointed.value = undefined)}
          >
            <td class="term" title={named(names, term.mask)}>
              <span class="kind">{term.kind === "and" ? "AND" : "OR"}</span> {named(names, term.mask)}
            </td>
            <Fall step={step} scale={scale} kind={term.effect < 0 ? "negative" : "positive"} />
            <td>{signed(term.effect)}</td>
          </tr>
        ))}
        {smaller > 0 && (
          <tr class={flowing === undefined ? "" : "later"}>
            <td>{counted(smaller)} smaller ones</td>
            <Fall step={rest} scale={scale} kind={rest.to < rest.from ? "negative" : "positive"} />
            <td>{signed(rest.to - rest.from)}</td>
          </tr>
        )}
        <tr class="total" aria-live="polite">
          <td>sum</td>
          <Fall step={{ from: 0, to: sum }} scale={scale} kind="constant" />
          <td>{signed(sum)}</td>
        </tr>
        <tr>
          <td>the network’s output</td>
          <td />
          <td>{signed(output)}</td>
        </tr>
      </tbody>
    </table>
  );
}

/** A step of the sum: from where the last one ended to where it ends. */
function Fall({ step, scale, kind }: { step: Step; scale: Step; kind: "constant" | "positive" | "negative" }) {
  const span = scale.to - scale.from || 1;
  const at = (value: number): number => (100 * (value - scale.from)) / span;
  const [low, high] = [Math.min(step.from, step.to), Math.max(step.from, step.to)];
  return (
    <td class="fall" aria-hidden="true">
      <span class={kind} style={{ left: `${at(low)}%`, width: `max(2px, ${at(high) - at(low)}%)` }} />
      <span class="end" style={{ left: `${at(step.to)}%` }} />
    </td>
  );
}
