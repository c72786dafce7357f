/** The runs that the reader keeps in this browser: own trainings by themselves, files when asked. */

import { signal } from "@preact/signals";
import { inWords } from "../engine/client";
import { dropKept, fileOfKept, type KeptRun, listKept, storeKept, storeTitle } from "../engine/kept-runs";
import { readList, writeList } from "./lists";
import { close, openKeptFile, type Run, runs } from "./runs";
import { offerUndo } from "./undo";
import { uniqueTitle } from "./unique";

/** Kept runs, the newest first. */
export const kept = signal<readonly KeptRun[]>([]);
/** What went wrong with the last one. */
export const keepingProblem = signal<string | undefined>(undefined);

/** Names of kept runs among the open ones. */
export function nameOfKept(id: string): string {
  return `own-${id}`;
}

/** A kept run by its name among the open ones. */
export function keptBy(name: string): KeptRun | undefined {
  return kept.value.find(({ id }) => nameOfKept(id) === name);
}

/** Finds what was kept on earlier visits. A browser that keeps nothing has nothing. */
export async function findKept(): Promise<void> {
  const found = await listKept().catch(() => []);
  kept.value = found.filter(({ id }) => !isDropped(id));
  // A page that was closed while a deletion could be undone had no time for it.
  for (const { id } of found) if (isDropped(id)) void dropKept(id).catch(() => undefined);
}

/**
 * Keeps a run as it is now, under this id; one that is kept already keeps its name. Whether that was
 * possible; if not, the reader is told why.
 */
export async function keep(run: Run, id: string, title: string): Promise<boolean> {
  const { view } = run;
  try {
    const file = await run.file();
    const known = kept.value.find((other) => other.id === id);
    const others = kept.value.filter((other) => other.id !== id);
    const own = known?.title ?? uniqueTitle(title, [...others, ...runs.value.filter(({ live }) => !live)]);
    const entry: KeptRun = { id, title: own, at: known?.at ?? Date.now(), view };
    await storeKept(entry, file);
    // It may have been renamed or deleted while it was written.
    const now = known ? kept.value.find((other) => other.id === id) : entry;
    if (now) {
      const latest = { ...entry, title: now.title };
      kept.value = [latest, ...kept.value.filter((other) => other.id !== id)].sort((a, b) => b.at - a.at);
      if (now.title !== own) await storeTitle(latest);
    }
    keepingProblem.value = undefined;
    return true;
  } catch (error) {
    keepingProblem.value = `This run is not kept in the browser: ${inWords(error)}. “Save run” makes a file of it.`;
    return false;
  }
}

/** Opens a kept run, unless it is open. */
export async function openKept(id: string): Promise<void> {
  const found = kept.value.find((run) => run.id === id);
  if (!found) throw new Error("this browser keeps no such run");
  openKeptFile(nameOfKept(id), found.title, found.view, () => fileOfKept(id));
}

/** Gives a kept run another name; one that others have gets a number. */
export function rename(id: string, title: string): void {
  const run = kept.value.find((other) => other.id === id);
  const wanted = title.trim();
  if (!run || wanted === "" || wanted === run.title) return;
  const others = kept.value.filter((other) => other.id !== id);
  const renamed = { ...run, title: uniqueTitle(wanted, others) };
  kept.value = kept.value.map((other) => (other.id === id ? renamed : other));
  const name = nameOfKept(id);
  runs.value = runs.value.map((open) => (open.name === name ? { ...open, title: renamed.title } : open));
  void storeTitle(renamed).catch((error: unknown) => (keepingProblem.value = inWords(error)));
}

/** Deletes a kept run; for a while it can be had back. */
export function remove(id: string): void {
  const run = kept.value.find((other) => other.id === id);
  if (!run) return;
  kept.value = kept.value.filter((other) => other.id !== id);
  const name = nameOfKept(id);
  const wasOpen = runs.value.some((open) => open.name === name);
  close(name);
  setDropped([...dropped(), id]);
  offerUndo(
    `“${run.title}” is deleted.`,
    () => {
      setDropped(dropped().filter((other) => other !== id));
      kept.value = [...kept.value, run].sort((a, b) => b.at - a.at);
      if (wasOpen) void openKept(id);
    },
    () => void dropKept(id).catch(() => undefined),
  );
}

/** Where the ids of deleted runs are kept: a training that is found again does not bring its run back. */
const DROPPED = "spindle-dropped";
const MOST_DROPPED = 50;

/** Whether the reader has deleted this run. */
export function isDropped(id: string): boolean {
  return dropped().includes(id);
}

function dropped(): string[] {
  return readList(DROPPED).map(String);
}

function setDropped(ids: string[]): void {
  writeList(DROPPED, ids, MOST_DROPPED);
}
