/**
 * The training on this device: at most one at a time, the last one found again after a reload. What
 * it has measured is kept among the reader's runs when it is over, and when another one begins.
 */

import { batch, effect, signal } from "@preact/signals";
import { forget, hide, restore, unhide } from "../engine/storage";
import type { Experiment } from "../generated/Experiment";
import { Training } from "../training/run";
import { take } from "./entered";
import { isDropped, keep, kept, keptBy, nameOfKept } from "./kept";
import { keepPrediction, prediction } from "./prediction";
import { close, look, nameLive, putBack, type Run, runs, showLive } from "./runs";
import { keyBesidesSeed } from "./seeds";
import { beginSeries, endSeries, series, toNextSeed } from "./series";
import { experiment, inShort, stopAtSecondPhase, wish, withValue } from "./settings";
import { claim, letGo } from "./tabs";
import { offerUndo, settle } from "./undo";
import { uniqueTitle } from "./unique";

/** The training, running or not. */
export const training = signal<Training | undefined>(undefined);

/** Begins a new training with the settings, or the first of several seeds. */
export function begin(): Promise<void> {
  beginSeries();
  return beginOne();
}

/** Begins a training after the last one; not while another tab trains. */
async function beginOne(): Promise<void> {
  settle();
  if (!(await claim(lost))) return;
  // At once: between two trainings no other tab is to begin one.
  const next = batch(() => {
    leave();
    return heard(experiment.value, false);
  });
  keepPrediction(next.id, prediction.value);
  next.start();
}

/** Takes the training of another tab over, as far as that has stored it. */
export async function takeOver(): Promise<void> {
  if (await claim(lost, true)) await findAgain(false);
}

/** Another tab has taken the training over: here it ends. */
function lost(): void {
  const old = training.value;
  training.value = undefined;
  close("live");
  old?.end();
}

/** A training that is heard while it is the page's. */
function heard(of: typeof experiment.value, quietly: boolean): Training {
  const next: Training = new Training(of, wish.value, {
    run: (view, record, answers) => {
      if (training.value === next) showLive(view, record, answers, quietly);
    },
  });
  training.value = next;
  return next;
}

/** What a training is called that is one of several seeds: by its seed, as the others are. */
function nameAmongSeeds({ id, experiment }: Training): string | undefined {
  const others = kept.value.filter((run) => run.id !== id);
  const family = keyBesidesSeed(experiment);
  const isOneOfSeveral = series.value || others.some(({ view }) => keyBesidesSeed(view.experiment) === family);
  if (!isOneOfSeveral) return undefined;
  return keptBy(nameOfKept(id))?.title ?? uniqueTitle(inShort(experiment), others);
}

/** Takes the training away; for a while it can be had back, and what it has measured is kept. */
export function reset(): void {
  const old = training.value;
  if (!old) return;
  const { id } = old;
  endSeries();
  const live = liveRun();
  old.pause();
  training.value = undefined;
  close("live");
  hide(id);
  offerUndo(
    "The training is reset.",
    () => {
      unhide();
      void claim(lost);
      training.value = old;
      if (live) putBack(live);
      look("live");
    },
    () => {
      // Another tab's training is not forgotten.
      void forget(id).catch(() => undefined);
      void keepMeasured(old, live).finally(() => old.end());
    },
  );
}

/** Makes room for another training; what the last one has measured is kept. */
function leave(): void {
  const old = training.value;
  if (!old) return;
  const live = liveRun();
  old.pause();
  training.value = undefined;
  close("live");
  // What is kept already needs no worker that is at a comparison.
  if (keptAt.has(old)) old.end();
  else void keepMeasured(old, live).finally(() => old.end());
}

function liveRun(): Run | undefined {
  return runs.value.find((run) => run.live);
}

/** Keeps a training's run, where anything beyond its first samples is measured. */
async function keepMeasured(of: Training, run: Run | undefined): Promise<boolean> {
  if (!run || isDropped(of.id) || (of.progress.value?.measured ?? 0) === 0) return true;
  return keep(run, of.id, inShort(of.experiment));
}

/**
 * Finds the last session again, paused where it was; looks at it unless the reader came to
 * `lookElsewhere`.
 */
export async function findAgain(lookElsewhere: boolean): Promise<void> {
  const stored = await restore().catch(() => undefined);
  if (!stored || training.value) return;
  // What is over is nobody's: it may be looked at in every tab.
  if (!stored.state?.finished && !(await claim(lost))) return;
  // What is kept of it is the same run as it was.
  close(nameOfKept(stored.session.id));
  heard(stored.session.experiment, lookElsewhere).restore(stored);
}

/** A hidden tab rests, and goes on when it is seen again. */
export function restWhileHidden(): void {
  document.addEventListener("visibilitychange", () => training.value?.hold(document.hidden));
}

effect(() => {
  training.value?.pauseAtSecondPhase(stopAtSecondPhase.value);
});

effect(() => {
  const now = training.value;
  const phase = now?.phase.value;
  const live = liveRun();
  // Once when all is measured, and once more when all is compared.
  if (now && live && (phase === "comparing" || phase === "finished")) keepOnce(now, live, phase);
});

effect(() => {
  if (training.value) nameLive(nameAmongSeeds(training.value));
});

effect(() => {
  const phase = training.value?.phase.value;
  if (phase === undefined || phase === "finished") letGo();
});

/** Phases at which a training was kept. */
const keptAt = new WeakMap<Training, Set<string>>();

function keepOnce(now: Training, live: Run, phase: string): void {
  const at = keptAt.get(now) ?? new Set();
  if (at.has(phase)) return;
  keptAt.set(now, at.add(phase));
  void keepMeasured(now, live).then((isKept) => {
    // A record that was lost is made again, and kept then.
    if (!isKept && now.phase.peek() !== phase) at.delete(phase);
    else if (training.value === now && toNextSeed()) void trainNextSeed(now.experiment);
  });
}

/** The same experiment with the next seed. */
function trainNextSeed(last: Experiment): Promise<void> {
  take(withValue(last, "seed", last.training.seed + 1));
  return beginOne();
}
