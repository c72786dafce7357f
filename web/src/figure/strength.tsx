/** Strength by order: positive up, negative down, with intervals; as in figure 3 of the paper. */

import type { Bars } from "../generated/Bars";
import type { Estimate } from "../generated/Estimate";
import {
  Filling,
  type Inside,
  LETTERS,
  Names,
  roomAbove,
  roomBelow,
  roomFor,
  type Size,
  uprights,
  Values,
  widthOf,
} from "./axes";
import { linear, type Scale } from "./scale";
import { COLOURS } from "./theme";

/** What bars are of. */
export type Unit = "nats" | "share";

/** Bars of one checkpoint. */
export type Strengths = Pick<Bars, "positive" | "negative"> & Partial<Pick<Bars, "share">>;

interface Bar {
  order: number;
  estimate: Estimate;
  colour: string;
}

function barsOf({ positive, negative, share }: Strengths, unit: Unit): Bar[] {
  const coloured = (values: Estimate[], colour: string): Bar[] =>
    values.map((estimate, index) => ({ order: index + 1, estimate, colour }));
  const all =
    unit === "share"
      ? coloured(share ?? [], COLOURS.faint)
      : [...coloured(positive, COLOURS.positive), ...coloured(negative, COLOURS.negative)];
  return all.filter(({ estimate }) => estimate.value !== 0);
}

/** From the lowest end of all bars to the highest, with 0. */
export function extentOf(all: Strengths[], unit: Unit): readonly [number, number] {
  const ends = all.flatMap((of) =>
    barsOf(of, unit).flatMap(({ estimate }) => [estimate.low, estimate.high, estimate.value]),
  );
  const [low, high] = [ends.reduce((a, b) => Math.min(a, b), 0), ends.reduce((a, b) => Math.max(a, b), 0)];
  if (low < high) return [low, high];
  // Without any effect there is nothing to take a scale from.
  return unit === "share" ? [0, 1] : [-1, 1];
}

interface StrengthProps {
  of: Strengths;
  unit?: Unit;
  /** Of several drawings that have one scale. */
  extent?: readonly [number, number] | undefined;
  small?: boolean;
  /** Whether they are of something else than what is looked at. */
  isPale?: boolean;
  size: Size;
}

const TITLES: Record<Unit, string> = { nats: "strength (nats)", share: "share of strength" };

/** The drawing, within an SVG of this size. */
function StrengthByOrder({ of, unit = "nats", extent, small = false, isPale = false, size }: StrengthProps) {
  const letters = small ? 10 : LETTERS;
  const title = small ? undefined : size.width < 260 ? "order" : "order: how many parts join";
  const [top, bottom] = [roomAbove(small ? undefined : TITLES[unit], letters), size.height - roomBelow(title, letters)];
  const y = linear(extent ?? extentOf([of], unit), [bottom, top], small || size.height < 190 ? 3 : 5);
  const inside: Inside = { left: roomFor(y, letters), right: size.width - 2, top, bottom };
  const step = (inside.right - inside.left) / Math.max(1, of.positive.length);
  const middle = (order: number): number => inside.left + (order - 0.5) * step;
  const bars = barsOf(of, unit);
  const intervals = bars
    .filter(({ estimate }) => estimate.high > estimate.low)
    .map(({ order, estimate }) => ({ x: middle(order), from: y.at(estimate.low), to: y.at(estimate.high) }));
  const orders = of.positive.map((_, index) => index + 1);
  const widest = widthOf(String(orders.length), letters) + 4;
  const named = orders.filter((order) => step >= widest || order === 1 || order % 5 === 0);
  return (
    <>
      <Values scale={y} inside={inside} size={letters} {...(!small && { title: TITLES[unit] })} />
      <Names
        at={named.map((order) => ({ place: middle(order), name: String(order) }))}
        inside={inside}
        title={title}
        size={letters}
      />
      <g opacity={isPale ? 0.3 : 1}>
        {bars.map((bar, index) => (
          <OneBar key={index} bar={bar} x={middle(bar.order)} width={0.74 * step} y={y} />
        ))}
        <path d={uprights(intervals)} stroke={COLOURS.ink} stroke-opacity={0.6} stroke-width={small ? 1 : 1.3} />
      </g>
      <line x1={inside.left} x2={inside.right} y1={y.at(0)} y2={y.at(0)} stroke={COLOURS.faint} />
    </>
  );
}

function OneBar({ bar: { estimate, colour }, x, width, y }: { bar: Bar; x: number; width: number; y: Scale }) {
  const [end, zero] = [y.at(estimate.value), y.at(0)];
  return (
    <rect
      class="bar-mark"
      x={x - width / 2}
      y={Math.min(end, zero)}
      width={width}
      height={Math.abs(end - zero)}
      fill={colour}
    />
  );
}

/** Bars that fill their place. */
export function StrengthBars({
  label,
  class: className,
  first,
  ...of
}: Omit<StrengthProps, "size"> & {
  label: string;
  class?: string;
  first?: Size;
}) {
  return (
    <Filling label={label} first={first ?? { width: 380, height: 240 }} {...(className && { class: className })}>
      {(size) => <StrengthByOrder {...of} size={size} />}
    </Filling>
  );
}

/** Effects of one sample, without intervals. */
export function withoutIntervals(positive: number[], negative: number[]): Strengths {
  const flat = (value: number): Estimate => ({ value, low: value, high: value });
  return { positive: positive.map(flat), negative: negative.map(flat) };
}
