/** Settings to begin with, by what they are to show. */

import type { Experiment } from "../generated/Experiment";
import type { Measurement } from "../generated/Measurement";
import type { Training } from "../generated/Training";
import { defaults } from "./settings";

/** Settings that differ from the defaults, under a name. */
export interface Preset {
  name: string;
  title: string;
  /** What it is for, in a sentence. */
  says: string;
  training: Partial<Training>;
  measurement: Partial<Measurement>;
}

/** Few digits and few samples: small enough to be over soon, and enough to tell phases from. */
const SMALL: Pick<Preset, "training" | "measurement"> = {
  training: { train_size: 1_000, batch: 32, learning_rate: 0.05, epochs: 60 },
  measurement: { checkpoints: 8, samples: 30, train_samples: 0 },
};

export const PRESETS: readonly Preset[] = [
  {
    name: "quick",
    title: "Both phases in 20 seconds",
    says: "1,000 digits, 30 % of them with a wrong label, and a large learning rate: it is over soon.",
    training: { ...SMALL.training, label_noise: 0.3 },
    measurement: SMALL.measurement,
  },
  {
    name: "noisy",
    title: "30 % wrong labels",
    says: "2,000 digits, 30 % of them with a wrong label, and those are measured apart from the others: what is learned by heart looks how?",
    training: { ...SMALL.training, train_size: 2_000, label_noise: 0.3 },
    measurement: { ...SMALL.measurement, train_samples: 30, mislabelled_samples: 30 },
  },
  {
    name: "clean",
    title: "No wrong labels",
    says: "1,000 digits, each with its own label: is there still something to learn by heart?",
    training: { ...SMALL.training, label_noise: 0 },
    measurement: SMALL.measurement,
  },
  {
    name: "penalised",
    title: "Against high orders",
    says: "30 % wrong labels, and interactions of order 3 and above cost. Does it over-fit less? With a penalty of 0 you see what is owed to it.",
    training: { ...SMALL.training, learning_rate: 0.02, label_noise: 0.3, penalty: 10, penalty_order: 3 },
    measurement: SMALL.measurement,
  },
];

/** The experiment of a preset; the network and the seed stay as the reader has them. */
export function experimentOf({ training, measurement }: Preset, now: Experiment): Experiment {
  const { model, seed } = now.training;
  return {
    ...defaults,
    training: { ...defaults.training, ...training, model, seed },
    measurement: { ...defaults.measurement, ...measurement },
  };
}

/** The preset that settings are, or nothing. */
export function presetOf(now: Experiment): Preset | undefined {
  return PRESETS.find((preset) => JSON.stringify(experimentOf(preset, now)) === JSON.stringify(now));
}
