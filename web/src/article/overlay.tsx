/** Several runs over each other; where they differ in their seed alone, their mean. */

import { signal } from "@preact/signals";
import { Figure } from "../figure/frame";
import { Legend } from "../figure/legend";
import { epochs, when } from "../figure/numbers";
import { type NamedCurve, OverlaidCurves } from "../figure/overlay";
import type { Row } from "../figure/save";
import type { Estimate } from "../generated/Estimate";
import type { RunView } from "../generated/RunView";
import { aboutRuns, type Facts, identity } from "../state/about";
import type { Listed } from "../state/all-runs";
import { familiesOf, HELD, meanCurve, meanOf } from "../state/seeds";
import { besidesSeed } from "../state/settings";
import { curveOf, DOMAINS, OVERLAID, type Overlaid } from "../state/summary";
import { capital } from "./wording";

/** What is laid over each other, and whether seeds are taken together. */
const what = signal<Overlaid>("share");
const together = signal(true);

/** A run of the list that is at hand. */
type Measured = Listed & { view: RunView };

/** Runs that differ in their seed alone. */
interface Family {
  title: string;
  members: Measured[];
}

/** A curve, and of which runs it is. */
interface OwnCurve extends NamedCurve {
  facts: Facts;
}

function titleOfFamily(members: Measured[]): string {
  const [first] = members;
  if (!first || members.length === 1) return first?.title ?? "";
  const seeds = members.map(({ experiment }) => experiment.training.seed).sort((a, b) => a - b);
  return `${besidesSeed(first.experiment)}: mean of seeds ${seeds.join(", ")}`;
}

/** Members of a family with different seeds: the same run twice is no second seed. */
function distinct(members: Measured[]): Measured[] {
  const seeds = members.map(({ experiment }) => experiment.training.seed);
  return members.filter((_, index) => seeds.indexOf(seeds[index] ?? -1) === index);
}

function curvesOf(families: Family[], of: Overlaid): OwnCurve[] {
  return families.flatMap(({ title, members }, place) => {
    const tone = { series: place + 1 };
    const seeds = distinct(members);
    const hasMean = seeds.length > 1;
    const own = members.map((run) => ({
      name: run.title,
      facts: identity([run]),
      tone,
      isBehind: hasMean,
      ...curveOf(run.view, of),
    }));
    if (!hasMean) return own;
    const mean = meanCurve(
      seeds.map(({ view }) => curveOf(view, of)),
      DOMAINS[of],
    );
    return [...own, { name: title, facts: identity(seeds), tone, isBehind: false, ...mean }];
  });
}

export function Overlay({ runs }: { runs: Measured[] }) {
  const families = (together.value ? familiesOf(runs) : runs.map((run) => [run])).map(
    (members): Family => ({ title: titleOfFamily(members), members }),
  );
  const curves = curvesOf(families, what.value);
  const label = OVERLAID[what.value];
  const hasMean = families.some(({ members }) => distinct(members).length > 1);
  const shown = curves.filter(({ isBehind }) => !isBehind);
  const thin = curves.filter(({ isBehind }) => isBehind).slice(0, 1);
  return (
    <Figure
      name={`spindle-runs-${what.value}`}
      title={`${capital(label)} in ${runs.length} ${runs.length === 1 ? "run" : "runs"}`}
      caption={
        <>
          {shown.map((curve) => ends(curve)).join(" ")}{" "}
          {hasMean ? HELD : "Bands: each run's own 95 % interval over its test samples, where it has one."}
          {hasMean && ` ${atEnd(families)}`}
        </>
      }
      rows={() => rows(curves, label)}
      about={() => aboutRuns(runs)}
    >
      <div class="overlay-choice">
        <label>
          Shown{" "}
          <select value={what.value} onChange={(event) => (what.value = event.currentTarget.value as Overlaid)}>
            {Object.entries(OVERLAID).map(([name, words]) => (
              <option key={name} value={name}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={together.value}
            onChange={(event) => (together.value = event.currentTarget.checked)}
          />
          Take runs together that differ in their seed alone
        </label>
      </div>
      <Legend
        of={[...shown, ...thin.map(({ tone }) => ({ name: "thin lines: each seed by itself", tone, isThin: true }))]}
      />
      <OverlaidCurves
        curves={curves}
        title={label}
        label={`${label} over training: ${shown.map((curve) => ends(curve)).join(" ")}`}
      />
    </Figure>
  );
}

function interval({ value, low, high }: Estimate): string {
  const [at, from, to] = [value, low, high].map((x) => x.toFixed(2).replace("-", "−"));
  return high > low ? `${at} [${from}, ${to}]` : `${at}`;
}

/** A curve's first, lowest and last value in a sentence. */
function ends({ name, epochs: at, values }: NamedCurve): string {
  const [first, last] = [values[0], values.at(-1)];
  if (!first || !last) return `${name}: nothing is measured.`;
  const lowest = values.reduce((low, next, index) => (next.value < (values[low]?.value ?? 0) ? index : low), 0);
  const low = values[lowest] ?? first;
  return `${name}: ${interval(first)} ${when(at[0] ?? 0)}, ${interval(low)} at its lowest (epoch ${epochs(at[lowest] ?? 0)}), ${interval(last)} at epoch ${epochs(at.at(-1) ?? 0)}.`;
}

/** Of seeds that are taken together: what else came of them at the end. */
function atEnd(families: Family[]): string {
  return families
    .flatMap(({ title, members }) => {
      const seeds = distinct(members);
      const accuracies = seeds.flatMap(({ summary }) => (summary.accuracy === undefined ? [] : [summary.accuracy]));
      const mean = meanOf(accuracies, DOMAINS.accuracy);
      const phases = seeds.filter(({ summary }) => summary.boundary).length;
      if (!mean) return [];
      return [`${title}: ${phases} of ${seeds.length} have two phases; test accuracy ${interval(mean)} at the end.`];
    })
    .join(" ");
}

function rows(curves: OwnCurve[], label: string): Row[] {
  return curves.flatMap(({ name, facts, isBehind, epochs, values }) =>
    epochs.map((epoch, index) => {
      const { value, low, high } = values[index] ?? { value: null, low: null, high: null };
      const has = high !== null && low !== null && high > low;
      return {
        ...facts,
        curve: name,
        part_of_a_mean: isBehind,
        epoch,
        [label]: value,
        low: has ? low : null,
        high: has ? high : null,
      };
    }),
  );
}
