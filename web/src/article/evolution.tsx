/**
 * Section 1: how the strength of interactions by order moves while a network trains; one cursor in
 * time drives every figure.
 */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Drawing, Figure } from "../figure/frame";
import { number, when } from "../figure/numbers";
import { courseCurve, type Drawn, lossCurves, strengthByOrder } from "../figure/plots";
import type { Row } from "../figure/save";
import type { Bars } from "../generated/Bars";
import type { Losses } from "../generated/Losses";
import type { RunView } from "../generated/RunView";
import { barsOf, decidingCourse, twoPhases } from "../state/figures";
import { current, cursor, look, nearest, runs, showPublished } from "../state/runs";
import { training } from "../state/session";
import { PauseIcon, PlayIcon } from "./icons";
import { OpenButton, RunMenu } from "./open";
import { TrainBar } from "./train";

/** Time that each checkpoint is shown while playing, ms. */
const FRAME = 700;

/** `plain` leaves out the training, for figures in slides and blogs. */
export function Evolution({ plain = false }: { plain?: boolean }) {
  const run = current.value;
  const view = run?.view;
  return (
    <section class={`wide evolution${run ? "" : " waiting"}`} aria-label="How interactions evolve" aria-busy={!run}>
      <div class="evolution-head">
        <RunTabs />
        {!plain && <TrainBar />}
      </div>
      {run && view && (
        <Figure
          name={`spindle-${run.name.replace(/\W+/g, "-")}`}
          title={<Title view={view} />}
          caption={
            <>
              {twoPhases(view)?.caption ?? waiting(view)}
              {showPublished.value &&
                " These numbers are the certified optimum's; circles and bars that say so are the published SGD's."}
              {view.warnings.length > 0 && (
                <span class="warnings">
                  {" "}
                  {view.warnings.length === 1 ? "1 warning" : `${view.warnings.length} warnings`}:{" "}
                  {view.warnings.slice(0, 3).join("; ")}.
                </span>
              )}
            </>
          }
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

function Title({ view }: { view: RunView }) {
  const at = barsAt(view, cursor.value);
  if (!at) return <>Strength of interactions by order</>;
  return (
    <>
      Strength of interactions by order, <span class="now">{at.title}</span>
      {isPublished(view, cursor.value) && ", by the published SGD"}
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
    </>
  );
}

/** Whether what is shown at a checkpoint is the published SGD's. */
function isPublished(view: RunView, index: number): boolean {
  return showPublished.value && Boolean(view.checkpoints[index]?.published_sgd);
}

/**
 * The bars that are looked at: the certified optimum's, or the published SGD's where they are asked
 * for and there.
 */
function barsAt(view: RunView, index: number): Bars | undefined {
  const published = showPublished.value ? view.checkpoints[index]?.published_sgd : null;
  return published ?? barsOf(view)[index];
}

function Panels({ view, live }: { view: RunView; live: boolean }) {
  const index = Math.min(cursor.value, view.checkpoints.length - 1);
  const at = barsAt(view, index);
  const losses = lossesOf(view, live);
  const epoch = view.checkpoints[index]?.losses.epoch;
  const course = decidingCourse(view);
  const jump = (plot: Drawn | undefined, x: number): void => {
    const found = plot?.scale("x")?.invert?.(x);
    if (found !== undefined) cursor.value = nearest(view, found);
  };
  const [lossPlot, orderPlot] = [useRef<Drawn>(undefined), useRef<Drawn>(undefined)];
  return (
    <>
      <TimeCursor view={view} index={index} />
      <div class="panels">
        <div class="main-panel">
          {at && (
            <Drawing
              label={barsInWords(at)}
              ratio={0.66}
              least={260}
              draw={(width, height) => strengthByOrder(at, width, height)}
              on={[at]}
            />
          )}
          <SolverSwitch view={view} index={index} />
        </div>
        <div class="side-panels">
          <Drawing
            label={`Training and test loss over epochs; at ${when(epoch ?? 0)}: ${lossesInWords(view, index)}`}
            ratio={0.46}
            least={170}
            draw={(width, height) => (lossPlot.current = lossCurves(losses, epoch, width, height))}
            on={[losses, epoch]}
            onPointer={(x) => jump(lossPlot.current, x)}
          />
          {course && (
            <Drawing
              label={course.caption}
              ratio={0.46}
              least={170}
              draw={(width, height) =>
                (orderPlot.current = courseCurve(course.kind, epoch, showPublished.value, width, height))
              }
              on={[course, epoch, showPublished.value]}
              onPointer={(x) => jump(orderPlot.current, x)}
            />
          )}
        </div>
      </div>
      <Multiples view={view} index={index} />
    </>
  );
}

function Early({ live }: { live: boolean }) {
  const losses = live ? training.value?.losses.value : undefined;
  const last = losses?.at(-1);
  return (
    <p class="early">{last ? `Test loss ${number(last.test_loss)} nats at ${when(last.epoch)}.` : "Preparing."}</p>
  );
}

/** Losses of a run; of a training those since its last measured checkpoint too. */
function lossesOf(view: RunView, live: boolean): Losses {
  const measured = twoPhases(view)?.kind.losses ?? {
    epochs: [],
    train: [],
    train_with_reset: [],
    test: [],
    gap: [],
    marks: [],
  };
  const newer = live
    ? (training.value?.losses.value ?? []).filter((losses) => losses.epoch > (measured.epochs.at(-1) ?? -1))
    : [];
  if (newer.length === 0) return measured;
  return {
    ...measured,
    epochs: [...measured.epochs, ...newer.map((losses) => losses.epoch)],
    train: [...measured.train, ...newer.map((losses) => losses.right_train_loss ?? losses.train_loss)],
    train_with_reset: [...measured.train_with_reset, ...newer.map((losses) => losses.train_loss)],
    test: [...measured.test, ...newer.map((losses) => losses.test_loss)],
  };
}

function SolverSwitch({ view, index }: { view: RunView; index: number }) {
  if (!view.checkpoints.some((checkpoint) => checkpoint.published_sgd)) return null;
  const there = view.checkpoints[index]?.published_sgd !== null;
  return (
    <div class="solver-switch">
      <fieldset class="segmented">
        <legend class="hidden">Which decomposition is shown</legend>
        <label>
          <input
            type="radio"
            name="solver"
            checked={!showPublished.value}
            onChange={() => (showPublished.value = false)}
          />
          Certified optimum
        </label>
        <label>
          <input
            type="radio"
            name="solver"
            checked={showPublished.value}
            onChange={() => (showPublished.value = true)}
          />
          Published SGD
        </label>
      </fieldset>
      {showPublished.value && !there && (
        <p class="note">
          The SGD was run at{" "}
          {view.checkpoints.flatMap((checkpoint, at) =>
            checkpoint.published_sgd
              ? [
                  <button key={at} type="button" class="link" onClick={() => (cursor.value = at)}>
                    {when(checkpoint.losses.epoch)}
                  </button>,
                  " ",
                ]
              : [],
          )}
          only; here the certified optimum is shown.
        </p>
      )}
    </div>
  );
}

function TimeCursor({ view, index }: { view: RunView; index: number }) {
  const playing = useSignal(false);
  const last = view.checkpoints.length - 1;
  useEffect(() => {
    if (!playing.value) return;
    const timer = setInterval(() => {
      if (cursor.value >= last) playing.value = false;
      else cursor.value++;
    }, FRAME);
    return () => clearInterval(timer);
  }, [playing.value, last]);
  const play = (): void => {
    if (!playing.value && cursor.value >= last) cursor.value = 0;
    playing.value = !playing.value;
  };
  const epoch = view.checkpoints[index]?.losses.epoch ?? 0;
  return (
    <div class="time">
      <button
        type="button"
        class="round"
        aria-label={playing.value ? "Pause the replay" : "Play through the checkpoints"}
        onClick={play}
      >
        {playing.value ? <PauseIcon /> : <PlayIcon />}
      </button>
      <input
        type="range"
        min={0}
        max={last}
        step={1}
        value={index}
        aria-label="Checkpoint"
        aria-valuetext={when(epoch)}
        onInput={(event) => {
          playing.value = false;
          cursor.value = Number(event.currentTarget.value);
        }}
      />
      <span class="at">{when(epoch)}</span>
    </div>
  );
}

/** Five checkpoints side by side, each with its own scale. */
function Multiples({ view, index }: { view: RunView; index: number }) {
  const panels = twoPhases(view)?.kind.panels ?? [];
  return (
    <div class="multiples">
      {panels.map((panel) => {
        const position = nearest(view, panel.epoch);
        const shown = barsAt(view, position) ?? panel;
        return (
          <button
            key={panel.checkpoint}
            type="button"
            class="multiple"
            aria-pressed={position === index}
            onClick={() => (cursor.value = position)}
          >
            <span>
              {panel.title}
              {showPublished.value && !isPublished(view, position) && ", certified"}
            </span>
            <Drawing
              label={barsInWords(shown)}
              ratio={0.72}
              draw={(width, height) => strengthByOrder(shown, width, height, true)}
              on={[shown]}
            />
          </button>
        );
      })}
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
    const bars = barsAt(view, index) ?? certified;
    const losses = view.checkpoints[index]?.losses;
    return bars.positive.map((positive, order) => {
      const negative = bars.negative[order];
      return {
        epoch: bars.epoch,
        solver: isPublished(view, index) ? "published SGD" : "certified",
        order: order + 1,
        positive: positive.value,
        positive_low: positive.low,
        positive_high: positive.high,
        negative: negative?.value ?? null,
        negative_low: negative?.low ?? null,
        negative_high: negative?.high ?? null,
        mean_order: bars.mean_order?.value ?? null,
        train_loss: losses?.train_loss ?? null,
        train_loss_of_right_labels: losses?.right_train_loss ?? null,
        test_loss: losses?.test_loss ?? null,
      };
    });
  });
}
