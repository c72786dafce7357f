/** Runs that the reader keeps in this browser, in IndexedDB: what is seen of each, and its file. */

import type { RunView } from "../generated/RunView";
import { refusal } from "./storage";

/** Version of what is kept; others are left alone. */
const FORMAT = 1;

/** What is known of a kept run without its file. */
export interface KeptRun {
  id: string;
  /** Its name for readers. */
  title: string;
  /** When it was kept, milliseconds since 1970. */
  at: number;
  view: RunView;
}

const DATABASE = "spindle-runs";
const ABOUT = "about";
const FILES = "files";

function opened(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, FORMAT);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(ABOUT, { keyPath: "id" });
      request.result.createObjectStore(FILES);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the browser refuses to store anything"));
  });
}

/** Runs `work` in one transaction and resolves with its request's result when it is on disk. */
async function transact<Result>(
  mode: IDBTransactionMode,
  work: (about: IDBObjectStore, files: IDBObjectStore) => IDBRequest<Result>,
): Promise<Result> {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction([ABOUT, FILES], mode);
      const request = work(transaction.objectStore(ABOUT), transaction.objectStore(FILES));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(refusal(transaction.error));
    });
  } finally {
    database.close();
  }
}

/** All kept runs, the newest first. */
export async function listKept(): Promise<KeptRun[]> {
  const found = await transact("readonly", (about) => about.getAll() as IDBRequest<KeptRun[]>);
  return found.sort((a, b) => b.at - a.at);
}

/** Keeps a run with its file, over what was kept of the same one. */
export async function storeKept(run: KeptRun, file: Uint8Array): Promise<void> {
  // What the reader keeps is not to go when the disk gets full; browsers may ask, or say no.
  void navigator.storage?.persist?.().catch(() => false);
  await transact("readwrite", (about, files) => {
    files.put(file, run.id);
    return about.put(run);
  });
}

/** Keeps another name. */
export async function storeTitle(run: KeptRun): Promise<void> {
  await transact("readwrite", (about) => about.put(run));
}

/** The file of a kept run. */
export async function fileOfKept(id: string): Promise<Uint8Array> {
  const file = await transact("readonly", (_, files) => files.get(id) as IDBRequest<Uint8Array | undefined>);
  if (!file) throw new Error("the browser no longer has the file of this run");
  return file;
}

/** Forgets a run for good. */
export async function dropKept(id: string): Promise<void> {
  await transact("readwrite", (about, files) => {
    files.delete(id);
    return about.delete(id);
  });
}
