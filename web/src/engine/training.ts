/**
 * A training on this device: one worker trains, others measure its checkpoints meanwhile, one keeps the record and answers for it.
 *
 * Whatever fails, the session goes on from its last state in a new worker; where the GPU fails, on the CPU. What happens is stored as it
 * happens, so that a closed page can go on too.
 */

import { signal, type Signal } from "@preact/signals";
import type { Event } from "../generated/Event";
import type { Experiment } from "../generated/Experiment";
import type { LossRecord } from "../generated/LossRecord";
import type { RunView } from "../generated/RunView";
import { chooseEngine, type Choice, type Wish } from "./choice";
import { Engine, EngineError, expect, inWords } from "./client";
import { mnist } from "./data";
import { Pool } from "./pool";
import { forget, storeCheckpoint, storeSession, storeState, type Stored, type StoredCheckpoint, type StoredSession } from "./storage";

/** Name of the run in the worker that keeps its record. */
const RUN = "live";
/** New workers for a training that ends without a step forward. */
const MOST_RESTARTS = 3;

/** Where a training is. */
export type Phase = "preparing" | "running" | "paused" | "measuring" | "finished" | "failed";

/** What the page shows of a training's progress. */
export interface Progress {
  step: number;
  totalSteps: number;
  epoch: number;
  /** Mean training loss of the last steps, nats. */
  loss: number | undefined;
  stepsPerSecond: number | undefined;
  /** Checkpoints reached, and of these measured. */
  reached: number;
  measured: number;
  checkpoints: number;
}

/** Who hears of a training. */
export interface Listener {
  /** The run has grown. `engine` answers for it under the name in `view`. */
  run(view: RunView, engine: Engine): void;
}

/** A training and all its workers. */
export class Training {
  readonly phase: Signal<Phase> = signal<Phase>("preparing");
  readonly progress: Signal<Progress | undefined> = signal<Progress | undefined>(undefined);
  /** Losses after every epoch so far. */
  readonly losses: Signal<LossRecord[]> = signal<LossRecord[]>([]);
  /** Which engine trains, and why. */
  readonly choice: Signal<Choice | undefined> = signal<Choice | undefined>(undefined);
  /** What the reader should know: the last thing that went wrong, and what was done about it. */
  readonly notice: Signal<string | undefined> = signal<string | undefined>(undefined);
  /** Pause when the second phase has begun. */
  readonly stopAtSecondPhase = signal(false);

  private trainer: Engine | undefined;
  private recorder: Engine | undefined;
  private pool: Pool | undefined;
  private session: StoredSession | undefined;
  private state: { step: number; bytes: Uint8Array } | undefined;
  private readonly checkpoints = new Map<number, StoredCheckpoint>();
  private restarts = 0;
  private wantsToRun = true;
  private ended = false;
  private toldSecondPhase = false;
  /** Records go in one after another. */
  private recording: Promise<unknown> = Promise.resolve();

  constructor(
    readonly experiment: Experiment,
    private readonly wish: Wish,
    private readonly listener: Listener,
  ) {}

  /** Begins from random weights. Never rejects: what fails is told by `phase` and `notice`. */
  async start(): Promise<void> {
    await this.attempt(async () => {
      await forget();
      await this.train();
    });
  }

  /** Shows a stored session, paused where it was. */
  async restore(stored: Stored): Promise<void> {
    await this.attempt(async () => {
      this.session = stored.session;
      this.state = stored.state;
      this.losses.value = stored.state?.losses ?? [];
      this.wantsToRun = false;
      for (const checkpoint of stored.checkpoints) this.checkpoints.set(checkpoint.losses.step, checkpoint);
      await this.beginRecord();
      const measured = stored.checkpoints.filter((checkpoint) => checkpoint.parts);
      for (const losses of this.losses.value) await this.recordLosses(losses);
      for (const [index, checkpoint] of measured.entries()) await this.record(checkpoint, index + 1 < measured.length);
      this.report(this.state?.step ?? 0);
      const missing = stored.checkpoints.filter((checkpoint) => !checkpoint.parts);
      this.phase.value = stored.state?.finished ? (missing.length > 0 ? "measuring" : "finished") : "paused";
      for (const checkpoint of missing) void this.measure(checkpoint);
    });
  }

  /** Lets it go on, for so many steps or to its end. */
  async go(steps: number | null = null): Promise<void> {
    this.notice.value = undefined;
    this.wantsToRun = steps === null;
    if (this.phase.value !== "paused" && this.phase.value !== "failed") return;
    await this.attempt(async () => {
      this.phase.value = "running";
      if (this.trainer) await this.trainer.call({ type: "go", steps });
      else await this.train(steps);
    });
  }

  /** Pauses it. */
  async pause(): Promise<void> {
    this.wantsToRun = false;
    if (this.phase.value === "running") await this.attempt(async () => void (await this.trainer?.call({ type: "pause" })));
  }

  /** Ends all workers. What is stored stays, for the next visit. */
  end(): void {
    this.ended = true;
    for (const engine of [this.trainer, this.recorder]) engine?.end();
    this.pool?.end();
  }

  /** Weights of the newest checkpoint. */
  newestWeights(): Uint8Array | undefined {
    return [...this.checkpoints.values()].at(-1)?.weights;
  }

  /** Makes the trainer fail, for tests of what follows. */
  async fault(kind: "panic" | "gpu"): Promise<void> {
    await this.trainer?.call({ type: "fault", kind }).catch(() => undefined);
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.ended) this.fail(error);
    }
  }

  private fail(error: unknown): void {
    this.notice.value = inWords(error);
    this.phase.value = "failed";
  }

  /** Trains in a new worker: from the last state, or from the beginning. */
  private async train(steps: number | null = null): Promise<void> {
    const data = await mnist();
    this.choice.value ??= await chooseEngine(this.wish, this.experiment, data);
    const { build, device } = this.choice.value;
    if (this.ended) return;
    const trainer = await Engine.start(build, (error) => this.restart(error));
    this.trainer = trainer;
    if (build === "gpu") await trainer.call({ type: "open_gpu" });
    const paused = steps !== null || !this.wantsToRun;
    const command = {
      type: "train" as const,
      experiment: { ...this.experiment, device },
      data,
      state: this.state?.bytes ?? null,
      paused,
    };
    const told = trainer.stream(command, (event) => void this.attempt(() => this.hear(event)));
    told.catch((error: unknown) => {
      // A fault of the whole worker was told already.
      if (error instanceof EngineError && this.trainer === trainer && !this.ended) this.stopped(error);
    });
    if (steps !== null) await trainer.call({ type: "go", steps });
  }

  /** The training itself cannot go on: it diverged, or its input cannot be. */
  private stopped(error: EngineError): void {
    if (error.kind === "gpu" || error.kind === "panic") this.restart(error);
    else this.fail(error);
  }

  /** Goes on from the last state in a new worker, on the CPU where the GPU failed. */
  private restart(error: EngineError): void {
    if (this.ended || !this.trainer) return;
    this.trainer.end();
    this.trainer = undefined;
    if (++this.restarts > MOST_RESTARTS) {
      this.fail(error);
      return;
    }
    const onGpu = this.choice.value?.build === "gpu";
    if (onGpu) this.choice.value = { build: "cpu", device: "cpu", name: "WebAssembly", reason: "the GPU failed" };
    const from = this.session && this.state ? `epoch ${format(this.state.step / this.session.stepsPerEpoch)}` : "the beginning";
    this.notice.value = `${inWords(error)}. The training went on from ${from}${onGpu ? ", on the CPU" : ""}.`;
    void this.attempt(() => this.train());
  }

  private async hear(event: Event): Promise<void> {
    switch (event.type) {
      case "started":
        return this.started(event);
      case "progress":
        this.restarts = 0;
        this.report(event.step, event.epoch, event.loss, event.steps_per_second);
        return;
      case "losses":
        this.losses.value = [...this.losses.value.filter((known) => known.step !== event.losses.step), event.losses];
        return this.recordLosses(event.losses);
      case "checkpoint":
        return this.reached(event);
      case "state":
        this.state = { step: event.step, bytes: event.bytes };
        return this.store(false);
      case "paused":
        this.report(event.step);
        this.phase.value = "paused";
        return;
      case "finished":
        this.phase.value = this.unmeasured() > 0 ? "measuring" : "finished";
        this.progress.value = this.progress.value && { ...this.progress.value, stepsPerSecond: undefined };
        return this.store(true);
      default:
        return;
    }
  }

  private async started(event: Extract<Event, { type: "started" }>): Promise<void> {
    this.phase.value = this.wantsToRun ? "running" : "paused";
    const known = this.session !== undefined;
    this.session ??= {
      experiment: { ...this.experiment, device: this.choice.value?.device ?? "cpu" },
      provenance: event.provenance,
      samples: event.samples,
      pictures: event.pictures,
      totalSteps: event.total_steps,
      stepsPerEpoch: event.steps_per_epoch,
      checkpoints: event.checkpoints,
    };
    this.report(event.step);
    if (known) return;
    // The record begins before the first losses come in.
    const begun = this.beginRecord();
    await this.stored(storeSession(this.session));
    await begun;
  }

  /** A checkpoint was reached: it is stored, then measured, then recorded. */
  private async reached(event: Extract<Event, { type: "checkpoint" }>): Promise<void> {
    // A training that went on from a state comes by checkpoints that were measured before.
    if (this.checkpoints.has(event.losses.step)) return;
    const { losses, sample_losses, weights } = event;
    const checkpoint: StoredCheckpoint = { losses, sample_losses, weights };
    this.checkpoints.set(losses.step, checkpoint);
    await this.stored(storeCheckpoint(checkpoint));
    await this.measure(checkpoint);
  }

  private async measure(checkpoint: StoredCheckpoint): Promise<void> {
    const session = this.session;
    if (!session) return;
    this.pool ??= new Pool();
    checkpoint.parts = await this.pool.measure(session, checkpoint.losses.step, checkpoint.weights);
    await this.stored(storeCheckpoint(checkpoint));
    await this.record(checkpoint, false);
    if (this.unmeasured() === 0 && this.phase.value === "measuring") this.phase.value = "finished";
  }

  private unmeasured(): number {
    return [...this.checkpoints.values()].filter((checkpoint) => !checkpoint.parts).length;
  }

  private beginRecord(): Promise<void> {
    return this.inTurn(async () => {
      const session = this.session;
      if (!session) return;
      this.recorder = await Engine.start("cpu", (error) => this.fail(error));
      const { experiment, provenance, samples, pictures } = session;
      const command = { type: "record" as const, run: RUN, experiment, provenance, samples, pictures };
      this.show(expect(await this.recorder.call(command), "run"));
    });
  }

  private recordLosses(losses: LossRecord): Promise<void> {
    return this.inTurn(async () => void (await this.recorder?.call({ type: "record_losses", run: RUN, losses })));
  }

  private record(stored: StoredCheckpoint, more: boolean): Promise<void> {
    return this.inTurn(async () => {
      const { losses, sample_losses, weights, parts } = stored;
      if (!parts || !this.recorder) return;
      const checkpoint = { losses, sample_losses, weights, parts };
      const answer = await this.recorder.call({ type: "record_checkpoint", run: RUN, checkpoint, more });
      if (answer.type === "run") this.show(answer);
    });
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.recording.then(work);
    this.recording = done.catch(() => undefined);
    return done;
  }

  private show(view: RunView): void {
    if (!this.recorder || this.ended) return;
    this.listener.run(view, this.recorder);
    if (this.progress.value) this.report(this.progress.value.step);
    if (view.second_phase && this.stopAtSecondPhase.value && !this.toldSecondPhase && this.phase.value === "running") {
      this.toldSecondPhase = true;
      void this.pause().then(() => (this.notice.value = "Paused: the second phase has begun. Press Train to go on."));
    }
  }

  private report(step: number, epoch?: number, loss?: number, stepsPerSecond?: number): void {
    const session = this.session;
    if (!session) return;
    const before = this.progress.value;
    this.progress.value = {
      step,
      totalSteps: session.totalSteps,
      epoch: epoch ?? step / session.stepsPerEpoch,
      loss: loss ?? before?.loss,
      stepsPerSecond: stepsPerSecond ?? before?.stepsPerSecond,
      reached: this.checkpoints.size,
      measured: this.checkpoints.size - this.unmeasured(),
      checkpoints: session.checkpoints.length,
    };
  }

  private async store(finished: boolean): Promise<void> {
    if (!this.state) return;
    await this.stored(storeState({ ...this.state, losses: this.losses.value, finished }));
  }

  /** A browser that stores nothing trains all the same; the reader is told. */
  private async stored(writing: Promise<void>): Promise<void> {
    try {
      await writing;
    } catch (error) {
      this.notice.value = `This training cannot be resumed after the page is closed: ${inWords(error)}.`;
    }
  }
}

function format(epoch: number): string {
  return epoch.toLocaleString("en", { maximumFractionDigits: 1 });
}
