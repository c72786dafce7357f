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

/** The size at which a text fits, and is still read. */
function fitting(text: string, width: number, size = LETTERS): number {
  return Math.max(0.72 * LETTERS, Math.min(size, (size * width) / widthOf(text, size)));
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

/** A drawing that fills its place, whose size is the style sheet's. */
export function Filling({ label, class: className = "", first, children, onPointer }: PlaceProps) {
  const place = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState(first);
  const [isNear, setNear] = useState(true);
  /** What is drawn; away from the screen it stays as it is. */
  const drawn = useRef<ComponentChildren>(undefined);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    // Asked for its size here, the browser would lay out the page once for every drawing.
    const resized = (place: Size): void => {
      const [width, height] = [Math.round(place.width), Math.round(place.height)];
      if (width > 0 && height > 0)
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

/** Names below a drawing, and their title. */
export function Names({
  at,
  inside,
  title,
  size = LETTERS,
}: {
  at: { place: number; name: string }[];
  inside: Inside;
  title?: string | undefined;
  size?: number;
}) {
  return (
    <g fill={COLOURS.faint} text-anchor="middle" font-size={size}>
      {at.map(({ place, name }) => (
        <text key={place} x={place} y={inside.bottom + 1.3 * size}>
          {name}
        </text>
      ))}
      {title && (
        <text
          x={(inside.left + inside.right) / 2}
          y={inside.bottom + (at.length > 0 ? 2.8 : 1.6) * size}
          font-size={fitting(title, inside.right - inside.left, size)}
        >
          {title}
        </text>
      )}
    </g>
  );
}

/** Room below an axis with names, and with a title under them. */
export function roomBelow(title: string | undefined, size = LETTERS): number {
  return Math.ceil((title ? 3.2 : 1.8) * size);
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

/** A mark and where its words stand: in rows above the drawing, none over another one's. */
export interface PlacedMark {
  mark: Mark;
  row: number;
  end: boolean;
}

const APART = 6;
/** Height of a row of marks. */
const ROW = 1.25 * LETTERS;
/** How much wider bold letters are. */
export const BOLD = 1.1;

/** Gives every mark a row. */
export function placeMarks(marks: Mark[], scale: Scale, { right }: Pick<Inside, "right">): PlacedMark[] {
  const rows: number[] = [];
  return [...marks]
    .sort((a, b) => a.epoch - b.epoch)
    .map((mark) => {
      const [at, width] = [scale.at(mark.epoch), BOLD * widthOf(mark.short) + 4];
      const end = at + width > right;
      const [from, to] = end ? [at - width, at] : [at, at + width];
      const free = rows.findIndex((taken) => taken + APART <= from);
      const row = free < 0 ? rows.length : free;
      rows[row] = to;
      return { mark, row, end };
    });
}

/** Height of the rows of marks. */
export function heightOf(marks: PlacedMark[]): number {
  return marks.reduce((rows, { row }) => Math.max(rows, row + 1), 0) * ROW;
}

/** Marks with their intervals; their words stand above the drawing. */
export function Marks({ marks, scale, inside }: { marks: PlacedMark[]; scale: Scale; inside: Inside }) {
  const first = inside.top - heightOf(marks);
  return (
    <g>
      {marks.map(({ mark, row, end }) => {
        const colour = mark.kind === "boundary" ? COLOURS.accent : COLOURS.test;
        const [at, from, to] = [mark.epoch, mark.low, mark.high].map(scale.at) as [number, number, number];
        const words = first + row * ROW;
        return (
          <g key={mark.kind}>
            <rect
              x={from}
              y={inside.top}
              width={Math.max(0, to - from)}
              height={inside.bottom - inside.top}
              fill={colour}
              fill-opacity={0.09}
            />
            <line
              x1={at}
              x2={at}
              y1={words + ROW * 0.2}
              y2={inside.bottom}
              stroke={colour}
              stroke-width={1.4}
              stroke-dasharray="4 3"
            />
            <text
              x={at + (end ? -4 : 4)}
              y={words + ROW * 0.75}
              text-anchor={end ? "end" : "start"}
              fill={colour}
              font-weight={600}
              stroke={COLOURS.paper}
              stroke-width={3}
              paint-order="stroke"
            >
              {mark.short}
            </text>
          </g>
        );
      })}
    </g>
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
