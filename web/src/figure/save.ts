/** Figures and their data as files. */

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

/** Room for a title, pixels. */
const TITLE = 30;

/** Drawings as they lie on the page, under their title, as one. */
export function titled(drawings: SVGSVGElement[], title: string): SVGSVGElement | undefined {
  const boxes = drawings.map((drawing) => ({ drawing, box: drawing.getBoundingClientRect() }));
  if (boxes.length === 0) return undefined;
  const left = Math.min(...boxes.map(({ box }) => box.left));
  const top = Math.min(...boxes.map(({ box }) => box.top)) - TITLE;
  const all = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const head = document.createElementNS("http://www.w3.org/2000/svg", "text");
  for (const [name, value] of Object.entries({
    x: 8,
    y: TITLE - 10,
    "font-size": 15,
    "font-weight": 600,
    fill: "currentColor",
  }))
    head.setAttribute(name, String(value));
  head.textContent = title;
  all.append(head);
  for (const { drawing, box } of boxes) {
    const copy = drawing.cloneNode(true) as SVGSVGElement;
    for (const [name, value] of Object.entries({
      x: box.left - left,
      y: box.top - top,
      width: box.width,
      height: box.height,
    }))
      copy.setAttribute(name, String(value));
    all.append(copy);
  }
  all.setAttribute("width", String(Math.max(...boxes.map(({ box }) => box.right)) - left));
  all.setAttribute("height", String(Math.max(...boxes.map(({ box }) => box.bottom)) - top));
  return all;
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
