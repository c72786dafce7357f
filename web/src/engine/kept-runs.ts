/** Runs that the reader keeps in this browser, in IndexedDB: what is seen of each, and its file. */

import type { RunView } from "../generated/RunView";
import { type Database, transact } from "./database";

/** What is known of a kept run without its file. */
export interface KeptRun {
  id: string;
  /** Its name for readers. */
  title: string;
  /** When it was kept, milliseconds since 1970. */
  at: number;
  view: RunView;
}

/** One of another version is left alone. */
const DATABASE: Database = { name: "spindle-runs", version: 1, stores: [["about", { keyPath: "id" }], ["files"]] };

/** All kept runs, the newest first. */
export async function listKept(): Promise<KeptRun[]> {
  const found = await transact(DATABASE, "readonly", (about) => about.getAll() as IDBRequest<KeptRun[]>);
  return found.result.sort((a, b) => b.at - a.at);
}

/** Keeps a run with its file, over what was kept of the same one. */
export async function storeKept(run: KeptRun, file: Uint8Array): Promise<void> {
  // What the reader keeps is not to go when the disk gets full; browsers may ask, or say no.
  void navigator.storage?.persist?.().catch(() => false);
  await transact(DATABASE, "readwrite", (about, files) => {
    files.put(file, run.id);
    about.put(run);
  });
}

/** Keeps another name. */
export async function storeTitle(run: KeptRun): Promise<void> {
  await transact(DATABASE, "readwrite", (about) => about.put(run));
}

/** The file of a kept run. */
export async function fileOfKept(id: string): Promise<Uint8Array> {
  const file = await transact(DATABASE, "readonly", (_, files) => files.get(id) as IDBRequest<Uint8Array | undefined>);
  if (!file.result) throw new Error("the browser no longer has the file of this run");
  return file.result;
}

/** Forgets a run for good. */
export async function dropKept(id: string): Promise<void> {
  await transact(DATABASE, "readwrite", (about, files) => {
    files.delete(id);
    about.delete(id);
  });
}
