/**
 * Writes into the browser's storage, one after another. A write that fails is tried again before the
 * next one, so that what is stored is at any time the beginning of what happened: a session that is
 * found again lacks nothing that came before its last state.
 */

export class Writes {
  private last: Promise<void> = Promise.resolve();
  /** What is not stored yet, in order, by what it is. */
  private readonly waiting = new Map<string, () => Promise<void>>();

  /**
   * Stores what is of this name, instead of what it was before if that is not stored yet. `tell`
   * hears why it could not be stored, or nothing.
   */
  add(name: string, write: () => Promise<void>, tell: (failed: unknown) => void): void {
    this.last = this.last.then(async () => {
      // Behind all that waits, which it may build on.
      this.waiting.delete(name);
      this.waiting.set(name, write);
      await this.writeAll().then(() => tell(undefined), tell);
    });
  }

  private async writeAll(): Promise<void> {
    for (const [name, write] of this.waiting) {
      await write();
      this.waiting.delete(name);
    }
  }
}
