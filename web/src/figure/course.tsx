/** A statistic of all interactions, the losses, and one interaction's effect, over training. */

import type { Course } from "../generated/Course";
import type { Losses } from "../generated/Losses";
import type { Mark } from "../generated/Mark";
import { BOLD, type Inside, LETTERS, path, widthOf } from "./axes";
import type { Sign } from "./legend";
import { Band, Dots, exact, extent, Line, OverTraining, type OverTrainingProps, there } from "./over-training";
import { linear, logarithmic } from "./scale";
import { COLOURS } from "./theme";

/**
 * A statistic over training: sampling as whiskers, all answers that are nearly as sparse as a band,
 * circles for the published SGD.
 */
export function CourseDrawing({ of, ...props }: OverTrainingProps & { of: Course }) {
  const [points, sgd] = [there(of.epochs, of.all), there(of.epochs, of.published_sgd)];
  const least = of.statistic === "mean-order" ? 1 : 0;
  const highest = points.map(({ highest }) => highest ?? 0);
  const [, most] = extent([...points, ...sgd], ...highest, least + 0.1);
  const ranged = points.flatMap(({ epoch, lowest, highest }) =>
    lowest === null || highest === null ? [] : [{ epoch, low: lowest, high: highest }],
  );
  return (
    <OverTraining
      {...props}
      on={of}
      last={of.epochs.at(-1) ?? 0}
      marks={of.marks.filter(({ kind }) => kind === "boundary")}
      values={(range, count) => linear([least, most], range, count)}
      title={of.y.label}
    >
      {(x, y) => (
        <>
          <Band of={ranged} x={x} y={y} colour={COLOURS.certified} opacity={0.18} />
          <Line of={points} x={x} y={y} colour={COLOURS.certified} />
          <Dots of={points} x={x} y={y} colour={COLOURS.certified} />
          <Dots of={sgd} x={x} y={y} colour={COLOURS.published} open />
        </>
      )}
    </OverTraining>
  );
}

/** What is what in a course, and in losses beside it. */
export function courseSigns({ all, published_sgd, marks }: Course): Sign[] {
  const isRanged = all.some((found) => found && found.lowest !== null);
  const hasSgd = published_sgd.some((found) => found);
  return [
    { sign: "dot", colour: COLOURS.certified, name: "certified, 95 %" },
    ...(isRanged ? [{ sign: "band", colour: COLOURS.certified, name: "sums nearly as sparse" } as const] : []),
    ...(hasSgd ? [{ sign: "circle", colour: COLOURS.published, name: "published SGD" } as const] : []),
    ...(marks.length > 0 ? [{ sign: "mark", colour: COLOURS.test, name: "event, 95 %" } as const] : []),
    { sign: "line", colour: COLOURS.ink, name: "checkpoint" },
  ];
}

/** What the direct names of curves of losses leave open. */
export function lossSigns({ train, train_with_reset }: Losses): Sign[] {
  const differs = train.some((loss, index) => loss !== train_with_reset[index]);
  return differs ? [{ sign: "dotted", colour: COLOURS.train, name: "train, wrong labels too" }] : [];
}

/** Names of the curves at their ends. */
const NAMES = { train: "train", test: "test" };

/**
 * Test loss and training loss of right labels (dotted: with the reset ones), the gap between them,
 * and where it opens.
 */
export function LossDrawing({ of, marks = of.marks, ...props }: OverTrainingProps & { of: Losses; marks?: Mark[] }) {
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
  const [lowest, highest] = all.reduce(([a, b], loss) => [Math.min(a, loss), Math.max(b, loss)], [Infinity, 0]);
  const domain = last ? ([lowest, highest] as const) : ([0.1, 1] as const);
  const differs = points.some(({ train, withReset }) => train !== withReset);
  return (
    <OverTraining
      {...props}
      on={of}
      last={last?.epoch ?? 0}
      marks={marks}
      right={BOLD * widthOf(NAMES.train) + 6}
      values={(range, count) => logarithmic(domain, range, count + 1)}
      title="loss (nats)"
    >
      {(x, y, inside) => {
        const line = (name: "train" | "test" | "withReset"): string =>
          path(points.map((point) => [x.at(point.epoch), y.at(point[name])]));
        const between = points.map(({ epoch, train, test }) => ({ epoch, low: train, high: test }));
        return (
          <>
            <Band of={between} x={x} y={y} colour={COLOURS.test} opacity={0.08} />
            {differs && <path d={line("withReset")} fill="none" stroke={COLOURS.train} stroke-dasharray="1.5 3" />}
            <path d={line("train")} fill="none" stroke={COLOURS.train} stroke-width={2} stroke-dasharray="7 3" />
            <path d={line("test")} fill="none" stroke={COLOURS.test} stroke-width={2} />
            {last && <Ends x={x.at(last.epoch)} train={y.at(last.train)} test={y.at(last.test)} inside={inside} />}
          </>
        );
      }}
    </OverTraining>
  );
}

/** The curves' names beside their ends, a line apart at least, and above the names of epochs. */
function Ends({ x, train, test, inside: { top, bottom } }: { x: number; train: number; test: number; inside: Inside }) {
  const apart = Math.max(1.1 * LETTERS, Math.abs(train - test)) / 2;
  const middle = Math.max(top + apart, Math.min((train + test) / 2, bottom - 0.4 * LETTERS - apart));
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

/** Effects of one interaction over the checkpoints. */
export function HistoryDrawing({
  epochs,
  effects,
  ...props
}: OverTrainingProps & { epochs: number[]; effects: number[] }) {
  const points = epochs.map((epoch, index) => exact(epoch, effects[index] ?? 0));
  return (
    <OverTraining
      {...props}
      on={effects}
      last={epochs.at(-1) ?? 0}
      marks={[]}
      values={(range, count) => linear(extent(points, 0), range, count)}
      title="effect (nats)"
    >
      {(x, y, inside) => (
        <>
          <line x1={inside.left} x2={inside.right} y1={y.at(0)} y2={y.at(0)} stroke={COLOURS.faint} />
          <Line of={points} x={x} y={y} colour={COLOURS.ink} />
          <Dots of={points.filter(({ value }) => value >= 0)} x={x} y={y} colour={COLOURS.positive} />
          <Dots of={points.filter(({ value }) => value < 0)} x={x} y={y} colour={COLOURS.negative} />
        </>
      )}
    </OverTraining>
  );
}
