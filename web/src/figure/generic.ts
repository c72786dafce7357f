/**
 * Drawings for figures of anyone's: bars by category in panels on one scale, and values over
 * training.
 */

import * as Plot from "@observablehq/plot";
import type { Axis } from "../generated/Axis";
import type { BarPanel } from "../generated/BarPanel";
import type { BarPanels } from "../generated/BarPanels";
import type { Curve } from "../generated/Curve";
import type { Curves } from "../generated/Curves";
import type { Estimate } from "../generated/Estimate";
import { type Drawn, drawn, marked, sharedAxes } from "./plots";
import { theme } from "./theme";
import { colourOf } from "./tones";

/** Share of a category's width that its bars fill. */
const FILLED = 0.8;
/** Room left and right of bars, and of a letter and of a gap between labels, in pixels. */
const MARGINS = { left: 52, right: 6 };
const LETTER = 6.5;
const GAP = 6;
/** Share of the paper that all bands of curves together cover at most, were they to lie over each other. */
const COVERED = 0.5;
/** Distance of dots of one epoch, in pixels. */
const APART = 4;

/** An axis as its title. */
export function axisTitle({ label, unit }: Axis): string {
  return unit === "" ? label : `${label} (${unit})`;
}

interface PlacedBar {
  left: number;
  right: number;
  middle: number;
  estimate: Estimate;
  colour: string;
}

/** Bars side by side around their category's position. */
function placed(of: BarPanels, panel: BarPanel): PlacedBar[] {
  const width = FILLED / of.series.length;
  return of.series.flatMap(({ tone }, place) =>
    (panel.bars[place] ?? []).map((estimate, category) => {
      const left = category - FILLED / 2 + place * width;
      return { left, right: left + width, middle: left + width / 2, estimate, colour: colourOf(tone) };
    }),
  );
}

/** From the lowest to the highest end in all panels, with 0. */
function extent(of: BarPanels): [number, number] {
  const ends = of.panels.flatMap(({ bars, overlay }) => [
    ...bars.flatMap((series) => series ?? []).flatMap(({ low, high, value }) => [low, high, value]),
    ...(overlay ?? []),
  ]);
  const [low, high] = [ends.reduce((a, b) => Math.min(a, b), 0), ends.reduce((a, b) => Math.max(a, b), 0)];
  return low < high ? [low, high] : [-1, 1];
}

/** Positions of categories with a label: of many or of long ones only some, evenly spaced. */
function labelled({ categories }: BarPanels, width: number): number[] {
  const longest = categories.reduce((most, name) => Math.max(most, name.length), 0);
  const stride = Math.max(1, Math.ceil((categories.length * (longest * LETTER + GAP)) / width));
  return categories.map((_, index) => index).filter((index) => index % stride === 0);
}

/** One of several panels of bars; all of them have one scale. */
export function barPanel(of: BarPanels, panel: BarPanel, width: number, height: number): Drawn {
  const { ink, faint } = theme.value;
  const bars = placed(of, panel);
  return drawn({
    width,
    height,
    marginLeft: MARGINS.left,
    marginRight: MARGINS.right,
    marginTop: 20,
    marginBottom: 38,
    style: { fontSize: "11px" },
    x: {
      type: "linear",
      domain: [-0.5, Math.max(of.categories.length, 1) - 0.5],
      ticks: labelled(of, width - MARGINS.left - MARGINS.right),
      tickFormat: (category: number) => of.categories[category] ?? "",
      tickSize: 0,
      label: axisTitle(of.x),
      labelAnchor: "center",
      labelArrow: "none",
    },
    y: {
      domain: extent(of),
      nice: true,
      label: axisTitle(of.y),
      labelArrow: "none",
      ticks: 5,
      tickSize: 0,
      grid: true,
    },
    marks: [
      Plot.rectY(bars, {
        x1: "left",
        x2: "right",
        y: (bar: PlacedBar) => bar.estimate.value,
        fill: "colour",
        insetLeft: 0.5,
        insetRight: 0.5,
      }),
      Plot.ruleX(
        bars.filter(({ estimate }) => estimate.high > estimate.low),
        {
          x: "middle",
          y1: (bar: PlacedBar) => bar.estimate.low,
          y2: (bar: PlacedBar) => bar.estimate.high,
          stroke: ink,
          strokeOpacity: 0.55,
        },
      ),
      Plot.ruleY([0], { stroke: faint }),
      ...overlaid(of, panel),
    ],
  });
}

function overlaid({ overlay }: BarPanels, panel: BarPanel): Plot.Markish[] {
  if (!overlay || !panel.overlay) return [];
  const stroke = colourOf(overlay.tone);
  const points = panel.overlay.map((value, category) => ({ value, category }));
  const dash = overlay.is_dotted ? { strokeDasharray: "2,3" } : {};
  return [
    Plot.lineY(points, { x: "category", y: "value", stroke, strokeWidth: 1.8, ...dash }),
    Plot.dot(points, { x: "category", y: "value", r: 2.2, fill: stroke }),
  ];
}

interface Point extends Estimate {
  epoch: number;
}

/** Values over training, all curves on one scale. */
export function valuesOverTraining(of: Curves, cursor: number | undefined, width: number, height: number): Drawn {
  const middle = (of.curves.length - 1) / 2;
  const all = of.curves.map((curve) => pointsOf(of, curve));
  const ends = all
    .flat()
    .flatMap(({ low, high }) => [low, high])
    .filter(Number.isFinite);
  if (of.has_zero) ends.push(0);
  const highest = ends.reduce((a, b) => Math.max(a, b), -Infinity);
  const last = of.epochs.at(-1) ?? 0;
  const opacity = Math.min(0.14, COVERED / of.curves.length);
  return drawn({
    ...sharedAxes(last, width, height, {
      label: axisTitle(of.y),
      ...(ends.length === 0 && { domain: [-1, 1] }),
      nice: true,
    }),
    marks: [
      ...(ends.length > 0 ? marked(of.marks, highest, last) : []),
      ...(of.has_zero ? [Plot.ruleY([0], { stroke: theme.value.faint })] : []),
      ...of.curves.flatMap((curve, place) => {
        const [points, colour] = [all[place] ?? [], colourOf(curve.tone)];
        return curve.is_joined ? joined(points, colour, opacity) : apart(points, colour, APART * (place - middle));
      }),
      ...(cursor === undefined ? [] : [Plot.ruleX([cursor], { stroke: theme.value.ink, strokeWidth: 2 })]),
    ],
  });
}

/** Where a value is undefined, a curve is broken. */
function pointsOf(of: Curves, { values }: Curve): Point[] {
  return of.epochs.map((epoch, index) => {
    const { value, low, high } = values[index] ?? { value: NaN, low: NaN, high: NaN };
    return { epoch, value, low, high };
  });
}

function joined(points: Point[], colour: string, fillOpacity: number): Plot.Markish[] {
  return [
    Plot.areaY(points, { x: "epoch", y1: "low", y2: "high", fill: colour, fillOpacity }),
    Plot.lineY(points, { x: "epoch", y: "value", stroke: colour, strokeWidth: 1.8 }),
  ];
}

function apart(points: Point[], colour: string, dx: number): Plot.Markish[] {
  const defined = points.filter(({ value }) => !Number.isNaN(value));
  return [
    Plot.ruleX(defined, { x: "epoch", y1: "low", y2: "high", stroke: colour, strokeWidth: 1.2, dx }),
    Plot.dot(defined, { x: "epoch", y: "value", r: 2.4, fill: colour, dx }),
  ];
}
