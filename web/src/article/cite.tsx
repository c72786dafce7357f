/** What to cite: the paper, the tool, and the run that a figure is of. */

import { signal } from "@preact/signals";
import { counted } from "../figure/numbers";
import { addressOfRun } from "../state/address";
import { current, type Run } from "../state/runs";
import { seedsInWords } from "../state/seeds";

const PAPER = `@article{zhang2024twophase,
  title  = {Two-Phase Dynamics of Interactions Explains the Starting Point of a DNN Learning Over-Fitted Features},
  author = {Zhang, Junpeng and Li, Qing and Lin, Liang and Zhang, Quanshi},
  year   = {2024},
  eprint = {2405.10262},
  archivePrefix = {arXiv}
}`;

/** The tool, and the run that is looked at: what somebody else needs to make the figure again. */
function tool(run: Run | undefined, address: string): string {
  const version = run?.view.provenance.version ?? "";
  const of = run && whatItIs(run);
  return `@software{spindle,
  title   = {Spindle: certified interactions of networks while they learn},
  author  = {{The Spindle authors}},
  version = {${version}},
  url     = {${address}}${of ? `,\n  note    = {${of}}` : ""}
}`;
}

function whatItIs({ view }: Run): string {
  const { training, measurement } = view.experiment;
  const digits = counted(view.provenance.train_size);
  return `${view.model} on ${view.data}, ${digits} training samples, label noise ${training.label_noise}, ${training.epochs} epochs, ${seedsInWords(view.experiment)}, ${measurement.players} players`;
}

/** Which block was copied last. */
const copied = signal<string | undefined>(undefined);

export function Cite() {
  const run = current.value;
  // Where the page is written beforehand there is no address.
  const home = globalThis.document?.baseURI;
  const address = home ? new URL(run ? addressOfRun(run) : "./", home).href : "";
  return (
    <div class="cite-blocks">
      <h3 id="cite">To cite</h3>
      <Block name="the paper" text={PAPER} />
      <Block name={run ? "the tool, with the run that is open" : "the tool"} text={tool(run, address)} />
    </div>
  );
}

function Block({ name, text }: { name: string; text: string }) {
  const copy = async (): Promise<void> => {
    copied.value = await navigator.clipboard.writeText(text).then(
      () => name,
      () => undefined,
    );
  };
  return (
    <figure class="cite-block">
      <figcaption>
        BibTeX of {name}
        <button type="button" class="quiet" onClick={() => void copy()}>
          <span aria-live="polite">{copied.value === name ? "Copied" : "Copy"}</span>
        </button>
      </figcaption>
      <pre tabIndex={0}>{text}</pre>
    </figure>
  );
}
