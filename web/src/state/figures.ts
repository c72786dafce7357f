/** Figures of a run by what they draw: which of them have a place on the page, and the others. */

import type { Bars } from "../generated/Bars";
import type { Figure } from "../generated/Figure";
import type { FigureKind } from "../generated/FigureKind";
import type { RunView } from "../generated/RunView";
import type { Statistic } from "../generated/Statistic";

type Type = FigureKind["type"];
type Kind<Of extends Type> = Extract<FigureKind, { type: Of }>;
type FigureOf<Of extends Type> = Figure & { kind: Kind<Of> };

function isOf<Of extends Type>(figure: Figure, type: Of): figure is FigureOf<Of> {
  return figure.kind.type === type;
}

function figuresOf<Of extends Type>(view: RunView, type: Of): FigureOf<Of>[] {
  return view.figures.filter((figure) => isOf(figure, type));
}

/** Strength by order at the turning points, and the losses; nothing before anything is measured. */
export function twoPhases(view: RunView): FigureOf<"two_phases"> | undefined {
  return figuresOf(view, "two_phases")[0];
}

/** Strength by order at every checkpoint. */
export function barsOf(view: RunView): Bars[] {
  return figuresOf(view, "checkpoints")[0]?.kind.panels ?? [];
}

/** The statistic that decides on phases, over training. */
export function decidingCourse(view: RunView): FigureOf<"course"> | undefined {
  const courses = figuresOf(view, "course");
  return courses.find(({ kind }) => kind.decides) ?? courses[0];
}

/** A statistic over training. */
export function courseOf(view: RunView, statistic: Statistic): FigureOf<"course"> | undefined {
  return figuresOf(view, "course").find(({ kind }) => kind.statistic === statistic);
}

/** Figures without a place of their own on the page, in the order in which they are read. */
export function otherFigures(view: RunView): Figure[] {
  const placed: (Figure | undefined)[] = [
    twoPhases(view),
    decidingCourse(view),
    ...figuresOf(view, "checkpoints").slice(0, 1),
  ];
  return view.figures.filter((figure) => !placed.includes(figure));
}
