/** Two runs side by side, their difference, and what differs between all runs. */

import { computed, type Signal, signal, useSignal, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { inWords } from "../engine/client";
import { Figure } from "../figure/frame";
import { SignOf } from "../figure/legend";
import { number, typeset, when } from "../figure/numbers";
import { interval } from "../figure/rows";
import type { Row } from "../figure/save";
import { StrengthBars } from "../figure/strength";
import { COLOURS } from "../figure/theme";
import { DifferenceByOrder, LossGaps, MeanOrders } from "../figure/two-runs";
import type { Bars } from "../generated/Bars";
import type { Comparison } from "../generated/Comparison";
import type { Estimate } from "../generated/Estimate";
import type { ShareDifference } from "../generated/ShareDifference";
import { aboutRuns, identity, sideBySide } from "../state/about";
import { listed, openListed } from "../state/all-runs";
import { barsOf, courseOf, twoPhases } from "../state/figures";
import { pairOf } from "../state/pair";
import { compare, current, cursor, nearest, type Run, runs } from "../state/runs";
import { AllRuns } from "./all-runs";
import { barsInWords } from "./evolution";
import { useNear } from "./near";

/** Names of the runs that the reader has chosen. */
const chosen = { first: pairOf.first, second: pairOf.second };
const problem = signal<string | undefined>(undefined);

/** The first run: the one that is looked at, unless another one was chosen. */
const firstName = computed(() => known(chosen.first.value) ?? current.value?.name);
/** The second one: the next that there is. */
const secondName = computed(() => {
  const wanted = known(chosen.second.value);
  return wanted !== firstName.value && wanted
    ? wanted
    : listed.value.find(({ name }) => name !== firstName.value)?.name;
});

function known(name: string | undefined): string | undefined {
  return listed.value.some((choice) => choice.name === name) ? name : undefined;
}

function openRun(name: string | undefined): Run | undefined {
  return runs.value.find((run) => run.name === name && run.view.checkpoints.length > 0);
}

/** A run and its checkpoint nearest to the common time. */
interface Side {
  run: Run;
  bars: Bars;
}

function side(run: Run | undefined, epoch: number): Side | undefined {
  const bars = run && barsOf(run.view)[nearest(run.view, epoch)];
  return run && bars && { run, bars };
}

export function CompareSection() {
  const { place, near } = useNear();
  useSignalEffect(() => {
    if (!near.value) return;
    for (const name of [firstName.value, secondName.value]) {
      if (name !== undefined && !runs.value.some((run) => run.name === name))
        void openListed(name).catch((error: unknown) => (problem.value = inWords(error)));
    }
  });
  const epoch = current.value?.view.checkpoints[cursor.value]?.losses.epoch ?? 0;
  const [first, second] = [side(openRun(firstName.value), epoch), side(openRun(secondName.value), epoch)];
  return (
    <section class="wide" aria-labelledby="compare" ref={place}>
      <h2 id="compare">Two runs side by side</h2>
      <p class="lead">
        What stays with another network, another data set, another seed, and what does not. Both are shown at the
        cursor's time, each at its own checkpoint nearest to it.
      </p>
      {listed.value.length > 1 && (
        <div class="compared">
          <RunChoice
            label="First run"
            name={firstName}
            onChoose={(name) => choose(chosen.first, name, secondName.value, chosen.second)}
          />
          <RunChoice
            label="Second run"
            name={secondName}
            onChoose={(name) => choose(chosen.second, name, firstName.value, chosen.first)}
          />
        </div>
      )}
      {problem.value && (
        <p class="notice" role="alert">
          {problem.value}
        </p>
      )}
      {near.value && first && second ? (
        <Compared first={first} second={second} epoch={epoch} />
      ) : (
        <p class="note">
          {listed.value.length > 1
            ? "Opening the runs."
            : "There is one run here. Train one, or open another one above, and both are compared here."}
        </p>
      )}
      {near.value && listed.value.length > 1 && <AllRuns />}
    </section>
  );
}

/** Chooses a run; where it is the other side's, that one takes its place. */
function choose(
  own: Signal<string | undefined>,
  name: string,
  others: string | undefined,
  other: Signal<string | undefined>,
): void {
  problem.value = undefined;
  if (name === others) other.value = own === chosen.first ? firstName.value : secondName.value;
  own.value = name;
}

function RunChoice({
  label,
  name,
  onChoose,
}: {
  label: string;
  name: Signal<string | undefined>;
  onChoose: (name: string) => void;
}) {
  return (
    <label class="field">
      <span>{label}</span>
      <select value={name.value} onChange={(event) => onChoose(event.currentTarget.value)}>
        {listed.value.map((choice) => (
          <option key={choice.name} value={choice.name}>
            {choice.title}
          </option>
        ))}
      </select>
    </label>
  );
}

function Compared({ first, second, epoch }: { first: Side; second: Side; epoch: number }) {
  const found = useComparison(first.bars, second.bars);
  const [orders, losses] = [
    curves(first, second, ({ view }) => courseOf(view, "mean-order")),
    curves(first, second, ({ view }) => twoPhases(view)?.kind.losses),
  ];
  return (
    <Figure
      name="spindle-comparison"
      title={`${first.run.title} and ${second.run.title}`}
      caption={found ? `${typeset(found.caption)} Each run's bars have a scale of their own.` : "Being compared."}
      rows={() => rows(first, second, found)}
      about={() => aboutRuns([first.run, second.run])}
    >
      <div class="comparison">
        <Panel which="first" of={first} />
        <Panel which="second" of={second} />
        <div class="small-figure">
          <h4>Second minus first</h4>
          <DifferenceByOrder
            label={`Differences of shares by order, second minus first: ${(found?.shares ?? []).map(({ order, difference }) => `order ${order} ${inInterval(difference)}`).join(", ")}`}
            of={found?.shares ?? []}
          />
        </div>
      </div>
      <div class="comparison curves">
        {orders && (
          <div class="small-figure">
            <h4>Mean order, and where the phases turn</h4>
            <MeanOrders
              label={`Mean order of both runs. First: ${orders.first.caption} Second: ${orders.second.caption}`}
              of={{ first: orders.first.kind, second: orders.second.kind }}
              epoch={epoch}
            />
          </div>
        )}
        {losses && (
          <div class="small-figure">
            <h4>The loss gap</h4>
            <LossGaps
              label={`Test minus training loss of both runs; at the end ${number(losses.first.gap.at(-1) ?? 0)} and ${number(losses.second.gap.at(-1) ?? 0)} nats`}
              of={losses}
              epoch={epoch}
            />
          </div>
        )}
      </div>
    </Figure>
  );
}

function curves<Value>(
  first: Side,
  second: Side,
  of: (run: Run) => Value | undefined,
): { first: Value; second: Value } | undefined {
  const [ours, theirs] = [of(first.run), of(second.run)];
  return ours !== undefined && theirs !== undefined ? { first: ours, second: theirs } : undefined;
}

/** The comparison of what is shown; the last answer stays until the next one is there. */
function useComparison(first: Bars, second: Bars): Comparison | undefined {
  const found = useSignal<Comparison | undefined>(undefined);
  const asked = useRef<[Bars, Bars]>(undefined);
  if (asked.current?.[0] !== first || asked.current[1] !== second) {
    const mine: [Bars, Bars] = [first, second];
    asked.current = mine;
    void compare(first, second)
      .then((answer) => {
        if (asked.current === mine) found.value = answer;
      })
      .catch((error: unknown) => (problem.value = inWords(error)));
  }
  return found.value;
}

function Panel({ which, of: { run, bars } }: { which: "first" | "second"; of: Side }) {
  return (
    <div class="small-figure">
      <h4>
        <SignOf sign="series" colour={COLOURS[which]} /> {run.title}, {when(bars.epoch)}
      </h4>
      <StrengthBars class="bars" label={`${run.title}: ${barsInWords(bars)}`} of={bars} />
    </div>
  );
}

function inInterval({ value, low, high }: Estimate): string {
  return `${number(value)} [${number(low)}, ${number(high)}]`;
}

/** All that is drawn: shares by order, of each run and of both, and each run's curves. */
function rows(first: Side, second: Side, found: Comparison | undefined): Row[] {
  return [...shareRows(first, second, found), ...curveRows("first", first), ...curveRows("second", second)];
}

/** Shares by order: each run's own, and their difference, which is of both. */
function shareRows(first: Side, second: Side, found: Comparison | undefined): Row[] {
  const shares = found?.shares ?? [];
  const of = (name: string, sides: Side[], share: (of: ShareDifference) => Estimate): Row[] =>
    shares.map((found) => ({
      ...identity(sides.map(({ run }) => run)),
      curve: name,
      epoch: sideBySide(sides.map(({ bars }) => bars.epoch)) ?? null,
      order: found.order,
      ...interval("share", share(found)),
    }));
  return [
    ...of("first", [first], (share) => share.first),
    ...of("second", [second], (share) => share.second),
    ...of("second minus first", [first, second], (share) => share.difference),
  ];
}

/** A run's mean order at its checkpoints, and its loss gap after every epoch. */
function curveRows(curve: string, { run }: Side): Row[] {
  const course = courseOf(run.view, "mean-order")?.kind;
  const losses = twoPhases(run.view)?.kind.losses;
  const at = (epoch: number, values: Row): Row => ({ ...identity([run]), curve, epoch, ...values });
  return [
    ...(course?.epochs ?? []).map((epoch, index) => at(epoch, interval("mean_order", course?.all[index]))),
    ...(losses?.epochs ?? []).map((epoch, index) => at(epoch, { loss_gap_nats: losses?.gap[index] ?? null })),
  ];
}
