/** Any figure of a run, drawn by its kind. */

import { useMemo } from "preact/hooks";
import type { BarPanels } from "../generated/BarPanels";
import type { Bars } from "../generated/Bars";
import type { Ceiling } from "../generated/Ceiling";
import type { Curves } from "../generated/Curves";
import type { Estimate } from "../generated/Estimate";
import type { Figure as RunFigure } from "../generated/Figure";
import type { FigureKind } from "../generated/FigureKind";
import type { SimilarityFigure } from "../generated/SimilarityFigure";
import type { StrengthRows } from "../generated/StrengthRows";
import type { Tone } from "../generated/Tone";
import type { TwoPhases } from "../generated/TwoPhases";
import { CourseDrawing, courseSigns, LossDrawing, lossSigns } from "./course";
import { Figure } from "./frame";
import { BarPanelDrawing, CurvesOverTraining } from "./generic";
import { Legend, Signs } from "./legend";
import { typeset } from "./numbers";
import { rowsOf } from "./rows";
import { StrengthBars } from "./strength";

/** A figure with its title, its caption, its files and its data. `run` names the files. */
export function AnyFigure({ of, run, epoch }: { of: RunFigure; run: string; epoch: number | undefined }) {
  return (
    <Figure
      name={`${run}-${of.name}`}
      title={typeset(of.title)}
      caption={typeset(of.caption)}
      rows={() => rowsOf(of.kind)}
    >
      <Kind kind={of.kind} title={of.title} epoch={epoch} />
    </Figure>
  );
}

interface KindProps<Of> {
  kind: Of;
  /** What is seen, for readers who do not see. */
  title: string;
  /** The epoch that is looked at. */
  epoch: number | undefined;
}

function Kind({ kind, title, epoch }: KindProps<FigureKind>) {
  // What has no cursor is not looked at again while it is dragged.
  const still = useMemo(() => <Still kind={kind} title={title} />, [kind, title]);
  switch (kind.type) {
    case "bars":
    case "checkpoints":
    case "strength_rows":
      return still;
    case "curves":
      return <CurvesDrawing kind={kind} title={title} epoch={epoch} />;
    case "two_phases":
      return <TwoPhasesDrawing kind={kind} title={title} epoch={epoch} />;
    case "course":
      return (
        <>
          <Signs of={courseSigns(kind)} />
          <CourseDrawing class="curve" label={title} of={kind} epoch={epoch} />
        </>
      );
    case "similarity":
      return <SimilarityDrawing kind={kind} title={title} epoch={epoch} />;
  }
}

function Still({ kind, title }: { kind: FigureKind; title: string }) {
  switch (kind.type) {
    case "bars":
      return <BarsDrawing of={kind} title={title} />;
    case "checkpoints":
      return <StrengthPanels panels={kind.panels} />;
    case "strength_rows":
      return <RowsDrawing of={kind} />;
    default:
      return null;
  }
}

/** Panels that are drawn large; more of them are small. */
const LARGE = 6;

function BarsDrawing({ of, title }: { of: BarPanels; title: string }) {
  return (
    <>
      <Legend of={[...of.series, ...(of.overlay ? [{ ...of.overlay, isDotted: of.overlay.is_dotted }] : [])]} />
      <div class={of.panels.length > LARGE ? "panel-grid narrow" : "panel-grid"}>
        {of.panels.map((panel, index) => (
          <div key={index} class="small-figure">
            {panel.title !== "" && <h4>{typeset(panel.title)}</h4>}
            {panel.note !== "" && <p class="note">{typeset(panel.note)}</p>}
            <BarPanelDrawing
              of={of}
              panel={panel}
              label={[panel.title || title, panel.note].filter(Boolean).join(": ")}
            />
          </div>
        ))}
      </div>
    </>
  );
}

function CurvesDrawing({ kind, title, epoch }: KindProps<Curves>) {
  return (
    <>
      <Legend of={kind.curves.map(({ drawn, ...curve }) => ({ ...curve, isDotted: drawn === "dotted" }))} />
      <CurvesOverTraining of={kind} label={title} epoch={epoch} />
    </>
  );
}

function StrengthPanels({ panels }: { panels: Bars[] }) {
  return (
    <div class="panel-grid narrow">
      {panels.map((panel) => (
        <div key={panel.checkpoint} class="small-figure">
          <p class="panel-title">{panel.title}</p>
          <StrengthBars
            class="thumb"
            label={`Strength of interactions by order, ${panel.title}`}
            of={panel}
            small
            first={{ width: 160, height: 110 }}
          />
        </div>
      ))}
    </div>
  );
}

function TwoPhasesDrawing({ kind, title, epoch }: KindProps<TwoPhases>) {
  return (
    <>
      <StrengthPanels panels={kind.panels} />
      <Signs of={lossSigns(kind.losses)} />
      <LossDrawing class="curve" label={`Losses over training: ${title}`} of={kind.losses} epoch={epoch} />
    </>
  );
}

function RowsDrawing({ of }: { of: StrengthRows }) {
  return (
    <>
      {of.rows.map((row) => (
        <div key={row.name} class="strength-row">
          <h4>{typeset(row.name)}</h4>
          <StrengthPanels panels={row.panels} />
        </div>
      ))}
    </>
  );
}

function SimilarityDrawing({ kind, title, epoch }: KindProps<SimilarityFigure>) {
  // Made once, and not at every step of the cursor.
  const [curves, bars] = useMemo(
    () => [
      similarities(kind),
      kind.ceilings.length > 0 && <BarsDrawing of={ceilings(kind)} title="Similarity by order" />,
    ],
    [kind],
  );
  return (
    <>
      <CurvesDrawing kind={curves} title={title} epoch={epoch} />
      {bars}
    </>
  );
}

/** Similarities as curves, one for each order that is drawn. */
function similarities({ y, epochs, orders, highest_drawn }: SimilarityFigure): Curves {
  const drawn = orders.filter(({ order }) => order <= highest_drawn);
  const curves = drawn.map(({ order, values }) => ({
    name: `order ${order}`,
    tone: { ordered: order - 1 },
    drawn: "line" as const,
    values,
    unscaled: null,
  }));
  return { y, has_zero: true, epochs, curves, marks: [] };
}

/** What is compared at equal numbers of samples. */
const HALVES: readonly { name: string; tone: Tone; of: (at: Ceiling) => Estimate }[] = [
  { name: "training and test samples", tone: { series: 0 }, of: (at) => at.train_test },
  { name: "halves of the training samples", tone: { series: 2 }, of: (at) => at.train_train },
  { name: "halves of the test samples", tone: { series: 5 }, of: (at) => at.test_test },
];

/** Similarities beside what two halves of one split give, as bars. */
function ceilings({ y, ceilings }: SimilarityFigure): BarPanels {
  return {
    x: { label: "order", unit: "players" },
    y,
    categories: ceilings.map(({ order }) => String(order)),
    series: HALVES.map(({ name, tone }) => ({ name, tone })),
    overlay: null,
    panels: [
      {
        title: "At the end, at equal numbers of samples",
        note: "",
        bars: HALVES.map(({ of }) => ceilings.map(of)),
        overlay: null,
      },
    ],
  };
}
