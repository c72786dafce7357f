// What is stored, and in which order, where the browser's storage fails for a while.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Writes } from "../src/engine/writes";

/** A storage that refuses the writes of these numbers, counted from 0. */
class Storage {
  readonly kept: string[] = [];
  readonly told: string[] = [];
  private readonly writes = new Writes();
  private tries = 0;

  constructor(private readonly refuses: (attempt: number) => boolean) {}

  add(name: string, value = name): Promise<void> {
    const write = async (): Promise<void> => {
      if (this.refuses(this.tries++)) throw new Error("full");
      this.kept.push(value);
    };
    return new Promise((done) => {
      this.writes.add(name, write, (failed) => {
        this.told.push(failed === undefined ? "stored" : "failed");
        done();
      });
    });
  }
}

test("a write that failed is made up for before the next", async () => {
  const storage = new Storage((attempt) => attempt === 1);
  for (const name of ["session", "checkpoint 0", "state"]) await storage.add(name);
  assert.deepEqual(storage.told, ["stored", "failed", "stored"]);
  assert.deepEqual(storage.kept, ["session", "checkpoint 0", "state"]);
});

test("while it fails nothing that comes later is stored", async () => {
  const storage = new Storage((attempt) => attempt >= 1);
  for (const name of ["session", "checkpoint 0", "state", "checkpoint 50"]) await storage.add(name);
  assert.deepEqual(storage.kept, ["session"]);
  assert.deepEqual(storage.told, ["stored", "failed", "failed", "failed"]);
});

test("of what was not stored only the newest is, behind what it may build on", async () => {
  const storage = new Storage((attempt) => attempt < 3);
  await storage.add("state", "state at 10");
  await storage.add("checkpoint 50");
  await storage.add("state", "state at 50");
  await storage.add("checkpoint 60");
  assert.deepEqual(storage.kept, ["checkpoint 50", "state at 50", "checkpoint 60"]);
});
