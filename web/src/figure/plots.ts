/**
 * The drawings of a run, by Observable Plot. All numbers, intervals and marks come from the run;
 * here they only get places and colours.
 */

import * as Plot from "@observablehq/plot";
import type { Estimate } from "../generated/Estimate";
import type { Mark } from "../generated/Mark";
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

/** Values of an estimate over epochs, without those that are not there. */
export function estimates<Value extends Estimate>(
  epochs: number[],
  values: (Value | null)[],
): (Value & { epoch: number })[] {
  return values.flatMap((estimate, index) => (estimate ? [{ ...estimate, epoch: epochs[index] ?? 0 }] : []));
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
