/** In which phase a training is, by its record; and what came of what the reader expected of it. */

import { epochs, typeset } from "../figure/numbers";
import { type Standing, verdictOf } from "../state/phases";
import { outcomes, predictionOf } from "../state/prediction";
import { runs } from "../state/runs";
import { training } from "../state/session";

const WORDS: Record<Standing, string> = {
  "too little": "Too little measured to tell phases",
  "phase 1": "Phase 1",
  "phase 2": "Phase 2",
  "not distinguishable": "Phases not distinguishable",
};

const RULE =
  "The rule is the same for all runs: high orders must fall from the first checkpoint to the lowest, and rise from there " +
  "to the last, each by more than the 95 % interval over the test samples; where the ranges of other decompositions " +
  "are computed, in every one that is nearly as sparse.";

/** The training's run, once something of it is measured. */
function liveView() {
  const live = runs.value.find((run) => run.live);
  return live && live.view.checkpoints.length > 0 ? live.view : undefined;
}

export function PhaseBadge() {
  const view = liveView();
  const verdict = view && verdictOf(view);
  if (!verdict) return null;
  const { standing, boundary, says } = verdict;
  return (
    <details class="phase" data-standing={standing.replaceAll(" ", "-")}>
      <summary>
        <strong>{WORDS[standing]}</strong>
        {boundary && (
          <span>
            {" "}
            since epoch {epochs(boundary.epoch)} [{epochs(boundary.low)}, {epochs(boundary.high)}]
          </span>
        )}
        {standing === "phase 1" && <span> so far: a fall, no rise beyond its interval</span>}
      </summary>
      <p>{typeset(says)}</p>
      <p class="note">{RULE}</p>
    </details>
  );
}

/** Once a training is over: what was expected, beside what was found. */
export function Outcomes() {
  const now = training.value;
  const view = liveView();
  const isOver = ["comparing", "finished"].includes(now?.phase.value ?? "");
  const found = view && isOver ? outcomes(predictionOf(now?.id), view) : [];
  if (found.length === 0) return null;
  return (
    <ul class="outcomes" aria-label="What you expected, and what was found">
      {found.map(({ expected, found, isRight }) => (
        <li key={expected} data-right={isRight}>
          You expected: {expected} <b>{isRight === undefined ? "Not told by this run." : isRight ? "Yes." : "No."}</b>{" "}
          <span>{typeset(found)}</span>
        </li>
      ))}
    </ul>
  );
}
