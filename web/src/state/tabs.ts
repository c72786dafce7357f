/**
 * One training in one tab: a session that two tabs write would be neither's. The tab that trains
 * holds a lock; another one says so, and may take it over.
 */

import { signal } from "@preact/signals";

const LOCK = "spindle-training";

/** Whether another tab has the training. */
export const isElsewhere = signal(false);

/** Lets the lock go, where this tab holds it. */
let release: (() => void) | undefined;

/**
 * Takes the lock, from another tab where `byForce`; false where that one holds it. `onLost` is
 * called when another tab takes it later. Where browsers have no locks, every tab holds its own.
 */
export function claim(onLost: () => void, byForce = false): Promise<boolean> {
  // Servers without encryption get none from browsers.
  if (release || !navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    const hold = (lock: Lock | null): Promise<void> | undefined => {
      isElsewhere.value = lock === null;
      resolve(lock !== null);
      return lock ? new Promise((done) => (release = done)) : undefined;
    };
    const options: LockOptions = byForce ? { steal: true } : { ifAvailable: true };
    navigator.locks.request(LOCK, options, hold).catch(() => {
      // Another tab has taken it.
      release = undefined;
      isElsewhere.value = true;
      onLost();
    });
  });
}

/** Lets other tabs train. */
export function letGo(): void {
  release?.();
  release = undefined;
}
