/** The drawing of several runs over each other, and of the mean over their seeds. */

import type { Tone } from "../generated/Tone";
import type { Curve } from "../state/summary";
import { path } from "./axes";
import { type At, Band, Dots, exact, extent, Line, OverTraining, there } from "./over-training";
import { linear } from "./scale";
import { theme } from "./theme";
import { colourOf } from "./tones";

/** A curve with its name. */
export interface NamedCurve extends Curve {
  name: string;
  tone: Tone;
  /** Whether it is one of several that a mean is taken of: then it is thin. */
  isBehind: boolean;
}

/** All curves on one scale. Curves behind a mean have no intervals of their own. */
export function OverlaidCurves({
  curves,
  title,
  label,
}: {
  curves: NamedCurve[];
  title: string;
  /** What is seen, for readers who do not see. */
  label: string;
}) {
  const all = curves.map((curve) => ({ curve, points: there(curve.epochs, curve.values) }));
  const shown = all.flatMap(({ curve, points }) => (curve.isBehind ? points.map(flat) : points));
  return (
    <OverTraining
      label={label}
      class="curve overlaid"
      epoch={undefined}
      on={`${theme.value.dark} ${JSON.stringify(curves)}`}
      last={Math.max(0, ...curves.flatMap(({ epochs }) => epochs))}
      marks={[]}
      title={title}
      values={(range, count) => linear(extent(shown, 0), range, count)}
    >
      {(x, y) =>
        all.map(({ curve: { name, tone, isBehind }, points }, index) => {
          const colour = colourOf(tone);
          if (isBehind)
            return (
              <path
                key={index}
                d={path(points.map(({ epoch, value }) => [x.at(epoch), y.at(value)]))}
                fill="none"
                stroke={colour}
                stroke-width={0.9}
                stroke-opacity={0.6}
              />
            );
          return (
            <g key={`${index} ${name}`}>
              <Band of={points} x={x} y={y} colour={colour} opacity={0.14} />
              <Line of={points} x={x} y={y} colour={colour} />
              <Dots of={points.map(flat)} x={x} y={y} colour={colour} />
            </g>
          );
        })
      }
    </OverTraining>
  );
}

/** A value without its interval. */
function flat({ epoch, value }: At): At {
  return exact(epoch, value);
}
