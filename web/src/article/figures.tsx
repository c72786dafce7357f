/** All figures of the run that have no place of their own above, whatever they are. */

import { AnyFigure } from "../figure/kinds";
import { otherFigures } from "../state/figures";
import { current, cursor } from "../state/runs";
import { useNear } from "./near";

export function FiguresSection() {
  const { place, near } = useNear();
  const run = current.value;
  const figures = run ? otherFigures(run.view) : [];
  const epoch = run?.view.checkpoints[Math.min(cursor.value, run.view.checkpoints.length - 1)]?.losses.epoch;
  return (
    <section class="wide figures" aria-labelledby="figures" ref={place}>
      <h2 id="figures">What else this run shows</h2>
      <p class="lead">
        Other analyses of the run that is looked at: other ways to decompose the same outputs, other bounds, other
        samples. A training here has them when it is over.
      </p>
      {figures.length === 0 && <p class="note">There are none of this run yet.</p>}
      {run &&
        near.value &&
        figures.map((figure) => (
          <AnyFigure
            key={`${run.name} ${figure.name}`}
            of={figure}
            run={`spindle-${run.name.replace(/\W+/g, "-")}`}
            epoch={epoch}
          />
        ))}
    </section>
  );
}
