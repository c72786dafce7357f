/** What a figure that leaves the page has to say of itself: of which run it is, how that was made, what was looked at. */

import { sampleSolver } from "./inspection";
import { current, cursor, type Run, sample } from "./runs";
import { isOwn } from "./seeds";

/** Facts by their names, in the order in which they are read. */
export type About = Readonly<Record<string, string | number>>;

/** Of the run that is looked at, at the cursor. */
export function aboutNow(): About {
  const run = current.value;
  if (!run) return {};
  const epoch = run.view.checkpoints[cursor.value]?.losses.epoch;
  return { ...aboutRun(run), ...(epoch !== undefined && { "shown at epoch": +epoch.toPrecision(6) }) };
}

/** Of the sample that is looked at. */
export function aboutSample(): About {
  const by = sampleSolver.value;
  const solver = by === "certified" ? "certified" : `published SGD, learning rate ${by.published_sgd.learning_rate}`;
  return { ...aboutNow(), sample: sample.value, solver };
}

/** Of two runs side by side. */
export function aboutPair(first: Run, second: Run): About {
  return aboutRuns([first, second]);
}

/** Of several runs. */
export function aboutRuns(runs: readonly { title: string; view: Run["view"] | undefined }[]): About {
  const of = (fact: (view: Run["view"]) => string | number): string =>
    [...new Set(runs.flatMap(({ view }) => (view ? [String(fact(view))] : [])))].join("; ");
  return {
    run: runs.map(({ title }) => title).join("; "),
    network: of((view) => view.model),
    data: of((view) => view.data),
    seed: of((view) => view.experiment.training.seed),
    solver: of(({ experiment }) => experiment.decomposition.solver),
    spindle: of((view) => view.provenance.version),
  };
}

function aboutRun({ title, view }: Run): About {
  const { training, measurement, decomposition } = view.experiment;
  const { samples_seed, players_seed } = measurement;
  return {
    run: title,
    network: view.model,
    data: view.data,
    seed: training.seed,
    ...(isOwn(samples_seed) && { "samples seed": samples_seed }),
    ...(isOwn(players_seed) && { "players seed": players_seed }),
    solver: `${decomposition.solver}; what is the published SGD's says so`,
    "training samples": view.provenance.train_size,
    "label noise": training.label_noise,
    epochs: training.epochs,
    batch: training.batch,
    "learning rate": training.learning_rate,
    "test samples": view.samples.filter(({ group }) => group === "test").length,
    players: measurement.players,
    spindle: view.provenance.version,
    "data digest": view.provenance.data_digest.slice(0, 16),
  };
}
