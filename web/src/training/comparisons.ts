/**
 * After the last checkpoint: what was found is compared with the published procedure and with other
 * noise bounds.
 */

import { type Next, only, type Problem, type State } from "./state";

/**
 * Asks the record for the next comparison. One at a time: what readers ask of the record meanwhile
 * is answered before the next.
 */
export function compare(state: State): Next {
  return [{ ...state, phase: "comparing" }, [{ type: "compare", recorder: state.recorders }]];
}

/** A comparison was made, and another one may follow; or none was left. */
export function compared(state: State, wasLeft: boolean): Next {
  if (state.phase !== "comparing") return only(state);
  if (!wasLeft) return only({ ...state, phase: "finished" });
  return compare({ ...state, compared: state.compared + 1 });
}

/** Without comparisons a training is finished all the same. */
export function incomparable(state: State, { words }: Problem): State {
  if (state.phase !== "comparing") return state;
  return { ...state, phase: "finished", notice: `The comparison with the published procedure failed: ${words}.` };
}
