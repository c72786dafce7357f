//! A small run with made-up numbers: 4 players, 3 samples, 6 checkpoints whose mean order falls and
//! rises. Each test binary takes a part of it.
#![allow(dead_code)]

mod found;

use std::collections::BTreeMap;

use spindle_interactions::{
    bootstrap::Estimate,
    decompose::{Certificate, Decomposition, Proof, RangeBounds, Ranges},
    strength::StrengthByOrder,
};
use spindle_run::{
    Experiment,
    event::{Outputs, Tensor, Tensors, TrainingState},
    experiment::{CheckedExperiment, Measurement, Training},
    record::{
        AllEffects, CheckpointRecord, Group, GroupStrength, LossRecord, Players, Provenance,
        RangedEstimate, RunRecord, SampleCertificate, SampleRecord, Summary,
    },
};

pub(crate) use found::analyses;

pub(crate) const PLAYERS: usize = 4;
pub(crate) const SAMPLES: usize = 3;
pub(crate) const STEPS: [usize; 6] = [0, 10, 40, 80, 160, 320];
/// Mean orders: they fall until the third checkpoint, then rise.
const TILT: [f64; 6] = [0.5, 0.2, -0.9, -0.6, -0.3, 0.0];

pub(crate) fn experiment() -> Experiment {
    Experiment {
        training: Training {
            epochs: 8,
            ..Training::default()
        },
        measurement: Measurement {
            players: PLAYERS,
            samples: 1,
            train_samples: 1,
            mislabelled_samples: 1,
            checkpoints: 6,
            ..Measurement::default()
        },
        ..Experiment::default()
    }
}

/// The same, checked.
pub(crate) fn checked() -> CheckedExperiment {
    experiment().check().unwrap()
}

pub(crate) fn estimate(value: f64) -> Estimate {
    Estimate {
        value,
        low: value - value.abs() / 8.0,
        high: value + value.abs() / 8.0,
    }
}

fn strength(scale: f64, tilt: f64) -> StrengthByOrder {
    let weights: Vec<f64> = (1..=PLAYERS).map(|k| (tilt * k as f64).exp2()).collect();
    let total: f64 = weights.iter().sum();
    let share: Vec<f64> = weights.iter().map(|w| w / total).collect();
    let mean_order = (1..).zip(&share).map(|(k, s)| f64::from(k) * s).sum();
    StrengthByOrder {
        positive: share.iter().map(|s| estimate(scale * s * 0.75)).collect(),
        negative: share.iter().map(|s| estimate(-scale * s * 0.25)).collect(),
        share: Some(share.into_iter().map(estimate).collect()),
        mean_order: Some(estimate(mean_order)),
    }
}

pub(crate) fn losses(step: usize) -> LossRecord {
    let epoch = step as f64 / 40.0;
    LossRecord {
        step,
        epoch,
        train_loss: 2.25 / (1.0 + epoch),
        right_train_loss: Some(2.25 / (1.0 + epoch)),
        test_loss: 2.25 / (1.0 + epoch) + 0.03125 * epoch,
        train_accuracy: 1.0 - 0.875 / (1.0 + epoch),
        test_accuracy: 0.96875 - 0.875 / (1.0 + epoch),
    }
}

fn range_bounds(norm: f64) -> RangeBounds {
    RangeBounds {
        limit: norm * 1.005,
        bounds: [norm * 1.75, norm * 3.0, norm * 1.0625, norm * 1.25],
    }
}

pub(crate) fn summary(checkpoint: usize) -> Summary {
    let scale = 2.0 + checkpoint as f64;
    let tilt = TILT[checkpoint];
    let groups = [Group::Test, Group::Train, Group::Mislabelled];
    let of = |group| GroupStrength {
        group,
        samples: 1,
        strength: strength(scale, tilt),
    };
    Summary {
        version: Summary::VERSION,
        threshold: 0.125,
        strengths: groups.map(of).to_vec(),
        unthresholded: strength(scale * 1.5, tilt),
        all_effects: AllEffects {
            mean_order: Some(RangedEstimate {
                value: 2.0,
                low: 1.75,
                high: 2.25,
                lowest: Some(1.875),
                highest: Some(2.5),
            }),
            share_of_order_3_and_more: Some(RangedEstimate {
                value: 0.25,
                low: 0.125,
                high: 0.375,
                lowest: None,
                highest: None,
            }),
        },
        salient_per_sample: 7.0,
        mean_output_change: 4.0,
        noise_floor: 1e-6,
        certificates: (0..SAMPLES)
            .map(|sample| SampleCertificate {
                primal: scale + sample as f64,
                dual: (scale + sample as f64) * 0.9995,
                gap: 5e-4,
                iterations: 600 + 25 * sample,
                noise_bound: 0.0625,
                residual: 0.0625,
                smallest_norm: Some((scale + sample as f64) * 0.9998),
                ranges: Some(range_bounds(scale + sample as f64)),
            })
            .collect(),
    }
}

pub(crate) fn record() -> RunRecord {
    let provenance = Provenance {
        version: "0.1.0".into(),
        engine: "flex, 2 threads".into(),
        data: "MNIST, embedded subset".into(),
        data_digest: "00".repeat(32),
        train_size: 6000,
        mislabelled: 60,
        test_size: 1000,
        chance_loss: Some(std::f64::consts::LN_10),
        stand_in: None,
        train_seconds: 12.5,
        extract_seconds: 3.5,
        decompose_seconds: 1.25,
    };
    let groups = [Group::Test, Group::Train, Group::Mislabelled];
    let samples = (0..SAMPLES)
        .map(|sample| SampleRecord {
            group: groups[sample],
            position: 11 * sample,
            label: sample,
            true_label: if sample == 2 { 7 } else { sample },
            players: Players::Patches(vec![[1, 1], [2, 5], [4, 3], [6, 6]]),
        })
        .collect();
    let classes = (0..10).map(|digit| digit.to_string()).collect();
    let mut record = RunRecord::new(experiment(), provenance, classes, samples);
    record.losses = (0..=8).map(|epoch| losses(40 * epoch)).collect();
    record.checkpoints = (0..STEPS.len())
        .map(|index| CheckpointRecord {
            losses: losses(STEPS[index]),
            summary: Some(summary(index)),
            analyses: analyses(index),
        })
        .collect();
    for index in 0..STEPS.len() {
        found::put_computed(&mut record, index);
    }
    record.analyses = found::of_run();
    record.warnings = vec!["a warning, with a comma".into()];
    record
}

/// An effect that is like nothing else in the file it goes to.
fn effect(checkpoint: usize, sample: usize, mask: usize) -> f64 {
    let odd = ((7 * mask + 3 * sample + checkpoint) % 11) as f64 - 5.0;
    if mask == 0 { 0.0 } else { odd / 16.0 }
}

pub(crate) fn decompositions(checkpoint: usize) -> Vec<Decomposition> {
    let masks = 1 << PLAYERS;
    (0..SAMPLES)
        .map(|sample| Decomposition {
            baseline: 0.25 + sample as f64,
            and: (0..masks)
                .map(|mask| effect(checkpoint, sample, mask))
                .collect(),
            or: (0..masks)
                .map(|mask| {
                    if mask.count_ones() > 1 {
                        effect(checkpoint, sample, mask + 5)
                    } else {
                        0.0
                    }
                })
                .collect(),
            noise: (0..masks)
                .map(|mask| effect(checkpoint, sample, mask + 2) / 100.0)
                .collect(),
            dual: (0..masks)
                .map(|mask| effect(checkpoint, sample, mask + 3) / 3.0)
                .collect(),
            // Of the last sample there are none.
            ranges: (sample + 1 < SAMPLES).then(|| Ranges {
                limit: 4.02,
                proofs: std::array::from_fn(|at| Proof {
                    bound: 5.0 + at as f64,
                    dual: (0..masks).map(|mask| (mask + at) as f32 / 64.0).collect(),
                }),
            }),
            certificate: Certificate {
                primal: 4.0,
                dual: 3.999,
                gap: 0.001 / 4.0,
                iterations: 625 + sample,
                noise_bound: 0.0625,
                smallest_norm: 3.9995,
                excess: 1e-17,
            },
        })
        .collect()
}

pub(crate) fn outputs(checkpoint: usize) -> Outputs {
    let classes = 2;
    let cells = SAMPLES << PLAYERS;
    Outputs {
        step: STEPS[checkpoint],
        players: PLAYERS,
        classes,
        logits: (0..cells * classes).map(|cell| cell as f32 / 7.0).collect(),
        values: decompositions(checkpoint)
            .iter()
            .flat_map(|d| {
                let reconstruction = d.reconstruct().unwrap();
                let values: Vec<f64> = reconstruction
                    .iter()
                    .zip(&d.noise)
                    .map(|(v, noise)| v - noise)
                    .collect();
                values
            })
            .collect(),
        noise_floor: 1.5e-6,
    }
}

pub(crate) fn weights(seed: f32) -> Tensors {
    let tensor = |shape: Vec<usize>| {
        let data = (0..shape.iter().product::<usize>())
            .map(|i| seed + i as f32 / 3.0)
            .collect();
        Tensor { shape, data }
    };
    BTreeMap::from([
        ("conv1.weight".to_owned(), tensor(vec![2, 1, 3, 3])),
        ("conv1.bias".to_owned(), tensor(vec![2])),
        ("scale".to_owned(), tensor(vec![])),
    ])
}

pub(crate) fn state() -> TrainingState {
    TrainingState {
        step: 40,
        weights: weights(0.5),
        momentum: weights(-0.25),
    }
}
