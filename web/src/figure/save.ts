/** Figures and their data as files. */

import type { About } from "../state/about";

/** A row of a figure's data. */
export type Row = Record<string, string | number | boolean | null>;

/** Hands bytes to the reader as a file. */
export function saveFile(name: string, contents: BlobPart, type: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([contents], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Rows as comma-separated values, quoted where needed (RFC 4180). */
export function csv(rows: Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cell = (value: Row[string] | undefined): string => {
    const text = value === null || value === undefined ? "" : String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column]))];
  return lines.map((line) => `${line.map(cell).join(",")}\r\n`).join("");
}

/** A drawing that stands on its own: sizes, background and text colour are in it. */
export function standalone(svg: SVGSVGElement, paper: string, ink: string): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("color", ink);
  copy.setAttribute("font-family", "system-ui, sans-serif");
  const background = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  background.setAttribute("width", "100%");
  background.setAttribute("height", "100%");
  background.setAttribute("fill", paper);
  copy.prepend(background);
  return new XMLSerializer().serializeToString(copy);
}

/** What stands with a figure that leaves the page. */
export interface Words extends About {
  title: string;
  caption: string;
}

/** Facts that stand in every row of a table, so that tables of several runs can be put together. */
const IN_ROWS = ["run", "network", "data", "seed", "samples seed", "players seed", "solver"] as const;

/** Rows with the facts on their run; a row that names its own run is of that one, and has its own. */
export function withFacts(rows: Row[], { about }: Pick<Words, "about">): Row[] {
  const facts = IN_ROWS.flatMap((name) => (about[name] === undefined ? [] : [[name, about[name]] as const]));
  return rows.map((row) => ("run" in row ? row : { ...Object.fromEntries(facts), ...row }));
}

/** A figure's data as a document that says what it is of. */
export function json(rows: Row[], words: Words): string {
  return JSON.stringify({ ...words, rows: withFacts(rows, words) }, null, 1);
}

/** Room around what is drawn, and lines of text, pixels. */
const MARGIN = 12;
const TITLE = { size: 15, line: 22 } as const;
const TEXT = { size: 11.5, line: 16 } as const;
/** Mean width of a letter as a share of its size. */
const LETTER = 0.53;

/** What stands beside drawings and belongs to them: headings of panels, names of curves. */
const BESIDE = "h4, .panel-title, .legend li, .multiple > span";

/**
 * All drawings of a figure as they lie on the page, with what stands beside them, under their title
 * and over their caption and the facts on their run.
 */
export function composed(body: Element, words: Words): SVGSVGElement | undefined {
  const drawings = [...body.querySelectorAll<SVGSVGElement>("svg[data-drawing]")].filter(isSeen);
  const beside = [...body.querySelectorAll(BESIDE)].filter(isSeen);
  if (drawings.length === 0) return undefined;
  const boxes = [...drawings, ...beside].map((element) => element.getBoundingClientRect());
  const left = Math.min(...boxes.map((box) => box.left)) - MARGIN;
  const width = Math.max(...boxes.map((box) => box.right)) - left + MARGIN;
  const all = element("svg", {});
  const title = lines(words.title, width, TITLE.size);
  for (const [index, text] of title.entries())
    all.append(textAt(MARGIN, TITLE.line * (index + 1), text, { "font-size": TITLE.size, "font-weight": 600 }));
  const top = Math.min(...boxes.map((box) => box.top)) - TITLE.line * title.length - MARGIN;
  for (const drawing of drawings) {
    const { left: x, top: y, width, height } = drawing.getBoundingClientRect();
    all.append(placed(drawing.cloneNode(true) as SVGSVGElement, { x: x - left, y: y - top, width, height }));
  }
  for (const text of beside) all.append(...copied(text, left, top));
  const bottom = Math.max(...boxes.map((box) => box.bottom)) - top;
  const facts = Object.entries(words.about).map(([name, fact]) => `${name}: ${fact}`);
  const below = [...lines(words.caption, width, TEXT.size), ...lines(facts.join(" · "), width, TEXT.size)];
  for (const [index, text] of below.entries())
    all.append(textAt(MARGIN, bottom + MARGIN + TEXT.line * (index + 1), text, { "font-size": TEXT.size }));
  return placed(all, { width, height: bottom + 2 * MARGIN + TEXT.line * below.length });
}

function isSeen(element: Element): boolean {
  const { width, height } = element.getBoundingClientRect();
  return width > 0 && height > 0;
}

function element<Name extends "svg" | "text" | "g">(name: Name, attributes: Record<string, string | number>) {
  return placed(document.createElementNS("http://www.w3.org/2000/svg", name), attributes);
}

function placed<Of extends SVGElement>(of: Of, attributes: Record<string, string | number>): Of {
  for (const [name, value] of Object.entries(attributes)) of.setAttribute(name, String(value));
  return of;
}

function textAt(x: number, y: number, text: string, attributes: Record<string, string | number>): SVGElement {
  const made = element("text", { x, y, fill: "currentColor", ...attributes });
  made.textContent = text;
  return made;
}

/** A text of the page with its sign, where it has one. */
function copied(of: Element, left: number, top: number): SVGElement[] {
  const box = of.getBoundingClientRect();
  const { fontSize, fontWeight, color } = getComputedStyle(of);
  const sign = of.querySelector<SVGSVGElement>(".sign");
  const place = sign?.getBoundingClientRect();
  const x = place ? place.right + 5 : box.left;
  const words = (of.textContent ?? "").replace(/\s+/g, " ").trim();
  const size = Number.parseFloat(fontSize);
  const style = { "font-size": size, "font-weight": fontWeight, fill: color };
  const text = textAt(x - left, box.top - top + Math.min(box.height, 1.35 * size) * 0.8, words, style);
  if (!sign || !place) return [text];
  const drawn = element("g", { transform: `translate(${place.left - left} ${place.top - top})` });
  drawn.append(...(sign.cloneNode(true) as SVGSVGElement).children);
  return [drawn, text];
}

/** A text in lines that fit into a width. */
function lines(text: string, width: number, size: number): string[] {
  const most = Math.max(20, Math.floor((width - 2 * MARGIN) / (LETTER * size)));
  const found: string[] = [];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const last = found.at(-1);
    if (last !== undefined && last.length + word.length < most) found[found.length - 1] = `${last} ${word}`;
    else found.push(word);
  }
  return found;
}

/** A drawing as pixels, twice as fine as it is on the page. */
export async function png(svg: SVGSVGElement, paper: string, ink: string): Promise<Blob> {
  const picture = new Image();
  const url = URL.createObjectURL(new Blob([standalone(svg, paper, ink)], { type: "image/svg+xml" }));
  try {
    picture.src = url;
    await picture.decode();
    const canvas = document.createElement("canvas");
    const scale = 2;
    canvas.width = picture.naturalWidth * scale;
    canvas.height = picture.naturalHeight * scale;
    canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) =>
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the browser made no picture")))),
    );
  } finally {
    URL.revokeObjectURL(url);
  }
}
