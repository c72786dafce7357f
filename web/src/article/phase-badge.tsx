/** In which phase a training is, by its record; and what came of what the reader expected of it. */

import { epochs, typeset } from "../figure/numbers";
import { type Standing, verdictOf } from "../state/phases";
import { type Outcome, outcomes, predictionOf } from "../state/prediction";
import { runs } from "../state/runs";
import { training } from "../state/session";

const NOT_TOLD = "Phases not distinguishable";
const WORDS: Record<Standing, string> = {
  "too little": "Too little measured to tell phases",
  "phase 1": "Phase 1",
  "phase 2": "Phase 2",
  "not distinguishable": NOT_TOLD,
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
  const { standing, boundary, missing, says } = verdict;
  // Of a training that is over no second phase is to come.
  const words = standing === "phase 1" && isOver() ? NOT_TOLD : WORDS[standing];
  return (
    <details class="phase" data-standing={standing.replaceAll(" ", "-")}>
      <summary>
        <strong>{words}</strong>
        {boundary && (
          <span>
            {" "}
            since epoch {epochs(boundary.epoch)} [{epochs(boundary.low)}, {epochs(boundary.high)}]
          </span>
        )}
        {missing && (
          <span>
            {words === NOT_TOLD ? "" : " so far"}: {missing}
          </span>
        )}
      </summary>
      <p>{typeset(says)}</p>
      <p class="note">{RULE}</p>
    </details>
  );
}

/** Whether all of the training is measured. */
function isOver(): boolean {
  return ["comparing", "finished"].includes(training.value?.phase.value ?? "");
}

/** Once a training is over: what was expected, beside what was found; told to those who hear the page, too. */
export function Outcomes() {
  const view = liveView();
  const found = view && isOver() ? outcomes(predictionOf(training.value?.id), view) : [];
  return <div role="status">{found.length > 0 && <Expected found={found} />}</div>;
}

function Expected({ found }: { found: Outcome[] }) {
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
