/** The drawings of two runs side by side. */

import { useMemo } from "preact/hooks";
import type { Course } from "../generated/Course";
import type { Losses } from "../generated/Losses";
import type { Mark } from "../generated/Mark";
import type { ShareDifference } from "../generated/ShareDifference";
import { Filling, type Inside, Names, roomAbove, roomBelow, roomFor, Values } from "./axes";
import { type At, Band, Dots, exact, extent, Line, OverTraining, type OverTrainingProps, there } from "./over-training";
import { linear, type Scale } from "./scale";
import { COLOURS } from "./theme";

const DIFFERENCE = "second − first, share of strength";

/**
 * Shares of strength by order, second run minus first, with intervals; those that exclude 0 are
 * filled.
 */
export function DifferenceByOrder({ of, label }: { of: ShareDifference[]; label: string }) {
  const isSure = ({ difference }: ShareDifference): boolean => difference.low > 0 || difference.high < 0;
  return (
    <Filling label={label} class="bars" first={{ width: 330, height: 240 }}>
      {({ width, height }) => {
        const [top, bottom] = [roomAbove(DIFFERENCE), height - roomBelow("order")];
        const y = linear(
          extent(
            of.map(({ difference }) => difference),
            0,
          ),
          [bottom, top],
          5,
        );
        const inside = { left: roomFor(y), right: width - 4, top, bottom };
        const step = (inside.right - inside.left) / Math.max(1, of.length);
        const place = (index: number): number => inside.left + (index + 0.5) * step;
        return (
          <>
            <Values scale={y} inside={inside} title={DIFFERENCE} />
            <Names
              at={of.map(({ order }, index) => ({ place: place(index), name: String(order) }))}
              inside={inside}
              title="order"
            />
            <line x1={inside.left} x2={inside.right} y1={y.at(0)} y2={y.at(0)} stroke={COLOURS.faint} />
            {of.map((share, index) => {
              const { value, low, high } = share.difference;
              const colour = value < 0 ? COLOURS.first : COLOURS.second;
              return (
                <g key={share.order}>
                  <line
                    x1={place(index)}
                    x2={place(index)}
                    y1={y.at(low)}
                    y2={y.at(high)}
                    stroke={COLOURS.ink}
                    stroke-opacity={0.6}
                    stroke-width={1.5}
                  />
                  <circle
                    cx={place(index)}
                    cy={y.at(value)}
                    r={4}
                    fill={isSure(share) ? colour : COLOURS.paper}
                    stroke={colour}
                    stroke-width={1.8}
                  />
                </g>
              );
            })}
          </>
        );
      }}
    </Filling>
  );
}

/** What a curve of two runs has of each. */
interface OfTwo<Value> {
  first: Value;
  second: Value;
}

type TwoProps<Value> = Omit<OverTrainingProps, "onEpoch"> & { of: OfTwo<Value> };

/** Each run's colour and dash: neither alone has to tell them apart. */
const LOOKS = {
  first: { colour: COLOURS.first, dash: "" },
  second: { colour: COLOURS.second, dash: "6 3" },
} as const;

function Boundaries({
  marks,
  x,
  inside,
  colour,
  dash,
}: {
  marks: Mark[];
  x: Scale;
  inside: Inside;
  colour: string;
  dash: string;
}) {
  return (
    <>
      {marks
        .filter(({ kind }) => kind === "boundary")
        .map(({ epoch, low, high }) => (
          <g key={epoch}>
            <rect
              x={x.at(low)}
              y={inside.top}
              width={x.at(high) - x.at(low)}
              height={inside.bottom - inside.top}
              fill={colour}
              fill-opacity={0.1}
            />
            <line
              x1={x.at(epoch)}
              x2={x.at(epoch)}
              y1={inside.top}
              y2={inside.bottom}
              stroke={colour}
              stroke-width={1.5}
              {...(dash && { "stroke-dasharray": dash })}
            />
          </g>
        ))}
    </>
  );
}

/** A curve of each run on one scale, which has `least`; with both boundaries of the phases. */
function CurvesOfTwo<Value extends { marks: Mark[] }>({
  of,
  points,
  least,
  hasIntervals,
  title,
  ...props
}: TwoProps<Value> & {
  points: (of: Value) => At[];
  least: number;
  hasIntervals: boolean;
  title: string;
}) {
  // Made once, and not at every step of the cursor.
  const curves = useMemo(
    () =>
      (["first", "second"] as const).map((which) => ({
        which,
        points: points(of[which]),
        marks: of[which].marks,
        ...LOOKS[which],
      })),
    [of.first, of.second],
  );
  const all = curves.flatMap(({ points }) => points);
  return (
    <OverTraining
      {...props}
      on={curves}
      last={Math.max(0, ...all.map(({ epoch }) => epoch))}
      marks={[]}
      values={(range, count) => linear(extent(all, least), range, count)}
      title={title}
    >
      {(x, y, inside) => (
        <>
          {least === 0 && <line x1={inside.left} x2={inside.right} y1={y.at(0)} y2={y.at(0)} stroke={COLOURS.faint} />}
          {curves.map(({ which, points, marks, colour, dash }) => (
            <g key={which}>
              <Boundaries marks={marks} x={x} inside={inside} colour={colour} dash={dash} />
              {hasIntervals && <Band of={points} x={x} y={y} colour={colour} opacity={0.16} />}
              <Line of={points} x={x} y={y} colour={colour} dash={dash} />
              {hasIntervals && <Dots of={points} x={x} y={y} colour={colour} />}
            </g>
          ))}
        </>
      )}
    </OverTraining>
  );
}

/** Mean order of two runs over training, with their intervals. */
export function MeanOrders(props: TwoProps<Course>) {
  return (
    <CurvesOfTwo
      {...props}
      points={({ epochs, all }) => there(epochs, all)}
      least={1}
      hasIntervals
      title="mean order"
    />
  );
}

/** Test minus training loss of two runs over training. */
export function LossGaps(props: TwoProps<Losses>) {
  return (
    <CurvesOfTwo
      {...props}
      points={({ epochs, gap }) => epochs.map((epoch, index) => exact(epoch, gap[index] ?? NaN))}
      least={0}
      hasIntervals={false}
      title="test − training loss (nats)"
    />
  );
}
