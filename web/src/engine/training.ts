/**
 * A training on this device: one worker trains, others measure its checkpoints meanwhile, one keeps
 * the record and answers for it.
 *
 * Whatever fails, the session goes on from its last state in a new worker; where the GPU fails, on
 * the CPU. What happens is stored as it happens, so that a closed page can go on too.
 */

import { type Signal, signal } from "@preact/signals";
import type { Event } from "../generated/Event";
import type { Experiment } from "../generated/Experiment";
import type { LossRecord } from "../generated/LossRecord";
import type { RunView } from "../generated/RunView";
import { type Choice, chooseEngine, type Wish } from "./choice";
import { Engine, EngineError, expect, inWords } from "./client";
import { mnist } from "./data";
import type { Build } from "./manifest";
import { Pool } from "./pool";
import {
  FORMAT,
  type Stored,
  type StoredCheckpoint,
  type StoredSession,
  storeCheckpoint,
  storeSession,
  storeState,
} from "./storage";

/** Name of the run in the worker that keeps its record. */
const RUN = "live";
/** New workers for a training that ends without a step forward. */
const MOST_RESTARTS = 3;

/** Where a training is. */
export type Phase = "preparing" | "running" | "paused" | "measuring" | "finished" | "failed";

/** What a training is to do: rest, go to its end, or go on up to a step. */
type Wanted = "rest" | "everything" | { upTo: number };

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
  /**
   * Whether a training that has stopped can go on from its last state: not one that has diverged.
   */
  readonly canGoOn = signal(true);
  /** Pause when the second phase has begun. */
  readonly stopAtSecondPhase = signal(false);

  private trainer: Engine | undefined;
  private recorder: Engine | undefined;
  private pool: Pool | undefined;
  private session: StoredSession | undefined;
  private state: { step: number; bytes: Uint8Array } | undefined;
  private readonly checkpoints = new Map<number, StoredCheckpoint>();
  /** Steps of checkpoints that could not be measured. */
  private readonly unmeasurable = new Set<number>();
  private wanted: Wanted = "everything";
  /** Whether the tab is hidden: then it rests, whatever is wanted. */
  private held = false;
  /** Whether the trainer listens to what is wanted. */
  private listens = false;
  private step = 0;
  private furthest = 0;
  private restarts = 0;
  private ended = false;
  private toldSecondPhase = false;
  /** Wall time of training, in seconds, and when it was last looked at. */
  private trainSeconds = 0;
  private lookedAt = 0;
  /** Records go in one after another. */
  private recording: Promise<unknown> = Promise.resolve();
  /** What is stored is stored in order: the session first. */
  private storing: Promise<void> = Promise.resolve();

  constructor(
    readonly experiment: Experiment,
    private readonly wish: Wish,
    private readonly listener: Listener,
  ) {}

  /** Begins from random weights. Never rejects: what fails is told by `phase` and `notice`. */
  start(): Promise<void> {
    return this.attempt(() => this.train());
  }

  /** Shows a stored session, paused where it was. */
  restore(stored: Stored): Promise<void> {
    return this.attempt(async () => {
      this.session = stored.session;
      this.state = stored.state;
      this.step = this.furthest = stored.state?.step ?? 0;
      this.losses.value = stored.state?.losses ?? [];
      this.wanted = "rest";
      for (const checkpoint of stored.checkpoints) this.checkpoints.set(checkpoint.losses.step, checkpoint);
      this.trainSeconds = stored.checkpoints.at(-1)?.train_seconds ?? 0;
      await this.inTurn(() => this.beginRecord());
      this.report();
      this.phase.value = stored.state?.finished ? this.afterTraining() : "paused";
      for (const checkpoint of stored.checkpoints) if (!checkpoint.parts) void this.measure(checkpoint);
    });
  }

  /** Lets it go on, for so many steps or to its end. */
  async go(steps: number | null = null): Promise<void> {
    if (this.phase.value !== "paused" && this.phase.value !== "failed") return;
    this.notice.value = undefined;
    this.wanted = steps === null ? "everything" : { upTo: this.step + steps };
    this.phase.value = this.trainer ? "running" : "preparing";
    await this.attempt(() => (this.trainer ? this.obey() : this.train()));
  }

  /** Pauses it. */
  async pause(): Promise<void> {
    this.wanted = "rest";
    await this.attempt(() => this.obey());
  }

  /** Lets it rest while the tab is hidden, whatever is wanted of it. */
  async hold(held: boolean): Promise<void> {
    this.held = held;
    if (this.phase.value === "paused" && !this.rests()) this.phase.value = "running";
    await this.attempt(() => this.obey());
  }

  /** Ends all workers. What is stored stays, for the next visit. */
  end(): void {
    this.ended = true;
    for (const engine of [this.trainer, this.recorder]) engine?.end();
    this.pool?.end();
  }

  /** Name under which it is stored. */
  get id(): string | undefined {
    return this.session?.id;
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
    this.notice.value = `${inWords(error)}.`.replace(/\.\.$/, ".");
    this.canGoOn.value = this.state !== undefined && !(error instanceof EngineError && error.kind === "diverged");
    this.dropTrainer();
    this.phase.value = "failed";
  }

  private dropTrainer(): void {
    this.trainer?.end();
    this.trainer = undefined;
    this.listens = false;
  }

  /** A worker with an engine; none for a training that was ended meanwhile. */
  private async engine(
    build: Build,
    onFault: (error: EngineError, engine: () => Engine | undefined) => void,
  ): Promise<Engine> {
    let engine: Engine | undefined;
    engine = await Engine.start(build, (error) => onFault(error, () => engine));
    if (this.ended) {
      engine.end();
      throw new EngineError("input", "the training was ended");
    }
    return engine;
  }

  /** Trains in a new worker: from the last state, or from the beginning. */
  private async train(): Promise<void> {
    const data = await mnist();
    this.choice.value ??= await chooseEngine(this.wish, this.experiment, data);
    const { build, device } = this.choice.value;
    const trainer = await this.engine(build, (error, engine) => this.restart(error, engine()));
    this.trainer = trainer;
    try {
      if (build === "gpu") await trainer.call({ type: "open_gpu" });
    } catch (error) {
      this.restart(error as EngineError, trainer);
      return;
    }
    const command = {
      type: "train" as const,
      experiment: { ...this.experiment, device },
      data,
      state: this.state?.bytes ?? null,
      // It is told what is wanted once it has started.
      paused: true,
    };
    const told = trainer.stream(command, (event) => void this.attempt(() => this.hear(event)));
    told.catch((error: EngineError) => {
      if (this.trainer !== trainer || this.ended) return;
      if (error.kind === "gpu" || error.kind === "panic") this.restart(error, trainer);
      else this.fail(error);
    });
  }

  /** Goes on from the last state in a new worker, on the CPU where the GPU failed. */
  private restart(error: EngineError, trainer: Engine | undefined): void {
    // One failure may be told in several ways: the first one counts.
    if (this.ended || (trainer && this.trainer !== trainer)) return;
    this.dropTrainer();
    if (++this.restarts > MOST_RESTARTS) {
      this.fail(error);
      return;
    }
    const onGpu = this.choice.value?.build === "gpu";
    if (onGpu) this.choice.value = { build: "cpu", device: "cpu", name: "WebAssembly", reason: "the GPU failed" };
    this.step = this.state?.step ?? 0;
    const from =
      this.session && this.state ? `epoch ${format(this.state.step / this.session.stepsPerEpoch)}` : "the beginning";
    this.notice.value = `${inWords(error)}. The training went on from ${from}${onGpu ? ", on the CPU" : ""}.`;
    void this.attempt(() => this.train());
  }

  /** Whether it is to rest at the present step. */
  private rests(): boolean {
    if (this.held || this.wanted === "rest") return true;
    return this.wanted !== "everything" && this.step >= this.wanted.upTo;
  }

  /** Tells the trainer what is wanted, as soon as it listens. */
  private async obey(): Promise<void> {
    if (!this.trainer || !this.listens) return;
    this.lookedAt = performance.now();
    if (this.rests()) await this.trainer.call({ type: "pause" });
    else
      await this.trainer.call({
        type: "go",
        steps: typeof this.wanted === "object" ? this.wanted.upTo - this.step : null,
      });
  }

  private async hear(event: Event): Promise<void> {
    if (this.ended) return;
    switch (event.type) {
      case "started":
        return this.started(event);
      case "progress":
        return this.progressed(event);
      case "losses":
        return this.evaluated(event.losses);
      case "checkpoint":
        return this.reached(event);
      case "state":
        this.state = { step: event.step, bytes: event.bytes };
        return this.store(false);
      case "paused":
        this.step = event.step;
        this.report();
        // Once it says that it rests, the page may be closed.
        await this.storing;
        if (!this.ended && this.rests()) this.phase.value = "paused";
        return;
      case "finished":
        this.phase.value = this.afterTraining();
        this.step = this.session?.totalSteps ?? this.step;
        this.report();
        this.progress.value = this.progress.value && { ...this.progress.value, stepsPerSecond: undefined };
        return this.store(true);
      default:
        return;
    }
  }

  private progressed(event: Extract<Event, { type: "progress" }>): void {
    const now = performance.now();
    this.trainSeconds += (now - this.lookedAt) / 1000;
    this.lookedAt = now;
    this.step = event.step;
    // Steps done again after a failure are no progress: a failure that comes back at the same step
    // ends the training.
    if (event.step > this.furthest) [this.furthest, this.restarts] = [event.step, 0];
    if (!this.rests() && this.phase.value !== "running") this.phase.value = "running";
    this.report(event.epoch, event.loss, event.steps_per_second);
  }

  private evaluated(losses: LossRecord): Promise<void> {
    const others = this.losses.value.filter((known) => known.step !== losses.step);
    this.losses.value = [...others, losses].sort((a, b) => a.step - b.step);
    return this.inTurn(() => this.recordLosses(losses));
  }

  private async started(event: Extract<Event, { type: "started" }>): Promise<void> {
    const known = this.session !== undefined;
    this.session ??= {
      // Unlike a UUID, this is to be had on servers without encryption too.
      id: crypto.getRandomValues(new Uint32Array(4)).join("-"),
      format: FORMAT,
      experiment: { ...this.experiment, device: this.choice.value?.device ?? "cpu" },
      provenance: event.provenance,
      samples: event.samples,
      pictures: event.pictures,
      totalSteps: event.total_steps,
      stepsPerEpoch: event.steps_per_epoch,
      checkpoints: event.checkpoints,
    };
    const session = this.session;
    this.step = event.step;
    this.listens = true;
    this.report();
    // The session is stored before anything of it, and the record begins before the first losses
    // come in.
    const begun = known ? [] : [this.stored(() => storeSession(session)), this.inTurn(() => this.beginRecord())];
    await this.obey();
    await Promise.all(begun);
  }

  /** A checkpoint was reached: it is stored, then measured, then recorded. */
  private async reached(event: Extract<Event, { type: "checkpoint" }>): Promise<void> {
    const session = this.session;
    // A training that went on from a state comes by checkpoints that were measured before.
    if (!session || this.checkpoints.has(event.losses.step)) return;
    const { losses, sample_losses, weights } = event;
    const checkpoint: StoredCheckpoint = { losses, sample_losses, weights, train_seconds: this.trainSeconds };
    this.checkpoints.set(losses.step, checkpoint);
    await this.stored(() => storeCheckpoint(session.id, checkpoint));
    await this.measure(checkpoint);
  }

  /** Measures and records a checkpoint. One that cannot be measured is told, and left out. */
  private async measure(checkpoint: StoredCheckpoint): Promise<void> {
    const session = this.session;
    if (!session || this.ended) return;
    try {
      this.pool ??= new Pool();
      checkpoint.parts = await this.pool.measure(session, checkpoint.losses.step, checkpoint.weights);
      await this.stored(() => storeCheckpoint(session.id, checkpoint));
      await this.inTurn(() => this.record(checkpoint, false));
    } catch (error) {
      if (this.ended) return;
      this.unmeasurable.add(checkpoint.losses.step);
      this.notice.value = `The checkpoint at epoch ${format(checkpoint.losses.epoch)} could not be measured: ${inWords(error)}.`;
    }
    this.report();
    if (this.phase.value === "measuring") this.phase.value = this.afterTraining();
    if (this.phase.value === "finished" && this.stopAtSecondPhase.value && !this.toldSecondPhase) {
      this.notice.value =
        "It did not pause: at no checkpoint had the mean order risen from its minimum by more than both intervals. More samples or more epochs may show it.";
    }
  }

  /** The phase behind the last step. */
  private afterTraining(): Phase {
    return this.unmeasured() > 0 ? "measuring" : "finished";
  }

  private unmeasured(): number {
    return [...this.checkpoints.values()].filter(({ parts, losses }) => !parts && !this.unmeasurable.has(losses.step))
      .length;
  }

  /** Begins the record in a new worker, with all that was measured so far. */
  private async beginRecord(): Promise<void> {
    const session = this.session;
    if (!session) return;
    this.recorder = await this.engine("cpu", (error) => this.recorderFailed(error));
    const { experiment, provenance, samples, pictures } = session;
    const command = { type: "record" as const, run: RUN, experiment, provenance, samples, pictures };
    this.show(expect(await this.recorder.call(command), "run"));
    for (const losses of this.losses.value) await this.recordLosses(losses);
    const measured = [...this.checkpoints.values()].filter(({ parts }) => parts);
    for (const [index, checkpoint] of measured.entries()) await this.record(checkpoint, index + 1 < measured.length);
  }

  private recorderFailed(error: EngineError): void {
    if (this.ended || ++this.restarts > MOST_RESTARTS) return;
    this.notice.value = `${inWords(error)}. The record was begun again.`;
    void this.attempt(() => this.inTurn(() => this.beginRecord()));
  }

  private async recordLosses(losses: LossRecord): Promise<void> {
    await this.recorder?.call({ type: "record_losses", run: RUN, losses });
  }

  private async record(stored: StoredCheckpoint, more: boolean): Promise<void> {
    const { losses, sample_losses, weights, parts, train_seconds } = stored;
    if (!parts || !this.recorder) return;
    const checkpoint = { losses, sample_losses, weights, parts, train_seconds };
    const answer = await this.recorder.call({ type: "record_checkpoint", run: RUN, checkpoint, more });
    if (answer.type === "run") this.show(answer);
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.recording.then(work);
    this.recording = done.catch(() => undefined);
    return done;
  }

  private show(view: RunView): void {
    if (!this.recorder || this.ended) return;
    this.listener.run(view, this.recorder);
    this.report();
    if (view.second_phase && this.stopAtSecondPhase.value && !this.toldSecondPhase && !this.rests()) {
      this.toldSecondPhase = true;
      void this.pause().then(() => (this.notice.value = "Paused: the second phase has begun."));
    }
  }

  private report(epoch?: number, loss?: number, stepsPerSecond?: number): void {
    const session = this.session;
    if (!session) return;
    const before = this.progress.value;
    this.progress.value = {
      step: this.step,
      totalSteps: session.totalSteps,
      epoch: epoch ?? this.step / session.stepsPerEpoch,
      loss: loss ?? before?.loss,
      stepsPerSecond: stepsPerSecond ?? before?.stepsPerSecond,
      reached: this.checkpoints.size,
      measured: [...this.checkpoints.values()].filter(({ parts }) => parts).length,
      checkpoints: session.checkpoints.length,
    };
  }

  private async store(finished: boolean): Promise<void> {
    const [state, session, losses] = [this.state, this.session, this.losses.value];
    if (state && session) await this.stored(() => storeState(session.id, { ...state, losses, finished }));
  }

  /**
   * Stores one thing after another. A browser that stores nothing trains all the same; the reader
   * is told.
   */
  private stored(write: () => Promise<void>): Promise<void> {
    this.storing = this.storing.then(async () => {
      if (this.ended) return;
      try {
        await write();
      } catch (error) {
        this.notice.value ??= `This training cannot be resumed after the page is closed: ${inWords(error)}.`;
      }
    });
    return this.storing;
  }
}

function format(epoch: number): string {
  return epoch.toLocaleString("en", { maximumFractionDigits: 1 });
}
