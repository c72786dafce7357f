/** Section 2: a network that trains in a worker on the reader's own device. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { manifest } from "../engine/manifest";
import { duration, number, percent } from "../figure/numbers";
import type { Model } from "../generated/Model";
import { current, look, type Run } from "../state/runs";
import { begin, reset, training } from "../state/session";
import {
  defaults,
  experiment,
  FIELDS,
  type Field,
  models,
  numberOf,
  problem,
  stopAtSecondPhase,
  titleOf,
  wish,
  withModel,
  withValue,
} from "../state/settings";
import type { Training } from "../training/run";
import type { Phase } from "../training/state";
import { PauseIcon, PlayIcon } from "./icons";
import { SaveRun } from "./open";

/** The hand on the training, beside the figure that shows it. */
function TrainBar() {
  const now = training.value;
  const run = current.value;
  return (
    <div class="train-bar" role="group" aria-label="Training on this device">
      <Controls now={now} />
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

/** What is trained, and with which settings. */
export function Train() {
  return (
    <section class="text train" aria-labelledby="train">
      <h2 id="train">Train it on this device</h2>
      <p>
        Press <b>Train here</b>: {chosenModel()} learns 6,000 digits in this browser, its interactions are measured
        while it trains, and the figure follows. Both phases take a few minutes. Nothing leaves your device; a page that
        is closed goes on where it was. What is set here holds from the next start.
      </p>
      <TrainBar />
      <Settings />
    </section>
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

function Controls({ now }: { now: Training | undefined }) {
  const phase = now?.phase.value;
  const busy = phase === "running" || phase === "preparing";
  const over =
    phase === undefined ||
    phase === "finished" ||
    phase === "measuring" ||
    phase === "comparing" ||
    (phase === "failed" && now?.canGoOn.value === false);
  const main = (): void => {
    if (over) begin();
    else if (busy) now?.pause();
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
      <button type="button" class="primary" onClick={main} disabled={!manifest.value.cpu}>
        {busy ? <PauseIcon /> : <PlayIcon />}
        {busy ? "Pause" : over ? (now ? "Train anew" : "Train here") : "Go on"}
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
        <div style={{ width: `${100 * share(now)}%` }} />
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
            {phase.value === "running" && progress.stepsPerSecond !== undefined && (
              <span>{duration((progress.totalSteps - progress.step) / progress.stepsPerSecond)} left</span>
            )}
          </>
        )}
      </p>
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
    </div>
  );
}

function share(now: Training): number {
  const progress = now.progress.value;
  return progress ? progress.step / Math.max(1, progress.totalSteps) : 0;
}

interface Words {
  label: string;
  help: string;
  choices?: number[];
}

const FIELD_WORDS: Record<Field, Words> = {
  learning_rate: { label: "Learning rate", help: "of SGD", choices: [0.001, 0.003, 0.01, 0.03, 0.1] },
  momentum: { label: "Momentum", help: "0 to below 1" },
  batch: { label: "Batch", help: "samples a step", choices: [16, 32, 64, 128, 256] },
  train_size: { label: "Training set", help: "of 6,000 digits", choices: [500, 1000, 2000, 6000] },
  label_noise: { label: "Label noise", help: "share of labels reset", choices: [0, 0.01, 0.05, 0.1, 0.3] },
  epochs: { label: "Epochs", help: "passes over the training set", choices: [16, 32, 64, 128, 256, 512] },
  checkpoints: { label: "Checkpoints", help: "at which interactions are measured" },
  samples: { label: "Test samples", help: "whose interactions are measured" },
  train_samples: { label: "Training samples", help: "measured too, for similarity" },
  mislabelled_samples: { label: "Mislabelled samples", help: "measured too" },
  players: { label: "Players", help: "patches a sample, n: 2ⁿ masked outputs", choices: [6, 8, 10, 12] },
  seed: { label: "Seed", help: "of every random choice" },
};

function Settings() {
  return (
    <div class="settings">
      <div class="fields">
        {models.length > 1 && <ModelControl />}
        {FIELDS.map((field) => (
          <FieldControl key={field} field={field} />
        ))}
        <label class="field">
          <span>Engine</span>
          <select
            value={wish.value}
            onChange={(event) => (wish.value = event.currentTarget.value as typeof wish.value)}
          >
            <option value="auto">the faster one</option>
            <option value="cpu">WebAssembly</option>
            <option value="webgpu">WebGPU</option>
          </select>
          <small>measured on this device</small>
        </label>
      </div>
      <p>
        <button type="button" class="quiet" onClick={() => (experiment.value = { ...defaults })}>
          Back to the defaults
        </button>
      </p>
    </div>
  );
}

function ModelControl() {
  return (
    <label class="field">
      <span>Network</span>
      <select
        name="model"
        value={experiment.value.training.model}
        onChange={(event) => (experiment.value = withModel(experiment.value, event.currentTarget.value as Model))}
      >
        {models.map(({ name, title }) => (
          <option key={name} value={name}>
            {title}
          </option>
        ))}
      </select>
      <small>that learns the digits</small>
    </label>
  );
}

function FieldControl({ field }: { field: Field }) {
  const { label, help, choices } = FIELD_WORDS[field];
  const wrong = useSignal<string | undefined>(undefined);
  /** What was entered last, while it is wrong: it stays to be mended. */
  const entered = useSignal<string | undefined>(undefined);
  const value = numberOf(experiment.value, field) ?? 6_000;
  useEffect(() => {
    wrong.value = entered.value = undefined;
  }, [experiment.value]);
  const set = (text: string): void => {
    const number = text.trim() === "" ? NaN : Number(text);
    wrong.value = problem(field, number);
    entered.value = wrong.value && text;
    if (!wrong.value) experiment.value = withValue(experiment.value, field, number);
  };
  const id = `setting-${field}`;
  return (
    <label class="field" for={id}>
      <span>{label}</span>
      <input
        id={id}
        name={field}
        inputMode="decimal"
        value={entered.value ?? value}
        list={choices && `${id}-choices`}
        aria-invalid={wrong.value !== undefined}
        aria-describedby={`${id}-help`}
        onChange={(event) => set(event.currentTarget.value)}
      />
      {choices && (
        <datalist id={`${id}-choices`}>
          {choices.map((choice) => (
            <option key={choice} value={choice} />
          ))}
        </datalist>
      )}
      <small id={`${id}-help`} class={wrong.value ? "wrong" : ""} role={wrong.value ? "alert" : undefined}>
        {wrong.value ?? help}
      </small>
    </label>
  );
}
