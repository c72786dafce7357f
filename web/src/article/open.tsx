/** Runs that came with the page, from files and from addresses; and the run on this page as a file. */

import { type Signal, signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { expect, inWords } from "../engine/client";
import type { KeptRun } from "../engine/kept-runs";
import { counted } from "../figure/numbers";
import { saveFile } from "../figure/save";
import { addressOfRun, addressOfView, linkable } from "../state/address";
import { openListed } from "../state/all-runs";
import { sampleInspection } from "../state/inspection";
import { kept, nameOfKept } from "../state/kept";
import { close, current, look, openFile, type Run, type Shipped, sample, shipped } from "../state/runs";
import { undoable } from "../state/undo";
import { Cite } from "./cite";
import { takeWeights } from "./draw";

/** What is wrong with the last file, or what became of it. */
export const fileNotice = signal<{ text: string; wrong: boolean } | undefined>(undefined);

/** Where the keyboard goes on, when what had it went away. */
export function focusOn(selector: string): void {
  // What takes its place may be drawn a moment later.
  setTimeout(() => document.querySelector<HTMLElement>(selector)?.focus(), 0);
}

/** Opens a file; says what became of it. */
async function openOne(file: File): Promise<{ text: string; wrong: boolean }> {
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const isWeights = file.name.endsWith(".safetensors");
    await (isWeights ? takeWeights(file.name, bytes) : openFile(file.name, bytes));
    return { text: isWeights ? `${file.name} can be asked about drawings.` : `${file.name} is open.`, wrong: false };
  } catch (error) {
    return { text: `${file.name} was not opened: ${inWords(error)}`, wrong: true };
  }
}

/** Opens files one after the other; of each is said what became of it. */
async function openAll(files: Iterable<File>): Promise<void> {
  const said: { text: string; wrong: boolean }[] = [];
  // The browser empties its list as soon as the event is over.
  for (const file of [...files]) said.push(await openOne(file));
  if (said.length > 0)
    fileNotice.value = { text: said.map(({ text }) => text).join(" "), wrong: said.some(({ wrong }) => wrong) };
}

/** Files may be dropped anywhere on the page. */
export function acceptDrops(): void {
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    void openAll(event.dataTransfer?.files ?? []);
  });
}

/** Goes to the figure, and to the tab of the run that it shows. */
export function goToFigure(): void {
  // The tab of a run that was just opened is drawn a moment later.
  setTimeout(() => {
    document.querySelector<HTMLElement>(".tab[aria-pressed=true]")?.focus({ preventScroll: true });
    document.getElementById("figure")?.scrollIntoView();
  }, 0);
}

/** Opens a run of those that there are and looks at it. */
export async function openAndLook(name: string): Promise<void> {
  try {
    await openListed(name);
    look(name);
    fileNotice.value = undefined;
  } catch (error) {
    fileNotice.value = { text: `The run was not opened: ${inWords(error)}`, wrong: true };
  }
}

/** Opens the menu of runs: those that came with the page, and a file of the reader's. */
export function OpenButton({ open }: { open: Signal<boolean> }) {
  return (
    <>
      <button
        type="button"
        class="tab open"
        aria-expanded={open.value}
        aria-controls="run-menu"
        onClick={() => (open.value = !open.value)}
      >
        Open a run…
      </button>
      {current.value && <Link to={current.value} />}
      {(current.value?.fromFile || current.value?.kept) && (
        <button
          type="button"
          class="quiet"
          onClick={() => {
            if (current.value) close(current.value.name);
            focusOn(".tab[aria-pressed=true]");
          }}
        >
          Close {current.value.title}
        </button>
      )}
    </>
  );
}

/** What leads others to a run, as far as an address can. */
function Link({ to: run }: { to: Run }) {
  switch (linkable(run)) {
    case "view":
      return (
        <CopyLink
          label="Copy link"
          help="The address of this run at this checkpoint, with the sample and what is looked at in it"
          address={addressInside}
          done="Copied"
        />
      );
    case "settings":
      return (
        <CopyLink
          label="Copy link to its settings"
          help="No link carries a run of yours, which is in this browser alone. This one carries its settings: whoever opens it can train the same"
          address={() => `${addressOfRun(run)}#train`}
          done="Copied: the settings, not the run. “Save run” makes a file of that."
        />
      );
    default:
      return <span class="note">No link leads to a file of yours: pass the file on.</span>;
  }
}

/** The address of what is seen; of the place on the page where it is only if the reader went there by a link. */
function addressInside(): string {
  const { interaction, strongest, mask } = sampleInspection.differing.value;
  const isInside = sample.value !== 0 || (interaction ?? strongest ?? mask) !== undefined;
  return `${addressOfView()}${isInside && location.hash === "#sample" ? "#sample" : ""}`;
}

/** Time for which is said what became of a press, ms. */
const SAID = 5_000;

interface CopyLinkProps {
  label: string;
  /** What the link carries. */
  help: string;
  address: () => string;
  /** What is said once it is copied. */
  done: string;
}

/** Copies an address of this page. */
function CopyLink({ label, help, address, done }: CopyLinkProps) {
  const said = useSignal<string | undefined>(undefined);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(new URL(address(), document.baseURI).href);
      said.value = done;
    } catch {
      said.value = "The browser lets nothing be copied: take it from the address bar";
    }
    setTimeout(() => (said.value = undefined), SAID);
  };
  return (
    <button type="button" class="quiet" title={help} onClick={() => void copy()}>
      <span aria-live="polite">{said.value ?? label}</span>
    </button>
  );
}

/** Cards of all runs that can be opened. */
export function RunMenu({ open }: { open: Signal<boolean> }) {
  const input = useRef<HTMLInputElement>(null);
  const loading = useSignal<string | undefined>(undefined);
  useEffect(() => {
    if (!open.value) return;
    const leave = (event: KeyboardEvent): void => {
      if (event.key !== "Escape") return;
      open.value = false;
      focusOn(".tab.open");
    };
    addEventListener("keydown", leave);
    return () => removeEventListener("keydown", leave);
  }, [open.value]);
  const choose = async (name: string): Promise<void> => {
    loading.value = name;
    await openAndLook(name);
    loading.value = undefined;
    open.value = false;
    focusOn(".tab[aria-pressed=true]");
  };
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        class="hidden"
        accept=".spindle,.safetensors"
        aria-label="A .spindle file, or weights as .safetensors"
        tabIndex={-1}
        onChange={(event) => {
          void openAll(event.currentTarget.files ?? []);
          event.currentTarget.value = "";
          open.value = false;
        }}
      />
      <ul id="run-menu" class="run-menu" hidden={!open.value} aria-label="Runs that can be opened">
        {shipped.value.map((run) => (
          <li key={run.name}>
            <RunCard run={run} loading={loading.value === run.name} onChoose={() => void choose(run.name)} />
          </li>
        ))}
        {kept.value.map((run) => (
          <li key={run.id}>
            <KeptCard run={run} onChoose={() => void choose(nameOfKept(run.id))} />
          </li>
        ))}
        <li>
          <button type="button" class="card own" onClick={() => input.current?.click()}>
            <b>A file of your own…</b>
            <span>a .spindle file, or a network's weights as .safetensors</span>
          </button>
        </li>
      </ul>
    </>
  );
}

function RunCard({ run, loading, onChoose }: { run: Shipped; loading: boolean; onChoose: () => void }) {
  const { epochs, seed } = run.experiment.training;
  return (
    <button
      type="button"
      class="card"
      aria-pressed={current.value?.name === run.name}
      aria-busy={loading}
      onClick={onChoose}
    >
      <b>
        {run.model} on {run.data}
      </b>
      <span>
        {counted(run.train_size)} training samples, {epochs} epochs, seed {seed}
      </span>
      <span>{loading ? "Opening…" : origin(run)}</span>
    </button>
  );
}

/** A run of the reader's own. */
function KeptCard({ run, onChoose }: { run: KeptRun; onChoose: () => void }) {
  const { epochs, seed } = run.view.experiment.training;
  return (
    <button type="button" class="card" aria-pressed={current.value?.name === nameOfKept(run.id)} onClick={onChoose}>
      <b>{run.title}</b>
      <span>
        {epochs} epochs, seed {seed}
      </span>
      <span>yours, kept in this browser</span>
    </button>
  );
}

/** What a run was run on, and the size of its file where it is known. */
function origin({ status, bytes }: Shipped): string {
  return bytes === null ? status : `${status}; ${(bytes / 1e6).toFixed(1)} MB`;
}

/** What became of the last file, and what can be undone. */
export function FileNotice() {
  return (
    <>
      <LastFile />
      <Undo />
    </>
  );
}

function Undo() {
  const offer = undoable.value;
  if (!offer) return null;
  return (
    <p class="undo" role="status">
      {offer.words}
      <button type="button" onClick={() => offer.undo()}>
        Undo
      </button>
    </p>
  );
}

function LastFile() {
  const notice = fileNotice.value;
  if (!notice) return null;
  return (
    <p class={`file-notice ${notice.wrong ? "wrong" : ""}`} role={notice.wrong ? "alert" : "status"}>
      {notice.text}
      <button
        type="button"
        class="quiet"
        aria-label="Dismiss"
        onClick={() => {
          fileNotice.value = undefined;
          focusOn(".tab[aria-pressed=true], .tab.open");
        }}
      >
        ×
      </button>
    </p>
  );
}

/** Saves the run that is looked at, and its network's weights. */
export function SaveRun() {
  const run = current.value;
  if (!run || run.view.checkpoints.length === 0) return null;
  const save = async (what: "run" | "weights"): Promise<void> => {
    try {
      const stem = run.title
        .replace(/\.spindle$/, "")
        .replace(/\W+/g, "-")
        .toLowerCase();
      const step = run.view.weights.at(-1) ?? 0;
      const weights = async (): Promise<Uint8Array> =>
        expect(await (await run.engine()).call({ type: "weights", run: run.name, step }), "file").bytes;
      const bytes = await (what === "run" ? run.file() : weights());
      saveFile(
        what === "run" ? `${stem}.spindle` : `${stem}-${step}.safetensors`,
        bytes as BlobPart,
        "application/octet-stream",
      );
      fileNotice.value = undefined;
    } catch (error) {
      fileNotice.value = { text: `Nothing was saved: ${inWords(error)}`, wrong: true };
    }
  };
  return (
    <span class="save">
      <button
        type="button"
        class="quiet"
        onClick={() => void save("run")}
        title="One .spindle file: drop it back on this page, or read it in Python"
      >
        Save run
      </button>
      {run.view.weights.length > 0 && (
        <button
          type="button"
          class="quiet"
          onClick={() => void save("weights")}
          title="The newest weights under PyTorch's names, as safetensors"
        >
          Save weights
        </button>
      )}
    </span>
  );
}

export function OpenSection() {
  return (
    <section class="text" aria-labelledby="open">
      <h2 id="open">Open a run of your own</h2>
      <p>
        Heavier runs are made natively: <code>spindle run --out RUN</code> trains and measures, and{" "}
        <code>spindle serve RUN</code> shows what came of it in this page.{" "}
        <code>spindle export RUN --out FILE.spindle</code> packs what the page needs into one file. Drop it anywhere on
        this page, choose it above, or put it beside the page and open <code>?run=FILE.spindle</code>. It is read here,
        by your own browser; a file that is broken or foreign gets a sentence that says so, and what is open stays open.
        Weights of a network, saved here or in PyTorch (<code>.safetensors</code>), can be dropped as well: they are
        asked about what you draw.
      </p>
      <Cite />
    </section>
  );
}
