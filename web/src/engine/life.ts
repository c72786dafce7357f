/**
 * Whether a worker still lives. Browsers end workers without a word, when memory is short for
 * example, and no event tells of it. So a worker holds a lock of its own for as long as it lives,
 * and the page waits for that lock: it is given to the page when the worker is gone, whatever ended
 * it, and not earlier, however long the worker computes.
 *
 * Pages without encryption have no locks (https and localhost have): there such a death stays
 * unnoticed, as it would everywhere without this.
 */

/** What a worker says when it holds its lock, before anything else. */
export const LIVES = "lives";

/** Time for a worker to say that it lives, in milliseconds. Its script is small and is there already. */
export const PATIENCE = 30_000;

/** In a worker: holds its lock until it ends. `then` is called once it does. */
export function live(name: string, then: () => void): void {
  const never = new Promise<void>(() => undefined);
  const held = (): Promise<void> => {
    then();
    return never;
  };
  // A browser that refuses locks has none to wait for either.
  if (locks()) void locks()?.request(name, held).catch(then);
  else then();
}

/** In the page: calls `gone` when the worker of this name is, which says already that it lives. */
export function watch(name: string, gone: () => void): void {
  void locks()
    ?.request(name, gone)
    .catch(() => undefined);
}

function locks(): LockManager | undefined {
  return (navigator as Partial<Navigator>).locks;
}
