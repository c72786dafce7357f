/** Scales of drawings: where a value is along an axis, and which values are named there. */

import { epochName, niceNumber, powerOfTen } from "./numbers";

/** From values to pixels. */
export interface Scale {
  at(value: number): number;
  /** The value at a place. */
  invert(place: number): number;
  ticks: number[];
  format(value: number): string;
}

type Pair = readonly [number, number];

/** 1, 2 or 5 times a power of ten, so that `span` has about `count` steps. */
function stepOf(span: number, count: number): number {
  const rough = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = rough / power;
  return power * (factor < 1.5 ? 1 : factor < 3.5 ? 2 : factor < 7.5 ? 5 : 10);
}

function placed([low, high]: Pair, [from, to]: Pair): Pick<Scale, "at" | "invert"> {
  const unit = (to - from) / (high - low || 1);
  return { at: (value) => from + (value - low) * unit, invert: (place) => low + (place - from) / unit };
}

/** Named values are no nearer to each other, in pixels: a line of letters with air. */
const LEAST_APART = 13;

/** The steps that a domain lies between, in about `count` or as many as have room for their names. */
function stepsOf([low, high]: Pair, room: number, count: number): { step: number; first: number; last: number } {
  const step = stepOf(high - low, count);
  const [first, last] = [Math.floor(low / step + 1e-9), Math.ceil(high / step - 1e-9)];
  const haveRoom = room / (last - first) >= LEAST_APART;
  return haveRoom || count <= 1 ? { step, first, last } : stepsOf([low, high], room, count - 1);
}

/** Even; reaches to whole steps, so that what is drawn has named values above and below. */
export function linear(domain: Pair, range: Pair, count: number): Scale {
  const [low, high] = domain[0] < domain[1] ? domain : [domain[0], domain[0] + 1];
  const { step, first, last } = stepsOf([low, high], Math.abs(range[1] - range[0]), count);
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return {
    ...placed([first * step, last * step], range),
    ticks,
    format: toldApart(ticks, (value, more) => niceNumber(value, digits, more)),
  };
}

/** Digits of a number beyond which there are none. */
const MOST_DIGITS = 15;

/** A format with as few more digits as give every value of an axis a name of its own. */
function toldApart(ticks: number[], format: (value: number, more: number) => string): (value: number) => string {
  let more = 0;
  const areApart = (): boolean => new Set(ticks.map((tick) => format(tick, more))).size === ticks.length;
  while (more < MOST_DIGITS && !areApart()) more += 1;
  return (value) => format(value, more);
}

/** Multiples of a power of ten that are named on a logarithmic axis: the fewest of which two are there. */
const NAMED = [[1], [1, 3], [1, 2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9]];

/** Logarithmic, with at least two named values whatever lies between. */
export function logarithmic([low, high]: Pair, range: Pair, count: number): Scale {
  const room = Math.max(0.02, 0.04 * Math.log10(high / low));
  const ends: Pair = [Math.log10(low) - room, Math.log10(high) + room];
  const [from, to] = [10 ** ends[0], 10 ** ends[1]];
  const powers = Array.from({ length: Math.floor(ends[1]) - Math.floor(ends[0]) + 1 }, (_, index) =>
    Number(`1e${Math.floor(ends[0]) + index}`),
  );
  const within = (factors: number[]): number[] =>
    powers.flatMap((power) => factors.map((factor) => factor * power)).filter((tick) => tick >= from && tick <= to);
  const found = NAMED.map(within).find((ticks) => ticks.length > 1);
  const ticks = found ?? linear([from, to], range, 3).ticks.filter((tick) => tick >= from && tick <= to);
  const stride = Math.ceil(ticks.length / count);
  const { at, invert } = placed(ends, range);
  const named = ticks.filter((_, index) => (ticks.length - 1 - index) % stride === 0);
  return {
    at: (value) => at(Math.log10(value)),
    invert: (place) => 10 ** invert(place),
    ticks: named,
    format: toldApart(named, powerOfTen),
  };
}

/** Below this the axis of epochs is linear, since epoch 0 is on it. */
const BEGINNING = 0.05;
const EPOCHS = [0, 0.25, 1, 4, 16, 64, 256, 1024, 4096];

/** Epochs up to the last one; `letter` is the width of a letter of their names. */
export function epochScale(last: number, range: Pair, letter: number): Scale {
  const squeezed = (epoch: number): number => Math.asinh(epoch / BEGINNING);
  const { at, invert } = placed([0, squeezed(last) || 1], range);
  const scale = {
    at: (epoch: number) => at(squeezed(epoch)),
    invert: (place: number) => BEGINNING * Math.sinh(invert(place)),
    format: epochName,
  };
  return { ...scale, ticks: spaced([...EPOCHS.filter((epoch) => epoch < last), last], scale, letter) };
}

/** The first and the last, and of those between what leaves a letter of room. */
function spaced(all: number[], { at, format }: Pick<Scale, "at" | "format">, letter: number): number[] {
  const half = (value: number): number => (format(value).length / 2 + 0.8) * letter;
  const apart = (a: number, b: number): boolean => at(b) - at(a) >= half(a) + half(b);
  const last = all.at(-1) ?? 0;
  const kept: number[] = [];
  for (const value of [...new Set(all)]) {
    const before = kept.at(-1);
    const isFree = (before === undefined || apart(before, value)) && (value === last || apart(value, last));
    if (value === 0 || isFree) kept.push(value);
  }
  return last > 0 && !kept.includes(last) ? [...kept.slice(0, 1), last] : kept;
}
