//! Phases and the loss gap: what is claimed of planted trainings, and how often something is
//! claimed of trainings without it.

use rand::{RngExt, SeedableRng, rngs::SmallRng};
use spindle_interactions::{
    bootstrap::Resamples,
    decompose::{RangeBounds, Statistic},
    phase::{self, Measured, Onset, SplitLosses, Verdict},
    strength::{self, SampleStrength},
};

const SHARE: Statistic = Statistic::ShareOfHighOrders;

/// A normal number, by the sum of twelve uniform ones.
fn normal(rng: &mut SmallRng) -> f64 {
    (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0
}

/// A training whose samples have a share of orders 3 and above near `shares[checkpoint]`. Strengths
/// differ by sample as much as those of networks do (log-normal), shares by sample and by sample
/// and checkpoint.
fn training(shares: &[f64], samples: usize, rng: &mut SmallRng) -> Vec<Measured> {
    let sizes: Vec<f64> = (0..samples).map(|_| normal(rng).exp()).collect();
    let own: Vec<f64> = (0..samples).map(|_| 0.5 * normal(rng)).collect();
    let of_checkpoint = |share: &f64, rng: &mut SmallRng| {
        let of_sample = |(size, own): (&f64, &f64)| {
            let logit = (share / (1.0 - share)).ln() + own + 0.5 * normal(rng);
            let share = 1.0 / (1.0 + (-logit).exp());
            let size = size * (0.5 * normal(rng)).exp();
            SampleStrength {
                positive: vec![
                    0.6 * (1.0 - share) * size,
                    0.2 * (1.0 - share) * size,
                    share * size,
                ],
                negative: vec![-0.2 * (1.0 - share) * size, 0.0, 0.0],
            }
        };
        Measured {
            strengths: sizes.iter().zip(&own).map(of_sample).collect(),
            ranges: None,
        }
    };
    shares
        .iter()
        .map(|share| of_checkpoint(share, rng))
        .collect()
}

/// How many of `trainings` are said to have two phases.
fn claims(shares: &[f64], samples: usize, trainings: u64) -> usize {
    let resamples = Resamples::new(400, 5);
    let is_claimed = |seed| {
        let mut rng = SmallRng::seed_from_u64(seed);
        let checkpoints = training(shares, samples, &mut rng);
        let (phases, _) = phase::two_phases(SHARE, &checkpoints, &resamples);
        phases.verdict == Verdict::TwoPhases
    };
    (0..trainings).filter(|&seed| is_claimed(seed)).count()
}

#[test]
fn of_1000_flat_trainings_at_most_5_percent_are_said_to_have_phases() {
    for (samples, most) in [(10, 50), (20, 50), (50, 50)] {
        let claimed = claims(&[0.3; 16], samples, 1000);
        assert!(claimed <= most, "{claimed} with {samples} samples");
    }
}

#[test]
fn a_fall_without_a_rise_is_no_second_phase_in_95_percent() {
    let mut shares = [0.1; 16];
    shares[..3].copy_from_slice(&[0.5, 0.4, 0.2]);
    for samples in [20, 50] {
        let claimed = claims(&shares, samples, 1000);
        assert!(claimed <= 50, "{claimed} with {samples} samples");
    }
}

#[test]
fn planted_phases_are_found_where_they_are() {
    let shares = [0.5, 0.4, 0.2, 0.05, 0.08, 0.12, 0.2, 0.3];
    assert!(claims(&shares, 50, 200) >= 190);
    let mut rng = SmallRng::seed_from_u64(1);
    let checkpoints = training(&shares, 50, &mut rng);
    let (phases, draws) = phase::two_phases(SHARE, &checkpoints, &Resamples::new(500, 5));
    let boundary = phases.boundary().unwrap();
    assert!(
        (boundary.index, boundary.low >= 2, boundary.high <= 4) == (3, true, true),
        "{boundary:?}"
    );
    assert_eq!(draws.len(), 500);
    let fall = phases.fall.unwrap().answer;
    assert!(
        fall.low > 0.2 && fall.value > 0.35 && fall.high < 0.7,
        "{fall:?}"
    );
}

/// Samples of equal strengths: 1 in all, `share` of it of order 3.
fn uniform(share: f64, samples: usize) -> Measured {
    let of_sample = |sample: usize| {
        let share = share + 0.001 * (sample % 5) as f64;
        SampleStrength {
            positive: vec![1.0 - share, 0.0, share],
            negative: vec![0.0; 3],
        }
    };
    Measured {
        strengths: (0..samples).map(of_sample).collect(),
        ranges: None,
    }
}

/// Bounds whose range of the share is `low` to `high`: D = t (1 + d s) from below and t (1 + d (1 -
/// s)) from above, d = 1/2.
fn with_range(mut measured: Measured, low: f64, high: f64) -> Measured {
    let bounds = RangeBounds {
        limit: 1.0,
        bounds: [1.5, 1.5, 1.0 + 0.5 * low, 1.5 - 0.5 * high],
    };
    assert!({
        let (l, h) = bounds.range(SHARE, 3).unwrap();
        (l - low).abs() < 1e-12 && (h - high).abs() < 1e-12
    });
    measured.ranges = Some(vec![bounds; measured.strengths.len()]);
    measured
}

#[test]
fn what_every_answer_does_not_show_is_ours_only() {
    let course = |last: [f64; 2]| {
        let checkpoints = [
            with_range(uniform(0.5, 20), 0.45, 0.55),
            with_range(uniform(0.1, 20), 0.0, 0.2),
            with_range(uniform(0.3, 20), last[0], last[1]),
        ];
        phase::two_phases(SHARE, &checkpoints, &Resamples::new(200, 5)).0
    };
    let apart = course([0.25, 0.35]);
    assert_eq!(apart.verdict, Verdict::TwoPhases);
    let least = apart.rise.unwrap().least.unwrap();
    assert!((least.value - 0.05).abs() < 1e-12, "{least:?}");
    let overlapping = course([0.15, 0.35]);
    assert_eq!(overlapping.verdict, Verdict::InOurAnswerOnly);
    assert_eq!(overlapping.boundary(), None);
    assert_eq!(overlapping.lowest.unwrap().index, 1);
}

#[test]
fn what_is_missing_is_named() {
    let verdict = |shares: &[f64], samples| {
        let checkpoints: Vec<_> = shares
            .iter()
            .map(|&share| uniform(share, samples))
            .collect();
        phase::two_phases(SHARE, &checkpoints, &Resamples::new(200, 5))
            .0
            .verdict
    };
    assert_eq!(verdict(&[0.5, 0.2, 0.1], 20), Verdict::OnlyAFall);
    assert_eq!(verdict(&[0.1, 0.2, 0.3], 20), Verdict::OnlyARise);
    assert_eq!(verdict(&[0.2, 0.2, 0.2], 20), Verdict::Neither);
    assert_eq!(verdict(&[0.5, 0.1], 20), Verdict::TooFew);
    assert_eq!(verdict(&[0.5, 0.1, 0.3], 9), Verdict::TooFew);
    assert_eq!(verdict(&[], 20), Verdict::TooFew);
    let silent = Measured {
        strengths: vec![
            SampleStrength {
                positive: vec![0.0; 3],
                negative: vec![0.0; 3]
            };
            20
        ],
        ranges: None,
    };
    let (phases, draws) = phase::two_phases(SHARE, &vec![silent; 4], &Resamples::new(200, 5));
    assert_eq!(
        (phases.verdict, phases.lowest, draws.len()),
        (Verdict::TooFew, None, 0)
    );
}

#[test]
fn the_mean_order_comes_first_where_the_share_says_nothing() {
    let of = |shares: &[f64]| -> Vec<Measured> {
        shares.iter().map(|&share| uniform(share, 10)).collect()
    };
    assert_eq!(phase::first_statistic(&of(&[0.5, 0.1, 0.9])), SHARE);
    assert_eq!(
        phase::first_statistic(&of(&[0.9, 0.8, 0.95])),
        Statistic::MeanOrder
    );
    let two_players = Measured {
        strengths: vec![
            SampleStrength {
                positive: vec![1.0, 0.5],
                negative: vec![0.0; 2]
            };
            10
        ],
        ranges: None,
    };
    assert_eq!(phase::first_statistic(&[two_players]), Statistic::MeanOrder);
}

/// Losses near these means; every sample has a level of its own that stays.
fn losses(means: &[f64], samples: usize, seed: u64) -> Vec<Vec<f32>> {
    let mut rng = SmallRng::seed_from_u64(seed);
    let own: Vec<f64> = (0..samples).map(|_| 0.2 * normal(&mut rng)).collect();
    let at = |mean: &f64| {
        let of = own
            .iter()
            .map(|own| (mean + own + 0.05 * normal(&mut rng)).max(0.0) as f32);
        of.collect()
    };
    means.iter().map(at).collect()
}

const CHANCE: f64 = 2.302;

#[test]
fn the_gap_opens_where_it_leaves_its_running_minimum_and_stays() {
    let split = SplitLosses {
        train: losses(&[2.3, 1.6, 1.2, 1.0, 0.8, 0.7, 0.6], 2000, 1),
        test: losses(&[2.3, 1.6, 1.2, 1.0, 0.9, 0.95, 1.0], 1000, 2),
    };
    let (gap, draws) = phase::loss_gap(&split, CHANCE, &Resamples::new(200, 3));
    assert!(gap.has_learnt);
    assert_eq!(
        gap.onset,
        Some(Onset {
            index: 4,
            low: 4,
            high: 4
        })
    );
    assert_eq!(gap.test_minimum.unwrap().index, 4);
    let rise = gap.rise.unwrap();
    assert!(
        (rise.value - 0.4).abs() < 0.02 && rise.low > 0.37 && rise.high < 0.43,
        "{rise:?}"
    );
    assert_eq!(draws.len(), 200);
}

#[test]
fn a_gap_that_closes_again_or_opens_at_the_end_only_has_no_onset() {
    let train = losses(&[2.3, 1.6, 1.2, 1.0, 0.8, 0.7, 0.6], 2000, 1);
    for test in [
        [2.3, 1.6, 1.3, 1.0, 0.8, 0.7, 0.6],
        [2.3, 1.6, 1.2, 1.0, 0.8, 0.8, 0.8],
    ] {
        let split = SplitLosses {
            train: train.clone(),
            test: losses(&test, 1000, 2),
        };
        let (gap, _) = phase::loss_gap(&split, CHANCE, &Resamples::new(50, 3));
        assert_eq!(gap.onset, None, "{test:?}");
    }
}

#[test]
fn of_flat_losses_a_gap_is_claimed_in_at_most_5_percent() {
    let claimed = (0..200).filter(|seed| {
        let split = SplitLosses {
            train: losses(&[1.0; 16], 200, 2 * seed),
            test: losses(&[1.0; 16], 100, 2 * seed + 1),
        };
        phase::loss_gap(&split, CHANCE, &Resamples::new(10, 3))
            .0
            .onset
            .is_some()
    });
    let claimed = claimed.count();
    assert!(claimed <= 10, "{claimed} of 200");
}

#[test]
fn nothing_is_claimed_of_a_network_that_learnt_nothing() {
    let resamples = Resamples::new(50, 3);
    // A test loss at that of the best constant answer, while the training loss falls.
    let split = SplitLosses {
        train: losses(&[2.35, 2.2, 2.0, 1.8, 1.5, 1.2], 2000, 1),
        test: losses(&[2.35, 2.33, 2.31, 2.32, 2.35, 2.4], 1000, 2),
    };
    let (gap, draws) = phase::loss_gap(&split, CHANCE, &resamples);
    assert_eq!(
        (gap.has_learnt, gap.onset, gap.rise, draws.len()),
        (false, None, None, 0)
    );
    // A training that diverged.
    let split = SplitLosses {
        train: vec![vec![f32::NAN; 20]; 5],
        test: vec![vec![f32::NAN; 20]; 5],
    };
    assert!(!phase::loss_gap(&split, CHANCE, &resamples).0.has_learnt);
    assert!(
        !phase::loss_gap(&SplitLosses::default(), CHANCE, &resamples)
            .0
            .has_learnt
    );
}

#[test]
fn the_lag_is_the_time_between_both_with_their_draws() {
    let epochs = [0.0, 0.25, 1.0, 4.0, 16.0];
    let lag = phase::lag(&epochs, (1, &[1, 1, 2]), (3, &[3, 4, 3])).unwrap();
    assert!((lag.value - 3.75).abs() < 1e-12);
    assert!(lag.low >= 3.0 && lag.high <= 15.75, "{lag:?}");
}

#[test]
fn a_difference_between_groups_covers_what_was_planted() {
    let resamples = Resamples::new(400, 5);
    let covers = |seed: &u64| {
        let mut rng = SmallRng::seed_from_u64(*seed);
        let group =
            |share: f64, rng: &mut SmallRng| training(&[share], 50, rng).remove(0).strengths;
        let (a, b) = (group(0.3, &mut rng), group(0.3, &mut rng));
        let found = strength::difference(SHARE, &a, &b, &resamples).unwrap();
        found.low <= 0.0 && 0.0 <= found.high
    };
    let covered = (0..400).filter(covers).count();
    // Strengths are log-normal: with 50 of them an interval of 95 % covers 91 %.
    assert!((356..=396).contains(&covered), "{covered} of 400");
    let mut rng = SmallRng::seed_from_u64(1);
    let [a, b] = [0.5, 0.2].map(|share| training(&[share], 50, &mut rng).remove(0).strengths);
    let found = strength::difference(SHARE, &a, &b, &resamples).unwrap();
    assert!(found.low > 0.1 && found.high < 0.5, "{found:?}");
    assert_eq!(strength::difference(SHARE, &a, &b[..1], &resamples), None);
}
