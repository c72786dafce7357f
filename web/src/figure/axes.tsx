/** What drawings of a run have in common: their size, their axes, their marks on the axis of epochs. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Mark } from "../generated/Mark";
import { epochScale, type Scale } from "./scale";
import { COLOURS } from "./theme";

/** Letters of a drawing, pixels. */
export const LETTERS = 11.5;

/** Widths of letters as shares of their size, those of a wide typeface: where ours is not there. */
const WIDTHS: readonly (readonly [RegExp, number])[] = [
  [/[.,:; ’il|\u2009]/, 0.36],
  [/[−+×mwMW%]/, 0.88],
  [/[ftrjI()[\]/⁻⁰¹²³⁴⁵⁶⁷⁸⁹]/, 0.46],
];
const OTHERS = 0.64;

/** Widths that were added up already: the same few names are drawn at every step of a cursor. */
const known = new Map<string, number>();
const MOST_KNOWN = 2_000;

/** Width that a text needs at most. */
export function widthOf(text: string, size = LETTERS): number {
  let width = known.get(text);
  if (width === undefined) {
    const shares = [...text].map((letter) => WIDTHS.find(([letters]) => letters.test(letter))?.[1] ?? OTHERS);
    width = shares.reduce((sum, share) => sum + share, 0);
    if (known.size > MOST_KNOWN) known.clear();
    known.set(text, width);
  }
  return size * width;
}

/** The smallest letters that are still read, pixels. */
const SMALLEST = 0.72 * LETTERS;

/** The size at which a text fits, and is still read. */
export function fitting(text: string, width: number, size = LETTERS): number {
  return Math.max(SMALLEST, Math.min(size, (size * width) / widthOf(text, size)));
}

export interface Size {
  width: number;
  height: number;
}

/** What is within the axes, pixels from the drawing's corner. */
export interface Inside {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

interface PlaceProps {
  /** What is seen, for readers who do not see. */
  label: string;
  class?: string;
  /** Size before the page knows how large its place is. */
  first: Size;
  children: (size: Size) => ComponentChildren;
  /** Called with where a pointer is pressed or drawn along. */
  onPointer?: ((x: number) => void) | undefined;
}

/** Who hears of a place: its size, and whether it is near the screen. */
interface Hearer {
  resized(size: Size): void;
  near(isNear: boolean): void;
}

const hearers = new WeakMap<Element, Hearer>();
/** One of each for all drawings: sizes are told together, and nothing is laid out in between. */
let observers: { size: ResizeObserver; sight: IntersectionObserver } | undefined;

function observed(element: Element, hearer: Hearer): () => void {
  observers ??= {
    size: new ResizeObserver((entries) => {
      for (const { target, contentRect } of entries) hearers.get(target)?.resized(contentRect);
    }),
    sight: new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) hearers.get(target)?.near(isIntersecting);
      },
      { rootMargin: "50%" },
    ),
  };
  const { size, sight } = observers;
  hearers.set(element, hearer);
  size.observe(element);
  sight.observe(element);
  return () => {
    size.unobserve(element);
    sight.unobserve(element);
  };
}

/** Sizes of the last drawings by their classes: one that comes again is not drawn in a wrong size first. */
const lastSizes = new Map<string, Size>();

/** A drawing that fills its place, whose size is the style sheet's. */
export function Filling({ label, class: className = "", first, children, onPointer }: PlaceProps) {
  const place = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState(lastSizes.get(className) ?? first);
  const [isNear, setNear] = useState(true);
  /** What is drawn; away from the screen it stays as it is. */
  const drawn = useRef<ComponentChildren>(undefined);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    // Asked for its size here, the browser would lay out the page once for every drawing.
    const resized = (place: Size): void => {
      const [width, height] = [Math.round(place.width), Math.round(place.height)];
      if (width === 0 || height === 0) return;
      lastSizes.set(className, { width, height });
      setSize((old) => (old.width === width && old.height === height ? old : { width, height }));
    };
    return observed(element, { resized, near: setNear });
  }, []);
  if (isNear || drawn.current === undefined) drawn.current = children(size);
  const point = (event: PointerEvent): void =>
    onPointer?.(event.clientX - (place.current?.getBoundingClientRect().left ?? 0));
  return (
    <div
      ref={place}
      class={`filling ${className}${onPointer ? " pointed" : ""}`}
      role="img"
      aria-label={label}
      onPointerDown={point}
      onPointerMove={(event) => event.buttons === 1 && point(event)}
    >
      <svg
        class="plot"
        data-drawing=""
        aria-hidden="true"
        viewBox={`0 0 ${size.width} ${size.height}`}
        width={size.width}
        height={size.height}
        font-size={LETTERS}
        fill={COLOURS.ink}
      >
        {drawn.current}
      </svg>
    </div>
  );
}

/** Room left of an axis for the names of its values. */
export function roomFor({ ticks, format }: Scale, size = LETTERS): number {
  return Math.ceil(Math.max(...ticks.map((tick) => widthOf(format(tick), size))) + 9);
}

/** Values with their lines; the title stands in a row of its own, above all that is drawn. */
export function Values({
  scale,
  inside: { left, right },
  title,
  size = LETTERS,
}: {
  scale: Scale;
  inside: Inside;
  title?: string;
  size?: number;
}) {
  return (
    <g>
      {title && (
        <text x={0} y={size} fill={COLOURS.faint} font-size={fitting(title, right, size)}>
          {title}
        </text>
      )}
      <path
        d={scale.ticks.map((tick) => `M${left} ${scale.at(tick).toFixed(1)}H${right}`).join("")}
        stroke={COLOURS.grid}
      />
      <g text-anchor="end" fill={COLOURS.faint} font-size={size}>
        {scale.ticks.map((tick) => (
          <text key={tick} x={left - 7} y={scale.at(tick) + 0.34 * size}>
            {scale.format(tick)}
          </text>
        ))}
      </g>
    </g>
  );
}

/** Distance of the lines of a name, in its letters' size. */
const LINE = 1.15;
/** Between names that stand side by side, in pixels. */
const BETWEEN = 5;

/** A text in lines that fit into a width, broken between words; undefined where a word does not fit. */
function inLines(text: string, width: number, size: number): string[] | undefined {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const longer = lines.length > 0 ? `${lines.at(-1)} ${word}` : word;
    if (lines.length > 0 && widthOf(longer, size) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.every((line) => widthOf(line, size) <= width) ? lines : undefined;
}

/** Names of categories as they stand below their places. */
export interface Named {
  names: { category: number; lines: string[] }[];
  size: number;
  /** How many lines the longest has. */
  lines: number;
}

/**
 * Names of categories that are `step` apart: all of them, in lines and in smaller letters if need be;
 * where that does not do, every second or third.
 */
export function namedCategories(categories: string[], step: number): Named {
  for (const size of [LETTERS, SMALLEST]) {
    const names = categories.flatMap((name, category) => {
      const lines = inLines(name, step - BETWEEN, size);
      return lines ? [{ category, lines }] : [];
    });
    if (names.length === categories.length)
      return { names, size, lines: Math.max(1, ...names.map(({ lines }) => lines.length)) };
  }
  const widest = categories.reduce((most, name) => Math.max(most, widthOf(name)), 0);
  const stride = Math.max(1, Math.ceil((widest + BETWEEN) / step));
  const all = categories.map((name, category) => ({ category, lines: [name] }));
  return { names: all.filter(({ category }) => category % stride === 0), size: LETTERS, lines: 1 };
}

/** Names below a drawing, each in one or more lines, and their title. */
export function Names({
  at,
  inside,
  title,
  size = LETTERS,
  lines = 1,
}: {
  at: { place: number; name: string | string[] }[];
  inside: Inside;
  title?: string | undefined;
  size?: number;
  lines?: number;
}) {
  return (
    <g fill={COLOURS.faint} text-anchor="middle" font-size={size}>
      {at.map(({ place, name }) =>
        [name].flat().map((line, index) => (
          <text key={`${place} ${index}`} x={place} y={inside.bottom + (1.3 + LINE * index) * size}>
            {line}
          </text>
        )),
      )}
      {title && (
        <text
          x={(inside.left + inside.right) / 2}
          y={inside.bottom + ((at.length > 0 ? 2.8 : 1.6) + LINE * (lines - 1)) * size}
          font-size={fitting(title, inside.right - inside.left, size)}
        >
          {title}
        </text>
      )}
    </g>
  );
}

/** Room below an axis with names in so many lines, and with a title under them. */
export function roomBelow(title: string | undefined, size = LETTERS, lines = 1): number {
  return Math.ceil(((title ? 3.2 : 1.8) + LINE * (lines - 1)) * size);
}

/** Room above an axis of values: half of its highest name, and its title with air between the two. */
export function roomAbove(title: string | undefined, size = LETTERS): number {
  return (title ? 2.3 : 0.8) * size;
}

/** The axis of epochs within a drawing. */
export function epochsWithin(last: number, { left, right }: Pick<Inside, "left" | "right">): Scale {
  return epochScale(last, [left, right], LETTERS * OTHERS);
}

export function Epochs({ scale, inside, title }: { scale: Scale; inside: Inside; title?: string | undefined }) {
  return (
    <Names
      at={scale.ticks.map((epoch) => ({ place: scale.at(epoch), name: scale.format(epoch) }))}
      inside={inside}
      title={title}
    />
  );
}

/** A mark and where its words stand: in rows above the drawing, on no other one's words or line. */
export interface PlacedMark {
  mark: Mark;
  row: number;
  /** Where its words begin, have their middle, or end. */
  x: number;
  anchor: "start" | "middle" | "end";
}

const APART = 6;
/** Height of a row of marks. */
const ROW = 1.25 * LETTERS;
/** How much wider bold letters are. */
export const BOLD = 1.1;

/** A placed mark with where its line is, and from where to where its words reach. */
interface Placing extends PlacedMark {
  at: number;
  from: number;
  to: number;
}

/** Whether two marks leave each other's words alone: a line goes down from the row of its words. */
function areApart(a: Placing, b: Placing): boolean {
  const [upper, lower] = a.row <= b.row ? [a, b] : [b, a];
  const areWordsApart = upper.row < lower.row || upper.to + APART <= lower.from || lower.to + APART <= upper.from;
  const isCrossed = upper.at > lower.from - 2 && upper.at < lower.to + 2;
  return areWordsApart && !isCrossed;
}

/** Where the words of a mark may stand, the best place first: beside its line, or over it. */
function placings(mark: Mark, at: number, width: number, rows: number): Placing[] {
  const words = BOLD * widthOf(mark.short) + 4;
  const middle = Math.max(words / 2, Math.min(at, width - words / 2));
  const all = [
    { anchor: "start", x: at + 4, from: at + 3, to: at + words },
    { anchor: "end", x: at - 4, from: at - words, to: at - 3 },
    { anchor: "middle", x: middle, from: middle - words / 2, to: middle + words / 2 },
  ] as const;
  const fitting = all.filter(({ from, to }) => from >= 0 && to <= width);
  return Array.from({ length: rows }, (_, row) => fitting.map((place) => ({ mark, at, row, ...place }))).flat();
}

/** Places marks one after the other; whether each found a free place. */
function placedInTurn(marks: Mark[], scale: Scale, width: number): { placed: Placing[]; areFree: boolean } {
  const placed: Placing[] = [];
  let areFree = true;
  for (const mark of marks) {
    const all = placings(mark, scale.at(mark.epoch), width, marks.length);
    const free = all.find((placing) => placed.every((other) => areApart(placing, other)));
    areFree &&= free !== undefined;
    const placing = free ?? all.at(-1);
    if (placing) placed.push(placing);
  }
  return { placed, areFree };
}

/** Gives all marks rows within a drawing of this width. */
export function placeMarks(marks: Mark[], scale: Scale, width: number): PlacedMark[] {
  const inOrder = [...marks].sort((a, b) => a.epoch - b.epoch);
  const fromLast = placedInTurn([...inOrder].reverse(), scale, width);
  if (fromLast.areFree) return fromLast.placed;
  const fromFirst = placedInTurn(inOrder, scale, width);
  return fromFirst.areFree ? fromFirst.placed : fromLast.placed;
}

/** Height of the rows of marks. */
export function heightOf(marks: PlacedMark[]): number {
  return marks.reduce((rows, { row }) => Math.max(rows, row + 1), 0) * ROW;
}

/** Marks with their intervals; their words stand above the drawing, and over all lines. */
export function Marks({ marks, scale, inside }: { marks: PlacedMark[]; scale: Scale; inside: Inside }) {
  const first = inside.top - heightOf(marks);
  const all = marks.map((placed) => ({
    ...placed,
    colour: placed.mark.kind === "boundary" ? COLOURS.accent : COLOURS.test,
    at: scale.at(placed.mark.epoch),
    words: first + placed.row * ROW,
  }));
  return (
    <>
      {all.map(({ mark, anchor, colour, at, words }) => (
        <g key={mark.kind}>
          <rect
            x={scale.at(mark.low)}
            y={inside.top}
            width={Math.max(0, scale.at(mark.high) - scale.at(mark.low))}
            height={inside.bottom - inside.top}
            fill={colour}
            fill-opacity={0.09}
          />
          <line
            x1={at}
            x2={at}
            y1={words + ROW * (anchor === "middle" ? 1 : 0.2)}
            y2={inside.bottom}
            stroke={colour}
            stroke-width={1.4}
            stroke-dasharray="4 3"
          />
        </g>
      ))}
      {all.map(({ mark, anchor, x, colour, words }) => (
        <text
          key={mark.kind}
          x={x}
          y={words + ROW * 0.75}
          text-anchor={anchor}
          fill={colour}
          font-weight={600}
          stroke={COLOURS.paper}
          stroke-width={3}
          paint-order="stroke"
        >
          {mark.short}
        </text>
      ))}
    </>
  );
}

/** The line at the epoch that is looked at. */
export function CursorLine({ epoch, scale, inside }: { epoch: number | undefined; scale: Scale; inside: Inside }) {
  if (epoch === undefined) return null;
  return (
    <line
      class="cursor"
      x1={scale.at(epoch)}
      x2={scale.at(epoch)}
      y1={inside.top}
      y2={inside.bottom}
      stroke={COLOURS.ink}
      stroke-width={2}
    />
  );
}

/** Points as the `d` of a path; broken where a value is none, and without what lies within a pixel. */
export function path(points: (readonly [number, number])[]): string {
  let last: readonly [number, number] | undefined;
  return points
    .map(([x, y]) => {
      if (!Number.isFinite(y)) {
        last = undefined;
        return "";
      }
      if (last && Math.abs(x - last[0]) < 1 && Math.abs(y - last[1]) < 1) return "";
      const step = `${last ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
      last = [x, y];
      return step;
    })
    .join("");
}

/** Intervals as upright lines, all in one `d` of a path. */
export function uprights(of: { x: number; from: number; to: number }[]): string {
  return of.map(({ x, from, to }) => `M${x.toFixed(1)} ${from.toFixed(1)}V${to.toFixed(1)}`).join("");
}
