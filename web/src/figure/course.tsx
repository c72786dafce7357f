/** A statistic of all interactions, and the losses, over training. */

import type { Course } from "../generated/Course";
import type { Estimate } from "../generated/Estimate";
import type { Losses } from "../generated/Losses";
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
  type PlacedMark,
  path,
  placeMarks,
  roomBelow,
  roomFor,
  type Size,
  Values,
  widthOf,
} from "./axes";
import { linear, logarithmic, type Scale } from "./scale";
import { COLOURS } from "./theme";

interface OverTraining {
  label: string;
  class?: string;
  /** The epoch that is looked at. */
  epoch: number | undefined;
  /** Called with an epoch that is pointed at. */
  onEpoch?: ((epoch: number) => void) | undefined;
  first?: Size;
}

const FIRST: Size = { width: 380, height: 160 };
const TITLE = "epochs of training";

interface FrameProps extends OverTraining {
  last: number;
  marks: Mark[];
  /** Room for words at the right. */
  right?: number;
  values: (range: readonly [number, number], count: number) => Scale;
  title: string;
  children: (x: Scale, y: Scale, inside: Inside) => preact.ComponentChildren;
}

/** Axes over training, with marks and cursor. */
function Frame({ last, marks, right = 4, values, title, children, ...of }: FrameProps) {
  const { label, class: className = "", epoch, onEpoch, first = FIRST } = of;
  const placedIn = (width: number, height: number): { x: Scale; y: Scale; inside: Inside; placed: PlacedMark[] } => {
    const bottom = height - roomBelow(TITLE);
    const left = roomFor(values([bottom, 0], 4));
    const edges = { left, right: width - Math.max(right, widthOf(epochName(last)) / 2 + 2) };
    const x = epochsWithin(last, edges);
    const placed = placeMarks(marks, x, { right: width });
    const inside = { ...edges, top: 1.7 * LETTERS + heightOf(placed), bottom };
    const y = values([bottom, inside.top], height < 150 ? 3 : 4);
    return { x, y, inside, placed };
  };
  // The scale of the last drawing says where a pointer is.
  let scale: Scale | undefined;
  return (
    <Filling
      label={label}
      class={className}
      first={first}
      onPointer={onEpoch && ((place) => scale && onEpoch(scale.invert(place)))}
    >
      {({ width, height }) => {
        const { x, y, inside, placed } = placedIn(width, height);
        scale = x;
        return (
          <>
            <Values scale={y} inside={inside} title={title} />
            <Epochs scale={x} inside={inside} title={TITLE} />
            <Marks marks={placed} scale={x} inside={inside} />
            {children(x, y, inside)}
            <CursorLine epoch={epoch} scale={x} inside={inside} />
          </>
        );
      }}
    </Filling>
  );
}

function epochName(epoch: number): string {
  return epoch.toLocaleString("en", { maximumFractionDigits: 2 });
}

/** Values that are there. */
function there<Value extends Estimate>({ epochs }: Course, values: (Value | null)[]): (Value & { epoch: number })[] {
  return values.flatMap((value, index) => (value ? [{ ...value, epoch: epochs[index] ?? 0 }] : []));
}

/**
 * A statistic over training: sampling as whiskers, all answers that are nearly as sparse as a band,
 * circles for the published SGD.
 */
export function CourseDrawing({ of, ...props }: OverTraining & { of: Course }) {
  const [points, sgd] = [there(of, of.all), there(of, of.published_sgd)];
  const least = of.statistic === "mean-order" ? 1 : 0;
  const highest = [...points.map(({ high, highest }) => Math.max(high, highest ?? 0)), ...sgd.map(({ high }) => high)];
  const most = highest.reduce((a, b) => Math.max(a, b), least + 0.1);
  const marks = of.marks.filter(({ kind }) => kind === "boundary");
  return (
    <Frame
      {...props}
      last={of.epochs.at(-1) ?? 0}
      marks={marks}
      values={(range, count) => linear([least, most], range, count)}
      title={of.y.label}
    >
      {(x, y) => {
        const ranged = points.filter(({ lowest }) => lowest !== null);
        const band = [
          ...ranged.map((point) => [x.at(point.epoch), y.at(point.highest ?? 0)] as const),
          ...ranged.map((point) => [x.at(point.epoch), y.at(point.lowest ?? 0)] as const).reverse(),
        ];
        return (
          <>
            <path d={path(band)} fill={COLOURS.certified} fill-opacity={0.18} />
            <path
              d={path(points.map((point) => [x.at(point.epoch), y.at(point.value)]))}
              fill="none"
              stroke={COLOURS.certified}
              stroke-width={1.8}
            />
            {points.map((point) => (
              <g key={point.epoch}>
                <Whisker of={point} x={x} y={y} colour={COLOURS.certified} />
                <circle cx={x.at(point.epoch)} cy={y.at(point.value)} r={2.2} fill={COLOURS.certified} />
              </g>
            ))}
            {sgd.map((point) => (
              <g key={point.epoch}>
                <Whisker of={point} x={x} y={y} colour={COLOURS.published} />
                <circle
                  cx={x.at(point.epoch)}
                  cy={y.at(point.value)}
                  r={4}
                  fill="none"
                  stroke={COLOURS.published}
                  stroke-width={2}
                />
              </g>
            ))}
          </>
        );
      }}
    </Frame>
  );
}

function Whisker({ of, x, y, colour }: { of: Estimate & { epoch: number }; x: Scale; y: Scale; colour: string }) {
  return <line x1={x.at(of.epoch)} x2={x.at(of.epoch)} y1={y.at(of.low)} y2={y.at(of.high)} stroke={colour} />;
}

/** Names of the curves at their ends. */
const NAMES = { train: "train", test: "test" };

/**
 * Test loss and training loss of right labels (dotted: with the reset ones), the gap between them,
 * and where it opens.
 */
export function LossDrawing({ of, marks = of.marks, ...props }: OverTraining & { of: Losses; marks?: Mark[] }) {
  // The axis is logarithmic, so that the gap is seen at every scale; a loss of exactly 0 has no place on it.
  const points = of.epochs
    .map((epoch, index) => ({
      epoch,
      train: of.train[index] ?? NaN,
      withReset: of.train_with_reset[index] ?? NaN,
      test: of.test[index] ?? NaN,
    }))
    .filter(({ train, test }) => train > 0 && test > 0);
  const last = points.at(-1);
  const all = points.flatMap(({ train, test, withReset }) => [train, test, withReset]).filter((loss) => loss > 0);
  const [lowest, highest] = last ? [Math.min(...all), Math.max(...all)] : [0.1, 1];
  const differs = points.some(({ train, withReset }) => train !== withReset);
  return (
    <Frame
      {...props}
      last={last?.epoch ?? 0}
      marks={marks}
      right={widthOf(NAMES.train) + 10}
      values={(range, count) => logarithmic([lowest, highest], range, count + 1)}
      title="loss (nats)"
    >
      {(x, y, inside) => {
        const line = (name: "train" | "test" | "withReset"): string =>
          path(points.map((point) => [x.at(point.epoch), y.at(point[name])]));
        const between = [
          ...points.map((point) => [x.at(point.epoch), y.at(point.test)] as const),
          ...points.map((point) => [x.at(point.epoch), y.at(point.train)] as const).reverse(),
        ];
        return (
          <>
            <path d={path(between)} fill={COLOURS.test} fill-opacity={0.08} />
            {differs && <path d={line("withReset")} fill="none" stroke={COLOURS.train} stroke-dasharray="1.5 3" />}
            <path d={line("train")} fill="none" stroke={COLOURS.train} stroke-width={2} stroke-dasharray="7 3" />
            <path d={line("test")} fill="none" stroke={COLOURS.test} stroke-width={2} />
            {last && (
              <Ends x={x.at(last.epoch)} train={y.at(last.train)} test={y.at(last.test)} bottom={inside.bottom} />
            )}
          </>
        );
      }}
    </Frame>
  );
}

/** The curves' names beside their ends, a line apart at least, and above the names of epochs. */
function Ends({ x, train, test, bottom }: { x: number; train: number; test: number; bottom: number }) {
  const apart = Math.max(1.1 * LETTERS, Math.abs(train - test)) / 2;
  const middle = Math.min((train + test) / 2, bottom - 0.4 * LETTERS - apart);
  const [upper, lower] = [middle - apart, middle + apart];
  const isAbove = test <= train;
  const name = (words: string, y: number, colour: string) => (
    <text x={x + 5} y={y + 0.34 * LETTERS} fill={colour} font-weight={600}>
      {words}
    </text>
  );
  return (
    <>
      {name(NAMES.test, isAbove ? upper : lower, COLOURS.test)}
      {name(NAMES.train, isAbove ? lower : upper, COLOURS.train)}
    </>
  );
}
