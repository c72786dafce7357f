/** All runs that there are, open or not, with what came of each: what the table and the menu list. */

import { computed, signal } from "@preact/signals";
import type { Experiment } from "../generated/Experiment";
import type { Row } from "../generated/Row";
import type { RunView } from "../generated/RunView";
import { kept, keptBy, nameOfKept, openKept } from "./kept";
import { openByName, runs, shipped } from "./runs";
import { keyBesidesSeed } from "./seeds";
import { training } from "./session";
import { type Summary, summaryOf, summaryOfRow } from "./summary";

/** A run that can be chosen. */
export interface Listed {
  name: string;
  title: string;
  /** What it was asked for. */
  experiment: Experiment;
  /** What is seen of it, where that is at hand. */
  view: RunView | undefined;
  summary: Summary;
  /** Under which id the browser keeps it. */
  keptId: string | undefined;
  /** Whose it is. */
  origin: "live" | "kept" | "file" | "shipped";
}

/** Names of the runs that are laid over each other. */
export const marked = signal<ReadonlySet<string>>(new Set());

/** Lays all measured runs over each other that differ from an experiment in their seed at most. */
export function markFamily(of: Experiment): void {
  const key = keyBesidesSeed(of);
  const family = listed.value.filter(({ experiment, view }) => view && keyBesidesSeed(experiment) === key);
  marked.value = new Set(family.map(({ name }) => name));
}

/** The table of pairs, where it is loaded: what is known of runs that are not open. */
export const pairs = signal<Row[] | undefined>(undefined);

let loading: Promise<void> | undefined;

/** Loads the table of pairs, once. Rejects with what went wrong, and loads again when it is asked again. */
export function loadPairs(): Promise<void> {
  loading ??= fetchPairs().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function fetchPairs(): Promise<void> {
  const answer = await fetch("./runs/universality.json");
  if (!answer.ok) throw new Error("the table could not be loaded; check the connection and load the page again");
  pairs.value = (await answer.json()) as Row[];
}

/** All runs: the open ones, the reader's own, those that came with the page. */
export const listed = computed<Listed[]>(() => {
  const open = runs.value.map(({ name, title, view, live, fromFile }): Listed => {
    const keptId = live ? undefined : keptBy(name)?.id;
    const origin = live ? "live" : keptId !== undefined ? "kept" : fromFile ? "file" : "shipped";
    return { name, title, experiment: view.experiment, view, summary: summaryOf(view), keptId, origin };
  });
  const isOpen = (name: string): boolean => runs.value.some((run) => run.name === name);
  const hasLive = runs.value.some(({ live }) => live);
  const own = kept.value
    .filter(({ id }) => !isOpen(nameOfKept(id)) && !(hasLive && id === training.value?.id))
    .map(({ id, title, view }): Listed => {
      const summary = summaryOf(view);
      return { name: nameOfKept(id), title, experiment: view.experiment, view, summary, keptId: id, origin: "kept" };
    });
  const others = shipped.value
    .filter(({ name }) => !isOpen(name))
    .map(({ name, title, experiment }): Listed => {
      const row = pairs.value?.find(({ run }) => run === name);
      const summary = row ? summaryOfRow(row) : NOTHING;
      return { name, title, experiment, view: undefined, summary, keptId: undefined, origin: "shipped" };
    });
  return [...open, ...own, ...others];
});

const NOTHING: Summary = { accuracy: undefined, boundary: undefined, phases: undefined, shares: undefined };

/** Opens a run of the list, unless it is open. */
export async function openListed(name: string): Promise<void> {
  if (runs.value.some((run) => run.name === name)) return;
  const own = keptBy(name);
  await (own ? openKept(own.id) : openByName(name));
}
