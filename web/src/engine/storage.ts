/** The last session, kept in IndexedDB, so that a closed page goes on where it was. */

import type { Bench } from "../generated/Bench";
import type { Experiment } from "../generated/Experiment";
import type { LossRecord } from "../generated/LossRecord";
import type { MeasuredPart } from "../generated/MeasuredPart";
import type { Provenance } from "../generated/Provenance";
import { type Database, transact } from "./database";

/**
 * Version of what is stored: a page that has learnt to store otherwise leaves what it does not
 * know.
 */
const FORMAT = 4;

/** What a training is, apart from how far it is. */
export interface StoredSession {
  /** Its name: a training writes nothing into another tab's. */
  id: string;
  experiment: Experiment;
  provenance: Provenance;
  /** Name of every class. */
  classes: string[];
  /** The samples that are measured, and the network that they are measured with. */
  bench: Bench;
  totalSteps: number;
  stepsPerEpoch: number;
  checkpoints: number[];
}

/** Where it can go on from. */
export interface StoredState {
  step: number;
  bytes: Uint8Array;
  losses: LossRecord[];
  finished: boolean;
}

/** A checkpoint; `parts` is absent until its samples are measured. */
export interface StoredCheckpoint {
  losses: LossRecord;
  sample_losses: Uint8Array;
  weights: Uint8Array;
  /** Wall time of training up to here, in seconds. */
  train_seconds: number;
  parts?: MeasuredPart[];
}

/** All of a stored session. */
export interface Stored {
  session: StoredSession;
  state: StoredState | undefined;
  checkpoints: StoredCheckpoint[];
}

/**
 * A checkpoint as it lies in the database, under its step. Its parts lie beside it, under its step and their
 * positions: all together they are megabytes, and copying them would keep the page's thread for too long.
 */
interface Header extends Omit<StoredCheckpoint, "parts"> {
  /** How many parts it has; none until its samples are measured. */
  count: number;
}

const DATABASE: Database = { name: "spindle", version: 1, stores: [["session"], ["checkpoints"]] };

/** Begins a session, over the last one. */
export function storeSession(session: StoredSession): Promise<void> {
  return transact(DATABASE, "readwrite", (store, checkpoints) => {
    store.clear();
    checkpoints.clear();
    // Who only asks whose it is need not read all of it.
    store.put({ ...session, format: FORMAT }, "session").onsuccess = () => store.put(session.id, "id");
  });
}

/** Writes into the session of this name; rejects where another one has taken its place. */
async function write(id: string, work: (session: IDBObjectStore, checkpoints: IDBObjectStore) => void): Promise<void> {
  let isOther = false;
  await transact(DATABASE, "readwrite", (store, checkpoints) => {
    const request = store.get("id") as IDBRequest<string | undefined>;
    request.onsuccess = () => {
      isOther = request.result !== id;
      if (!isOther) work(store, checkpoints);
    };
  });
  if (isOther) throw new Error("another training, perhaps in another tab, is kept instead");
}

/** Stores where the session can go on from, unless another tab has brought it further. */
export function storeState(id: string, state: StoredState): Promise<void> {
  const isBehind = (known: StoredState): boolean => state.step < known.step || (known.finished && !state.finished);
  return write(id, (store) => putUnless(store, "state", state, isBehind));
}

/** Stores a checkpoint, over the same one without its parts and never over one that has them. */
export function storeCheckpoint(id: string, { parts = [], ...checkpoint }: StoredCheckpoint): Promise<void> {
  const { step } = checkpoint.losses;
  const header: Header = { ...checkpoint, count: parts.length };
  const hasMore = (known: Header): boolean => known.count > header.count;
  return write(id, (_, store) => putUnless(store, step, header, hasMore, () => putParts(store, step, parts, 0)));
}

/** Stores parts from one on, each when the last one is in the database: so each is a task of its own. */
function putParts(store: IDBObjectStore, step: number, parts: readonly MeasuredPart[], index: number): void {
  const part = parts[index];
  if (part) store.put(part, [step, index]).onsuccess = () => putParts(store, step, parts, index + 1);
}

/** What is stored only grows: a session may be open in two tabs, of which one is behind. */
function putUnless<Value>(
  store: IDBObjectStore,
  key: string | number,
  value: Value,
  isMore: (known: Value) => boolean,
  then: () => void = () => undefined,
): void {
  const request = store.get(key) as IDBRequest<Value | undefined>;
  request.onsuccess = () => {
    if (request.result === undefined || !isMore(request.result)) store.put(value, key).onsuccess = then;
  };
}

/** Where the name of the session is kept that was forgotten last. */
const FORGOTTEN = "spindle-forgotten";

/** Has the session of this name found no more, at once: a page that is closed meanwhile does not find it. */
export function hide(id: string): void {
  try {
    localStorage.setItem(FORGOTTEN, id);
  } catch {
    // Where nothing may be kept there is nothing to forget.
  }
}

/** Has the session that was hidden last found again. */
export function unhide(): void {
  try {
    localStorage.removeItem(FORGOTTEN);
  } catch {
    // It was not hidden either.
  }
}

/** Forgets the session of this name for good. */
export function forget(id: string): Promise<void> {
  hide(id);
  return write(id, (store, checkpoints) => {
    store.clear();
    checkpoints.clear();
  });
}

/** The last session, where there is one. */
export async function restore(): Promise<Stored | undefined> {
  const { session, state, checkpoints } = await transact(DATABASE, "readonly", (store, checkpoints) => ({
    session: store.get("session") as IDBRequest<(StoredSession & { format: number }) | undefined>,
    state: store.get("state") as IDBRequest<StoredState | undefined>,
    checkpoints: gathered(checkpoints),
  }));
  if (session.result?.format !== FORMAT || isForgotten(session.result.id)) return undefined;
  return { session: session.result, state: state.result, checkpoints: [...checkpoints.values()] };
}

/** All checkpoints by their steps, in their order; complete when the transaction is. */
function gathered(store: IDBObjectStore): Map<number, StoredCheckpoint> {
  const found = new Map<number, StoredCheckpoint>();
  const request = store.openCursor();
  request.onsuccess = () => {
    const at = request.result;
    if (!at) return;
    // Steps come before pairs of them with positions, and both in order.
    if (typeof at.key === "number") {
      const { count, ...checkpoint } = at.value as Header;
      found.set(at.key, count > 0 ? { ...checkpoint, parts: [] } : checkpoint);
    } else {
      const [step] = at.key as [number, number];
      found.get(step)?.parts?.push(at.value as MeasuredPart);
    }
    at.continue();
  };
  return found;
}

function isForgotten(id: string): boolean {
  try {
    return localStorage.getItem(FORGOTTEN) === id;
  } catch {
    return false;
  }
}
