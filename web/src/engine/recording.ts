/** A measured checkpoint on its way into a record. */

import type { Event } from "../generated/Event";
import type { Engine } from "./client";
import type { StoredCheckpoint } from "./storage";

/**
 * Hands a checkpoint's parts over, each in a task of its own, and has the checkpoint added to the record of `run`.
 * `more` tells that others follow at once.
 */
export async function recordCheckpoint(
  engine: Engine,
  run: string,
  { parts = [], ...checkpoint }: StoredCheckpoint,
  more: boolean,
): Promise<Event> {
  const { step } = checkpoint.losses;
  for (const [index, part] of parts.entries()) await engine.call({ type: "record_part", run, step, index, part });
  return engine.call({ type: "record_checkpoint", run, checkpoint, more });
}
