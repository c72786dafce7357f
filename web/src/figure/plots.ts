/**
 * The drawings of a run, by Observable Plot. All numbers, intervals and marks come from the run;
 * here they only get places and colours.
 */

import * as Plot from "@observablehq/plot";
import type { Bars } from "../generated/Bars";
import type { Course } from "../generated/Course";
import type { Estimate } from "../generated/Estimate";
import type { Losses } from "../generated/Losses";
import type { Mark } from "../generated/Mark";
import type { RangedEstimate } from "../generated/RangedEstimate";
import { theme } from "./theme";

/** A drawing and the scale that tells where a pointer is. */
export type Drawn = SVGSVGElement & { scale(name: string): { invert?(value: number): number } | undefined };

/** Epochs: logarithmic, but linear at the start, since epoch 0 is on the axis. */
const EPOCHS = { type: "symlog", constant: 0.05 } as const;

/** A drawing that tells where a pointer is. */
export function drawn(options: Plot.PlotOptions): Drawn {
  const { ink } = theme.value;
  const plot = Plot.plot({ className: "plot", ...options });
  const svg = plot instanceof SVGSVGElement ? plot : plot.querySelector("svg");
  if (!svg) throw new Error("nothing was drawn");
  svg.setAttribute("color", ink);
  return svg as Drawn;
}

function epochTicks(last: number): number[] {
  const ticks = [0, 0.25, 1, 4, 16, 64, 256, 1024, 4096].filter((tick) => tick < last * 0.75 || tick === 0);
  return last > 0 ? [...ticks, last] : ticks;
}

/** The axis of the epochs up to the last one. */
function epochAxis(last: number, label: string | null = null): Plot.ScaleOptions {
  return {
    ...EPOCHS,
    label,
    labelAnchor: "center",
    labelArrow: "none",
    ticks: epochTicks(last),
    tickFormat: (epoch: number) => epoch.toLocaleString("en", { maximumFractionDigits: 2 }),
  };
}

interface Bar {
  order: number;
  estimate: Estimate;
  positive: boolean;
}

function bars({ positive, negative }: Pick<Bars, "positive" | "negative">): Bar[] {
  return [
    ...positive.map((estimate, index) => ({ order: index + 1, estimate, positive: true })),
    ...negative.map((estimate, index) => ({ order: index + 1, estimate, positive: false })),
  ];
}

/** Strength by order: positive up, negative down, with intervals; as in figure 3 of the paper. */
export function strengthByOrder(
  of: Pick<Bars, "positive" | "negative">,
  width: number,
  height: number,
  small = false,
): Drawn {
  const { positive, negative, ink, faint } = theme.value;
  const data = bars(of).filter(({ estimate }) => estimate.value !== 0);
  const orders = of.positive.map((_, index) => index + 1);
  return drawn({
    width,
    height,
    marginLeft: small ? 44 : 54,
    marginRight: 4,
    marginTop: small ? 8 : 26,
    marginBottom: small ? 22 : 42,
    style: { fontSize: small ? "10px" : "12px" },
    x: {
      domain: orders,
      ticks: small ? orders.filter((order) => order === 1 || order % 5 === 0) : orders,
      label: small ? null : "order: how many variables an interaction joins",
      labelAnchor: "center",
      labelArrow: "none",
      labelOffset: 36,
      tickSize: 0,
      padding: 0.25,
    },
    // Without any effect there is nothing to take a scale from.
    y: {
      ...(data.length === 0 && { domain: [-1, 1] }),
      label: small ? null : "strength (nats)",
      labelArrow: "none",
      nice: true,
      ticks: small ? 3 : 6,
      tickSize: 0,
      grid: true,
    },
    marks: [
      Plot.barY(data, {
        x: "order",
        y: (bar: Bar) => bar.estimate.value,
        fill: (bar: Bar) => (bar.positive ? positive : negative),
        rx: 1.5,
      }),
      Plot.ruleX(
        data.filter((bar) => bar.estimate.high > bar.estimate.low),
        {
          x: "order",
          y1: (bar: Bar) => bar.estimate.low,
          y2: (bar: Bar) => bar.estimate.high,
          stroke: ink,
          strokeOpacity: 0.55,
          strokeWidth: small ? 1 : 1.5,
        },
      ),
      Plot.ruleY([0], { stroke: faint }),
    ],
  });
}

/** Strength by order without intervals, for one sample. */
export function plainStrength(positive: number[], negative: number[], width: number, height: number): Drawn {
  const flat = (value: number): Estimate => ({ value, low: value, high: value });
  return strengthByOrder({ positive: positive.map(flat), negative: negative.map(flat) }, width, height, true);
}

/** Losses that have a line: 0.01, 0.1, 1, at most four of them. */
function powersOfTen(lowest: number, highest: number): number[] {
  const [first, last] = [Math.ceil(Math.log10(lowest)), Math.floor(Math.log10(highest))];
  const stride = Math.ceil((last - first + 1) / 4);
  const powers: number[] = [];
  for (let power = last; power >= first; power -= stride) powers.push(10 ** power);
  return powers;
}

/** Marks on the axis of epochs, with their intervals; the words stand at `y2`. */
export function marked(marks: Mark[], y2: number, lastEpoch: number): Plot.Markish[] {
  const { accent, faint, paper } = theme.value;
  return marks.flatMap((mark) => {
    // A word near the right edge stands on the left of its mark.
    const isLate = Math.asinh(mark.epoch / EPOCHS.constant) > 0.75 * Math.asinh(lastEpoch / EPOCHS.constant);
    const colour = mark.kind === "boundary" ? accent : faint;
    return [
      Plot.rect([mark], { x1: "low", x2: "high", fill: colour, fillOpacity: 0.12 }),
      Plot.ruleX([mark], { x: "epoch", stroke: colour, strokeDasharray: "4,3", strokeWidth: 1.5 }),
      Plot.text([mark], {
        x: "epoch",
        y: y2,
        text: () => mark.short,
        fill: colour,
        stroke: paper,
        strokeWidth: 4,
        textAnchor: isLate ? "end" : "start",
        dx: isLate ? -5 : 5,
        dy: mark.kind === "boundary" ? 4 : 17,
        fontWeight: 600,
      }),
    ];
  });
}

/** The line at the epoch that is looked at. */
export function cursorMark(epoch: number | undefined): Plot.Markish[] {
  return epoch === undefined ? [] : [Plot.ruleX([epoch], { stroke: theme.value.ink, strokeWidth: 2 })];
}

interface LossPoint {
  epoch: number;
  train: number;
  withReset: number;
  test: number;
}

/**
 * Test loss and training loss of right labels (dotted: with the reset ones), the gap between them,
 * and where it opens.
 */
export function lossCurves(losses: Losses, cursor: number | undefined, width: number, height: number): Drawn {
  const { positive, negative } = theme.value;
  const points: LossPoint[] = losses.epochs
    .map((epoch, index) => ({
      epoch,
      train: losses.train[index] ?? NaN,
      withReset: losses.train_with_reset[index] ?? NaN,
      test: losses.test[index] ?? NaN,
    }))
    // A logarithmic axis, on which the gap is seen at every scale; a loss of exactly 0 has no place
    // on it.
    .filter((point) => point.train > 0 && point.test > 0);
  const last = points.at(-1);
  const highest = points.reduce((most, point) => Math.max(most, point.train, point.test), 0);
  const lowest = points.reduce((least, point) => Math.min(least, point.train, point.test), highest);
  return drawn({
    width,
    height,
    marginLeft: 52,
    marginRight: 44,
    marginTop: 20,
    marginBottom: 24,
    style: { fontSize: "11px" },
    x: epochAxis(last?.epoch ?? 0),
    y: {
      type: "log",
      label: "loss (nats)",
      labelArrow: "none",
      ticks: powersOfTen(lowest, highest),
      tickFormat: (loss: number) => loss.toLocaleString("en", { maximumSignificantDigits: 1 }),
      tickSize: 0,
      grid: true,
    },
    marks: [
      ...marked(losses.marks, highest, last?.epoch ?? 0),
      Plot.areaY(points, { x: "epoch", y1: "train", y2: "test", fill: negative, fillOpacity: 0.1 }),
      Plot.lineY(
        points.filter((point) => point.withReset !== point.train),
        { x: "epoch", y: "withReset", stroke: positive, strokeWidth: 1, strokeDasharray: "2,3" },
      ),
      Plot.lineY(points, { x: "epoch", y: "train", stroke: positive, strokeWidth: 1.8 }),
      Plot.lineY(points, { x: "epoch", y: "test", stroke: negative, strokeWidth: 1.8 }),
      ...(last
        ? [
            ends(last, "test", negative, last.test >= last.train ? -4 : 6),
            ends(last, "train", positive, last.test >= last.train ? -2 : -4),
          ]
        : []),
      ...cursorMark(cursor),
    ],
  });
}

function ends(point: LossPoint, name: "train" | "test", colour: string, dy: number): Plot.Markish {
  const { paper } = theme.value;
  return Plot.text([point], {
    x: "epoch",
    y: name,
    text: () => name,
    fill: colour,
    stroke: paper,
    strokeWidth: 4,
    textAnchor: "start",
    dx: 6,
    dy,
    fontWeight: 600,
  });
}

/** Values of an estimate over epochs, without those that are not there. */
export function estimates<Value extends Estimate>(
  epochs: number[],
  values: (Value | null)[],
): (Value & { epoch: number })[] {
  return values.flatMap((estimate, index) => (estimate ? [{ ...estimate, epoch: epochs[index] ?? 0 }] : []));
}

/** Where the axis of a statistic begins. */
function lowestOf(of: Course): number {
  return of.statistic === "mean-order" ? 1 : 0;
}

function highestOf(points: RangedEstimate[], least: number): number {
  return points.reduce((most, point) => Math.max(most, point.high, point.highest ?? 0), least);
}

/**
 * A statistic of all interactions over training: sampling as whiskers, all answers that are nearly
 * as sparse as a band.
 */
export function courseCurve(
  of: Course,
  cursor: number | undefined,
  published: boolean,
  width: number,
  height: number,
): Drawn {
  const { accent, negative } = theme.value;
  const points = estimates(of.epochs, of.all);
  const sgd = published ? estimates(of.epochs, of.published_sgd) : [];
  const highest = sgd.reduce((most, point) => Math.max(most, point.high), highestOf(points, lowestOf(of) + 0.1));
  return drawn({
    width,
    height,
    marginLeft: 52,
    marginRight: 44,
    marginTop: 20,
    marginBottom: 38,
    style: { fontSize: "11px" },
    x: epochAxis(of.epochs.at(-1) ?? 0, "epochs of training"),
    y: { label: of.y.label, labelArrow: "none", ticks: 4, tickSize: 0, grid: true, domain: [lowestOf(of), highest] },
    marks: [
      ...marked(
        of.marks.filter((mark) => mark.kind === "boundary"),
        highest,
        points.at(-1)?.epoch ?? 0,
      ),
      Plot.areaY(
        points.filter((point) => point.lowest !== null),
        { x: "epoch", y1: "lowest", y2: "highest", fill: accent, fillOpacity: 0.18 },
      ),
      Plot.ruleX(points, { x: "epoch", y1: "low", y2: "high", stroke: accent, strokeWidth: 1.2 }),
      Plot.lineY(points, { x: "epoch", y: "value", stroke: accent, strokeWidth: 1.8 }),
      Plot.dot(points, { x: "epoch", y: "value", r: 2.2, fill: accent }),
      Plot.ruleX(sgd, { x: "epoch", y1: "low", y2: "high", stroke: negative }),
      Plot.dot(sgd, { x: "epoch", y: "value", r: 4, fill: "none", stroke: negative, strokeWidth: 1.8 }),
      ...cursorMark(cursor),
    ],
  });
}

/** Effects of one interaction over the checkpoints. */
export function historyCurve(
  epochs: number[],
  effects: number[],
  cursor: number | undefined,
  width: number,
  height: number,
): Drawn {
  const { ink, faint, positive, negative } = theme.value;
  const points = epochs.map((epoch, index) => ({ epoch, effect: effects[index] ?? 0 }));
  return drawn({
    width,
    height,
    marginLeft: 40,
    marginRight: 10,
    marginTop: 18,
    marginBottom: 36,
    style: { fontSize: "11px" },
    x: epochAxis(epochs.at(-1) ?? 0, "epochs"),
    y: { label: "effect (nats)", labelArrow: "none", ticks: 3, tickSize: 0, grid: true },
    marks: [
      Plot.ruleY([0], { stroke: faint }),
      Plot.lineY(points, { x: "epoch", y: "effect", stroke: ink, strokeWidth: 1.5 }),
      Plot.dot(points, {
        x: "epoch",
        y: "effect",
        r: 3,
        fill: (point: { effect: number }) => (point.effect < 0 ? negative : positive),
      }),
      ...cursorMark(cursor),
    ],
  });
}

interface MatchedMask {
  rank: number;
  mask: number;
  output: number;
  explained: number;
}

/** Masks by the network's output, lowest first. */
export function ranked(outputs: number[], explained: number[]): MatchedMask[] {
  return outputs
    .map((output, mask) => ({ mask, output, explained: explained[mask] ?? NaN }))
    .sort((a, b) => a.output - b.output)
    .map((point, rank) => ({ rank, ...point }));
}

/**
 * Universal matching: outputs on all masks, sorted, under what the strongest interactions explain
 * of them.
 */
export function matchingPlot(points: MatchedMask[], chosen: number | undefined, width: number, height: number): Drawn {
  const { ink, positive, accent } = theme.value;
  const mark = points.filter((point) => point.mask === chosen);
  return drawn({
    width,
    height,
    marginLeft: 50,
    marginRight: 8,
    marginTop: 20,
    marginBottom: 36,
    style: { fontSize: "11px" },
    x: {
      label: `all ${points.length.toLocaleString("en")} masked versions, by the network's output`,
      labelAnchor: "center",
      labelArrow: "none",
      ticks: [],
    },
    y: { label: "log-odds (nats)", labelArrow: "none", ticks: 5, tickSize: 0, grid: true },
    marks: [
      Plot.dot(points, { x: "rank", y: "explained", r: 1.4, fill: positive, fillOpacity: 0.65 }),
      Plot.lineY(points, { x: "rank", y: "output", stroke: ink, strokeWidth: 2 }),
      Plot.ruleX(mark, { x: "rank", stroke: accent, strokeWidth: 1.5 }),
      Plot.dot(mark, { x: "rank", y: "explained", r: 5, fill: "none", stroke: accent, strokeWidth: 2 }),
    ],
  });
}

/** Axes of values over training. */
export function sharedAxes(last: number, width: number, height: number, y: Plot.ScaleOptions): Plot.PlotOptions {
  return {
    width,
    height,
    marginLeft: 52,
    marginRight: 14,
    marginTop: 20,
    marginBottom: 38,
    style: { fontSize: "11px" },
    x: epochAxis(last, "epochs of training"),
    y: { labelArrow: "none", ticks: 4, tickSize: 0, grid: true, ...y },
  };
}
