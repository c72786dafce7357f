/**
 * A worker of its own for what takes seconds: descents of the published SGD, and certified answers
 * of many players. A worker cannot be told to stop: work that nobody waits for any longer is given
 * up with its worker.
 */

import { Engine, expect } from "../engine/client";
import type { Run } from "./runs";

interface Descender {
  /** The run that is open there, as far as it was measured. */
  of: string;
  engine: Promise<Engine>;
  /** Descents under way. */
  busy: number;
}

let descender: Descender | undefined;

/** Does `work` in a worker that has the run open; ends what another call is still at. */
export async function descend<Result>(run: Run, work: (engine: Engine) => Promise<Result>): Promise<Result> {
  const of = `${run.name} ${run.view.checkpoints.length}`;
  if (descender && (descender.busy > 0 || descender.of !== of)) giveUp();
  descender ??= { of, engine: opened(run), busy: 0 };
  const mine = descender;
  mine.busy++;
  try {
    return await work(await mine.engine);
  } catch (error) {
    // A worker that failed once is not asked again.
    if (descender === mine) giveUp();
    throw error;
  } finally {
    mine.busy--;
  }
}

/** Ends a descent that nobody waits for. */
export function giveUpDescent(): void {
  if (descender && descender.busy > 0) giveUp();
}

function giveUp(): void {
  const old = descender;
  descender = undefined;
  void old?.engine.then((engine) => engine.end()).catch(() => undefined);
}

async function opened(run: Run): Promise<Engine> {
  const engine = await Engine.start("viewer");
  // The worker takes the bytes as they are: others need them too.
  const bytes = (await run.file()).slice();
  expect(await engine.call({ type: "open", run: run.name, bytes }), "run");
  return engine;
}
