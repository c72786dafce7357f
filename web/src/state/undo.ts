/** What was taken away last, and can be had back for a while. */

import { signal } from "@preact/signals";

/** Time for which it can be had back, ms. */
const PATIENCE = 20_000;

/** What can be undone. */
export interface Undoable {
  /** What was done, as a sentence. */
  words: string;
  undo(): void;
}

interface Waiting extends Undoable {
  /** Done when it is too late to undo. */
  commit(): void;
  timer: ReturnType<typeof setTimeout>;
}

/** What can be undone at present. */
export const undoable = signal<Undoable | undefined>(undefined);
let waiting: Waiting | undefined;

/** Offers to undo what was done. What was offered before is settled by that. */
export function offerUndo(words: string, undo: () => void, commit: () => void): void {
  settle();
  const timer = setTimeout(settle, PATIENCE);
  waiting = { words, undo, commit, timer };
  undoable.value = { words, undo: undone };
}

/** It stays done. */
export function settle(): void {
  const last = forgotten();
  last?.commit();
}

function undone(): void {
  forgotten()?.undo();
}

function forgotten(): Waiting | undefined {
  const last = waiting;
  clearTimeout(last?.timer);
  waiting = undefined;
  undoable.value = undefined;
  return last;
}
