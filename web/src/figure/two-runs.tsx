/** The drawings of two runs side by side. */

import type { Course } from "../generated/Course";
import type { Losses } from "../generated/Losses";
import type { Mark } from "../generated/Mark";
import type { ShareDifference } from "../generated/ShareDifference";
import { Filling, type Inside, LETTERS, Names, roomBelow, roomFor, Values } from "./axes";
import { Band, Dots, extent, Line, OverTraining, type OverTrainingProps, there } from "./over-training";
import { linear, type Scale } from "./scale";
import { COLOURS } from "./theme";

/**
 * Shares of strength by order, second run minus first, with intervals; those that exclude 0 are
 * filled.
 */
export function DifferenceByOrder({ of, label }: { of: ShareDifference[]; label: string }) {
  const isSure = ({ difference }: ShareDifference): boolean => difference.low > 0 || difference.high < 0;
  return (
    <Filling label={label} class="bars" first={{ width: 330, height: 240 }}>
      {({ width, height }) => {
        const [top, bottom] = [1.9 * LETTERS, height - roomBelow("order")];
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
            <Values scale={y} inside={inside} title="second − first, share of strength" />
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

/** Mean order of two runs over training, with their intervals and both boundaries of the phases. */
export function MeanOrders({ of, ...props }: TwoProps<Course>) {
  const curves = (["first", "second"] as const).map((which) => ({
    which,
    points: there(of[which].epochs, of[which].all),
    marks: of[which].marks,
    ...LOOKS[which],
  }));
  const domain = extent(
    curves.flatMap(({ points }) => points),
    1,
  );
  return (
    <OverTraining
      {...props}
      on={`${JSON.stringify(of.first.all)} ${JSON.stringify(of.second.all)}`}
      last={Math.max(0, ...curves.flatMap(({ points }) => points.map(({ epoch }) => epoch)))}
      marks={[]}
      values={(range, count) => linear(domain, range, count)}
      title="mean order"
    >
      {(x, y, inside) =>
        curves.map(({ which, points, marks, colour, dash }) => (
          <g key={which}>
            <Boundaries marks={marks} x={x} inside={inside} colour={colour} dash={dash} />
            <Band of={points} x={x} y={y} colour={colour} opacity={0.16} />
            <Line of={points} x={x} y={y} colour={colour} dash={dash} />
            <Dots of={points} x={x} y={y} colour={colour} />
          </g>
        ))
      }
    </OverTraining>
  );
}

/** Test minus training loss of two runs over training. */
export function LossGaps({ of, ...props }: TwoProps<Losses>) {
  const curves = (["first", "second"] as const).map((which) => ({
    which,
    points: of[which].epochs.map((epoch, index) => {
      const value = of[which].gap[index] ?? NaN;
      return { epoch, value, low: value, high: value };
    }),
    marks: of[which].marks,
    ...LOOKS[which],
  }));
  const domain = extent(
    curves.flatMap(({ points }) => points),
    0,
  );
  return (
    <OverTraining
      {...props}
      on={`${JSON.stringify(of.first.gap)} ${JSON.stringify(of.second.gap)}`}
      last={Math.max(0, ...curves.flatMap(({ points }) => points.map(({ epoch }) => epoch)))}
      marks={[]}
      values={(range, count) => linear(domain, range, count)}
      title="test − training loss (nats)"
    >
      {(x, y, inside) => (
        <>
          <line x1={inside.left} x2={inside.right} y1={y.at(0)} y2={y.at(0)} stroke={COLOURS.faint} />
          {curves.map(({ which, points, marks, colour, dash }) => (
            <g key={which}>
              <Boundaries marks={marks} x={x} inside={inside} colour={colour} dash={dash} />
              <Line of={points} x={x} y={y} colour={colour} dash={dash} />
            </g>
          ))}
        </>
      )}
    </OverTraining>
  );
}
