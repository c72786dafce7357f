//! A made-up run with the shape of a real one: LeNet on MNIST, twelve checkpoints, both phases.
//! Its numbers are formulas, so that tests and the example see the same run on every machine.

use spindle_interactions::{
    bootstrap::Estimate,
    decompose::Statistic,
    phase::{Change, LossGap, Onset, Phases, Verdict},
    similarity::Ceilings,
    strength::StrengthByOrder,
    theory::Tilt,
};
use spindle_run::{
    Experiment,
    analysis::{
        AtNoise, GroupDifference, GroupDifferences, NoiseBounds, Norms, PublishedSgd, Similarity,
        Theory, TheoryFit,
    },
    experiment::Schedule,
    record::{
        self, AllEffects, CheckpointRecord, Group, GroupStrength, LossRecord, Opening, Parts,
        Players, Provenance, RangedEstimate, Recorded, RunRecord, SCHEMA, SampleCertificate,
        SampleRecord, Summary,
    },
};

const PLAYERS: usize = 10;
const STEPS_PER_EPOCH: usize = 48;

/// Epochs of the checkpoints.
const EPOCHS: [f64; 12] = [
    0.0, 0.0625, 0.25, 1.0, 2.0, 3.0, 6.0, 11.0, 20.0, 38.0, 69.0, 128.0,
];

/// Shares of orders 1..=10 before training, at the boundary and at the end.
const BEFORE: [f64; PLAYERS] = [0.05, 0.28, 0.19, 0.16, 0.15, 0.10, 0.04, 0.02, 0.01, 0.0];
const TURN: [f64; PLAYERS] = [0.28, 0.48, 0.14, 0.08, 0.02, 0.0, 0.0, 0.0, 0.0, 0.0];
const END: [f64; PLAYERS] = [0.13, 0.47, 0.23, 0.10, 0.04, 0.02, 0.01, 0.0, 0.0, 0.0];
const SPINDLE: [f64; PLAYERS] = [
    0.002, 0.013, 0.05, 0.12, 0.21, 0.25, 0.20, 0.107, 0.04, 0.008,
];

fn estimate(value: f64, spread: f64) -> Estimate {
    let width = spread * value.abs();
    Estimate {
        value,
        low: value - width,
        high: value + 1.2 * width,
    }
}

fn mixed(from: &[f64; PLAYERS], to: &[f64; PLAYERS], at: f64) -> [f64; PLAYERS] {
    std::array::from_fn(|i| from[i] + (to[i] - from[i]) * at)
}

fn strength(share: &[f64; PLAYERS], total: f64, spread: f64) -> StrengthByOrder {
    let positive = |i: usize| 0.62 - 0.02 * i as f64;
    let mean = share
        .iter()
        .zip(1..)
        .map(|(s, k)| s * f64::from(k))
        .sum::<f64>()
        / share.iter().sum::<f64>();
    let side = |of: &dyn Fn(usize) -> f64| {
        (0..PLAYERS)
            .map(|i| estimate(total * share[i] * of(i), spread))
            .collect()
    };
    StrengthByOrder {
        positive: side(&positive),
        negative: side(&|i| positive(i) - 1.0),
        share: Some(share.iter().map(|s| estimate(*s, 0.6 * spread)).collect()),
        mean_order: Some(estimate(mean, 0.25 * spread)),
    }
}

fn losses(epoch: f64) -> LossRecord {
    let train = 2.302 / (1.0 + 6.0 * epoch.powf(1.25));
    let gap = 0.055 * (1.0 + (epoch / 7.0).powi(2)).ln() * 0.4;
    LossRecord {
        step: (epoch * STEPS_PER_EPOCH as f64).round() as usize,
        epoch,
        train_loss: train,
        right_train_loss: Some(train),
        test_loss: train * 0.98 + 0.012 * (1.0 - (-epoch).exp()) + gap,
        train_accuracy: 1.0 - 0.9 / (1.0 + 7.0 * epoch),
        test_accuracy: 0.982 - 0.88 / (1.0 + 9.0 * epoch),
    }
}

fn all_effects(share: &[f64; PLAYERS]) -> AllEffects {
    let sum: f64 = share.iter().sum();
    let mean = share
        .iter()
        .zip(1..)
        .map(|(s, k)| s * f64::from(k))
        .sum::<f64>()
        / sum;
    let high = share[2..].iter().sum::<f64>() / sum;
    let ranged = |value: f64, spread: f64, below: f64, above: f64| RangedEstimate {
        value,
        low: value - spread,
        high: value + spread,
        lowest: Some(value - below),
        highest: Some(value + above),
    };
    AllEffects {
        mean_order: Some(ranged(mean, 0.15, 0.03, 0.4)),
        share_of_order_3_and_more: Some(ranged(high, 0.05, 0.02, 0.04)),
    }
}

fn ceilings(similarity: Option<Estimate>) -> Option<Ceilings> {
    let value = similarity?.value;
    Some(Ceilings {
        train_test: estimate(0.9 * value, 0.2),
        train_train: estimate(1.05 * value, 0.2),
        test_test: estimate(0.95 * value, 0.2),
        difference: Estimate {
            value: -0.1 * value,
            low: -0.16 * value,
            high: -0.04 * value,
        },
    })
}

fn difference(group: Group, than: Group, value: f64) -> GroupDifference {
    let spread = |value: f64, spread: f64| {
        Some(Estimate {
            value,
            low: value - spread,
            high: value + spread,
        })
    };
    GroupDifference {
        group,
        than,
        mean_order: spread(value, 0.2),
        share_of_order_3_and_more: spread(value / 3.0, 0.05),
        salient_mean_order: spread(value, 0.2),
    }
}

/// Less noise leaves more of the spindle.
fn by_noise(share: &[f64; PLAYERS], total: f64) -> Vec<AtNoise> {
    let rows = [(0.0, 0.4), (0.005, 0.15), (0.02, 0.0), (0.05, 0.0)];
    let at = |(noise_ratio, spindle): (f64, f64)| {
        let share = mixed(share, &SPINDLE, spindle);
        AtNoise {
            noise_ratio,
            norm: total * (1.2 - 4.0 * noise_ratio),
            strength: strength(&share, total, 0.1),
            salient: Some(strength(&share, total, 0.2)),
            share_of_order_3_and_more: Some(estimate(share[2..].iter().sum(), 0.1)),
        }
    };
    rows.map(at).to_vec()
}

/// Shares of orders of salient interactions and of all, and the total strength, at a checkpoint.
fn shares(index: usize, epoch: f64) -> ([f64; PLAYERS], [f64; PLAYERS], f64) {
    let share = match index {
        0..=4 => mixed(&BEFORE, &TURN, (index as f64 / 4.0).powf(0.6)),
        _ => mixed(&TURN, &END, ((index - 4) as f64 / 7.0).powf(0.8)),
    };
    let all = mixed(&share, &SPINDLE, if index == 0 { 0.15 } else { 0.04 });
    (share, all, 0.0106 + 34.0 * epoch / (epoch + 2.5))
}

fn summary(index: usize, epoch: f64) -> Summary {
    let (share, all, total) = shares(index, epoch);
    let heavier = mixed(&share, &SPINDLE, 0.2);
    let group = |group, samples, share: &_| GroupStrength {
        group,
        samples,
        strength: strength(share, total, 0.2),
    };
    Summary {
        version: Summary::VERSION,
        threshold: 0.03 * total / 3.0,
        strengths: vec![
            group(Group::Test, 50, &share),
            group(Group::Train, 50, &share),
            group(Group::Mislabelled, 30, &heavier),
        ],
        unthresholded: strength(&all, total * 1.2, 0.16),
        all_effects: all_effects(&all),
        salient_per_sample: 61.0 - 2.0 * index as f64,
        mean_output_change: total / 3.0,
        noise_floor: 2.4e-7,
        certificates: (0..130)
            .map(|i| SampleCertificate {
                primal: total,
                dual: total * (1.0 - 9e-4 * (i % 10) as f64 / 9.0),
                gap: 9e-4 * (i % 10) as f64 / 9.0,
                iterations: 400 + 25 * (i % 17),
                noise_bound: 0.02 * total / 3.0,
                residual: 0.02 * total / 3.0,
                smallest_norm: Some(total),
                ranges: None,
            })
            .collect(),
    }
}

/// A part that is found.
fn put<T: Recorded>(parts: &mut Parts, found: T) {
    parts.set(Some(found)).expect("numbers are finite");
}

/// What analyses have found at a checkpoint.
fn analyses(index: usize, epoch: f64) -> Parts {
    let (share, all, total) = shares(index, epoch);
    let melt = if index == 0 { 1.0 } else { 0.25 };
    let similarity = |i: usize| {
        let value = [0.50, 0.27, 0.13, 0.06, 0.03, 0.012][i];
        let trained = epoch / (epoch + 0.3);
        Some(estimate(
            value * trained * (1.0 - 0.04 * (index as f64 - 5.0).max(0.0)) + 0.01,
            0.18,
        ))
    };
    let mut found = Parts::default();
    put(
        &mut found,
        Similarity {
            by_order: (0..PLAYERS)
                .map(|i| if i < 6 { similarity(i) } else { None })
                .collect(),
            ceilings: Some(
                (0..PLAYERS)
                    .map(|i| (i < 6).then(|| ceilings(similarity(i))).flatten())
                    .collect(),
            ),
        },
    );
    put(
        &mut found,
        GroupDifferences(vec![
            difference(Group::Mislabelled, Group::Test, 0.19),
            difference(Group::Mislabelled, Group::Train, 0.17),
            difference(Group::Train, Group::Test, 0.02),
        ]),
    );
    if ![0, 4, 11].contains(&index) {
        return found;
    }
    put(&mut found, NoiseBounds(by_noise(&all, total)));
    put(
        &mut found,
        PublishedSgd {
            learning_rate: 1e-6,
            schedule: Schedule::Falling,
            steps: 10_000,
            strength: strength(&mixed(&share, &SPINDLE, melt), total * 3.0, 0.15),
            unthresholded: strength(&mixed(&share, &SPINDLE, melt), total * 4.0, 0.12),
            objective_ratio: if index == 0 { 115.0 } else { 1.31 },
            start_ratio: Some(if index == 0 { 5.2 } else { 1.62 }),
            norms: Some(Norms {
                smallest: total,
                start: total * if index == 0 { 5.2 } else { 1.62 },
                end: total * if index == 0 { 115.0 } else { 1.31 },
            }),
            sweep: Vec::new(),
        },
    );
    found
}

/// What analyses have found in all checkpoints.
fn of_run(theory: Vec<TheoryFit>) -> Parts {
    let mut found = Parts::default();
    put(
        &mut found,
        record::Phases {
            by_statistic: {
                let change = |value| Change {
                    answer: estimate(value, 0.05),
                    least: Some(estimate(value - 0.0625, 0.05)),
                };
                let phases = |statistic| Phases {
                    statistic,
                    lowest: Some(Onset {
                        index: 4,
                        low: 3,
                        high: 5,
                    }),
                    fall: Some(change(0.4375)),
                    rise: Some(change(0.25)),
                    verdict: Verdict::TwoPhases,
                };
                vec![
                    phases(Statistic::ShareOfHighOrders),
                    phases(Statistic::MeanOrder),
                ]
            },
            boundary: Some(Onset {
                index: 4,
                low: 3,
                high: 5,
            }),
        },
    );
    put(
        &mut found,
        Opening {
            gap: LossGap {
                has_learnt: true,
                onset: Some(Onset {
                    index: 6,
                    low: 6,
                    high: 7,
                }),
                rise: Some(estimate(0.125, 0.01)),
                test_minimum: Some(Onset {
                    index: 3,
                    low: 3,
                    high: 4,
                }),
            },
            lag: Some(estimate(3.0, 0.5)),
        },
    );
    put(&mut found, Theory(theory));
    found
}

/// The run.
pub(crate) fn run() -> RunRecord {
    let checkpoints = EPOCHS
        .iter()
        .enumerate()
        .map(|(index, &epoch)| CheckpointRecord {
            losses: losses(epoch),
            summary: Some(summary(index, epoch)),
            analyses: analyses(index, epoch),
        });
    let players: Vec<[usize; 2]> = (0..PLAYERS).map(|i| [1 + i / 5 * 3, 1 + i % 5]).collect();
    let sample = |group, position: usize| SampleRecord {
        group,
        position,
        label: position % 10,
        true_label: if group == Group::Mislabelled {
            (position + 3) % 10
        } else {
            position % 10
        },
        players: Players::Patches(players.clone()),
    };
    let theory = (5..11).map(|checkpoint| TheoryFit {
        checkpoint,
        sigma2: 0.9 * 0.45_f64.powi(checkpoint as i32 - 5),
        low: 0.8 * 0.45_f64.powi(checkpoint as i32 - 5),
        high: 1.1 * 0.45_f64.powi(checkpoint as i32 - 5),
        at_edge: false,
        residual: 0.012,
        tilt: Some(Tilt {
            rate: 0.3,
            residual: 0.02,
            share: TURN.to_vec(),
        }),
        share: mixed(&TURN, &END, 0.02 + (checkpoint - 4) as f64 / 7.2).to_vec(),
    });
    RunRecord {
        schema: SCHEMA,
        experiment: {
            let mut e = Experiment::default();
            e.training.train_size = Some(6000);
            e.measurement.mislabelled_samples = 30;
            e
        },
        provenance: Provenance {
            version: "0.1.0".into(),
            engine: "flex (AVX2), 2 threads".into(),
            data: "embedded subset of MNIST, 6,000 + 1,000 digits".into(),
            data_digest: "9f2c1d".repeat(10) + "abcd",
            train_size: 6000,
            mislabelled: 60,
            test_size: 1000,
            chance_loss: Some(std::f64::consts::LN_10),
            stand_in: None,
            train_seconds: 412.3,
            extract_seconds: 61.9,
            decompose_seconds: 127.4,
        },
        classes: (0..10).map(|digit| digit.to_string()).collect(),
        samples: (0..50)
            .map(|i| sample(Group::Test, i))
            .chain((0..50).map(|i| sample(Group::Train, 100 + i)))
            .chain((0..30).map(|i| sample(Group::Mislabelled, 700 + i)))
            .collect(),
        losses: (0..=128).map(|epoch| losses(f64::from(epoch))).collect(),
        checkpoints: checkpoints.collect(),
        analyses: of_run(theory.collect()),
        warnings: vec![
            "before training outputs move by 0.0035 nats on average; f32 noise is 6.8e-5 of that"
                .into(),
        ],
    }
}
