/**
 * The runs that are open, the one that is looked at, and the place in it: one cursor in time and
 * one sample drive every figure.
 */

import { batch, computed, signal } from "@preact/signals";
import { Engine, EngineError, expect } from "../engine/client";
import type { Bars } from "../generated/Bars";
import type { Command } from "../generated/Command";
import type { Compared } from "../generated/Compared";
import type { Comparison } from "../generated/Comparison";
import type { Differing } from "../generated/Differing";
import type { Event } from "../generated/Event";
import type { Experiment } from "../generated/Experiment";
import type { Mark } from "../generated/Mark";
import type { RunView } from "../generated/RunView";
import { twoPhases } from "./figures";
import { uniqueTitle } from "./unique";

/** An open run. */
export interface Run {
  /** Its name in the worker that answers for it. */
  name: string;
  /** Its name for readers. */
  title: string;
  view: RunView;
  /** The worker that answers for it; the first call opens the run there. */
  engine(): Promise<Engine>;
  /** The run as the bytes of a `.spindle` file. */
  file(): Promise<Uint8Array>;
  /** Whether it is trained on this device. */
  live: boolean;
  /** Whether it is a file of the reader's. */
  fromFile: boolean;
  /** Whether this browser keeps it for the reader. */
  kept?: boolean;
  /** Address of the file on this page's server, where it was opened by it. */
  address?: string;
}

/** A run that came with the page. */
export interface Shipped {
  name: string;
  title: string;
  /** The network's and the data set's name. */
  model: string;
  data: string;
  /** What it was run on, in words. */
  status: string;
  experiment: Experiment;
  /** Training samples. */
  train_size: number;
  file: string;
  /** What is seen of it before the viewer has started; null where only the viewer can tell. */
  view: string | null;
  /** Size of the file; null where it is not known before it is loaded. */
  bytes: number | null;
}

/** What the training on this device is called until it has a name. */
const LIVE_TITLE = "Your training";

/** Runs, in the order in which they were opened. */
export const runs = signal<Run[]>([]);
/** Name of the run that is looked at. */
const currentName = signal<string>("");
/** The run that is looked at. */
export const current = computed<Run | undefined>(
  () => runs.value.find((run) => run.name === currentName.value) ?? runs.value[0],
);
/** Position of the checkpoint that is looked at. */
export const cursor = signal(0);
/** Position of the sample that is looked at. */
export const sample = signal(0);
/** Whether the page has moved by itself only: then its address says no place. */
export const untouched = signal(false);

let viewer: Promise<Engine> | undefined;

/** The viewer; a new one after a fault. */
function viewerEngine(): Promise<Engine> {
  viewer ??= Engine.start("viewer", () => (viewer = undefined)).catch((error: unknown) => {
    viewer = undefined;
    throw error;
  });
  return viewer;
}

/** Asks the viewer; another one where it was lost over the question. */
async function asked(command: Command): Promise<Event> {
  try {
    return await (await viewerEngine()).call(command);
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== "panic") throw error;
    return (await viewerEngine()).call(command);
  }
}

/** Puts a run among the others, over one of its name. */
function put(run: Run): void {
  const known = runs.value.some((other) => other.name === run.name);
  runs.value = known ? runs.value.map((other) => (other.name === run.name ? run : other)) : [...runs.value, run];
}

/** Shows no run: where another one was asked for, none is better than any. */
export function shutAll(): void {
  runs.value = [];
}

/** Shows a run again that was closed. */
export function putBack(run: Run): void {
  put(run);
}

/** Looks at a run; at `epoch` where given, or where the phases meet. */
export function look(name: string, epoch?: number): void {
  batch(() => {
    currentName.value = name;
    const view = current.value?.view;
    if (!view) return;
    cursor.value = epoch === undefined ? start(view) : nearest(view, epoch);
    if (sample.value >= view.samples.length) sample.value = 0;
  });
}

/** The boundary of a run's phases, where they are told apart. */
export function boundaryOf(view: RunView): Mark | undefined {
  return twoPhases(view)?.kind.losses.marks.find((mark) => mark.kind === "boundary");
}

/** Where a look at a run begins: at the boundary of the phases, or at its last checkpoint. */
function start(view: RunView): number {
  const boundary = boundaryOf(view);
  return boundary ? nearest(view, boundary.epoch) : Math.max(0, view.checkpoints.length - 1);
}

/** Position of the checkpoint that lies nearest to an epoch. */
export function nearest(view: RunView, epoch: number): number {
  const distance = (index: number): number =>
    Math.abs(scaled(view.checkpoints[index]?.losses.epoch ?? 0) - scaled(epoch));
  let best = 0;
  for (let index = 1; index < view.checkpoints.length; index++) if (distance(index) < distance(best)) best = index;
  return best;
}

/** Figures have epochs on a logarithmic axis that begins linearly. */
function scaled(epoch: number): number {
  return Math.asinh(epoch * 10);
}

/** All runs that came with the page, open or not. */
export const shipped = signal<Shipped[]>([]);

/** The run that the page opens with, where it is published. */
const FIRST = {
  name: "lenet-mnist",
  title: "LeNet on MNIST",
  file: "runs/lenet-mnist.spindle",
  view: "runs/lenet-mnist.json",
};

/**
 * Shows the first of the runs that came with the page, and lists the others. Their files are loaded
 * when a sample is looked at. A server of other runs (`spindle serve`) has a list without the run
 * that the page opens with elsewhere: then none is opened.
 */
export async function openShipped(): Promise<void> {
  try {
    const first = await shippedRun(FIRST);
    // It is seen where its phases meet from the first, and not only once the others are listed.
    batch(() => {
      put(first);
      look(first.name);
    });
    shipped.value = await shippedIndex();
  } catch (error) {
    shipped.value = await shippedIndex();
    if (!firstOther.value) throw error;
  }
}

/** The first of a list of other runs than those that came with the page. */
const firstOther = computed(() => (shipped.value[0]?.view === null ? shipped.value[0] : undefined));
/** Name of the run that the page opens when its address names none. */
export const firstName = computed(() => firstOther.value?.name ?? FIRST.name);

/** Opens the first run of a list of other runs, where none is open. */
export async function openFirst(): Promise<void> {
  const first = firstOther.value;
  if (runs.value.length > 0 || !first) return;
  await openByName(first.name);
  look(first.name);
}

/** Whether a run of this name came with the page. */
export function isShipped(name: string): boolean {
  return shipped.value.some((run) => run.name === name);
}

/** Opens a run that came with the page, unless it is open. */
export async function openByName(name: string): Promise<void> {
  if (runs.value.some((run) => run.name === name)) return;
  const found = shipped.value.find((run) => run.name === name);
  if (!found) throw new EngineError("input", `no run named ${name} came with this page`);
  put(await (found.view === null ? viewedRun(found) : shippedRun({ ...found, view: found.view })));
}

/**
 * All runs that came with the page; none where their list is not there, offline or on a server of
 * one's own making.
 */
async function shippedIndex(): Promise<Shipped[]> {
  try {
    const answer = await fetch("./runs/index.json");
    return answer.ok ? ((await answer.json()) as Shipped[]) : [];
  } catch {
    return [];
  }
}

async function shippedRun({ name, title, file: url, view: viewUrl }: typeof FIRST): Promise<Run> {
  const answer = await fetch(`./${viewUrl}`);
  if (!answer.ok) throw new Error(`the run ${name} could not be loaded; check the connection and load the page again`);
  const view = (await answer.json()) as RunView;
  const file = once(() => fileOf(url));
  return { name, title, view, live: false, fromFile: false, file, engine: opener(name, file) };
}

/** A listed run of which the viewer tells what is seen. */
async function viewedRun({ name, title, file: url }: Shipped): Promise<Run> {
  const bytes = await fileOf(url);
  const engine = await viewerEngine();
  const view = expect(await engine.call({ type: "open", run: name, bytes }), "run");
  const file = (): Promise<Uint8Array> => Promise.resolve(bytes);
  return { name, title, view, live: false, fromFile: false, file, engine: opener(name, file, engine) };
}

async function fileOf(url: string): Promise<Uint8Array> {
  const answer = await fetch(`./${url}`);
  if (answer.ok) return new Uint8Array(await answer.arrayBuffer());
  const isTold = answer.status === 500 && answer.headers.get("Content-Type")?.startsWith("text/plain");
  if (isTold) throw new EngineError("input", (await answer.text()).trim());
  throw new Error(`${url} could not be loaded; check the connection and try again`);
}

/**
 * Opens a `.spindle` file and looks at it. Rejects with an error that says what is wrong with the
 * file; what was open stays.
 */
export async function openFile(called: string, bytes: Uint8Array, address?: string): Promise<void> {
  const same = await openAlready(bytes);
  if (same) return look(same.name);
  const title = uniqueTitle(called, runs.value);
  const name = `file ${title}`;
  const engine = await viewerEngine();
  const view = expect(await engine.call({ type: "open", run: name, bytes }), "run");
  const file = (): Promise<Uint8Array> => Promise.resolve(bytes);
  put({
    name,
    title,
    view,
    live: false,
    fromFile: true,
    file,
    engine: opener(name, file, engine),
    ...(address !== undefined && { address }),
  });
  look(name);
}

/** The open file with these bytes. */
async function openAlready(bytes: Uint8Array): Promise<Run | undefined> {
  for (const run of runs.value.filter(({ fromFile }) => fromFile)) {
    const known = await run.file();
    if (known.length === bytes.length && known.every((byte, index) => byte === bytes[index])) return run;
  }
  return undefined;
}

/** Opens a run that this browser keeps, of which is known what is seen; its file is loaded when it is asked. */
export function openKeptFile(name: string, title: string, view: RunView, load: () => Promise<Uint8Array>): void {
  if (runs.value.some((run) => run.name === name)) return;
  const file = once(load);
  put({
    name,
    title,
    view: { ...view, run: name },
    live: false,
    fromFile: false,
    kept: true,
    file,
    engine: opener(name, file),
  });
}

/** Opens a `.spindle` file of this page's own server. */
export async function openUrl(url: string): Promise<void> {
  const address = new URL(url, document.baseURI);
  if (address.origin !== location.origin) {
    throw new EngineError(
      "input",
      `${url} lies on another server; this page asks no other. Download the file and drop it here`,
    );
  }
  const answer = await fetch(address).catch(() => undefined);
  if (!answer?.ok) throw new EngineError("input", `${url} could not be loaded${answer ? ` (${answer.status})` : ""}`);
  await openFile(
    decodeURIComponent(address.pathname.split("/").pop() ?? url),
    new Uint8Array(await answer.arrayBuffer()),
    url,
  );
}

/**
 * Shows a training's run, which `record` keeps and `answers` is asked about. Looks at it when it is
 * new, unless `quietly`, and keeps looking at its newest checkpoint while the reader does.
 */
export function showLive(view: RunView, record: Engine, answers: Engine, quietly = false): void {
  const before = runs.value.find((run) => run.live);
  const follows = current.value?.live === true && cursor.value >= (before?.view.checkpoints.length ?? 0) - 1;
  batch(() => {
    const file = async (): Promise<Uint8Array> =>
      expect(await record.call({ type: "pack", run: view.run }), "file").bytes;
    const engine = (): Promise<Engine> => Promise.resolve(answers);
    put({ name: view.run, title: before?.title ?? LIVE_TITLE, view, live: true, fromFile: false, file, engine });
    if (!before && !quietly) currentName.value = view.run;
    if ((!before && !quietly) || follows) cursor.value = Math.max(0, view.checkpoints.length - 1);
    if (current.value?.live && sample.value >= view.samples.length) sample.value = 0;
  });
}

/** Calls the training on this device by another name. */
export function nameLive(title = LIVE_TITLE): void {
  if (runs.value.some((run) => run.live && run.title !== title))
    runs.value = runs.value.map((run) => (run.live ? { ...run, title } : run));
}

/** Compares two runs by their bars. */
export async function compare(first: Bars, second: Bars): Promise<Comparison> {
  const compared = ({ epoch, share, mean_order }: Bars): Compared => ({ epoch, share, mean_order });
  return expect(await asked({ type: "compare", first: compared(first), second: compared(second) }), "comparison");
}

/** Fields in which any of the experiments differ. */
export async function differing(experiments: Experiment[]): Promise<Differing[]> {
  return expect(await asked({ type: "differ", experiments: JSON.stringify(experiments) }), "differing").fields;
}

/** Whether a run's network can be asked about drawings: whatever it is, it was taught digits. */
export function canBeAsked(run: Run): boolean {
  return run.view.kind === "digits" && run.view.weights.length > 0;
}

/** Forgets a run, here and in the viewer. */
export function close(name: string): void {
  const closed = runs.value.find((run) => run.name === name);
  if (closed && !closed.live)
    void viewer?.then((engine) => engine.call({ type: "close", run: name })).catch(() => undefined);
  batch(() => {
    runs.value = runs.value.filter((run) => run.name !== name);
    if (currentName.value === name && runs.value[0]) look(runs.value[0].name);
  });
}

/** Opens the run in the viewer at the first call, and again where the viewer had to be replaced. */
function opener(name: string, file: () => Promise<Uint8Array>, opened?: Engine): () => Promise<Engine> {
  let where = opened;
  let opening: Promise<Engine> | undefined;
  return async () => {
    const engine = await viewerEngine();
    if (where === engine) return engine;
    opening ??= file()
      .then((bytes) => engine.call({ type: "open", run: name, bytes }))
      .then(() => (where = engine))
      .finally(() => (opening = undefined));
    return opening;
  };
}

function once<Result>(load: () => Promise<Result>): () => Promise<Result> {
  let loaded: Promise<Result> | undefined;
  return () => {
    loaded ??= load().catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
    return loaded;
  };
}
