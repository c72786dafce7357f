/**
 * The first samples of the first checkpoint as a run of their own: seen within seconds, while the
 * other samples are being measured.
 */

import type { Bench } from "../generated/Bench";
import type { RunView } from "../generated/RunView";
import { type Engine, expect } from "./client";
import { recordCheckpoint } from "./recording";
import type { StoredCheckpoint, StoredSession } from "./storage";

/** Asks a worker for the run with these samples only; nothing where it holds other samples than test samples. */
export async function preview(
  run: string,
  { experiment, provenance, classes }: StoredSession,
  checkpoint: StoredCheckpoint,
  bench: Bench,
  engine: Engine,
): Promise<RunView | undefined> {
  const samples = bench.samples.length;
  if (!checkpoint.parts || samples >= experiment.measurement.samples) return undefined;
  const measurement = { ...experiment.measurement, samples, train_samples: 0, mislabelled_samples: 0 };
  const of = { experiment: { ...experiment, measurement }, provenance, classes };
  await engine.call({ type: "record", run, of, bench });
  return expect(await recordCheckpoint(engine, run, checkpoint, false), "run");
}
