/** The page's address follows what is seen: copied, it shows the same to others. */

import { effect } from "@preact/signals";
import { inWords } from "../engine/client";
import { keptBy, openKept } from "./kept";
import { current, isShipped, look, openByName, openFirst, openUrl, type Run, runs } from "./runs";
import { defaults, experiment, fitsAddress, ignored, wish, writtenExperiment } from "./settings";
import { hasAddress, lookAsWanted, readView, writeView } from "./view-address";

/** Browsers refuse more changes than a hundred in half a minute. */
const PACE = 500;

/** Names something of the address that is ignored. */
function complain(words: string): void {
  ignored.value = [...ignored.value, words];
}

/** Looks at what the address names. Resolves with what went wrong with its run, where anything did. */
export async function followAddress(address: URLSearchParams): Promise<string | undefined> {
  const wanted = readView(address, complain);
  let problem: string | undefined;
  if (wanted.run !== undefined) {
    try {
      await open(wanted.run);
    } catch (error) {
      problem = `The run in this page's address was not opened: ${inWords(error)}`;
    }
  }
  await openFirst().catch((error: unknown) => (problem ??= inWords(error)));
  if (problem === undefined && wanted.epoch !== undefined && current.value) look(current.value.name, wanted.epoch);
  lookAsWanted(wanted, complain);
  return problem;
}

async function open(run: string): Promise<void> {
  const own = keptBy(run);
  if (runs.value.some((known) => known.name === run)) look(run);
  else if (own) {
    await openKept(own.id);
    look(run);
  } else if (isShipped(run)) {
    await openByName(run);
    look(run);
  } else if (run.startsWith("own-"))
    throw new Error(
      "it is kept in another browser. Ask for its file; or train it anew, with the settings in this address",
    );
  else if (/[./]/.test(run)) await openUrl(run);
  else throw new Error(`no run named ${run} came with this page`);
}

/** What a link can carry of a run: what is seen of it, the settings of a training, or nothing of a file. */
export function linkable(run: Run): "view" | "settings" | undefined {
  if (hasAddress(run)) return "view";
  return fitsAddress(run.view.experiment) ? "settings" : undefined;
}

/** The address of a run, whatever is looked at in it. */
export function addressOfRun(run: Run): string {
  const carried = linkable(run);
  const address = writtenExperiment(carried === "settings" ? run.view.experiment : defaults, "auto");
  if (carried === "view") address.set("run", run.address ?? run.name);
  return `?${address}`;
}

/** The address of the moment of a run that is seen, without settings: those are of trainings, and not of what came of one. */
export function addressOfView(): string {
  const address = new URLSearchParams();
  writeView(address, false, true);
  return `?${address}`;
}

/** The address of what is seen now, and of the settings of the next training. */
export function addressNow(embedded: boolean, isPlaying = false): string {
  const run = current.value;
  // A run of the reader's own is made again by its settings.
  const isOwn = run?.live || run?.kept;
  const address = writtenExperiment(isOwn ? run.view.experiment : experiment.value, wish.value);
  writeView(address, isPlaying);
  if (embedded) address.set("embed", "figure");
  const search = address.toString();
  return search ? `?${search}` : location.pathname;
}

/** Keeps the address up to date from now on. */
export function watchAddress(embedded: boolean, isPlaying: () => boolean = () => false): void {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const address = addressNow(embedded, isPlaying());
    clearTimeout(waiting);
    waiting = setTimeout(() => replaceAddress(`${address}${location.hash}`), PACE);
  });
}

/** A browser takes tens of milliseconds over each change where it is busy, even over one that changes nothing. */
function replaceAddress(address: string): void {
  if (new URL(address, location.href).href !== location.href) history.replaceState(null, "", address);
}
