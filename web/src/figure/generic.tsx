/**
 * Drawings for figures of anyone's: bars by category in panels on one scale, and values over
 * training.
 */

import { useMemo } from "preact/hooks";
import type { Axis } from "../generated/Axis";
import type { BarPanel } from "../generated/BarPanel";
import type { BarPanels } from "../generated/BarPanels";
import type { Curve } from "../generated/Curve";
import type { Curves } from "../generated/Curves";
import type { Drawn } from "../generated/Drawn";
import type { Estimate } from "../generated/Estimate";
import {
  Filling,
  fitting,
  type Inside,
  LETTERS,
  Names,
  namedCategories,
  path,
  roomAbove,
  roomBelow,
  roomFor,
  type Size,
  Values,
  widthOf,
} from "./axes";
import { DOTTED } from "./legend";
import { typeset } from "./numbers";
import { type At, Band, Dots, extent, Line, OverTraining, type OverTrainingProps } from "./over-training";
import { linear, type Scale } from "./scale";
import { COLOURS, theme } from "./theme";
import { colourOf } from "./tones";

/** Share of a category's width that its bars fill. */
const FILLED = 0.8;
/** Share of the paper that all bands of curves together cover at most, were they to lie over each other. */
const COVERED = 0.5;
/** Distance of dots of one epoch, in pixels. */
const APART = 4;

/** An axis as its title. */
function axisTitle({ label, unit }: Axis): string {
  return unit === "" ? label : `${label} (${unit})`;
}

/** From the lowest to the highest end in all panels, with 0. */
function extentOf({ panels }: BarPanels): readonly [number, number] {
  const bars = panels.flatMap(({ bars }) => bars.flatMap((series) => series ?? []));
  return extent(bars, 0, ...panels.flatMap(({ overlay }) => overlay ?? []));
}

/** One of several panels of bars; all of them have one scale. */
export function BarPanelDrawing({ of, panel, label }: { of: BarPanels; panel: BarPanel; label: string }) {
  return (
    <Filling label={label} class="panel" first={{ width: 280, height: 200 }}>
      {(size) => <PanelWithin of={of} panel={panel} size={size} />}
    </Filling>
  );
}

function PanelWithin({ of, panel, size: { width, height } }: { of: BarPanels; panel: BarPanel; size: Size }) {
  const categories = of.categories.map(typeset);
  const [title, above] = [axisTitle(of.x), axisTitle(of.y)];
  const scale = (bottom: number, top: number): Scale => linear(extentOf(of), [bottom, top], 4);
  const left = roomFor(scale(height, 0));
  const count = Math.max(1, categories.length);
  const { names, size, lines } = namedCategories(categories, (width - left - 2) / count);
  // The last name may be wider than its place.
  const over = (widthOf(names.at(-1)?.lines[0] ?? "", size) - (width - left) / count) / 2;
  const [top, bottom] = [roomAbove(above), height - roomBelow(title, LETTERS, lines)];
  const inside = { left, right: width - Math.max(2, over), top, bottom };
  const y = scale(bottom, top);
  const step = (inside.right - inside.left) / count;
  const middle = (category: number): number => inside.left + (category + 0.5) * step;
  const named = names.map(({ category, lines }) => ({ place: middle(category), name: lines }));
  return (
    <>
      <Values scale={y} inside={inside} title={above} />
      <Names at={named} inside={inside} title={title} size={size} lines={lines} />
      {of.series.map(({ name, tone }, place) => (
        <SeriesBars
          key={name}
          of={panel.bars[place] ?? []}
          colour={colourOf(tone)}
          at={(category) => middle(category) + ((place + 0.5) / of.series.length - 0.5) * FILLED * step}
          width={(FILLED * step) / of.series.length - 1}
          y={y}
        />
      ))}
      <line x1={inside.left} x2={inside.right} y1={y.at(0)} y2={y.at(0)} stroke={COLOURS.faint} />
      {of.overlay && panel.overlay && (
        <OverlayLine
          points={panel.overlay.map((value, category) => [middle(category), y.at(value)] as const)}
          colour={colourOf(of.overlay.tone)}
          isDotted={of.overlay.is_dotted}
        />
      )}
      <Absent of={of} panel={panel} inside={inside} />
    </>
  );
}

/** Series that have nothing in this panel, by name: a place without bars does not say whether they are 0. */
function Absent({ of, panel, inside }: { of: BarPanels; panel: BarPanel; inside: Inside }) {
  const absent = of.series.filter((_, place) => !panel.bars[place]);
  return (
    <g text-anchor="end" stroke={COLOURS.paper} stroke-width={3} paint-order="stroke">
      {absent.map(({ name, tone }, line) => (
        <text
          key={name}
          x={inside.right}
          y={inside.top + (1.3 + 1.2 * line) * LETTERS}
          fill={colourOf(tone)}
          font-size={fitting(`${name}: not known`, inside.right - inside.left)}
        >
          {typeset(name)}: not known
        </text>
      ))}
    </g>
  );
}

interface SeriesBarsProps {
  of: Estimate[];
  colour: string;
  at: (category: number) => number;
  width: number;
  y: Scale;
}

function SeriesBars({ of, colour, at, width, y }: SeriesBarsProps) {
  return (
    <>
      {of.map(({ value, low, high }, category) => (
        <g key={category}>
          <rect
            class="bar-mark"
            x={at(category) - width / 2}
            y={Math.min(y.at(value), y.at(0))}
            width={Math.max(0.5, width)}
            height={Math.abs(y.at(value) - y.at(0))}
            fill={colour}
          />
          {high > low && (
            <line
              x1={at(category)}
              x2={at(category)}
              y1={y.at(low)}
              y2={y.at(high)}
              stroke={COLOURS.ink}
              stroke-opacity={0.55}
            />
          )}
        </g>
      ))}
    </>
  );
}

function OverlayLine({
  points,
  colour,
  isDotted,
}: {
  points: (readonly [number, number])[];
  colour: string;
  isDotted: boolean;
}) {
  return (
    <>
      <path
        d={path(points)}
        fill="none"
        stroke={colour}
        stroke-width={1.8}
        {...(isDotted && { "stroke-dasharray": DOTTED })}
      />
      {points.map(([x, y]) => (
        <circle key={x} cx={x} cy={y} r={2.2} fill={colour} />
      ))}
    </>
  );
}

interface CurveProps {
  drawn: Drawn;
  of: At[];
  x: Scale;
  y: Scale;
  colour: string;
  /** Of its band. */
  opacity: number;
  /** How far its dots are from their epoch, so that those of others are seen. */
  dx: number;
}

function OneCurve({ drawn, opacity, dx, ...curve }: CurveProps) {
  switch (drawn) {
    case "line":
      return (
        <>
          <Band {...curve} opacity={opacity} />
          <Line {...curve} />
        </>
      );
    case "dots":
      return <Dots {...curve} dx={dx} />;
    case "dotted":
      return <Reference {...curve} />;
  }
}

/** Through all values that there are. */
function Reference({ of, x, y, colour }: Pick<CurveProps, "of" | "x" | "y" | "colour">) {
  const there = of.filter(({ value }) => Number.isFinite(value));
  const points = there.map(({ epoch, value }) => [x.at(epoch), y.at(value)] as const);
  return <OverlayLine points={points} colour={colour} isDotted />;
}

/** Where a value is undefined, a curve is broken. */
function pointsOf(of: Curves, { values }: Curve): At[] {
  return of.epochs.map((epoch, index) => {
    const { value, low, high } = values[index] ?? { value: NaN, low: NaN, high: NaN };
    return { epoch, value, low, high };
  });
}

/** Values over training, all curves on one scale. */
export function CurvesOverTraining({ of, ...props }: OverTrainingProps & { of: Curves }) {
  const middle = (of.curves.length - 1) / 2;
  const isDark = theme.value.dark;
  // Made anew with the curves and with the colours, and not at every step of the cursor.
  const [all, domain] = useMemo(() => {
    const all = of.curves.map((curve) => pointsOf(of, curve));
    return [all, extent(all.flat(), ...(of.has_zero ? [0] : []))] as const;
  }, [of, isDark]);
  const opacity = Math.min(0.14, COVERED / of.curves.length);
  return (
    <OverTraining
      {...props}
      on={all}
      last={of.epochs.at(-1) ?? 0}
      marks={of.marks}
      values={(range, count) => linear(domain, range, count)}
      title={axisTitle(of.y)}
    >
      {(x, y, inside) => (
        <>
          {of.has_zero && <line x1={inside.left} x2={inside.right} y1={y.at(0)} y2={y.at(0)} stroke={COLOURS.faint} />}
          {of.curves.map((curve, place) => (
            <OneCurve
              key={curve.name}
              drawn={curve.drawn}
              of={all[place] ?? []}
              x={x}
              y={y}
              colour={colourOf(curve.tone)}
              opacity={opacity}
              dx={APART * (place - middle)}
            />
          ))}
        </>
      )}
    </OverTraining>
  );
}
