/**
 * What every figure has: a title, its files beside it, its drawing, a caption that says what is seen,
 * and its data as a table.
 */

import { useSignal } from "@preact/signals";
import type { ComponentChildren, RefObject } from "preact";
import { useId, useRef } from "preact/hooks";
import { inWords } from "../engine/client";
import { type About, aboutNow } from "../state/about";
import { typeset } from "./numbers";
import { composed, csv, json, png, type Row, saveFile, standalone, type Words, withFacts } from "./save";
import { COLOURS, resolveAll, resolved } from "./theme";

interface FigureProps {
  /** Name of its files. */
  name: string;
  title: ComponentChildren;
  caption: ComponentChildren;
  /** What else belongs to its caption, opened by these words: a figure that stays on the screen is short. */
  more?: { opener: string; words: ComponentChildren } | undefined;
  /** Its data; made when it is asked for. */
  rows: () => Row[];
  /** What its files say of the runs behind it; of the run that is looked at without it. */
  about?: () => About;
  children: ComponentChildren;
  class?: string;
}

/** A figure. Its drawings are whatever SVG is among its children. */
export function Figure(props: FigureProps) {
  const { name, title, caption, more, rows, about = aboutNow, children, class: className = "" } = props;
  const body = useRef<HTMLDivElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const figure = useRef<HTMLElement>(null);
  const id = useId();
  const words = (): Words => ({
    title: wordsOf(heading.current),
    caption: CAPTION.map((part) => wordsOf(figure.current?.querySelector(part)))
      .join(" ")
      .trim(),
    ...about(),
  });
  return (
    <figure
      ref={figure}
      class={`figure ${className}`}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-caption`}
    >
      <div class="figure-head">
        <h3 ref={heading} id={`${id}-title`}>
          {title}
        </h3>
        <Files name={name} rows={rows} words={words} body={body} />
      </div>
      <div ref={body} class="figure-body">
        {children}
      </div>
      <figcaption id={`${id}-caption`}>{caption}</figcaption>
      <div class="figure-foot">
        {more && (
          <details class="data more" onToggle={(event) => bringUp(event.currentTarget)}>
            <summary>{more.opener}</summary>
            <div>{more.words}</div>
          </details>
        )}
        <Table rows={rows} />
        <FullScreen of={figure} />
      </div>
    </figure>
  );
}

/** Parts of a caption, in the order in which they are read where all of it is seen. */
const CAPTION = [".more", "figcaption"];

/** Within a place that is scrolled by itself, what was opened is brought up; elsewhere it is seen where it is. */
function bringUp(details: HTMLDetailsElement): void {
  const place = details.closest("#figure");
  if (details.open && place && place.scrollHeight > place.clientHeight) details.scrollIntoView({ block: "nearest" });
}

/** What is read, without what only opens it on the page. */
function wordsOf(element: Element | null | undefined): string {
  const copy = element?.cloneNode(true) as Element | undefined;
  for (const control of copy?.querySelectorAll("summary, button") ?? []) control.replaceWith(" ");
  return (copy?.textContent ?? "").replace(/\s+/g, " ").trim();
}

/** Shows a figure alone, as large as the screen; Escape ends it. */
function FullScreen({ of }: { of: RefObject<HTMLElement | null> }) {
  const toggle = (): void => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void of.current?.requestFullscreen().catch(() => undefined);
  };
  return (
    <button type="button" class="quiet" title="Show this figure alone, as large as the screen" onClick={toggle}>
      Full screen
    </button>
  );
}

/** What a button does with a figure. */
interface Action {
  label: string;
  help: string;
  work(): Promise<void> | void;
  /** What is said afterwards. */
  done: string;
}

/** Buttons that save a figure, beside its title: on the first screen already. */
function Files({
  name,
  rows,
  words,
  body,
}: {
  name: string;
  rows: () => Row[];
  words: () => Words;
  body: RefObject<HTMLElement | null>;
}) {
  const said = useSignal("");
  const say = (text: string): void => {
    said.value = text;
    setTimeout(() => (said.value = ""), 3_000);
  };
  const attempt = async ({ work, done }: Action): Promise<void> => {
    try {
      await work();
      say(done);
    } catch (error) {
      say(inWords(error));
    }
  };
  const drawn = (): SVGSVGElement => {
    const svg = body.current && composed(body.current, words());
    if (!svg) throw new Error("nothing is drawn yet");
    return resolveAll(svg);
  };
  const ink = (): [string, string] => [resolved(COLOURS.paper), resolved(COLOURS.ink)];
  const save = (kind: string, type: string, content: BlobPart): void => saveFile(`${name}.${kind}`, content, type);
  const actions: Action[] = [
    {
      label: "SVG",
      help: "Save the drawing as SVG",
      work: () => save("svg", "image/svg+xml", standalone(drawn(), ...ink())),
      done: "saved",
    },
    {
      label: "PNG",
      help: "Save the drawing as PNG",
      work: async () => save("png", "image/png", await png(drawn(), ...ink())),
      done: "saved",
    },
    {
      label: "CSV",
      help: "Save the data as CSV",
      work: () => save("csv", "text/csv", csv(withFacts(rows(), words()))),
      done: "saved",
    },
    {
      label: "JSON",
      help: "Save the data as JSON",
      work: () => save("json", "application/json", json(rows(), words())),
      done: "saved",
    },
    {
      label: "Copy",
      help: "Copy the data, for a spreadsheet",
      work: () => navigator.clipboard.writeText(csv(withFacts(rows(), words()))),
      done: "copied",
    },
  ];
  return (
    <div class="files" role="group" aria-label="Save this figure">
      {actions.map((action) => (
        <button
          key={action.label}
          type="button"
          class="quiet"
          title={action.help}
          aria-label={action.help}
          onClick={() => void attempt(action)}
        >
          {action.label}
        </button>
      ))}
      <span class="said" role="status">
        {said}
      </span>
    </div>
  );
}

/** Rows shown at most: the files have all. */
const MOST_ROWS = 200;

function Table({ rows }: { rows: () => Row[] }) {
  const open = useSignal(false);
  return (
    <details
      class="data"
      onToggle={({ currentTarget }) => {
        open.value = currentTarget.open;
        // Its rows are drawn a moment later.
        setTimeout(() => bringUp(currentTarget), 0);
      }}
    >
      <summary>Data as a table</summary>
      {open.value && <Rows rows={rows()} />}
    </details>
  );
}

function Rows({ rows }: { rows: Row[] }) {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Data of the figure">
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column.replaceAll("_", " ")}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, MOST_ROWS).map((row, index) => (
            <tr key={index}>
              {columns.map((column) => (
                <td key={column}>{cell(row[column])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > MOST_ROWS && (
        <p>
          The first {MOST_ROWS} of {rows.length} rows; the files above have all.
        </p>
      )}
    </div>
  );
}

function cell(value: Row[string] | undefined): string {
  if (typeof value === "number" && !Number.isInteger(value)) return typeset(value.toPrecision(4));
  return value === null || value === undefined ? "" : String(value);
}
