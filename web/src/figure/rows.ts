/** A figure's data as rows of a table, by its kind. */

import type { BarPanels } from "../generated/BarPanels";
import type { Bars } from "../generated/Bars";
import type { Course } from "../generated/Course";
import type { Curves } from "../generated/Curves";
import type { Estimate } from "../generated/Estimate";
import type { FigureKind } from "../generated/FigureKind";
import type { SimilarityFigure } from "../generated/SimilarityFigure";
import type { Row } from "./save";

/** All that is drawn, a row a value. */
export function rowsOf(kind: FigureKind): Row[] {
  switch (kind.type) {
    case "bars":
      return ofBars(kind);
    case "curves":
      return ofCurves(kind);
    case "two_phases":
    case "checkpoints":
      return kind.panels.flatMap(ofStrength);
    case "course":
      return ofCourse(kind);
    case "strength_rows":
      return kind.rows.flatMap(({ name, panels }) =>
        panels.flatMap(ofStrength).map((row) => ({ decomposed: name, ...row })),
      );
    case "similarity":
      return ofSimilarity(kind);
  }
}

/** An estimate and its interval. */
export function interval(name: string, estimate: Estimate | null | undefined): Row {
  return {
    [name]: estimate?.value ?? null,
    [`${name}_low`]: estimate?.low ?? null,
    [`${name}_high`]: estimate?.high ?? null,
  };
}

function ofBars({ x, categories, series, panels }: BarPanels): Row[] {
  return panels.flatMap(({ title, bars, overlay }) =>
    series.flatMap(({ name }, place) =>
      (bars[place] ?? []).map((estimate, category) => ({
        panel: title,
        series: name,
        [x.label]: categories[category] ?? null,
        ...interval("value", estimate),
        ...(overlay && { curve: overlay[category] ?? null }),
      })),
    ),
  );
}

/** What was measured, whatever it is drawn on. */
function ofCurves({ y, epochs, curves }: Curves): Row[] {
  return curves.flatMap((curve) => {
    const { unit, values } = curve.unscaled ?? { unit: y.unit, values: curve.values };
    return epochs.map((epoch, index) => ({ curve: curve.name, unit, epoch, ...interval("value", values[index]) }));
  });
}

function ofStrength({ epoch, positive, negative }: Bars): Row[] {
  return positive.map((estimate, index) => ({
    epoch,
    order: index + 1,
    ...interval("positive", estimate),
    ...interval("negative", negative[index]),
  }));
}

function ofCourse({ epochs, all, salient, published_sgd }: Course): Row[] {
  return epochs.map((epoch, index) => ({
    epoch,
    ...interval("all", all[index]),
    all_lowest: all[index]?.lowest ?? null,
    all_highest: all[index]?.highest ?? null,
    ...interval("salient", salient[index]),
    ...interval("published_sgd", published_sgd[index]),
  }));
}

function ofSimilarity({ epochs, orders }: SimilarityFigure): Row[] {
  return orders.flatMap(({ order, values }) =>
    epochs.map((epoch, index) => ({ order, epoch, ...interval("similarity", values[index]) })),
  );
}
