/**
 * What is seen of one sample, of a run or drawn by hand: its interactions, how well they explain
 * its outputs, any output term by term.
 */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { Figure } from "../figure/frame";
import { MatchingDrawing, ranked } from "../figure/matching";
import { apart, counted, duration, number, percent, signed, smallPercent } from "../figure/numbers";
import { StrengthBars, withoutIntervals } from "../figure/strength";
import type { Interaction } from "../generated/Interaction";
import type { SampleRange } from "../generated/SampleRange";
import type { SampleRanges } from "../generated/SampleRanges";
import type { SampleView } from "../generated/SampleView";
import { aboutDrawing, aboutSample } from "../state/about";
import { type Inspection, same } from "../state/inspection";
import { Arithmetic } from "./arithmetic";
import { Content, hasButtons } from "./content";
import { capital, NEAR, named, SEEN } from "./wording";

/** Interactions that a list begins with, and that are added to it at once. */
const FIRST = 12;
const MORE = 50;

interface InspectorProps {
  name: string;
  of: Inspection;
  /** Names of the classes. */
  classes: string[];
  /** What else is told of the chosen interaction. */
  history?: ComponentChildren;
  /** What stands above the picture. */
  children?: ComponentChildren;
  /** Whether its room is kept while it is loaded: what follows does not move. */
  reserved?: boolean;
}

export function Inspector({ name, of, classes, history, children, reserved = false }: InspectorProps) {
  const view = of.view.value;
  const state = view ? ` shows-${view.content.type}` : reserved ? " waiting" : "";
  return (
    <div class={`inspector${state}`} aria-busy={of.busy.value}>
      {!view && reserved && !of.error.value && <p class="note">Its interactions are on their way.</p>}
      {of.error.value && (
        <p class="notice" role="alert">
          {of.error.value}
        </p>
      )}
      {(view || reserved) && (
        <div class="sample">
          {/* There before the sample, and the same afterwards: a keyboard that came early stays where it is. */}
          <div class="sample-picture">
            {children}
            {view && <Lit of={of} view={view} classes={classes} />}
            {view && <Certificate view={view} ranges={of.ranges.value} />}
          </div>
          {view && <InteractionList name={name} of={of} view={view} />}
          {view && (
            <div class="sample-side">
              {history}
              <div class="small-figure">
                <h4>Strength by order, this sample</h4>
                <StrengthBars
                  class="thumb tall"
                  label={`Strength by order of this sample's salient interactions: ${view.positive.map((positive, order) => `order ${order + 1} ${number(positive)} and ${number(view.negative[order] ?? 0)}`).join(", ")} nats`}
                  of={withoutIntervals(view.positive, view.negative)}
                  small
                />
              </div>
            </div>
          )}
        </div>
      )}
      {view?.outputs ? (
        <MatchingFigure name={name} of={of} view={view} classes={classes} />
      ) : (
        view && (
          <p class="note">
            This file has no outputs of this sample on all masks: only interactions that are salient somewhere in
            training are known.
          </p>
        )
      )}
    </div>
  );
}

function Lit({ of, view, classes }: { of: Inspection; view: SampleView; classes: string[] }) {
  const lit = of.pointed.value ?? of.chosen.value;
  const joined = lit ? `; lit: ${lit.kind === "and" ? "AND" : "OR"} of ${named(view.players, lit.mask)}` : "";
  const { one, players } = SEEN[view.content.type];
  return (
    <>
      <p class="sample-class">
        log-odds of <b>{classes[view.label] ?? view.label}</b>
      </p>
      <Content
        view={view}
        lit={lit?.mask}
        label={`${capital(one)} of class ${classes[view.label] ?? view.label} with ${view.players.length} ${players} as players${joined}`}
      />
    </>
  );
}

function Certificate({ view, ranges }: { view: SampleView; ranges: SampleRanges | undefined }) {
  const found = view.certificate;
  if (!found) return null;
  // The published SGD has no bound of its own worth telling.
  if (!view.is_canonical)
    return (
      <p class="certificate">
        L1 norm {number(found.primal)} nats, by the published SGD in {duration(view.seconds)}.
      </p>
    );
  const [norm, least] = apart(found.primal, found.dual);
  return (
    <p class="certificate">
      L1 norm {norm} nats; no decomposition has less than {least}, which is {smallPercent(found.gap)} below. Found in{" "}
      {duration(view.seconds)}.
      {ranges?.mean_order && (
        <span>
          {" "}
          Mean order {ranged(ranges.mean_order)}
          {ranges.share_of_order_3_and_more && (
            <>, share of orders of 3 and more {ranged(ranges.share_of_order_3_and_more)}</>
          )}
          ; <q>in all</q> are decompositions whose norm is within {NEAR} of the smallest.
        </span>
      )}
    </p>
  );
}

function InteractionList({ name, of, view }: { name: string; of: Inspection; view: SampleView }) {
  const shown = useSignal(FIRST);
  const salient = view.interactions.filter((found) => found.salient).length;
  const largest = Math.abs(view.interactions[0]?.effect ?? 1);
  return (
    <div class="interactions">
      <h3 class="h4" id={`${name}-list`}>
        {salient} salient of {counted(view.interactions.length)} interactions
      </h3>
      <ul
        aria-labelledby={`${name}-list`}
        onPointerLeave={() => (of.pointed.value = undefined)}
        onKeyDown={(event) => {
          if (event.key === "Escape") of.choose(undefined);
        }}
      >
        {view.interactions.slice(0, shown.value).map((found) => (
          <li key={`${found.kind}${found.mask}`}>
            <InteractionButton found={found} names={view.players} largest={largest} of={of} />
          </li>
        ))}
      </ul>
      {view.interactions.length > shown.value && (
        <button
          type="button"
          class="quiet"
          onClick={(event) => {
            // The keyboard goes on at the first that was not there: the button may go away.
            const list = event.currentTarget.previousElementSibling;
            const first = shown.value;
            shown.value += MORE;
            setTimeout(() => list?.querySelectorAll<HTMLElement>("button")[first]?.focus(), 0);
          }}
        >
          {moreOf(view.interactions.length - shown.value)}
        </button>
      )}
    </div>
  );
}

function moreOf(left: number): string {
  return left > MORE ? `${MORE} of ${counted(left)} more` : `${left} more`;
}

function InteractionButton({
  found,
  names,
  largest,
  of,
}: {
  found: Interaction;
  names: string[];
  largest: number;
  of: Inspection;
}) {
  return (
    <button
      type="button"
      class={`interaction ${found.kind}${found.salient ? "" : " faint"}`}
      aria-pressed={same(found, of.chosen.value)}
      onClick={() => of.choose(same(found, of.chosen.value) ? undefined : found)}
      onPointerEnter={() => (of.pointed.value = found)}
      onFocus={() => (of.pointed.value = found)}
      onBlur={() => (of.pointed.value = undefined)}
    >
      <Term found={found} names={names} largest={largest} />
    </button>
  );
}

/** An interaction in a line: its kind, its players, its effect as a bar and as a number. */
function Term({ found, names, largest }: { found: Interaction; names: string[]; largest: number }) {
  const players = named(names, found.mask);
  return (
    <>
      <span class="kind">{found.kind === "and" ? "AND" : "OR"}</span>
      <span class="players" title={players}>
        {players}
      </span>
      <span class="effect" aria-hidden="true">
        <span
          class={found.effect < 0 ? "negative" : "positive"}
          style={{ width: `${Math.max(1, (100 * Math.abs(found.effect)) / largest)}%` }}
        />
      </span>
      <span class="value">{signed(found.effect)}</span>
    </>
  );
}

function MatchingFigure({
  name,
  of,
  view,
  classes,
}: {
  name: string;
  of: Inspection;
  view: SampleView;
  classes: string[];
}) {
  const matching = of.matching.value;
  const points = useMemo(() => ranked(view.outputs ?? [], matching?.explained ?? []), [view, matching]);
  const salient = view.interactions.filter((found) => found.salient).length;
  const { one, players } = SEEN[view.content.type];
  const others = hasButtons(view)
    ? `click ${players} to mask them`
    : `press the buttons ${view.players[0]} to ${view.players.at(-1)} to cover ${players}`;
  return (
    <div class="matching">
      <Figure
        name={`${name}-matching`}
        about={name === "sample" ? aboutSample : aboutDrawing}
        title="Do a few interactions explain every masked output?"
        caption={
          matching ? (
            <>
              The line is the network's output on all {counted(points.length)} masked versions of the {one}, sorted; the
              dots are what the strongest {matching.strongest} interactions add up to. They explain{" "}
              <strong>{percent(matching.explained_variance)}</strong> of the variance, off by{" "}
              {number(matching.rms_error)} nats (root mean square) and at most {number(matching.largest_error)}. Click
              the figure to open one output, or {others}.
            </>
          ) : (
            "Adding up."
          )
        }
        rows={() =>
          points.map(({ mask, output, explained }) => ({ mask, present: named(view.players, mask), output, explained }))
        }
      >
        <div class="slider">
          <label for={`${name}-strongest`}>
            Keep the strongest <b>{of.strongest.value}</b> of {counted(view.interactions.length)}
          </label>
          <input
            id={`${name}-strongest`}
            type="range"
            min={0}
            max={1000}
            value={toSlider(of.strongest.value, view.interactions.length)}
            aria-valuetext={`${of.strongest.value} interactions`}
            onKeyDown={(event) => {
              // The slider's own steps are too small to leave a small number.
              const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
              if (step === undefined) return;
              event.preventDefault();
              void of.keep(Math.min(view.interactions.length, Math.max(0, of.strongest.value + step)));
            }}
            onInput={(event) => void of.keep(fromSlider(Number(event.currentTarget.value), view.interactions.length))}
          />
          <button type="button" class="quiet" onClick={() => void of.keep(Math.max(1, salient))}>
            the {salient} salient ones
          </button>
        </div>
        <MatchingDrawing
          label={
            matching
              ? `Outputs on all masks and what the strongest ${matching.strongest} interactions explain: ${percent(matching.explained_variance)} of the variance`
              : "Outputs on all masks"
          }
          points={points}
          chosen={of.mask.value}
          onRank={(rank) => points[rank] && void of.explain(points[rank].mask)}
        />
      </Figure>
      <Arithmetic of={of} view={view} classes={classes} />
    </div>
  );
}

/** The slider is logarithmic: a few interactions matter most. */
function fromSlider(position: number, count: number): number {
  return Math.round(Math.expm1((position / 1000) * Math.log1p(count)));
}

function toSlider(strongest: number, count: number): number {
  return count === 0 ? 0 : Math.round((1000 * Math.log1p(strongest)) / Math.log1p(count));
}

/** The answer's value, and between what those of all equally sparse ones lie. */
function ranged(range: SampleRange): string {
  const [value, lowest, highest] = [range.value, range.lowest, range.highest].map((x) => x.toFixed(2));
  return `${value} (${lowest} to ${highest} in all)`;
}
