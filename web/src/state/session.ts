/** The training on this device: at most one at a time, the last one found again after a reload. */

import { effect, signal } from "@preact/signals";
import { restore } from "../engine/storage";
import { Training } from "../engine/training";
import { close, showLive } from "./runs";
import { experiment, stopAtSecondPhase, wish } from "./settings";

/** The training, running or not. */
export const training = signal<Training | undefined>(undefined);

/** Begins a new training with the settings, over the last one. */
export function begin(): void {
  reset();
  const next = new Training(experiment.value, wish.value, { run: showLive });
  training.value = next;
  void next.start();
}

/** Ends the training. Its run is forgotten here, and in the browser's storage when the next one begins. */
export function reset(): void {
  training.value?.end();
  training.value = undefined;
  close("live");
}

/** Finds the last session again, paused where it was. */
export async function findAgain(): Promise<void> {
  const stored = await restore().catch(() => undefined);
  if (!stored || training.value) return;
  experiment.value = { ...experiment.value, ...stored.session.experiment };
  const found = new Training(stored.session.experiment, wish.value, { run: showLive });
  training.value = found;
  await found.restore(stored);
}

/** A hidden tab pauses, and goes on when it is seen again. */
export function pauseWhileHidden(): void {
  let paused: Training | undefined;
  document.addEventListener("visibilitychange", () => {
    const now = training.value;
    if (document.hidden && now?.phase.value === "running") {
      paused = now;
      void now.pause();
    } else if (!document.hidden && paused) {
      if (paused === now && now.phase.value === "paused") void now.go();
      paused = undefined;
    }
  });
}

effect(() => {
  const now = training.value;
  if (now) now.stopAtSecondPhase.value = stopAtSecondPhase.value;
});
