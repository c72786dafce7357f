/** A network that trains in a worker on the reader's own device. */

import "../style/training.css";
import { manifest } from "../engine/manifest";
import { giveUpSilent, isSilent, waitOn } from "../engine/silence";
import { number, percent } from "../figure/numbers";
import { markFamily } from "../state/all-runs";
import { obstacle } from "../state/entered";
import { current, look, type Run } from "../state/runs";
import { series } from "../state/series";
import { begin, reset, takeOver, training } from "../state/session";
import { experiment, models, stopAtSecondPhase, titleOf } from "../state/settings";
import { isElsewhere } from "../state/tabs";
import type { Training } from "../training/run";
import type { Phase } from "../training/state";
import { PauseIcon, PlayIcon } from "./icons";
import { LossCurve } from "./loss-curve";
import { focusOn, SaveRun } from "./open";
import { Outcomes, PhaseBadge } from "./phase-badge";
import { inASentence, Settings, settingsOpen } from "./settings";
import { several } from "./wording";

/** The hand on the training, beside the figure that shows it. */
function TrainBar() {
  const now = training.value;
  const run = current.value;
  return (
    <div class="train-bar" role="group" aria-label="Training on this device">
      <Controls now={now} />
      <Elsewhere />
      <Plan now={now} />
      <Settings />
      <Status now={now} />
      {run && !canBeTrained(run) && (
        <p class="note elsewhere">
          {run.view.model} on {run.view.data} was trained with the command line tool. What is trained here, in the
          browser, is {chosenModel()} on handwritten digits.
        </p>
      )}
    </div>
  );
}

/** Whether a run is of a network and of data that are trained here. */
function canBeTrained({ view }: Run): boolean {
  return view.kind === "digits" && titleOf(view.experiment.training.model) !== undefined;
}

/** The name of the network that Train begins with. */
function chosenModel(): string | undefined {
  return titleOf(experiment.value.training.model);
}

/** Names of the networks that are trained here: those that WebGPU has kernels for, or the others. */
function titles(onGpu: boolean): string[] {
  return models.filter(({ webgpu }) => webgpu === onGpu).map(({ title }) => title);
}

/** What is trained, and with which settings. */
export function Train() {
  return (
    <section class="text train" aria-labelledby="train">
      <h2 id="train">Train it on this device</h2>
      <p>
        Press <b>Train here</b>: {chosenModel()} learns digits in this browser, its interactions are measured while it
        trains, and the figure above follows. <b>Settings</b> has four experiments to begin with, and asks what you
        expect of them; what comes of it stands there when the training is over. Nothing leaves your device; a page that
        is closed goes on where it was.
      </p>
      <p>
        Small networks can be trained here: {several(titles(true))} on WebAssembly or WebGPU, {several(titles(false))}{" "}
        on WebAssembly only. Full VGGs and others are trained by the <a href="#open">command line tool</a>.
      </p>
      <TrainBar />
    </section>
  );
}

/** Another tab has the training: one of both may write it. */
function Elsewhere() {
  if (!isElsewhere.value) return null;
  return (
    <p class="notice elsewhere-tab" role="alert">
      Another tab of this page has a training under way. Go on there, or{" "}
      <button type="button" class="link" onClick={() => void takeOver()}>
        take it over here
      </button>
      : it goes on from where it was stored last, and stops there.
    </p>
  );
}

/** What is trained or would be, in words; or why nothing begins. */
function Plan({ now }: { now: Training | undefined }) {
  const wrong = obstacle.value;
  if (now && !isOver(now)) return <p class="plan">{inASentence(now.experiment)}</p>;
  const [done, next] = [now && inASentence(now.experiment), inASentence(experiment.value)];
  if (wrong)
    return (
      <p class="notice obstacle" role="alert">
        No training begins with these settings: {wrong.words}.
      </p>
    );
  if (done === undefined || done === next) return <p class="plan">{next}</p>;
  return (
    <>
      <p class="plan">
        <b>Was trained:</b> {done}
      </p>
      <p class="plan">
        <b>Train anew begins:</b> {next}
      </p>
    </>
  );
}

const WORDS: Record<Phase, string> = {
  preparing: "Preparing: digits, engine, samples",
  running: "Training",
  paused: "Paused",
  measuring: "Trained; the last checkpoints are being measured",
  comparing: "Measured; comparing with the published procedure",
  finished: "Done",
  failed: "Stopped",
};

/** Whether nothing more is to be trained. */
function isOver({ phase, canGoOn }: Training): boolean {
  return ["finished", "measuring", "comparing"].includes(phase.value) || (phase.value === "failed" && !canGoOn.value);
}

function Controls({ now }: { now: Training | undefined }) {
  const phase = now?.phase.value;
  const busy = phase === "running" || phase === "preparing";
  const over = !now || isOver(now);
  // The next seed begins by itself, once this one is measured.
  const at = phase === "failed" ? undefined : series.value;
  const follows = over && now && at && at.now < at.count ? at.now + 1 : undefined;
  const main = (): void => {
    if (follows) return;
    if (over) {
      // What comes of the settings is looked at now, and stands below them.
      settingsOpen.value = false;
      void begin();
    } else if (busy) now?.pause();
    else {
      look("live");
      now?.go();
    }
  };
  const stepsPerEpoch = now?.progress.value
    ? Math.round(now.progress.value.totalSteps / now.experiment.training.epochs)
    : 0;
  return (
    <div class="controls">
      <button
        type="button"
        class="primary"
        onClick={main}
        aria-disabled={follows !== undefined}
        disabled={!manifest.value.cpu || (over && obstacle.value !== undefined)}
      >
        {busy ? <PauseIcon /> : <PlayIcon />}
        {follows ? `Seed ${follows} follows` : busy ? "Pause" : over ? (now ? "Train anew" : "Train here") : "Go on"}
      </button>
      <button
        type="button"
        aria-expanded={settingsOpen.value}
        aria-controls="settings"
        onClick={() => (settingsOpen.value = !settingsOpen.value)}
      >
        Settings
      </button>
      {now && (
        <>
          <button type="button" onClick={() => now.go(stepsPerEpoch)} disabled={phase !== "paused"}>
            One epoch
          </button>
          <button
            type="button"
            onClick={(event) => {
              // The button goes away with the training: the keyboard goes on at Train.
              event.currentTarget.parentElement?.querySelector<HTMLElement>(".primary")?.focus();
              reset();
            }}
          >
            Reset
          </button>
        </>
      )}
      <label class="check">
        <input
          type="checkbox"
          checked={stopAtSecondPhase.value}
          onChange={(event) => (stopAtSecondPhase.value = event.currentTarget.checked)}
        />
        Pause when phase 2 begins
      </label>
      <SaveRun />
      {!manifest.value.cpu && (
        <span class="note">The engine is being built; the button comes alive when it is there.</span>
      )}
    </div>
  );
}

function Status({ now }: { now: Training | undefined }) {
  if (!now) return null;
  const { phase, notice, choice } = now;
  const progress = now.progress.value;
  const losses = now.losses.value.at(-1);
  return (
    <div class="status">
      <div
        class="bar"
        role="progressbar"
        aria-label="Training"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(100 * share(now))}
      >
        <div style={{ transform: `translateX(${100 * share(now) - 100}%)` }} />
      </div>
      <p class="facts">
        <strong role="status" data-phase={phase.value}>
          {WORDS[phase.value]}
        </strong>
        {progress && (
          <>
            <span data-fact="epoch">
              epoch {number(progress.epoch)} of {now.experiment.training.epochs}
            </span>
            {losses && <span data-fact="accuracy">test accuracy {percent(losses.test_accuracy)}</span>}
            {progress.loss !== undefined && <span data-fact="loss">loss {number(progress.loss)}</span>}
            <span data-fact="measured">
              {progress.measured} of {progress.checkpoints} checkpoints measured
            </span>
            {phase.value === "comparing" && (
              <span data-fact="compared">
                {progress.compared === 1 ? "1 comparison" : `${progress.compared} comparisons`} made
              </span>
            )}
            {phase.value === "running" && progress.secondsLeft !== undefined && (
              <span data-fact="left">{roughly(progress.secondsLeft)} left</span>
            )}
          </>
        )}
      </p>
      <LossCurve now={now} />
      <PhaseBadge />
      <Outcomes />
      <SeriesState now={now} />
      {choice.value && (
        <p class="badge" data-engine={choice.value.build} title={choice.value.detail}>
          <span class="dot" aria-hidden="true" />
          <strong>{choice.value.name}</strong>
          {progress?.stepsPerSecond !== undefined && (
            <span data-fact="rate">{number(progress.stepsPerSecond)} steps/s</span>
          )}
          <span class="reason">{choice.value.reason}</span>
        </p>
      )}
      {notice.value && (
        <p class="notice" role="alert">
          {notice.value}
        </p>
      )}
      <Silence />
    </div>
  );
}

/** A worker says nothing: it may be slow, or hang. */
function Silence() {
  if (!isSilent.value) return null;
  const after = (decided: () => void) => (): void => {
    decided();
    // The buttons go away: the keyboard goes on at Pause.
    focusOn(".train-bar .primary");
  };
  return (
    <p class="notice silence" role="alert">
      The training has not answered for a minute: this device may be slow, or a worker hangs.{" "}
      <button type="button" class="link" onClick={after(waitOn)}>
        Go on waiting
      </button>
      , or{" "}
      <button type="button" class="link" onClick={after(giveUpSilent)}>
        begin again from the last stored state
      </button>
      .
    </p>
  );
}

/** Seconds in words that do not pretend to know more. */
function roughly(seconds: number): string {
  if (seconds < 5) return "a few seconds";
  if (seconds < 55) return `about ${5 * Math.round(seconds / 5)} s`;
  if (seconds < 5_400) return `about ${Math.max(1, Math.round(seconds / 60))} min`;
  return `about ${number(seconds / 3_600)} h`;
}

/** Which of several seeds is trained; and the way to all of them, once the last one is measured. */
function SeriesState({ now }: { now: Training }) {
  const at = series.value;
  if (!at) return null;
  const isDone = at.now === at.count && isOver(now) && now.phase.value !== "measuring";
  if (!isDone)
    return (
      <p data-fact="series">
        Seed {now.experiment.training.seed}, number {at.now} of {at.count}.{" "}
        {at.now < at.count ? "The others follow by themselves." : "It is the last one."}
      </p>
    );
  return (
    <p data-fact="series">
      {at.count} seeds are measured.{" "}
      <button type="button" class="link" onClick={() => showFamily(now.experiment)}>
        See them together
      </button>
    </p>
  );
}

/** Lays all seeds of an experiment over each other, and goes there. */
function showFamily(of: Training["experiment"]): void {
  markFamily(of);
  void goTo("all-runs", "compare");
}

/** Time in which sections on the way may still grow, ms, and between two looks at that. */
const GROWTH = 4_000;
const LOOK = 200;

/**
 * Goes to a place that is there once its section has come near, and stays there while sections above
 * it load what they show; until the reader moves.
 */
async function goTo(id: string, section: string): Promise<void> {
  let moved = false;
  const stop = (): void => {
    moved = true;
  };
  const acts = ["wheel", "touchstart", "keydown", "pointerdown"] as const;
  for (const act of acts) addEventListener(act, stop, { once: true, passive: true });
  for (let time = 0; time < GROWTH && !moved; time += LOOK) {
    const place = document.getElementById(id) ?? document.getElementById(section);
    const away = Math.abs(place?.getBoundingClientRect().top ?? 0);
    if (away > 40) place?.scrollIntoView({ behavior: "instant" });
    await new Promise((next) => setTimeout(next, LOOK));
  }
  for (const act of acts) removeEventListener(act, stop);
}

function share(now: Training): number {
  const progress = now.progress.value;
  return progress ? progress.step / Math.max(1, progress.totalSteps) : 0;
}
