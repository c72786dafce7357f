/**
 * A viewer that answers for a run while the worker that keeps its record is busy for long. It has
 * the samples as they were measured, and these stay as they are.
 */

import type { RunView } from "../generated/RunView";
import { Engine, expect } from "./client";

export class StandIn {
  private viewer: Engine | undefined;
  private ended = false;

  /** `onLost` hears of its end. */
  constructor(private readonly onLost: () => void) {}

  /** The viewer, where it is there. */
  get engine(): Engine | undefined {
    return this.viewer;
  }

  /** Opens the run as the record has it; nothing where it is open already. */
  async open(run: string, record: Engine): Promise<RunView | undefined> {
    if (this.viewer) return undefined;
    const { bytes } = expect(await record.call({ type: "pack", run }), "file");
    const viewer = await Engine.start("viewer", () => {
      this.viewer = undefined;
      this.onLost();
    });
    if (this.ended) viewer.end();
    const view = expect(await viewer.call({ type: "open", run, bytes }), "run");
    this.viewer = viewer;
    return view;
  }

  /** Ends it. */
  end(): void {
    this.ended = true;
    this.viewer?.end();
  }
}
