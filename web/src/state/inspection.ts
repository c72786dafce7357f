/**
 * One sample under inspection: its decomposition, and what is asked of it. The worker keeps the
 * sample, the page keeps the answers.
 */

import { batch, computed, type Signal, signal } from "@preact/signals";
import { type Engine, expect, inWords } from "../engine/client";
import type { Command } from "../generated/Command";
import type { Event } from "../generated/Event";
import type { Explanation } from "../generated/Explanation";
import type { Kind } from "../generated/Kind";
import type { Matching } from "../generated/Matching";
import type { SampleRanges } from "../generated/SampleRanges";
import type { SampleSolver } from "../generated/SampleSolver";
import type { SampleView } from "../generated/SampleView";

/** An interaction by its name: AND or OR, and its players. */
export interface Named {
  kind: Kind;
  mask: number;
}

export function same(a: Named | undefined, b: Named | undefined): boolean {
  return a?.kind === b?.kind && a?.mask === b?.mask;
}

/** What the next sample is to be looked at with, from an address. */
export interface Wish {
  interaction: Named | undefined;
  /** How many of the strongest interactions are kept. */
  strongest: number | undefined;
  mask: number | undefined;
  /** Hears of what the sample does not have. */
  complain: (words: string) => void;
}

/** Time for which an answer rests before its ranges are asked for, ms. */
const REST = 600;

/** A sample, the engine that answers for it, and whose it is. */
export interface Inspected {
  engine: Engine;
  view: SampleView;
  /** What players are the same in: a run. */
  subject?: string;
}

export class Inspection {
  readonly view: Signal<SampleView | undefined> = signal<SampleView | undefined>(undefined);
  readonly error: Signal<string | undefined> = signal<string | undefined>(undefined);
  readonly busy = signal(false);
  /** How many of the strongest interactions are kept. */
  readonly strongest = signal(0);
  readonly matching: Signal<Matching | undefined> = signal<Matching | undefined>(undefined);
  /** How far other decompositions may lie; they come after the answer. */
  readonly ranges: Signal<SampleRanges | undefined> = signal<SampleRanges | undefined>(undefined);
  /** The mask that is told term by term. */
  readonly mask: Signal<number | undefined> = signal<number | undefined>(undefined);
  readonly explanation: Signal<Explanation | undefined> = signal<Explanation | undefined>(undefined);
  /** The interaction that was clicked, and the one that is pointed at. */
  readonly chosen: Signal<Named | undefined> = signal<Named | undefined>(undefined);
  readonly pointed: Signal<Named | undefined> = signal<Named | undefined>(undefined);

  /** Whether the reader chose an interaction, here or by an address: the strongest one is chosen by itself. */
  private readonly isPicked = signal(false);
  private subject: string | undefined;
  /** What is looked at, where that is not how a look at a sample begins. */
  readonly differing = computed((): Omit<Wish, "complain"> => {
    const view = this.view.value;
    const wished = this.wished.value;
    if (!view || wished) return wished ?? { interaction: undefined, strongest: undefined, mask: undefined };
    const [chosen, strongest] = [this.chosen.value, this.strongest.value];
    return {
      interaction: !this.isPicked.value || same(chosen, view.interactions[0]) ? undefined : chosen,
      strongest: strongest === firstStrongest(view) ? undefined : strongest,
      // A look begins with all players present.
      mask: this.mask.value === 2 ** view.players.length - 1 ? undefined : this.mask.value,
    };
  });

  private readonly wished = signal<Wish | undefined>(undefined);
  private engine: Engine | undefined;
  private turn = 0;

  /** Has the next sample looked at in a certain way. */
  wish(wish: Wish): void {
    const { interaction, strongest, mask } = wish;
    if (interaction ?? strongest ?? mask) this.wished.value = wish;
    else if (mask === 0 || strongest === 0) this.wished.value = wish;
  }

  /** Chooses an interaction as the reader wants, or none. */
  choose(interaction: Named | undefined): void {
    this.chosen.value = interaction;
    this.isPicked.value = interaction !== undefined;
  }

  /** What of a wish a sample can have; the rest is told. */
  private granted(view: SampleView): Omit<Wish, "complain"> & { isPicked: boolean } {
    const wish = this.wished.peek();
    this.wished.value = undefined;
    if (!wish) {
      const [interaction, mask] = [this.chosen.peek(), this.mask.peek()];
      return { interaction, strongest: undefined, mask, isPicked: this.isPicked.peek() };
    }
    const { interaction, strongest, mask, complain } = wish;
    const found = view.interactions.find((other) => same(other, interaction));
    if (interaction && !found)
      complain(`interaction=${interaction.kind}-${interaction.mask}: this sample has none of it`);
    const count = view.interactions.length;
    if (strongest !== undefined && strongest > count) complain(`k=${strongest}: this sample has ${count} interactions`);
    const masks = 2 ** view.players.length;
    if (mask !== undefined && mask >= masks) complain(`mask=${mask}: masks of this sample are 0 to ${masks - 1}`);
    return {
      interaction: found,
      strongest: strongest !== undefined && strongest <= count ? strongest : undefined,
      mask: mask !== undefined && mask < masks ? mask : undefined,
      isPicked: true,
    };
  }

  /** Asks for a sample; of several calls only the last one counts. */
  async inspect(ask: () => Promise<Inspected>): Promise<void> {
    const turn = ++this.turn;
    this.busy.value = true;
    try {
      const { engine, view, subject } = await ask();
      if (turn !== this.turn) return;
      this.engine = engine;
      batch(() => {
        // Players of another run have the same letters only: what was chosen there says nothing here.
        if (subject !== this.subject || view.players.length !== this.view.value?.players.length)
          this.mask.value = this.chosen.value = this.pointed.value = undefined;
        this.subject = subject;
        const wanted = this.granted(view);
        this.view.value = view;
        this.error.value = undefined;
        this.strongest.value = wanted.strongest ?? firstStrongest(view);
        const found = view.interactions.find((other) => same(other, wanted.interaction));
        this.chosen.value = found ?? view.interactions[0];
        this.isPicked.value = found !== undefined && wanted.isPicked;
        this.mask.value = wanted.mask;
        this.matching.value = undefined;
        this.explanation.value = undefined;
        this.ranges.value = undefined;
      });
      await this.keep(this.strongest.value);
      if (this.mask.value !== undefined) await this.explain(this.mask.value);
      if (turn === this.turn) await this.askRanges();
    } catch (error) {
      if (turn === this.turn) this.error.value = inWords(error);
    } finally {
      if (turn === this.turn) this.busy.value = false;
    }
  }

  /** Keeps the strongest interactions and adds them up again on all masks. */
  async keep(strongest: number): Promise<void> {
    this.strongest.value = strongest;
    if (!this.view.value?.outputs) return;
    await this.ask({ type: "matching", strongest }, (answer) => {
      const found = expect(answer, "matching");
      if (found.strongest === this.strongest.value) this.matching.value = found;
    });
  }

  /**
   * Asks how far other decompositions may lie, once the answer rests: while it follows a pen or a
   * cursor there is no time.
   */
  private async askRanges(): Promise<void> {
    const turn = this.turn;
    await new Promise((wait) => setTimeout(wait, REST));
    // The published SGD's end is one point, and has no range.
    if (turn !== this.turn || !this.view.value?.outputs || !this.view.value.is_canonical) return;
    await this.ask({ type: "ranges" }, (answer) => {
      const { type: _, ...ranges } = expect(answer, "ranges");
      this.ranges.value = ranges;
    });
  }

  /** Tells one output term by term. */
  async explain(mask: number): Promise<void> {
    this.mask.value = mask;
    if (!this.view.value?.outputs) return;
    await this.ask({ type: "explain", mask }, (answer) => {
      const found = expect(answer, "explanation");
      if (found.mask === this.mask.value) this.explanation.value = found;
    });
  }

  /** Looks at nothing; answers that are under way are not heard. */
  clear(): void {
    this.turn++;
    batch(() => {
      this.busy.value = false;
      this.view.value =
        this.error.value =
        this.matching.value =
        this.ranges.value =
        this.mask.value =
        this.explanation.value =
          undefined;
    });
  }

  /**
   * Asks about the sample that is shown. While another one is on its way, the worker may be at that
   * already: then the question is dropped.
   */
  private async ask(command: Command, hear: (answer: Event) => void): Promise<void> {
    const [turn, shown] = [this.turn, this.view.value];
    try {
      const answer = await this.engine?.call(command);
      if (answer && turn === this.turn && shown === this.view.value) hear(answer);
    } catch (error) {
      if (turn === this.turn) this.error.value = inWords(error);
    }
  }
}

/** How many interactions are kept at first: the salient ones. */
function firstStrongest(view: SampleView): number {
  const salient = view.interactions.filter((found) => found.salient).length;
  return Math.min(view.interactions.length, Math.max(1, salient));
}

/** Steps of the published SGD, as in the authors' code. */
export const SGD_STEPS = 10_000;

/** The sample of the run under inspection, and by what it is decomposed. */
export const sampleInspection = new Inspection();
export const sampleSolver = signal<SampleSolver>("certified");
