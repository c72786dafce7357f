/** Workers that measure checkpoints: as many as there are cores beside the one that trains. */

import type { Bench } from "../generated/Bench";
import type { Experiment } from "../generated/Experiment";
import type { MeasuredPart } from "../generated/MeasuredPart";
import { split } from "./bench";
import { Engine, EngineError, expect } from "./client";

/** More workers would cost memory that phones do not have. */
const MOST_WORKERS = 8;
/** Starts of a worker in a row that may fail. */
const MOST_STARTS = 3;

/** What is measured. */
export interface Subject {
  experiment: Experiment;
  bench: Bench;
}

interface Job {
  run(engine: Engine): Promise<void>;
  fail(error: unknown): void;
  /** How often a worker ended over it. */
  attempts: number;
}

/** Workers that this device has cores for. */
export function workersHere(): number {
  return Math.min(MOST_WORKERS, Math.max(1, navigator.hardwareConcurrency - 1));
}

/** What is done with the first part as soon as it is there, in the worker that measured it. */
export type Early = (engine: Engine, bench: Bench, part: MeasuredPart) => Promise<void>;

/** A queue of jobs, and the workers that take from it. */
export class Pool {
  private readonly jobs: Job[] = [];
  private readonly engines = new Set<Engine>();
  /** Why no worker can be had, or that the pool was ended. */
  private fault: unknown;

  /** `onLost` hears of a worker that ended, and whose work another one does again. */
  constructor(
    private readonly onLost: (error: unknown) => void,
    private workers = workersHere(),
  ) {
    for (let index = workers; index > 0; index--) void this.work();
  }

  /** Measures all samples at one checkpoint; parts come in the samples' order. */
  measure(subject: Subject, step: number, weights: Uint8Array, early?: Early): Promise<MeasuredPart[]> {
    const { experiment, bench } = subject;
    const parts = split(bench).map((samples, index) => {
      const command = { type: "measure", experiment, step, weights, bench: samples } as const;
      return this.enqueue(async (engine) => {
        const { part } = expect(await engine.call(command), "measured");
        if (index === 0) await early?.(engine, samples, part);
        return part;
      });
    });
    return Promise.all(parts);
  }

  /** Ends all workers; what waits is forgotten. */
  end(): void {
    this.abandon(new EngineError("input", "the training was ended"));
    for (const wake of this.wake.splice(0)) wake();
    for (const engine of this.engines) engine.end();
  }

  private wake: (() => void)[] = [];

  private enqueue<Result>(work: (engine: Engine) => Promise<Result>): Promise<Result> {
    if (this.fault !== undefined) return Promise.reject(this.fault);
    return new Promise((resolve, reject) => {
      this.jobs.push({ attempts: 0, fail: reject, run: async (engine) => resolve(await work(engine)) });
      this.wake.shift()?.();
    });
  }

  /** One worker's life: jobs until the pool ends, in a new worker where the old one failed. */
  private async work(): Promise<void> {
    for (let failed = 0; this.fault === undefined; ) {
      const engine = await Engine.start("cpu").catch((error: unknown) => this.notStarted(error, ++failed));
      if (engine === "never") return;
      if (engine === "again") continue;
      failed = 0;
      this.engines.add(engine);
      while (this.fault === undefined && (await this.takeJob(engine)));
      this.engines.delete(engine);
      engine.end();
    }
  }

  /** Whether another start is worth trying. Where no worker is left, nothing waits for one any longer. */
  private notStarted(error: unknown, failed: number): "again" | "never" {
    if (failed < MOST_STARTS) {
      this.onLost(error);
      return "again";
    }
    this.workers--;
    if (this.workers === 0) this.abandon(error);
    // What it was woken for is another one's.
    this.wake.shift()?.();
    return "never";
  }

  private abandon(error: unknown): void {
    this.fault ??= error;
    for (const job of this.jobs.splice(0)) job.fail(error);
  }

  /** Whether the worker can go on. */
  private async takeJob(engine: Engine): Promise<boolean> {
    if (engine.isLost) return false;
    const job = this.jobs.shift();
    if (!job) {
      await new Promise<void>((resolve) => this.wake.push(resolve));
      return this.fault === undefined;
    }
    try {
      await job.run(engine);
      return true;
    } catch (error) {
      const isLost = error instanceof EngineError && error.kind === "panic";
      if (isLost && job.attempts++ === 0) {
        this.jobs.unshift(job);
        this.onLost(error);
      } else job.fail(error);
      return !isLost;
    }
  }
}
