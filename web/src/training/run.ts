/**
 * A training on this device: one worker trains, others measure its checkpoints meanwhile, one keeps
 * the record and answers for it.
 *
 * What becomes of it is decided by `reduce`; here its effects are carried out, and what comes of
 * them is told to it. Whatever fails, the session goes on from its last state in a new worker;
 * where the GPU fails, on the CPU. What happens is stored as it happens, so that a closed page can
 * go on too.
 */

import { computed, signal } from "@preact/signals";
import { chooseEngine, type Wish } from "../engine/choice";
import { Engine, EngineError, expect, inWords } from "../engine/client";
import { filesOf } from "../engine/data";
import { newName } from "../engine/names";
import { type Early, Pool, workersHere } from "../engine/pool";
import { preview } from "../engine/preview";
import { recordCheckpoint } from "../engine/recording";
import { StandIn } from "../engine/stand-in";
import {
  type Stored,
  type StoredCheckpoint,
  type StoredSession,
  storeCheckpoint,
  storeSession,
  storeState,
} from "../engine/storage";
import { Writes } from "../engine/writes";
import type { Experiment } from "../generated/Experiment";
import type { LossRecord } from "../generated/LossRecord";
import type { RunView } from "../generated/RunView";
import { hasTwoPhases } from "../state/phases";
import { obstacleToGpu } from "../state/settings";
import { reduce } from "./reduce";
import { type Effect, type Happening, initial, type Problem, progress, type Recorded, type Written } from "./state";

/** Name of the run in the worker that keeps its record. */
const RUN = "live";

/** Who hears of a training. */
export interface Listener {
  /**
   * The run has grown. `record` keeps it and `answers` is asked about its samples, both under the
   * name in `view`.
   */
  run(view: RunView, record: Engine, answers: Engine): void;
}

type Of<Type extends Effect["type"]> = Extract<Effect, { type: Type }>;

/** A training and all its workers. */
export class Training {
  private readonly state;
  readonly phase = computed(() => this.state.value.phase);
  readonly progress = computed(() => progress(this.state.value));
  /** Losses after every epoch so far. */
  readonly losses = computed(() => this.state.value.losses);
  /** Which engine trains, and why. */
  readonly choice = computed(() => this.state.value.choice);
  /** What the reader should know: the last thing that went wrong, and what was done about it. */
  readonly notice = computed(() => this.state.value.notice);
  /** Whether a training that has stopped can go on from its last state. */
  readonly canGoOn = computed(() => this.state.value.canGoOn);

  private trainer: Engine | undefined;
  private recorder: { number: number; engine: Engine } | undefined;
  private pool: Pool | undefined;
  private readonly standIn = new StandIn(() => this.shown && this.show(this.shown.view, this.shown.record));
  /** What was shown last, and the worker that keeps it. */
  private shown: { view: RunView; record: Engine } | undefined;
  private ended = false;
  /** Whether a checkpoint is seen, and whether some samples of the first one were before. */
  private hasShown = false;
  private isPreviewed = false;
  /** Records go in one after another. */
  private recording: Promise<void> = Promise.resolve();
  private readonly writes = new Writes();

  constructor(
    readonly experiment: Experiment,
    wish: Wish,
    private readonly listener: Listener,
  ) {
    this.state = signal(initial(newName(), experiment, wish, workersHere()));
  }

  /** Begins from random weights. What fails is told by `phase` and `notice`. */
  start(): void {
    // The workers that measure load their engine while the training begins.
    this.measurers();
    this.send({ type: "start" });
  }

  /** Shows a stored session, paused where it was. */
  restore(stored: Stored): void {
    this.send({ type: "restore", stored });
  }

  /** Lets it go on, for so many steps or to its end. */
  go(steps: number | null = null): void {
    this.send({ type: "go", steps });
  }

  /** Pauses it. */
  pause(): void {
    this.send({ type: "pause" });
  }

  /** Lets it rest while the tab is hidden, whatever is wanted of it. */
  hold(held: boolean): void {
    this.send({ type: "hold", held });
  }

  /** Whether it is to pause when the second phase has begun. */
  pauseAtSecondPhase(pauses: boolean): void {
    this.send({ type: "pause_at_second_phase", pauses });
  }

  /** Ends all workers. What is stored stays, for the next visit. */
  end(): void {
    this.ended = true;
    for (const engine of [this.trainer, this.recorder?.engine]) engine?.end();
    this.pool?.end();
    this.standIn.end();
  }

  /** Name under which it is stored. */
  get id(): string {
    return this.state.peek().name;
  }

  /** Makes the trainer fail, for tests of what follows. */
  async fault(kind: "panic" | "gpu"): Promise<void> {
    await this.trainer?.call({ type: "fault", kind }).catch(() => undefined);
  }

  private send(happening: Happening): void {
    if (this.ended) return;
    const [state, effects] = reduce(this.state.peek(), { ...happening, now: performance.now() });
    this.state.value = state;
    for (const effect of effects) this.perform(effect);
  }

  private perform(effect: Effect): void {
    switch (effect.type) {
      case "choose":
        void this.choose(effect);
        break;
      case "train":
        void this.train(effect);
        break;
      case "tell":
        this.tell(effect);
        break;
      case "end_trainer":
        this.trainer?.end();
        this.trainer = undefined;
        break;
      case "store_session":
        this.store({ kind: "session" }, () => storeSession(effect.session));
        break;
      case "store_state":
        this.store({ kind: "state" }, () => storeState(effect.name, effect.state));
        break;
      case "store_checkpoint":
        this.store(named(effect.checkpoint), () => storeCheckpoint(effect.name, effect.checkpoint));
        break;
      case "measure":
        void this.measure(effect);
        break;
      case "begin_record":
        this.record(effect.recorder, { kind: "beginning" }, () => this.beginRecord(effect));
        break;
      case "record_losses":
        this.record(effect.recorder, { kind: "losses" }, () => this.recordLosses(effect.recorder, effect.losses));
        break;
      case "record_checkpoint":
        this.record(effect.recorder, named(effect.checkpoint), () => this.recordCheckpoint(effect));
        break;
      case "compare":
        this.record(effect.recorder, { kind: "comparison" }, () => this.compare(effect.recorder));
        break;
    }
  }

  private async choose({ trainer, wish, experiment }: Of<"choose">): Promise<void> {
    try {
      const choice = await chooseEngine(
        wish,
        experiment,
        obstacleToGpu(experiment),
        await filesOf(experiment.training.data),
      );
      this.send({ type: "chosen", trainer, choice });
    } catch (error) {
      this.send({ type: "trainer_failed", trainer, problem: problemOf(error) });
    }
  }

  private async train(effect: Of<"train">): Promise<void> {
    const { trainer, choice, experiment, state } = effect;
    const lost = (error: unknown): void => this.send({ type: "trainer_lost", trainer, problem: problemOf(error) });
    try {
      const data = await filesOf(experiment.training.data);
      const engine = await this.engine(() => Engine.start(choice.build, lost));
      // It may have been replaced while it was on its way.
      if (this.state.peek().trainer?.id !== trainer) return engine.end();
      this.trainer = engine;
      if (choice.build === "gpu") await engine.call({ type: "open_gpu" }).catch(lost);
      // It is told what is wanted once it has started.
      const command = { type: "train", experiment, place: choice.place, data, state, paused: true } as const;
      const isDue = (): boolean => ["preparing", "running"].includes(this.phase.peek());
      await engine.stream(command, (event) => this.send({ type: "told", trainer, event }), isDue);
    } catch (error) {
      const isLost = error instanceof EngineError && (error.kind === "gpu" || error.kind === "panic");
      if (isLost) lost(error);
      else this.send({ type: "trainer_failed", trainer, problem: problemOf(error) });
    }
  }

  private tell({ trainer, command }: Of<"tell">): void {
    this.trainer?.call(command).catch((error: unknown) => {
      this.send({ type: "trainer_failed", trainer, problem: problemOf(error) });
    });
  }

  /** A worker with an engine; none for a training that was ended meanwhile. */
  private async engine(start: () => Promise<Engine>): Promise<Engine> {
    const engine = await start();
    if (this.ended) {
      engine.end();
      throw new EngineError("input", "the training was ended");
    }
    return engine;
  }

  private store(what: Written, write: () => Promise<void>): void {
    const name = what.kind === "checkpoint" ? `checkpoint ${what.step}` : what.kind;
    const kept = (): Promise<void> => (this.ended ? Promise.resolve() : write());
    this.writes.add(name, kept, (error) => {
      this.send({ type: "written", what, problem: error === undefined ? undefined : problemOf(error) });
    });
  }

  private async measure({ session, step, weights }: Of<"measure">): Promise<void> {
    if (this.ended) return;
    try {
      const parts = await this.measurers().measure(session, step, weights, this.early(session, step));
      this.send({ type: "measured", step, parts });
    } catch (error) {
      this.send({ type: "unmeasurable", step, problem: problemOf(error) });
    }
  }

  private measurers(): Pool {
    this.pool ??= new Pool((error) => this.send({ type: "measurer_lost", problem: problemOf(error) }));
    return this.pool;
  }

  /** Shows the first samples of the first checkpoint while the others are being measured. */
  private early(session: StoredSession, step: number): Early | undefined {
    const checkpoint = this.state.peek().checkpoints.get(step);
    if (this.hasShown || this.isPreviewed || !checkpoint) return undefined;
    this.isPreviewed = true;
    return async (engine, bench, part) => {
      const view = await preview(RUN, session, { ...checkpoint, parts: [part] }, bench, engine);
      if (view && !this.ended && !this.hasShown) this.listener.run(view, engine, engine);
    };
  }

  private record(recorder: number, what: Recorded, work: () => Promise<void>): void {
    this.recording = this.recording.then(work).catch((error: unknown) => {
      this.send({ type: "not_recorded", recorder, what, problem: problemOf(error) });
    });
  }

  /** Begins the record in a new worker. */
  private async beginRecord({ recorder, session, losses, checkpoints }: Of<"begin_record">): Promise<void> {
    const lost = (error: unknown): void => this.send({ type: "recorder_lost", recorder, problem: problemOf(error) });
    const engine = await this.engine(() => Engine.start("cpu", lost));
    this.recorder = { number: recorder, engine };
    const { experiment, provenance, classes, bench } = session;
    const command = { type: "record", run: RUN, of: { experiment, provenance, classes }, bench } as const;
    let secondPhase = this.show(expect(await engine.call(command), "run"), engine);
    for (const at of losses) await this.recordLosses(recorder, at);
    for (const [index, checkpoint] of checkpoints.entries()) {
      secondPhase = await this.recordOne(recorder, checkpoint, index + 1 < checkpoints.length);
    }
    const steps = checkpoints.map((checkpoint) => checkpoint.losses.step);
    this.send({ type: "record_begun", recorder, steps, secondPhase });
  }

  private async recordLosses(recorder: number, losses: LossRecord): Promise<void> {
    await this.recorderOf(recorder).call({ type: "record_losses", run: RUN, losses });
  }

  private async recordCheckpoint({ recorder, checkpoint }: Of<"record_checkpoint">): Promise<void> {
    const secondPhase = await this.recordOne(recorder, checkpoint, false);
    this.send({ type: "recorded", recorder, step: checkpoint.losses.step, secondPhase });
  }

  private async compare(recorder: number): Promise<void> {
    const engine = this.recorderOf(recorder);
    // Where no viewer can be had, questions wait.
    const seen = await this.standIn.open(RUN, engine).catch(() => undefined);
    if (seen) this.show(seen, engine);
    const answer = await engine.call({ type: "record_comparison", run: RUN });
    if (answer.type === "run") this.show(answer, engine);
    this.send({ type: "compared", recorder, wasLeft: answer.type === "run" });
  }

  /** Whether the second phase has begun, as far as it was looked at. */
  private async recordOne(recorder: number, stored: StoredCheckpoint, more: boolean): Promise<boolean> {
    if (!stored.parts) return false;
    const engine = this.recorderOf(recorder);
    const answer = await recordCheckpoint(engine, RUN, stored, more);
    return answer.type === "run" && this.show(answer, engine);
  }

  private recorderOf(number: number): Engine {
    if (this.recorder?.number !== number) throw new EngineError("input", "nothing keeps the record");
    return this.recorder.engine;
  }

  private show(view: RunView, engine: Engine): boolean {
    this.shown = { view, record: engine };
    this.hasShown ||= view.checkpoints.length > 0;
    if (!this.ended) this.listener.run(view, engine, this.standIn.engine ?? engine);
    return hasTwoPhases(view);
  }
}

function named({ losses }: StoredCheckpoint): { kind: "checkpoint"; step: number } {
  return { kind: "checkpoint", step: losses.step };
}

function problemOf(error: unknown): Problem {
  return { kind: error instanceof EngineError ? error.kind : "input", words: inWords(error) };
}
