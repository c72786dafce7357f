/**
 * What a training changes is drawn part by part, a task and a frame for each: the page answers in between, on a
 * device whose cores all train.
 */

import { useEffect, useState } from "preact/hooks";

/** Between two parts: a frame of the browser's, and room for what a reader does. */
const BETWEEN = 32;

const waiting = new Set<() => void>();

/** Has it done when its turn comes; the answer takes it out again. */
function inTurn(work: () => void): () => void {
  if (waiting.size === 0) setTimeout(takeTurn, BETWEEN);
  waiting.add(work);
  return () => waiting.delete(work);
}

function takeTurn(): void {
  const [work] = waiting;
  if (!work) return;
  waiting.delete(work);
  if (waiting.size > 0) setTimeout(takeTurn, BETWEEN);
  work();
}

/**
 * The newest value when this part's turn to be drawn has come, and the one before until then. One that does not
 * `grow` out of the one before is there at once: parts of two runs are never seen together.
 */
export function useInTurn<Value>(newest: Value, grows: (from: Value) => boolean): Value {
  const [shown, setShown] = useState(newest);
  const waits = shown !== newest && grows(shown);
  useEffect(() => {
    if (waits) return inTurn(() => setShown(newest));
    setShown(newest);
  }, [newest, waits]);
  return waits ? shown : newest;
}
