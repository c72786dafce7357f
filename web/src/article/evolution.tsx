/**
 * The main figure: how the strength of interactions by order moves while a network trains, by both ways to
 * find them; one cursor in time drives every figure.
 */

import { computed, signal, useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { CourseDrawing, courseSigns, LossDrawing, lossSigns } from "../figure/course";
import { Figure } from "../figure/frame";
import { Signs } from "../figure/legend";
import { atEpoch, epochs, number, typeset, when } from "../figure/numbers";
import { interval } from "../figure/rows";
import type { Row } from "../figure/save";
import { extentOf, StrengthBars, type Unit } from "../figure/strength";
import type { Bars } from "../generated/Bars";
import type { Losses } from "../generated/Losses";
import type { LossRecord } from "../generated/LossRecord";
import type { RunView } from "../generated/RunView";
import { barsOf, decidingCourse, twoPhases } from "../state/figures";
import { current, cursor, look, nearest, runs } from "../state/runs";
import { training } from "../state/session";
import { PauseIcon, PlayIcon } from "./icons";
import { OpenButton, RunMenu } from "./open";
import { replay, stillPair, stop, toggle } from "./replay";
import { type Chapter, chapterAt, chaptersOf, hasLearnt, marksOf, storyOf, untold } from "./story";
import { useInTurn } from "./turns";
import { inPageWords, several } from "./wording";

/** What bars are of, and whether those of all checkpoints have one scale. */
const unit = signal<Unit>("nats");
const isLocked = signal(false);

export function Evolution() {
  const run = current.value;
  const view = run?.view;
  return (
    <section class={`evolution${run ? "" : " waiting"}`} aria-labelledby="evolution" aria-busy={!run}>
      <h2 id="evolution" class="hidden">
        How interactions evolve
      </h2>
      <RunTabs />
      {run && view && (
        <Figure
          name={`spindle-${run.name.replace(/\W+/g, "-")}`}
          title={<Title view={view} />}
          caption={<Caption view={view} />}
          more={moreOf(view)}
          rows={() => rows(view)}
        >
          {view.checkpoints.length > 0 ? <Panels view={view} live={run.live} /> : <Early live={run.live} />}
        </Figure>
      )}
    </section>
  );
}

function waiting(view: RunView): string {
  return `Interactions of ${view.samples.length} samples are being measured; the first checkpoint, before training, appears in a few seconds.`;
}

/** What is always read: the figure's colours, its unit and its marks, and what it does not tell. */
function Caption({ view }: { view: RunView }) {
  const { marks = [] } = decidingCourse(view)?.kind ?? {};
  const drawn = new Set([...marks, ...marksOf(view)].map(({ kind }) => kind));
  if (!twoPhases(view)) return <>{waiting(view)}</>;
  return (
    <>
      <b class="for">Blue</b> speaks for the label, <b class="against">orange</b> against it; one <b>nat</b> more makes
      its odds 2.72 times as large.
      {drawn.has("boundary") && (
        <>
          {" "}
          <b>Boundary:</b> high orders no longer fall, but rise.
        </>
      )}
      {drawn.has("gap_onset") && (
        <>
          {" "}
          <b>Gap opens:</b> test loss leaves training loss.
        </>
      )}{" "}
      <b>Not seen here:</b> other seeds, other players, and what causes what.
    </>
  );
}

/** Numbers of a figure in sentences: what is seen, how it is to be read, and what to beware of. */
function moreOf(view: RunView) {
  const caption = twoPhases(view)?.caption;
  if (caption === undefined) return undefined;
  const { length: warnings } = view.warnings;
  const parts = [
    "its numbers",
    "how to read them",
    ...(warnings > 0 ? [warnings === 1 ? "1 warning" : `${warnings} warnings`] : []),
  ];
  return { opener: `More about this figure: ${several(parts)}`, words: <Sentences view={view} caption={caption} /> };
}

function Sentences({ view, caption }: { view: RunView; caption: string }) {
  const sentences = typeset(caption).split(/(?<=\.)\s+(?=[A-Z])/);
  const isReading = (sentence: string): boolean => /^(Bars:|In brackets:|Both hold)/.test(sentence);
  // A network that learnt nothing has losses that wander: a gap of theirs is none.
  const isNoGap = (sentence: string): boolean => sentence.startsWith("The loss gap opens") && !hasLearnt(view);
  const seen = sentences.filter((sentence) => !isReading(sentence) && !isNoGap(sentence));
  return (
    <>
      <p>{seen.join(" ")}</p>
      <p>
        <b>How to read the numbers.</b> {sentences.filter(isReading).join(" ")}{" "}
        {marksOf(view).some(({ low, high }) => low === high) &&
          "An interval without width, as [0.25, 0.25], says that all draws of samples agree on this checkpoint."}
      </p>
      {view.warnings.length > 0 && (
        <p class="warnings">
          {view.warnings.length === 1 ? "1 warning" : `${view.warnings.length} warnings`}:{" "}
          {view.warnings
            .slice(0, 3)
            .map((warning) => typeset(inPageWords(warning, view)))
            .join("; ")}
          .
        </p>
      )}
    </>
  );
}

function Title({ view }: { view: RunView }) {
  const at = barsOf(view)[cursor.value];
  return (
    <>
      {view.model} on {view.data}: strength of interactions by order
      {at && (
        <>
          , <span class="now">{at.title}</span>
        </>
      )}
    </>
  );
}

function RunTabs() {
  const open = useSignal(false);
  return (
    <>
      <div class="runs" role="group" aria-label="Which run is shown">
        {runs.value.map((run) => (
          <button
            key={run.name}
            type="button"
            class="tab"
            aria-pressed={run === current.value}
            onClick={() => look(run.name)}
          >
            {run.title}
          </button>
        ))}
        <OpenButton open={open} />
      </div>
      <RunMenu open={open} />
      <p class="hidden" role="status">
        {current.value && `The figure shows ${current.value.title}.`}
      </p>
    </>
  );
}

function Panels({ view, live }: { view: RunView; live: boolean }) {
  const index = Math.min(cursor.value, view.checkpoints.length - 1);
  const chapters = useMemo(() => {
    const story = storyOf(view);
    return story ? chaptersOf(story) : [];
  }, [view]);
  return (
    <>
      {chapters.length > 0 || live ? <ChapterList view={view} chapters={chapters} index={index} live={live} /> : null}
      {stillPair.value ? (
        <div class="pair">
          {chapters.slice(0, 2).map(({ at }) => (
            <BothSolvers key={at} view={view} index={at} at={when(view.checkpoints[at]?.losses.epoch ?? 0)} />
          ))}
        </div>
      ) : (
        <BothSolvers view={view} index={index} />
      )}
      <TimeCursor view={view} index={index} />
      <OverTraining view={view} index={index} live={live} />
      <Multiples view={view} index={index} live={live} />
    </>
  );
}

/** Goes to a checkpoint, as the reader wants. */
export function goTo(index: number): void {
  stop();
  cursor.value = index;
}

/** The chapters of the run, each a way to its checkpoint; of a training they have their place before they are told. */
function ChapterList(of: { view: RunView; chapters: Chapter[]; index: number; live: boolean }) {
  const { view, chapters, index, live } = of;
  const now = chapterAt(chapters, index);
  return (
    <ol class={live ? "chapters live" : "chapters"}>
      {chapters.length === 0 && <li class="now-read">{untold(view)}</li>}
      {chapters.map(({ at, name, words }, position) => (
        <li key={name} class={position === now ? "now-read" : ""}>
          <button type="button" aria-current={position === now ? "step" : undefined} onClick={() => goTo(at)}>
            <b>{name}</b> <span>{words}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}

/** All bars that a solver made. */
const allBars = computed(() => {
  const view = current.value?.view;
  return {
    certified: view ? barsOf(view) : [],
    published: view?.checkpoints.flatMap(({ published_sgd }) => published_sgd ?? []) ?? [],
  };
});

const extents = computed(() => ({
  certified: extentOf(allBars.value.certified, unit.value),
  published: extentOf(allBars.value.published, unit.value),
}));

interface BothProps {
  view: RunView;
  index: number;
  /** Says when, where the title does not. */
  at?: string;
}

/** Bars of both solvers side by side, where both were run. */
function BothSolvers(of: BothProps) {
  const { view, index, at } = of;
  const certified = barsOf(view)[index];
  const hasPublished = view.checkpoints.some((checkpoint) => checkpoint.published_sgd);
  const extent = isLocked.value ? extents.value : undefined;
  return (
    <div class={`main-panel${hasPublished ? " both" : ""}`}>
      <div class="solver certified">
        <h4>
          Certified <span>{at ?? "the sparsest sum, proved"}</span>
        </h4>
        {certified && (
          <StrengthBars
            class="bars"
            label={`Certified. ${barsInWords(certified)}`}
            of={certified}
            unit={unit.value}
            extent={extent?.certified}
          />
        )}
      </div>
      {hasPublished && <Published {...of} extent={extent?.published} />}
    </div>
  );
}

/** The published SGD's bars of a checkpoint, or of the last one before it where it was run. */
function publishedAt(view: RunView, index: number): Bars | undefined {
  const until = view.checkpoints.slice(0, index + 1).flatMap(({ published_sgd }) => published_sgd ?? []);
  return until.at(-1) ?? allBars.value.published[0];
}

/**
 * The published SGD was run at a few checkpoints. In between its last bars stay, pale, and say so: a
 * replay does not flicker.
 */
function Published({ view, index, at, extent }: BothProps & { extent: readonly [number, number] | undefined }) {
  const isRun = view.checkpoints[index]?.published_sgd != null;
  const bars = publishedAt(view, index);
  if (!bars) return null;
  const pale = `pale: ${when(bars.epoch)}`;
  return (
    <div class="solver published">
      <h4>
        Published SGD{" "}
        {isRun ? (
          <span>{at ?? "where the papers’ search stops"}</span>
        ) : (
          <span>
            {pale}
            <span class="roomy">; not run here</span>
          </span>
        )}
      </h4>
      <div class="kept-bars">
        <StrengthBars
          class="bars"
          label={`Published SGD${isRun ? "" : `, ${pale}; not run here`}. ${barsInWords(bars)}`}
          of={bars}
          unit={unit.value}
          extent={extent}
          isPale={!isRun}
        />
        {!isRun && <NotRun view={view} />}
      </div>
    </div>
  );
}

/** Where to go, where the published SGD was not run. */
function NotRun({ view }: { view: RunView }) {
  const there = view.checkpoints.flatMap(({ published_sgd, losses }, at) =>
    published_sgd ? [{ at, epoch: losses.epoch }] : [],
  );
  return (
    <p class="not-run">
      Run at <span class="tight">epoch</span>{" "}
      {there.map(({ at, epoch }) => (
        <button
          key={at}
          type="button"
          class="link"
          aria-label={when(epoch)}
          onClick={(event) => {
            // The button goes away: the keyboard goes on at the cursor.
            event.currentTarget.closest("figure")?.querySelector<HTMLElement>("input[type=range]")?.focus();
            goTo(at);
          }}
        >
          <span class="roomy">{when(epoch)}</span>
          <span class="tight">{epochs(epoch)}</span>
        </button>
      ))}
    </p>
  );
}

function ScaleControls() {
  const choice = (value: Unit, label: string) => (
    <label>
      <input type="radio" name="unit" checked={unit.value === value} onChange={() => (unit.value = value)} />
      {label}
    </label>
  );
  return (
    <div class="scale-controls">
      <fieldset class="segmented">
        <legend class="hidden">What bars are of</legend>
        {choice("nats", "nats")}
        {choice("share", "share")}
      </fieldset>
      <label class="check" title="One scale over all checkpoints">
        <input
          type="checkbox"
          checked={isLocked.value}
          onChange={(event) => (isLocked.value = event.currentTarget.checked)}
        />
        Lock scale <span class="hidden">over all checkpoints</span>
      </label>
    </div>
  );
}

/** A training's view when the turn has come of the part that draws it, and the place in it. */
function useViewInTurn(of: { view: RunView; index: number; live: boolean }): { view: RunView; index: number } {
  const view = useInTurn(of.view, (before) => of.live && growsFrom(before, of.view));
  return { view, index: Math.min(of.index, view.checkpoints.length - 1) };
}

/** Whether a view is a later one of the same run: another training has the same name. */
function growsFrom(before: RunView, view: RunView): boolean {
  const first = ({ checkpoints }: RunView): number | undefined => checkpoints[0]?.losses.test_loss;
  return (
    before.run === view.run && before.checkpoints.length <= view.checkpoints.length && first(before) === first(view)
  );
}

/** The statistic that decides on phases, and the losses. */
function OverTraining(of: { view: RunView; index: number; live: boolean }) {
  const { view, index } = useViewInTurn(of);
  const course = decidingCourse(view);
  const marks = useMemo(() => marksOf(view), [view]);
  // Of a training, losses come between two checkpoints too.
  const known = of.live ? training.value?.losses.value : undefined;
  const newest = useInTurn(known, (before) => before !== undefined && before[0] === known?.[0]);
  const losses = useMemo(() => lossesOf(view, newest ?? []), [view, newest]);
  const epoch = view.checkpoints[index]?.losses.epoch;
  const onEpoch = (at: number): void => goTo(nearest(view, at));
  return (
    <>
      <div class="over-training">
        {course && <CourseDrawing label={course.caption} of={course.kind} epoch={epoch} onEpoch={onEpoch} />}
        <LossDrawing
          label={`Training and test loss over epochs; ${atEpoch(epoch ?? 0)}: ${lossesInWords(view, index)}`}
          of={losses}
          marks={marks}
          epoch={epoch}
          onEpoch={onEpoch}
        />
      </div>
      <Signs of={[...(course ? courseSigns(course.kind) : []), ...lossSigns(losses)]} />
    </>
  );
}

function Early({ live }: { live: boolean }) {
  const losses = live ? training.value?.losses.value : undefined;
  const last = losses?.at(-1);
  return (
    <p class="early">{last ? `Test loss ${number(last.test_loss)} nats ${atEpoch(last.epoch)}.` : "Preparing."}</p>
  );
}

/** Losses of a run, and the newest ones: those since its last measured checkpoint. */
function lossesOf(view: RunView, newest: readonly LossRecord[]): Losses {
  const measured = twoPhases(view)?.kind.losses ?? {
    epochs: [],
    train: [],
    train_with_reset: [],
    test: [],
    gap: [],
    marks: [],
  };
  const newer = newest.filter(({ epoch }) => epoch > (measured.epochs.at(-1) ?? -1));
  if (newer.length === 0) return measured;
  return {
    ...measured,
    epochs: [...measured.epochs, ...newer.map((losses) => losses.epoch)],
    train: [...measured.train, ...newer.map((losses) => losses.right_train_loss ?? losses.train_loss)],
    train_with_reset: [...measured.train_with_reset, ...newer.map((losses) => losses.train_loss)],
    test: [...measured.test, ...newer.map((losses) => losses.test_loss)],
  };
}

function TimeCursor({ view, index }: { view: RunView; index: number }) {
  const last = view.checkpoints.length - 1;
  const epoch = view.checkpoints[index]?.losses.epoch ?? 0;
  const isPlaying = replay.value !== undefined;
  return (
    <div class="time">
      <button
        type="button"
        class="round"
        aria-label={isPlaying ? "Pause the replay" : "Play through the checkpoints"}
        onClick={() => toggle(last)}
      >
        {isPlaying ? <PauseIcon /> : <PlayIcon />}
      </button>
      <input
        type="range"
        min={0}
        max={last}
        step={1}
        value={index}
        aria-label="Checkpoint"
        aria-valuetext={when(epoch)}
        onInput={(event) => goTo(Number(event.currentTarget.value))}
      />
      <span class="at">{when(epoch)}</span>
      <ScaleControls />
    </div>
  );
}

/** Five checkpoints side by side, each with its own scale; all of them the certified solver's. */
function Multiples(of: { view: RunView; index: number; live: boolean }) {
  const { view, index } = useViewInTurn(of);
  // What they show stays while the cursor is dragged.
  const panels = useMemo(
    () =>
      (twoPhases(view)?.kind.panels ?? []).map((panel) => {
        const position = nearest(view, panel.epoch);
        const shown = barsOf(view)[position] ?? panel;
        const drawing = (
          <StrengthBars class="thumb" label={barsInWords(shown)} of={shown} small first={{ width: 150, height: 84 }} />
        );
        return { position, title: panel.title, drawing };
      }),
    [view],
  );
  return (
    <div class="multiples" role="group" aria-label="Five checkpoints, certified">
      {panels.map(({ position, title, drawing }) => (
        <button
          key={position}
          type="button"
          class="multiple"
          aria-pressed={position === index}
          onClick={() => goTo(position)}
        >
          <span>{title}</span>
          {drawing}
        </button>
      ))}
    </div>
  );
}

export function barsInWords(bars: Bars): string {
  const strengths = bars.positive.map((positive, index) => positive.value - (bars.negative[index]?.value ?? 0));
  const total = strengths.reduce((sum, strength) => sum + strength, 0);
  const strongest = strengths
    .map((strength, index) => ({ order: index + 1, share: total > 0 ? strength / total : 0 }))
    .sort((a, b) => b.share - a.share)
    .slice(0, 3)
    .map(({ order, share }) => `order ${order} ${Math.round(100 * share)} %`);
  const mean = bars.mean_order ? `; mean order ${number(bars.mean_order.value)}` : "";
  return `Strength of interactions by order, ${bars.title}: ${strongest.join(", ")}${mean}.`;
}

function lossesInWords(view: RunView, index: number): string {
  const losses = view.checkpoints[index]?.losses;
  return losses ? `training ${number(losses.train_loss)}, test ${number(losses.test_loss)} nats` : "";
}

function rows(view: RunView): Row[] {
  return barsOf(view).flatMap((certified, index) => {
    const { losses, published_sgd } = view.checkpoints[index] ?? {};
    const solvers = [["certified", certified] as const, ["published SGD", published_sgd] as const];
    return solvers.flatMap(([solver, bars]) =>
      (bars?.positive ?? []).map((positive, order) => ({
        epoch: certified.epoch,
        solver,
        order: order + 1,
        ...interval("positive", positive),
        ...interval("negative", bars?.negative[order]),
        mean_order: bars?.mean_order?.value ?? null,
        train_loss: losses?.train_loss ?? null,
        train_loss_of_right_labels: losses?.right_train_loss ?? null,
        test_loss: losses?.test_loss ?? null,
      })),
    );
  });
}
