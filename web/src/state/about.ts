/** What a figure that leaves the page has to say of itself: of which runs it is, how they were made, what was looked at. */

import type { Experiment } from "../generated/Experiment";
import type { RunView } from "../generated/RunView";
import { sampleSolver } from "./inspection";
import { current, cursor, type Run, sample } from "./runs";

/** Facts by their names, in the order in which they are read. */
export type Facts = Readonly<Record<string, string | number>>;

/** What a figure's files say of the runs behind it. */
export interface About {
  /** Facts on all of them. */
  about: Facts;
  /** Each by itself, with all that it was asked for: enough to run it again. */
  runs: readonly { facts: Facts; experiment: Experiment }[];
}

/** A run by its name for readers. */
interface Titled {
  title: string;
  view: RunView;
}

/** Of the run that is looked at, at the cursor. */
export function aboutNow(): About {
  const run = current.value;
  if (!run) return { about: {}, runs: [] };
  const epoch = run.view.checkpoints[cursor.value]?.losses.epoch;
  return andThat(aboutRun(run), epoch === undefined ? {} : { "shown at epoch": +epoch.toPrecision(6) });
}

/** Of the sample that is looked at. */
export function aboutSample(): About {
  const by = sampleSolver.value;
  const solver = by === "certified" ? "certified" : `published SGD, learning rate ${by.published_sgd.learning_rate}`;
  return andThat(aboutNow(), { sample: sample.value, solver });
}

/** Of a drawing by hand. */
export function aboutDrawing(): About {
  const { about, runs } = aboutNow();
  return { about: { drawing: "by hand", ...about }, runs };
}

/** Of several runs. */
export function aboutRuns(runs: readonly Titled[]): About {
  const spindle = sideBySide(runs.map(({ view }) => view.provenance.version)) ?? "";
  return { about: { ...identity(runs), spindle }, runs: runs.map(settings) };
}

/** What tells a run from others; of several, side by side where they differ. */
export function identity(runs: readonly Titled[]): Facts {
  const of = (fact: (run: Titled) => string | number | null | undefined) => sideBySide(runs.map(fact));
  const facts = {
    run: of(({ title }) => title),
    network: of(({ view }) => view.model),
    data: of(({ view }) => view.data),
    seed: of(({ view }) => view.experiment.training.seed),
    "samples seed": of(({ view }) => view.experiment.measurement.samples_seed),
    "players seed": of(({ view }) => view.experiment.measurement.players_seed),
    solver: of(({ view }) => view.experiment.decomposition.solver),
  };
  return Object.fromEntries(
    Object.entries(facts).flatMap(([name, fact]) => (fact === undefined ? [] : [[name, fact]])),
  );
}

/** What values have in common, or all of them; those that are not there are left out. */
export function sideBySide(values: readonly (string | number | null | undefined)[]): string | number | undefined {
  const [first, ...others] = new Set(values.filter((value) => value !== null && value !== undefined));
  return others.length === 0 ? first : [first, ...others].join("; ");
}

function settings(run: Titled): About["runs"][number] {
  return { facts: identity([run]), experiment: run.view.experiment };
}

function aboutRun(run: Run): About {
  const { training, measurement, decomposition } = run.view.experiment;
  const { provenance, samples } = run.view;
  const about = {
    ...identity([run]),
    solver: `${decomposition.solver}; what is the published SGD's says so`,
    "training samples": provenance.train_size,
    "label noise": training.label_noise,
    epochs: training.epochs,
    batch: training.batch,
    "learning rate": training.learning_rate,
    "test samples": samples.filter(({ group }) => group === "test").length,
    players: measurement.players,
    spindle: provenance.version,
    "data digest": provenance.data_digest.slice(0, 16),
  };
  return { about, runs: [settings(run)] };
}

/** The same with more facts. */
function andThat({ about, runs }: About, facts: Facts): About {
  return { about: { ...about, ...facts }, runs };
}
