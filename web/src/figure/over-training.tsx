/** Values over training: the axes, the marks and the cursor that all such drawings share. */

import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import type { Estimate } from "../generated/Estimate";
import type { Mark } from "../generated/Mark";
import {
  CursorLine,
  Epochs,
  epochsWithin,
  Filling,
  heightOf,
  type Inside,
  LETTERS,
  Marks,
  path,
  placeMarks,
  roomAbove,
  roomBelow,
  roomFor,
  type Size,
  uprights,
  Values,
  widthOf,
} from "./axes";
import type { Scale } from "./scale";

/** What any of them is told. */
export interface OverTrainingProps {
  /** What is seen, for readers who do not see. */
  label: string;
  class?: string;
  /** The epoch that is looked at. */
  epoch: number | undefined;
  /** Called with an epoch that is pointed at. */
  onEpoch?: ((epoch: number) => void) | undefined;
}

/** Where values are, and how they are drawn there. */
export interface Drawn {
  /** What all of it depends on. */
  on: unknown;
  last: number;
  marks: Mark[];
  /** Room for words at the right. */
  right?: number;
  /** The scale of the values between two places, with about so many names. */
  values: (range: readonly [number, number], count: number) => Scale;
  title: string;
  children: (x: Scale, y: Scale, inside: Inside) => ComponentChildren;
}

const FIRST: Size = { width: 380, height: 160 };
const TITLE = "epochs of training";

export function OverTraining({
  label,
  class: className = "curve",
  epoch,
  onEpoch,
  ...drawn
}: OverTrainingProps & Drawn) {
  // The scale of what is drawn says where a pointer is.
  const scale: { now?: Scale } = useMemo(() => ({}), []);
  return (
    <Filling
      label={label}
      class={className}
      first={FIRST}
      onPointer={onEpoch && ((place) => scale.now && onEpoch(scale.now.invert(place)))}
    >
      {(size) => <Inner size={size} epoch={epoch} scale={scale} {...drawn} />}
    </Filling>
  );
}

/** All but the cursor is drawn anew only when it changes: the cursor is dragged. */
function Inner({
  size: { width, height },
  epoch,
  scale,
  ...drawn
}: Drawn & { size: Size; epoch: number | undefined; scale: { now?: Scale } }) {
  const { x, inside, still } = useMemo(() => laidOut(drawn, width, height), [drawn.on, width, height]);
  scale.now = x;
  return (
    <>
      {still}
      <CursorLine epoch={epoch} scale={x} inside={inside} />
    </>
  );
}

function laidOut({ last, marks, right = 4, values, title, children }: Drawn, width: number, height: number) {
  const bottom = height - roomBelow(TITLE);
  // The fewer steps there are, the further they may reach.
  const left = Math.max(...[0, bottom / 2].map((top) => roomFor(values([bottom, top], 4))));
  const edges = {
    left,
    right: width - Math.max(right, widthOf(last < 1 ? String(last) : String(Math.round(last))) / 2 + 2),
  };
  const x = epochsWithin(last, edges);
  const placed = placeMarks(marks, x, width);
  const inside = { ...edges, top: Math.max(roomAbove(title), 1.7 * LETTERS + heightOf(placed)), bottom };
  const y = values([bottom, inside.top], height < 150 ? 3 : 4);
  const still = (
    <>
      <Values scale={y} inside={inside} title={title} />
      <Epochs scale={x} inside={inside} title={TITLE} />
      <Marks marks={placed} scale={x} inside={inside} />
      {children(x, y, inside)}
    </>
  );
  return { x, inside, still };
}

/** A value at an epoch. */
export interface At extends Estimate {
  epoch: number;
}

/** A value without an interval. */
export function exact(epoch: number, value: number): At {
  return { epoch, value, low: value, high: value };
}

/** Values that are there, at their epochs. */
export function there<Value extends Estimate>(
  epochs: number[],
  values: (Value | null)[],
): (Value & { epoch: number })[] {
  return values.flatMap((value, index) => (value ? [{ ...value, epoch: epochs[index] ?? 0 }] : []));
}

/** From the lowest end of intervals to the highest, and no less than `least`. */
export function extent(values: Estimate[], ...least: number[]): readonly [number, number] {
  const ends = values.flatMap(({ low, high, value }) => [low, high, value]).filter(Number.isFinite);
  const [low, high] = [...ends, ...least].reduce(
    ([a, b], end) => [Math.min(a, end), Math.max(b, end)],
    [Infinity, -Infinity],
  );
  return low < high ? [low, high] : [-1, 1];
}

/** A line through values; broken where one is undefined. */
export function Line({ of, x, y, colour, dash }: { of: At[]; x: Scale; y: Scale; colour: string; dash?: string }) {
  if (of.length === 0) return null;
  return (
    <path
      d={path(of.map(({ epoch, value }) => [x.at(epoch), y.at(value)]))}
      fill="none"
      stroke={colour}
      stroke-width={1.8}
      {...(dash && { "stroke-dasharray": dash })}
    />
  );
}

/** What lies between two lines; broken where one of them is undefined. */
export function Band({
  of,
  x,
  y,
  colour,
  opacity,
}: {
  of: { epoch: number; low: number; high: number }[];
  x: Scale;
  y: Scale;
  colour: string;
  opacity: number;
}) {
  const outline = (part: typeof of): string => {
    const upper = part.map(({ epoch, high }) => [x.at(epoch), y.at(high)] as const);
    const lower = part.map(({ epoch, low }) => [x.at(epoch), y.at(low)] as const);
    return path([...upper, ...lower.reverse()]);
  };
  return <path d={unbroken(of).map(outline).join("")} fill={colour} fill-opacity={opacity} />;
}

/** Stretches in which both lines are defined. */
export function unbroken<Between extends { low: number; high: number }>(of: Between[]): Between[][] {
  const parts: Between[][] = [[]];
  for (const between of of) {
    if (Number.isFinite(between.low) && Number.isFinite(between.high)) parts.at(-1)?.push(between);
    else parts.push([]);
  }
  return parts.filter(({ length }) => length > 1);
}

/** Dots with their intervals. */
export function Dots({
  of,
  x,
  y,
  colour,
  dx = 0,
  open = false,
}: {
  of: At[];
  x: Scale;
  y: Scale;
  colour: string;
  dx?: number;
  open?: boolean;
}) {
  const seen = of.filter(({ value }) => Number.isFinite(value));
  const intervals = seen
    .filter(({ low, high }) => high > low)
    .map(({ epoch, low, high }) => ({ x: x.at(epoch) + dx, from: y.at(low), to: y.at(high) }));
  return (
    <g fill={open ? "none" : colour} stroke={colour} stroke-width={open ? 2 : 1.2}>
      <path d={uprights(intervals)} />
      {seen.map(({ epoch, value }) => (
        <circle key={epoch} cx={x.at(epoch) + dx} cy={y.at(value)} r={open ? 4 : 1.7} />
      ))}
    </g>
  );
}
