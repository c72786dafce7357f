/** The drawings of two runs side by side, by Observable Plot. */

import * as Plot from "@observablehq/plot";
import type { Course } from "../generated/Course";
import type { Losses } from "../generated/Losses";
import type { Mark } from "../generated/Mark";
import type { ShareDifference } from "../generated/ShareDifference";
import { cursorMark, type Drawn, drawn, estimates, sharedAxes } from "./plots";
import { theme } from "./theme";

/**
 * Shares of strength by order, second run minus first, with intervals; those that exclude 0 are
 * filled.
 */
export function differenceByOrder(shares: ShareDifference[], width: number, height: number): Drawn {
  const { ink, faint, paper, first, second } = theme.value;
  const colour = ({ difference }: ShareDifference): string => (difference.value < 0 ? first : second);
  const sure = ({ difference }: ShareDifference): boolean => difference.low > 0 || difference.high < 0;
  return drawn({
    width,
    height,
    marginLeft: 54,
    marginRight: 8,
    marginTop: 26,
    marginBottom: 42,
    style: { fontSize: "12px" },
    x: {
      type: "point",
      domain: shares.map(({ order }) => order),
      label: "order",
      labelAnchor: "center",
      labelArrow: "none",
      labelOffset: 36,
      tickSize: 0,
      padding: 0.5,
    },
    y: {
      ...(shares.length === 0 && { domain: [-1, 1] }),
      label: "second − first, share of strength",
      labelArrow: "none",
      nice: true,
      ticks: 5,
      tickSize: 0,
      grid: true,
    },
    marks: [
      Plot.ruleY([0], { stroke: faint }),
      Plot.ruleX(shares, {
        x: "order",
        y1: (share: ShareDifference) => share.difference.low,
        y2: (share: ShareDifference) => share.difference.high,
        stroke: ink,
        strokeOpacity: 0.6,
        strokeWidth: 1.5,
      }),
      Plot.dot(shares, {
        x: "order",
        y: (share: ShareDifference) => share.difference.value,
        r: 4,
        fill: (share: ShareDifference) => (sure(share) ? colour(share) : paper),
        stroke: colour,
        strokeWidth: 1.8,
      }),
    ],
  });
}

/** What a curve of two runs has of each. */
interface OfTwo<Value> {
  first: Value;
  second: Value;
}

function two<Value>(of: OfTwo<Value>): [Value, string, string][] {
  const { first, second } = theme.value;
  return [
    [of.first, first, "none"],
    [of.second, second, "5,3"],
  ];
}

function boundaries(marks: Mark[], colour: string, dash: string): Plot.Markish[] {
  const found = marks.filter((mark) => mark.kind === "boundary");
  return [
    Plot.rect(found, { x1: "low", x2: "high", fill: colour, fillOpacity: 0.1 }),
    Plot.ruleX(found, { x: "epoch", stroke: colour, strokeDasharray: dash, strokeWidth: 1.5 }),
  ];
}

/** Mean order of two runs over training, with their intervals and both boundaries of the phases. */
export function meanOrders(of: OfTwo<Course>, cursor: number | undefined, width: number, height: number): Drawn {
  const curves = two(of).map(([order, colour, dash]) => ({
    points: estimates(order.epochs, order.all),
    marks: order.marks,
    colour,
    dash,
  }));
  const highest = curves.flatMap(({ points }) => points).reduce((most, point) => Math.max(most, point.high), 1);
  const last = Math.max(0, ...curves.flatMap(({ points }) => points.map(({ epoch }) => epoch)));
  return drawn({
    ...sharedAxes(last, width, height, { label: "mean order", domain: [1, highest] }),
    marks: curves
      .flatMap(({ points, marks, colour, dash }) => [
        ...boundaries(marks, colour, dash),
        Plot.areaY(points, { x: "epoch", y1: "low", y2: "high", fill: colour, fillOpacity: 0.16 }),
        Plot.lineY(points, { x: "epoch", y: "value", stroke: colour, strokeWidth: 1.8, strokeDasharray: dash }),
        Plot.dot(points, { x: "epoch", y: "value", r: 2.2, fill: colour }),
      ])
      .concat(cursorMark(cursor)),
  });
}

/** Test minus training loss of two runs over training. */
export function lossGaps(of: OfTwo<Losses>, cursor: number | undefined, width: number, height: number): Drawn {
  const curves = two(of).map(([losses, colour, dash]) => ({
    points: losses.epochs.map((epoch, index) => ({ epoch, gap: losses.gap[index] ?? NaN })),
    marks: losses.marks,
    colour,
    dash,
  }));
  const last = Math.max(0, ...curves.flatMap(({ points }) => points.map(({ epoch }) => epoch)));
  return drawn({
    ...sharedAxes(last, width, height, { label: "test − training loss (nats)" }),
    marks: [
      Plot.ruleY([0], { stroke: theme.value.faint }),
      ...curves.flatMap(({ points, marks, colour, dash }) => [
        ...boundaries(marks, colour, dash),
        Plot.lineY(points, { x: "epoch", y: "gap", stroke: colour, strokeWidth: 1.8, strokeDasharray: dash }),
      ]),
      ...cursorMark(cursor),
    ],
  });
}
