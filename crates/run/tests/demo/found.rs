//! What analyses have found in the small run: made up, or computed from its decompositions.

use std::ops::ControlFlow;

use spindle_interactions::{
    decompose::Statistic,
    phase::{Change, LossGap, Onset, Phases, Verdict},
    similarity::Ceilings,
    theory::Tilt,
};
use spindle_run::{
    analysis::{
        ANALYSES, AtCheckpoint, AtNoise, AtRate, Before, Decay, DecayFit, GroupDifference,
        GroupDifferences, NoiseBounds, Norms, OtherAnswers, PublishedSgd, RateScale, Rule,
        Similarity, Stopped, Stopping, Theory, TheoryFit,
        landscape::{Bound, Curvature, Landscape, Quantiles},
        tangent::{Agreement, GroupTangent, Tangent},
    },
    experiment::Schedule,
    record::{self, Group, Opening, Part, Parts, Place, Recorded, RunRecord},
};

use super::{PLAYERS, STEPS, TILT, decompositions, estimate, outputs, strength};

/// A part that is found.
fn put<T: Recorded>(parts: &mut Parts, found: T) {
    parts.set(Some(found)).unwrap();
}

/// What analyses have found at a checkpoint.
pub(crate) fn analyses(checkpoint: usize) -> Parts {
    let scale = 2.0 + checkpoint as f64;
    let tilt = TILT[checkpoint];
    let mut found = Parts::default();
    put(
        &mut found,
        NoiseBounds(vec![AtNoise {
            noise_ratio: 0.005,
            norm: scale,
            strength: strength(scale, tilt + 0.5),
            salient: Some(strength(scale, tilt)),
            share_of_order_3_and_more: Some(estimate(0.5)),
        }]),
    );
    put(
        &mut found,
        Similarity {
            by_order: vec![Some(estimate(0.5)), Some(estimate(0.25)), None, None],
            ceilings: Some(vec![
                Some(Ceilings {
                    train_test: estimate(0.375),
                    train_train: estimate(0.5),
                    test_test: estimate(0.4375),
                    difference: estimate(-0.09375),
                }),
                None,
                None,
                None,
            ]),
        },
    );
    put(
        &mut found,
        GroupDifferences(vec![GroupDifference {
            group: Group::Mislabelled,
            than: Group::Test,
            mean_order: Some(estimate(0.25)),
            share_of_order_3_and_more: Some(estimate(0.125)),
            salient_mean_order: None,
        }]),
    );
    put(&mut found, landscape(checkpoint));
    put(&mut found, tangent(checkpoint));
    if checkpoint == STEPS.len() - 1 {
        put(&mut found, other_answers());
    }
    if checkpoint != 1 {
        put(
            &mut found,
            PublishedSgd {
                learning_rate: 1e-6,
                schedule: Schedule::Falling,
                steps: 10_000,
                strength: strength(scale * 4.0, tilt + 1.0),
                unthresholded: strength(scale * 5.0, tilt + 1.0),
                objective_ratio: 2500.0 / (1.0 + checkpoint as f64),
                start_ratio: Some(5.0 / (1.0 + checkpoint as f64)),
                norms: Some(Norms {
                    smallest: scale,
                    start: scale * 5.0,
                    end: scale * 2500.0,
                }),
                sweep: vec![AtRate {
                    learning_rate: 1e-4,
                    scale: RateScale::Change,
                    norm: scale * 3.0,
                    objective_ratio: 3.0,
                    mean_order: Some(2.5),
                    share_of_order_3_and_more: None,
                    salient: None,
                }],
            },
        );
    }
    found
}

/// What is around the weights of a checkpoint: sharpness falls where orders rise.
fn landscape(checkpoint: usize) -> Landscape {
    let trained = checkpoint as f64;
    let margin = |shift: f64| Quantiles {
        tenth: trained - shift,
        median: 2.0 * trained - shift,
    };
    Landscape {
        samples: 512,
        loss: 2.25 / (1.0 + trained),
        gradient_norm: 0.5 / (1.0 + trained),
        curvature: Curvature {
            eigenvalue: 64.0 / (1.0 + trained),
            residual: 0.5 / (1.0 + trained),
            products: 12 + checkpoint,
        },
        sam: 0.25 / (1.0 + trained),
        random: estimate(0.125 / (1.0 + trained)),
        train_margin: margin(0.125),
        test_margin: margin(0.5),
        bound: Bound {
            value: 0.75 + 0.125 * trained,
            error: 0.5,
            divergence: 512.0 * trained,
            deviation: 0.025,
        },
        bin_entropy: 2.0 + 0.0625 * trained,
    }
}

/// Which orders training moves: high ones are forgotten first.
fn tangent(checkpoint: usize) -> Tangent {
    let trained = checkpoint as f64;
    let shares = |shares: [f64; PLAYERS]| shares.map(|share| Some(estimate(share))).to_vec();
    let by_order = |of: fn(f64) -> f64| {
        let orders = (1..=PLAYERS).map(|order| Some(estimate(of(order as f64))));
        orders.collect::<Vec<_>>()
    };
    Tangent {
        samples: 512,
        directions: 16,
        agreement: Agreement {
            batch: 128,
            train: estimate(0.25),
            test: estimate(0.25 / (1.0 + trained)),
            difference: estimate(0.25 - 0.25 / (1.0 + trained)),
        },
        groups: vec![GroupTangent {
            group: Group::Test,
            samples: 2,
            outputs: shares([0.25, 0.25, 0.375, 0.125]),
            step: shares([0.125, 0.25, 0.375, 0.25]),
            random: shares([0.0625, 0.1875, 0.5, 0.25]),
            likeness: (1..=PLAYERS)
                .map(|order| Some(estimate(1.0 - 0.125 * trained * order as f64)))
                .collect(),
            mobility: by_order(|order| 0.0625 * order),
            rate: by_order(|order| 0.5_f64.powf(4.0 * (order - 1.0))),
        }],
    }
}

/// What analyses have found in all checkpoints.
pub(super) fn of_run() -> Parts {
    let mut found = Parts::default();
    put(
        &mut found,
        record::Phases {
            by_statistic: {
                let change = |value| Change {
                    answer: estimate(value),
                    least: Some(estimate(value - 0.0625)),
                };
                let phases = |statistic| Phases {
                    statistic,
                    lowest: Some(Onset {
                        index: 2,
                        low: 1,
                        high: 3,
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
                index: 2,
                low: 1,
                high: 3,
            }),
        },
    );
    put(
        &mut found,
        Opening {
            gap: LossGap {
                has_learnt: true,
                onset: Some(Onset {
                    index: 3,
                    low: 2,
                    high: 4,
                }),
                rise: Some(estimate(0.125)),
                test_minimum: Some(Onset {
                    index: 3,
                    low: 3,
                    high: 4,
                }),
            },
            lag: Some(estimate(1.0)),
        },
    );
    put(
        &mut found,
        Theory(
            (2..STEPS.len() - 1)
                .map(|checkpoint| TheoryFit {
                    checkpoint,
                    sigma2: 0.5f64.powi(checkpoint as i32),
                    low: 0.5f64.powi(checkpoint as i32 + 1),
                    high: 0.5f64.powi(checkpoint as i32 - 1),
                    at_edge: false,
                    share: vec![0.4, 0.3, 0.2, 0.1],
                    residual: 0.03125,
                    tilt: Some(Tilt {
                        rate: 0.5,
                        residual: 0.0625,
                        share: vec![0.4, 0.3, 0.2, 0.1],
                    }),
                })
                .collect(),
        ),
    );
    put(
        &mut found,
        Decay {
            initial_residual: 0.125,
            fits: (0..=2)
                .map(|checkpoint| DecayFit {
                    checkpoint,
                    weight: 1.0 - checkpoint as f64 / 2.0,
                    residual: checkpoint as f64 / 64.0,
                    weight_of_theory: 0.5 - checkpoint as f64 / 4.0,
                    residual_of_theory: checkpoint as f64 / 16.0,
                })
                .collect(),
        },
    );
    put(&mut found, stopping());
    found
}

fn stopping() -> Stopping {
    let stopped = |rule, at, kept, regret, passes| Stopped {
        rule,
        at,
        kept,
        regret: estimate(regret),
        passes,
    };
    Stopping {
        best: 3,
        best_loss: estimate(0.5),
        samples: [500, 500],
        rules: vec![
            stopped(Rule::HighOrders, Some(4), 4, 0.0625, 4096.0),
            stopped(Rule::MeanOrder, None, 5, 0.25, 6144.0),
            stopped(Rule::Cancellation, Some(3), 3, 0.0, 4096.0),
            stopped(Rule::Patience, None, 3, 0.0, 3000.0),
            stopped(Rule::Never, None, 5, 0.25, 0.0),
        ],
    }
}

/// Of answers that are nearly as sparse; they would take a solver.
fn other_answers() -> OtherAnswers {
    OtherAnswers {
        samples: 1,
        answers: 22,
        largest_norm: 1.005,
        share: vec![
            [0.5, 0.25, 0.5],
            [0.25, 0.25, 0.5],
            [0.125, 0.125, 0.1875],
            [0.125, 0.0625, 0.125],
        ],
        loss_up_to: vec![[0.5, 0.5, 0.5], [0.375, 0.25, 0.375]],
        instability: vec![Some(0.5), Some(0.375), None, Some(0.25)],
    }
}

/// What some analyses find in this run's decompositions at a checkpoint.
pub(super) fn put_computed(record: &mut RunRecord, index: usize) {
    let (outputs, found) = (outputs(index), decompositions(index));
    let earlier = index.checked_sub(1).map(decompositions);
    let before = earlier.as_ref().map(|found| Before {
        threshold: 0.125,
        decompositions: found,
    });
    for analysis in ANALYSES {
        if ![
            "contributions",
            "controls",
            "fate-losses",
            "fates",
            "sparsity",
        ]
        .contains(&analysis.name())
        {
            continue;
        }
        let at = AtCheckpoint::new(record, index, &outputs, &found).unwrap();
        let value = analysis
            .at_checkpoint(&at.with_before(before), &|_| ControlFlow::Continue(()))
            .unwrap();
        let part = Part {
            version: analysis.version(),
            value,
        };
        record.put_part(Place::Checkpoint(index), analysis.name(), part);
    }
}
