//! Similarity of interactions between training and test samples: values by hand, the jackknife
//! against textbooks, intervals against simulation.

use rand::Rng;
use spindle_interactions::{
    bootstrap::Estimate,
    jackknife,
    similarity::{self, Ceilings, ClassEffects, SPLITS, signed_jaccard},
};

mod support;
use support::{normals, seeded};

/// A sample's class, AND and OR effects.
type Sample = (usize, Vec<f64>, Vec<f64>);

fn effects(samples: &[Sample]) -> Vec<ClassEffects<'_>> {
    samples
        .iter()
        .map(|(label, and, or)| ClassEffects {
            label: *label,
            and,
            or,
        })
        .collect()
}

/// Samples of two players, without OR effects, that have one effect of order 1.
fn of_order_1(values: &[f64]) -> Vec<Sample> {
    let sample = |x: &f64| (0, vec![0.0, *x, 0.0, 0.0], vec![0.0; 4]);
    values.iter().map(sample).collect()
}

/// Samples of every class around its mean effects, with normal noise.
fn noisy(means: &[Vec<f64>], samples: usize, noise: f64, rng: &mut impl Rng) -> Vec<Sample> {
    let mut drawn = Vec::new();
    for (label, mean) in means.iter().enumerate() {
        for _ in 0..samples {
            let mut of_type = || -> Vec<f64> {
                let noises = normals(rng, mean.len());
                mean.iter()
                    .zip(noises)
                    .map(|(m, x)| m + noise * x)
                    .collect()
            };
            drawn.push((label, of_type(), of_type()));
        }
    }
    drawn
}

/// Whether an interval holds a value.
fn holds(estimate: Estimate, value: f64) -> bool {
    estimate.low <= value && value <= estimate.high
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
    let by_order = similarity::by_order(&train, &test);
    // Order 1: class 0 only, 0.5 / 1. Order 2: class 1 only, equal.
    assert_eq!(by_order[0].unwrap().value, 0.5);
    assert_eq!(by_order[1].unwrap().value, 1.0);
    // AND and OR effects lie side by side: the same effect of the other type shares nothing.
    let other_type = [ClassEffects {
        label: 0,
        and: &zero,
        or: &c,
    }];
    let found = similarity::by_order(&[sample(0, &c)], &other_type);
    assert_eq!((found[0], found[1].unwrap().value), (None, 0.0));
    assert!(similarity::by_order(&[], &[]).is_empty());
}

#[test]
fn the_jackknife_of_a_mean_is_the_textbook_standard_error() {
    let x = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0];
    let (m, sum) = (x.len() as f64, x.iter().sum::<f64>());
    let without: Vec<f64> = x.iter().map(|x| (sum - x) / (m - 1.0)).collect();
    let squares: f64 = x.iter().map(|x| (x - sum / m).powi(2)).sum();
    let expected = (squares / (m - 1.0) / m).sqrt();
    let found = jackknife::standard_error(std::slice::from_ref(&without)).unwrap();
    assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    // Strata add their variances and degrees of freedom; one of a single sample adds nothing.
    let strata = [without.clone(), vec![7.0], without];
    let both = jackknife::standard_error(&strata).unwrap();
    assert!((both - expected * 2.0_f64.sqrt()).abs() < 1e-12);
    let e = jackknife::estimate(4.0, &strata, [0.0, 100.0]);
    assert!((e.high - 4.0 - 2.144_786_688 * both).abs() < 1e-8, "{e:?}");
    assert!((e.low + e.high - 8.0).abs() < 1e-12);
    assert_eq!(jackknife::standard_error(&[vec![1.0], vec![]]), None);
}

#[test]
fn the_interval_of_a_similarity_is_worked_out_by_hand() {
    // Similarity = mean of training effects / 6 below 6: without each sample 2.5 / 6, 2 / 6 and 1.5
    // / 6.
    let (train, test) = (of_order_1(&[1.0, 2.0, 3.0]), of_order_1(&[6.0, 6.0]));
    let found = similarity::by_order(&effects(&train), &effects(&test));
    let e = found[0].unwrap();
    let standard_error = (2.0 / 3.0 * 2.0 * 0.25_f64).sqrt() / 6.0;
    // Five samples, two strata.
    let half_width = 3.182_446_305 * standard_error;
    assert!((e.value - 1.0 / 3.0).abs() < 1e-12);
    assert!((e.high - e.value - half_width).abs() < 1e-9, "{e:?}");
    assert!(
        (e.low - (e.value - half_width).max(0.0)).abs() < 1e-9,
        "{e:?}"
    );
    assert_eq!(found[1], None);
}

#[test]
fn an_interval_of_single_samples_is_all_there_can_be() {
    let (train, test) = (of_order_1(&[1.0]), of_order_1(&[2.0]));
    let found = similarity::by_order(&effects(&train), &effects(&test));
    let all = Estimate {
        value: 0.5,
        low: 0.0,
        high: 1.0,
    };
    assert_eq!(found[0], Some(all));
    // Half of one sample is none.
    assert_eq!(ceilings(&train, &test), [None, None]);
    // Halves of one sample, each of which is needed in every split.
    let two = of_order_1(&[1.0, 1.0]);
    let found = ceilings(&two, &two)[0].unwrap();
    let at = |value, low| Estimate {
        value,
        low,
        high: 1.0,
    };
    assert_eq!(
        (found.train_test, found.test_test),
        (at(1.0, 0.0), at(1.0, 0.0))
    );
    assert_eq!(found.difference, at(0.0, -1.0));
}

fn ceilings(train: &[Sample], test: &[Sample]) -> Vec<Option<Ceilings>> {
    similarity::with_ceilings(&effects(train), &effects(test), SPLITS, 7)
}

#[test]
fn ceilings_of_two_samples_are_worked_out_by_hand() {
    // The halves are the samples: 1/2 within training, 3/4 within test, 1/3, 1/4, 2/3 and 2/4
    // between.
    let (train, test) = (of_order_1(&[1.0, 2.0]), of_order_1(&[3.0, 4.0]));
    let found = ceilings(&train, &test)[0].unwrap();
    let between = (1.0 / 3.0 + 0.25 + 2.0 / 3.0 + 0.5) / 4.0;
    assert!((found.train_train.value - 0.5).abs() < 1e-12);
    assert!((found.test_test.value - 0.75).abs() < 1e-12);
    assert!((found.train_test.value - between).abs() < 1e-12);
    assert!((found.difference.value - (between - 0.625)).abs() < 1e-12);
    // Any sample of three can be left out: with halves of one the other two remain.
    let three = of_order_1(&[1.0, 2.0, 4.0]);
    let e = similarity::with_ceilings(&effects(&three), &effects(&three), 1_000, 7)[0].unwrap();
    // 1/2, 1/4 and 1/2 for the three pairs.
    assert!((e.train_train.value - 1.25 / 3.0).abs() < 0.02, "{e:?}");
    // Without the smallest and the largest 1/2, without the middle one 1/4; four degrees of
    // freedom; the test samples do not count.
    let half_width = 2.776_445_105 * (2.0 / 3.0 * (0.0625 / 1.5_f64)).sqrt();
    let found = e.train_train.high - e.train_train.value;
    assert!((found - half_width).abs() < 0.02, "{found} {half_width}");
}

#[test]
fn one_sample_over_and_over_reaches_the_ceiling() {
    let mean = vec![0.0, 1.0, -0.3, 0.7, 0.1, 2.0, -1.1, 0.9];
    let train = noisy(std::slice::from_ref(&mean), 7, 0.0, &mut seeded(1));
    let other: Vec<f64> = mean.iter().map(|x| 2.0 * x).collect();
    let test = noisy(&[other], 9, 0.0, &mut seeded(2));
    for found in ceilings(&train, &test) {
        let found = found.unwrap();
        for (estimate, expected) in [
            (found.train_train, 1.0),
            (found.test_test, 1.0),
            (found.train_test, 0.5),
            (found.difference, -0.5),
        ] {
            let Estimate { value, low, high } = estimate;
            for x in [value, low, high] {
                assert!((x - expected).abs() < 1e-12, "{estimate:?}");
            }
        }
    }
}

#[test]
fn samples_that_differ_between_the_splits_show() {
    let mut rng = seeded(3);
    let means = |rng: &mut _| -> Vec<Vec<f64>> { (0..4).map(|_| normals(rng, 16)).collect() };
    let (of_train, of_test) = (means(&mut rng), means(&mut rng));
    let train = noisy(&of_train, 10, 0.5, &mut rng);
    let test = noisy(&of_test, 12, 0.5, &mut rng);
    for found in ceilings(&train, &test) {
        let found = found.unwrap();
        assert!(found.difference.high < -0.1, "{found:?}");
        assert!(found.train_test.high < found.train_train.low, "{found:?}");
        assert!(found.train_test.high < found.test_test.low, "{found:?}");
    }
}

#[test]
fn splits_repeat_with_the_seed_and_do_not_depend_on_other_classes() {
    let mut rng = seeded(4);
    let means: Vec<Vec<f64>> = (0..2).map(|_| normals(&mut rng, 8)).collect();
    let train = noisy(&means, 6, 1.0, &mut rng);
    let test = noisy(&means, 6, 1.0, &mut rng);
    assert_eq!(ceilings(&train, &test), ceilings(&train, &test));
    let other = similarity::with_ceilings(&effects(&train), &effects(&test), SPLITS, 8);
    assert_ne!(ceilings(&train, &test), other);
    assert_eq!(
        similarity::with_ceilings(&effects(&train), &effects(&test), 0, 8),
        vec![None; 3]
    );
    // The value of both classes is the mean of the values of each.
    let value = |class: std::ops::Range<usize>| {
        let found = ceilings(&train[class.clone()], &test[class]);
        found[0].unwrap().difference.value
    };
    let mean = (value(0..6) + value(6..12)) / 2.0;
    assert!((value(0..12) - mean).abs() < 1e-12);
}

#[test]
fn the_interval_of_the_difference_holds_0_where_there_is_none() {
    let simulations = 200;
    let mut held = [0_u32; 3];
    for seed in 0..simulations {
        let mut rng = seeded(seed);
        let means: Vec<Vec<f64>> = (0..3).map(|_| normals(&mut rng, 8)).collect();
        let train = noisy(&means, 10, 1.5, &mut rng);
        let test = noisy(&means, 10, 1.5, &mut rng);
        for (held, found) in held.iter_mut().zip(ceilings(&train, &test)) {
            *held += u32::from(holds(found.unwrap().difference, 0.0));
        }
    }
    let rates = held.map(|held| f64::from(held) / simulations as f64);
    assert!(rates.iter().all(|rate| *rate >= 0.90), "held by {rates:?}");
}

#[test]
fn intervals_hold_the_expected_value_where_the_splits_differ() {
    let simulations = 200;
    let mut rng = seeded(9);
    let of_train: Vec<Vec<f64>> = (0..3).map(|_| normals(&mut rng, 8)).collect();
    let of_test: Vec<Vec<f64>> = (0..3).map(|_| normals(&mut rng, 8)).collect();
    let mut found: [Vec<Estimate>; 5] = std::array::from_fn(|_| Vec::new());
    for _ in 0..simulations {
        let train = noisy(&of_train, 10, 1.0, &mut rng);
        let test = noisy(&of_test, 14, 1.0, &mut rng);
        let of_halves = ceilings(&train, &test)[1].unwrap();
        let whole = similarity::by_order(&effects(&train), &effects(&test))[1].unwrap();
        let Ceilings {
            train_test,
            train_train,
            test_test,
            difference,
        } = of_halves;
        let all = [whole, train_test, train_train, test_test, difference];
        for (found, estimate) in found.iter_mut().zip(all) {
            found.push(estimate);
        }
    }
    let rates = found.map(|estimates| {
        let mean = estimates.iter().map(|e| e.value).sum::<f64>() / simulations as f64;
        let held = estimates.iter().filter(|e| holds(**e, mean)).count();
        held as f64 / simulations as f64
    });
    assert!(rates.iter().all(|rate| *rate >= 0.90), "held by {rates:?}");
}
