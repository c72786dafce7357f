/** What a training here is to be: presets, a sentence, sliders, and what the reader expects of it. */

import { signal } from "@preact/signals";
import { counted, percent, plain } from "../figure/numbers";
import type { Experiment } from "../generated/Experiment";
import type { Model } from "../generated/Model";
import { enter, entered, take, wrongIn } from "../state/entered";
import { prediction } from "../state/prediction";
import { experimentOf, PRESETS, presetOf } from "../state/presets";
import { seeds } from "../state/series";
import {
  DIGITS,
  defaults,
  experiment,
  type Field,
  isPenalised,
  models,
  numberOf,
  obstacleToGpu,
  runsOn,
  titleOf,
  wish,
  withModel,
  writtenExperiment,
} from "../state/settings";

/** Whether the settings are open: at once for a reader whose address has some. */
export const settingsOpen = signal(false);

/** Opens the settings where they are not those that the page starts with. */
export function openIfChosen(): void {
  settingsOpen.value = [...writtenExperiment(experiment.value, wish.value)].length > 0;
}

/** What a training with the settings is, in a sentence or two. */
export function inASentence(of: Experiment): string {
  const { model, train_size, label_noise, epochs, batch, learning_rate, seed, penalty, penalty_order } = of.training;
  const { samples, players, checkpoints } = of.measurement;
  const digits = counted(train_size ?? DIGITS.train);
  const wrong = label_noise === 0 ? "none with a wrong label" : `${percent(label_noise)} of them with a wrong label`;
  const against = isPenalised(of)
    ? `Interactions of order ${penalty_order} and above cost, with weight ${penalty}. `
    : "";
  return (
    `${titleOf(model) ?? model} learns ${digits} digits, ${wrong}, for ${epochs} epochs: ${batch} digits a step, learning rate ${learning_rate}, seed ${seed}. ` +
    against +
    `At ${checkpoints} checkpoints ${samples} test digits with ${players} patches each are measured.`
  );
}

export function Settings() {
  const chosen = presetOf(experiment.value);
  return (
    <div id="settings" class="settings" hidden={!settingsOpen.value}>
      <fieldset class="presets">
        <legend>Begin with</legend>
        {PRESETS.map((preset) => (
          <button
            key={preset.name}
            type="button"
            aria-pressed={chosen === preset}
            title={preset.says}
            onClick={() => take(experimentOf(preset, experiment.value))}
          >
            {preset.title}
          </button>
        ))}
        <button type="button" class="quiet" onClick={() => take({ ...defaults })}>
          Back to the defaults
        </button>
        {chosen && <p class="note">{chosen.says}</p>}
      </fieldset>
      <Expected />
      <fieldset>
        <legend>What is trained</legend>
        <div class="fields">
          {models.length > 1 && <ModelControl />}
          {TRAINED.map((field) => (
            <FieldControl key={field} field={field} />
          ))}
          <SeedsControl />
          <EngineControl />
        </div>
      </fieldset>
      <fieldset>
        <legend>What is measured</legend>
        <div class="fields">
          {MEASURED.map((field) => (
            <FieldControl key={field} field={field} />
          ))}
        </div>
      </fieldset>
    </div>
  );
}

/** Epochs at which the gap may be expected to open. */
const WHEN = [0.5, 1, 2, 5, 10, 20, 50, 100] as const;

/** What is expected of the next training: asked before it begins. */
function Expected() {
  const { rises, gapOpens } = prediction.value;
  const last = experiment.value.training.epochs;
  return (
    <fieldset class="expected">
      <legend>What do you expect?</legend>
      <label>
        After their fall, do orders of 3 and more rise again?{" "}
        <select
          name="expected-rise"
          value={rises === undefined ? "" : String(rises)}
          onChange={({ currentTarget: { value } }) =>
            (prediction.value = { ...prediction.value, rises: value === "" ? undefined : value === "true" })
          }
        >
          <option value="">I do not say</option>
          <option value="true">yes</option>
          <option value="false">no</option>
        </select>
      </label>
      <label>
        When does the test loss begin to leave the training loss?{" "}
        <select
          name="expected-gap"
          value={gapOpens === undefined ? "" : String(gapOpens)}
          onChange={({ currentTarget: { value } }) =>
            (prediction.value = {
              ...prediction.value,
              gapOpens: value === "" ? undefined : value === "null" ? null : Number(value),
            })
          }
        >
          <option value="">I do not say</option>
          {WHEN.filter((epoch) => epoch <= last).map((epoch) => (
            <option key={epoch} value={String(epoch)}>
              at about epoch {epoch}
            </option>
          ))}
          <option value="null">never</option>
        </select>
      </label>
      <p class="note">What comes of it is told when the training is over.</p>
    </fieldset>
  );
}

interface Words {
  label: string;
  help: string;
  /** Where the slider stops; other values can be typed. Without stops there is no slider. */
  stops?: readonly number[];
  /** What the slider is called, where the label alone could be taken for another one's. */
  slider?: string;
}

const TRAINED = [
  "train_size",
  "label_noise",
  "epochs",
  "learning_rate",
  "batch",
  "momentum",
  "penalty",
  "penalty_order",
  "seed",
] as const;
const MEASURED = ["checkpoints", "samples", "train_samples", "mislabelled_samples", "players"] as const;

const SEVERAL = [0, 5, 10, 20, 30, 50, 100, 200] as const;

const FIELD_WORDS: Record<Field, Words> = {
  learning_rate: { label: "Learning rate", help: "of SGD", stops: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2] },
  momentum: { label: "Momentum", help: "0 to below 1", stops: [0, 0.5, 0.8, 0.9, 0.95, 0.99] },
  batch: { label: "Batch", help: "digits a step", stops: [8, 16, 32, 64, 128, 256, 512] },
  train_size: { label: "Training set", help: "of 6,000 digits", stops: [100, 200, 500, 1000, 2000, 4000, 6000] },
  label_noise: {
    label: "Wrong labels",
    help: "share of labels reset",
    stops: [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5],
  },
  penalty: {
    label: "Penalty on interactions",
    help: "its weight beside the loss; 0: none",
    stops: [0, 0.1, 0.3, 1, 3, 10, 30],
  },
  penalty_order: { label: "From order", help: "on they are penalised, 1 to 6", stops: [1, 2, 3, 4, 5, 6] },
  epochs: { label: "Epochs", help: "passes over the training set", stops: [4, 8, 16, 24, 40, 64, 128, 256, 512] },
  checkpoints: {
    label: "Checkpoints",
    help: "at which interactions are measured",
    stops: [4, 6, 8, 10, 12, 16, 24, 32],
    slider: "How often it is measured",
  },
  samples: { label: "Test samples", help: "whose interactions are measured", stops: [5, 10, 20, 24, 30, 50, 100, 200] },
  train_samples: { label: "Training samples", help: "measured too, for similarity", stops: SEVERAL },
  mislabelled_samples: { label: "Mislabelled samples", help: "measured too", stops: SEVERAL },
  players: { label: "Players", help: "patches a digit, n: 2ⁿ masked outputs", stops: [4, 6, 7, 8, 9, 10, 11, 12] },
  seed: { label: "Seed", help: "of every random choice" },
};

function ModelControl() {
  return (
    <label class="field">
      <span>Network</span>
      <select
        name="model"
        value={experiment.value.training.model}
        onChange={(event) => take(withModel(experiment.value, event.currentTarget.value as Model))}
      >
        {models.map(({ name, title }) => (
          <option key={name} value={name}>
            {title}
          </option>
        ))}
      </select>
      <small>{runsOn(experiment.value.training.model)}</small>
    </label>
  );
}

/** Numbers of seeds to choose from. */
const SEEDS = [1, 2, 3, 5, 10] as const;

function SeedsControl() {
  return (
    <label class="field">
      <span>Seeds, one after the other</span>
      <select name="seeds" value={seeds.value} onChange={(event) => (seeds.value = Number(event.currentTarget.value))}>
        {SEEDS.map((count) => (
          <option key={count} value={count}>
            {count}
          </option>
        ))}
      </select>
      <small>from the seed beside it; each run is kept</small>
    </label>
  );
}

function EngineControl() {
  const obstacle = obstacleToGpu(experiment.value);
  return (
    <label class="field">
      <span>Engine</span>
      <select value={wish.value} onChange={(event) => (wish.value = event.currentTarget.value as typeof wish.value)}>
        <option value="auto">the faster one</option>
        <option value="cpu">WebAssembly</option>
        <option value="webgpu" disabled={obstacle !== undefined}>
          WebGPU
        </option>
      </select>
      <small>{obstacle ?? "measured on this device"}</small>
    </label>
  );
}

/** Position of the stop that lies nearest to a value. */
function nearestStop(stops: readonly number[], value: number): number {
  const distances = stops.map((stop) => Math.abs(stop - value));
  return distances.indexOf(Math.min(...distances));
}

function FieldControl({ field }: { field: Field }) {
  const { label, help, stops, slider = label } = FIELD_WORDS[field];
  const value = numberOf(experiment.value, field) ?? DIGITS.train;
  const wrong = wrongIn(field);
  const id = `setting-${field}`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="entry">
        <input
          id={id}
          name={field}
          inputMode="decimal"
          value={entered.value.get(field) ?? value}
          aria-invalid={wrong !== undefined}
          aria-describedby={`${id}-help`}
          onChange={(event) => enter(field, event.currentTarget.value)}
        />
        {field === "seed" && (
          <button type="button" class="quiet" onClick={() => enter("seed", String(value + 1))}>
            next
          </button>
        )}
      </div>
      {stops && (
        <input
          type="range"
          class="stops"
          min={0}
          max={stops.length - 1}
          step={1}
          value={nearestStop(stops, value)}
          aria-label={`${slider}, in steps`}
          aria-valuetext={Number.isInteger(value) ? counted(value) : plain(value)}
          onInput={(event) => enter(field, String(stops[Number(event.currentTarget.value)] ?? value))}
        />
      )}
      <small id={`${id}-help`} class={wrong ? "wrong" : ""} role={wrong ? "alert" : undefined}>
        {wrong ?? help}
      </small>
    </div>
  );
}
