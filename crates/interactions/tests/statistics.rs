//! Masks, salience, strengths, similarity, phases and theory on cases small enough to check by hand.

use spindle_interactions::{
    Error,
    bootstrap::{Estimate, Resamples},
    mask, phase, salience,
    similarity::{self, ClassEffects, signed_jaccard},
    strength::{self, SampleStrength},
    theory,
};

fn resamples() -> Resamples {
    Resamples::new(200, 7)
}

fn assert_near(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() <= tolerance, "{found:?} is not {expected:?}");
    }
}

#[test]
fn masks_count_list_and_check_players() {
    assert_eq!(mask::order(0b1011), 3);
    assert_eq!(mask::players(0b1011).collect::<Vec<_>>(), [0, 1, 3]);
    assert_eq!(mask::players(0).count(), 0);
    assert_eq!(mask::from_players([3, 0, 1]), 0b1011);
    assert_eq!(
        mask::subsets(0b101).collect::<Vec<_>>(),
        [0, 0b001, 0b100, 0b101]
    );
    assert_eq!(mask::subsets(0).collect::<Vec<_>>(), [0]);
    assert_eq!(mask::full(10), 1023);
    assert_eq!(mask::player_count(1 << 20), Ok(20));
    assert_eq!(mask::player_count(1 << 21), Err(Error::Players(21)));
    assert_eq!(mask::player_count(1), Err(Error::Players(0)));
    assert_eq!(mask::player_count(0), Err(Error::Length(0)));
    assert_eq!(mask::binomial(20, 10), 184_756.0);
}

#[test]
fn the_salience_threshold_is_a_share_of_the_mean_output() {
    assert!((salience::threshold([2.0, 4.0], 0.03) - 0.09).abs() < 1e-15);
    assert_eq!(salience::threshold([], 0.03), 0.0);
    assert_eq!(salience::output_range(&[1.0, 0.0, 0.0, -2.0]), Some(3.0));
}

#[test]
fn strengths_split_signs_and_leave_out_what_is_not_salient() {
    // masks: -, a, b, ab
    let and = [9.0, 1.0, -0.05, -2.0];
    let or = [9.0, 0.0, 0.0, 0.5];
    let s = strength::of_effects(&[&and, &or], 0.1);
    assert_eq!(
        s,
        SampleStrength {
            positive: vec![1.0, 0.5],
            negative: vec![0.0, -2.0]
        }
    );
    let all = strength::of_effects(&[&and, &or], 0.0);
    assert_eq!(all.negative, [-0.05, -2.0]);

    let by_order = strength::by_order(&[s.clone(), s], &resamples());
    assert_eq!(
        by_order.positive[1],
        Estimate {
            value: 0.5,
            low: 0.5,
            high: 0.5
        }
    );
    let share: Vec<f64> = by_order.share.unwrap().iter().map(|e| e.value).collect();
    assert_near(&share, &[1.0 / 3.5, 2.5 / 3.5], 1e-12);
    assert!((by_order.mean_order.unwrap().value - 6.0 / 3.5).abs() < 1e-12);
}

#[test]
fn nothing_salient_has_no_share() {
    let nothing = SampleStrength {
        positive: vec![0.0; 3],
        negative: vec![0.0; 3],
    };
    let by_order = strength::by_order(&[nothing.clone(), nothing], &resamples());
    assert_eq!((by_order.share, by_order.mean_order), (None, None));
    assert!(strength::by_order(&[], &resamples()).positive.is_empty());
}

#[test]
fn intervals_hold_the_value_and_repeat_with_the_seed() {
    let samples: Vec<SampleStrength> = (0..30)
        .map(|i| SampleStrength {
            positive: vec![f64::from(i % 7), 1.0],
            negative: vec![0.0, -1.0],
        })
        .collect();
    let (once, again) = (
        strength::by_order(&samples, &resamples()),
        strength::by_order(&samples, &resamples()),
    );
    assert_eq!(once, again);
    let e = once.positive[0];
    assert!(e.low < e.value && e.value < e.high, "{e:?}");
    // A normal interval of the mean of 30 values with this spread.
    assert!((e.high - e.low) > 0.8 && (e.high - e.low) < 2.2, "{e:?}");
    assert_ne!(
        strength::by_order(&samples, &Resamples::new(200, 8)).positive[0],
        e
    );
}

#[test]
fn signed_jaccard_shares_nothing_between_signs() {
    assert_eq!(signed_jaccard(&[1.0, 2.0], &[1.0, 2.0]), Some(1.0));
    assert_eq!(signed_jaccard(&[1.0, -2.0], &[-1.0, 2.0]), Some(0.0));
    assert_eq!(signed_jaccard(&[1.0, 0.0], &[3.0, -1.0]), Some(0.25));
    assert_eq!(signed_jaccard(&[0.0, 0.0], &[0.0, 0.0]), None);
    assert_eq!(signed_jaccard(&[1.0], &[1.0, 2.0]), None);
}

#[test]
fn similarity_averages_over_classes_that_both_splits_have() {
    let zero = [0.0; 4];
    let (a, b, c) = (
        [0.0, 1.0, 0.0, 0.0],
        [0.0, 0.5, 0.0, 0.0],
        [0.0, 0.0, 0.0, 3.0],
    );
    let sample = |label, and| ClassEffects {
        label,
        and,
        or: &zero,
    };
    let train = [sample(0, &a), sample(0, &a), sample(1, &c), sample(2, &a)];
    let test = [sample(0, &b), sample(1, &c)];
    let by_order = similarity::by_order(&train, &test, &resamples());
    // Order 1: class 0 only, 0.5 / 1. Order 2: class 1 only, equal.
    assert_eq!(by_order[0].unwrap().value, 0.5);
    assert_eq!(by_order[1].unwrap().value, 1.0);
    // AND and OR effects lie side by side: the same effect of the other type shares nothing.
    let other_type = [ClassEffects {
        label: 0,
        and: &zero,
        or: &c,
    }];
    let found = similarity::by_order(&[sample(0, &c)], &other_type, &resamples());
    assert_eq!((found[0], found[1].unwrap().value), (None, 0.0));
    assert!(similarity::by_order(&[], &[], &resamples()).is_empty());
}

#[test]
fn the_interval_of_a_similarity_holds_it_although_drawing_anew_lowers_it() {
    // Five noisy samples a split, as in a run with 50 samples of 10 classes.
    let noisy: Vec<Vec<f64>> = (0..10_u64)
        .map(|sample| {
            (0..64_u64)
                .map(|mask| ((sample * 7919 + mask * 104_729) % 101) as f64 / 50.0 - 0.5)
                .collect()
        })
        .collect();
    let samples: Vec<ClassEffects<'_>> = noisy
        .iter()
        .map(|and| ClassEffects {
            label: 0,
            and,
            or: and,
        })
        .collect();
    let (train, test) = samples.split_at(5);
    for estimate in similarity::by_order(train, test, &resamples()) {
        let e = estimate.unwrap();
        assert!(
            e.low <= e.value && e.value <= e.high && e.low < e.high,
            "{e:?}"
        );
    }
}

/// Checkpoints whose samples all have the given mean order between 1 and 2.
fn checkpoints(mean_orders: &[f64]) -> Vec<Vec<SampleStrength>> {
    let sample = |m: f64| SampleStrength {
        positive: vec![2.0 - m, 0.0],
        negative: vec![0.0, 1.0 - m],
    };
    mean_orders
        .iter()
        .map(|&m| vec![sample(m), sample(m)])
        .collect()
}

#[test]
fn the_boundary_is_where_the_mean_order_is_smallest_before_it_rises_for_good() {
    let index =
        |orders: &[f64]| phase::boundary(&checkpoints(orders), &resamples()).map(|o| o.index);
    assert_eq!(index(&[1.9, 1.5, 1.2, 1.4, 1.6]), Some(2));
    assert_eq!(index(&[1.9, 1.2, 1.6, 1.1, 1.3]), Some(3));
    assert_eq!(index(&[1.9, 1.2, 1.2, 1.3]), Some(2));
    assert_eq!(index(&[1.9, 1.5, 1.2]), None);
    assert_eq!(index(&[]), None);
    let onset = phase::boundary(&checkpoints(&[1.9, 1.2, 1.6]), &resamples()).unwrap();
    assert_eq!((onset.low, onset.high), (1, 1));
}

#[test]
fn the_gap_opens_where_it_leaves_its_running_minimum() {
    let train = [2.3, 1.0, 0.5, 0.2, 0.1];
    let test = [2.3, 1.1, 0.6, 0.5, 0.9];
    assert_eq!(phase::gap_onset(&train, &test, 0.15), Some(3));
    assert_eq!(phase::gap_onset(&train, &test, 0.5), Some(4));
    assert_eq!(phase::gap_onset(&train, &test, 2.0), None);
    assert_eq!(
        phase::gap_onset(&[1.0, f64::NAN, 0.1], &[1.0, 1.0, 1.0], 0.5),
        Some(2)
    );
    let losses = |means: &[f64]| -> Vec<Vec<f64>> { means.iter().map(|m| vec![*m; 5]).collect() };
    let onset = phase::gap_onset_of_samples(&losses(&train), &losses(&test), 0.15, &resamples());
    assert_eq!(
        onset,
        Some(phase::Onset {
            index: 3,
            low: 3,
            high: 3
        })
    );
    assert_eq!(
        phase::gap_onset_of_samples(&[], &[], 0.1, &resamples()),
        None
    );
}

#[test]
fn the_spindle_of_independent_outputs() {
    let expected = [
        0.008, 0.054, 0.202, 0.500, 0.849, 1.0, 0.808, 0.429, 0.135, 0.019,
    ];
    assert_near(&theory::spindle_curve(10).unwrap(), &expected, 6e-4);
    assert_eq!(theory::spindle_curve(1), Err(Error::Players(1)));
}

#[test]
fn row_norms_shrink_with_the_order() {
    let expected = [0.9499, 0.8537, 0.6560, 0.3674, 0.1751, 0.0759, 0.0310];
    assert_near(&theory::row_norms(6, 0.01).unwrap(), &expected, 6e-5);
    assert!(matches!(
        theory::row_norms(6, 0.0),
        Err(Error::Parameter {
            field: "sigma2",
            ..
        })
    ));
}

#[test]
fn the_overlay_solves_its_defining_equation() {
    let (n, sigma2) = (5, 0.03);
    let masks = 1_usize << n;
    let w: Vec<f64> = (0..masks).map(|i| ((i * 37 % 11) as f64) - 5.0).collect();
    let overlay = theory::Overlay::new(n, &[[&w, &w]], 0.0).unwrap();
    let [shrunk, or] = overlay.effects(sigma2).unwrap().remove(0);
    assert_eq!(shrunk, or);
    let g = |t: usize, u: usize| 0.5_f64.powi((t | u).count_ones() as i32);
    for t in 0..masks {
        let left = (0..masks).map(|u| g(t, u) * shrunk[u]).sum::<f64>()
            + sigma2 * 2.0_f64.powi(t.count_ones() as i32) * shrunk[t];
        let right: f64 = (0..masks).map(|u| g(t, u) * w[u]).sum();
        assert!((left - right).abs() < 1e-10, "mask {t}: {left} {right}");
    }
}

#[test]
fn the_fit_finds_the_noise_that_made_the_curve() {
    let w: Vec<f64> = (0..64_usize)
        .map(|i| ((i * 29 % 13) as f64) - 6.0)
        .collect();
    let grid = theory::log_grid(1e-4, 1.0, 41);
    for salience in [0.0, 0.03] {
        let overlay = theory::Overlay::new(6, &[[&w, &w]], salience).unwrap();
        let shares: Vec<Vec<f64>> = [17, 30]
            .map(|truth| overlay.share(grid[truth]).unwrap().unwrap())
            .to_vec();
        let fits = overlay.fit(&shares, &grid).unwrap();
        for (fit, truth) in fits.iter().zip([17, 30]) {
            let fit = fit.as_ref().unwrap();
            assert_eq!(fit.sigma2, grid[truth]);
            assert!(fit.squared_error < 1e-20);
        }
        assert!(overlay.fit(&[shares[0][1..].to_vec()], &grid).is_err());
    }
    let zeros = [0.0; 64];
    let nothing = theory::Overlay::new(6, &[[&zeros, &zeros]], 0.0).unwrap();
    assert_eq!(nothing.fit(&[vec![0.0; 6]], &grid), Ok(vec![None]));
    assert!(theory::Overlay::new(6, &[[&w[1..], &w]], 0.0).is_err());
    assert!(theory::Overlay::new(6, &[[&w, &w]], -1.0).is_err());
}

#[test]
fn more_noise_leaves_lower_orders() {
    let w: Vec<f64> = (0..256_usize)
        .map(|i| if i % 37 == 5 { 1.0 } else { 0.0 })
        .collect();
    let overlay = theory::Overlay::new(8, &[[&w, &vec![0.0; 256]]], 0.03).unwrap();
    let mean_order = |sigma2: f64| -> f64 {
        let share = overlay.share(sigma2).unwrap().unwrap();
        (1..).zip(share).map(|(k, s)| f64::from(k) * s).sum()
    };
    let orders: Vec<f64> = [1e-6, 1e-2, 1.0].map(mean_order).to_vec();
    assert!(orders.is_sorted_by(|a, b| a > b), "{orders:?}");
}
