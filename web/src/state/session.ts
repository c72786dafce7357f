/** The training on this device: at most one at a time, the last one found again after a reload. */

import { effect, signal } from "@preact/signals";
import { forget, restore } from "../engine/storage";
import { Training } from "../training/run";
import { keepPrediction, prediction } from "./prediction";
import { close, showLive } from "./runs";
import { experiment, stopAtSecondPhase, wish } from "./settings";

/** The training, running or not. */
export const training = signal<Training | undefined>(undefined);

/** Begins a new training with the settings, over the last one. */
export function begin(): void {
  leave();
  const next = new Training(experiment.value, wish.value, {
    run: (view, record, answers) => showLive(view, record, answers),
  });
  training.value = next;
  keepPrediction(next.id, prediction.value);
  next.start();
}

/** Ends the training and forgets it, here and in the browser's storage. */
export function reset(): void {
  const id = training.value?.id;
  leave();
  // Another tab's training is not forgotten.
  if (id) void forget(id).catch(() => undefined);
}

function leave(): void {
  training.value?.end();
  training.value = undefined;
  close("live");
}

/**
 * Finds the last session again, paused where it was; looks at it unless the reader came to
 * `lookElsewhere`.
 */
export async function findAgain(lookElsewhere: boolean): Promise<void> {
  const stored = await restore().catch(() => undefined);
  if (!stored || training.value) return;
  const found = new Training(stored.session.experiment, wish.value, {
    run: (view, record, answers) => showLive(view, record, answers, lookElsewhere),
  });
  training.value = found;
  found.restore(stored);
}

/** A hidden tab rests, and goes on when it is seen again. */
export function restWhileHidden(): void {
  document.addEventListener("visibilitychange", () => training.value?.hold(document.hidden));
}

effect(() => {
  training.value?.pauseAtSecondPhase(stopAtSecondPhase.value);
});
