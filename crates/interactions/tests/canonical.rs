//! Which of the optima the answer is, and how far the others may lie.

mod support;

use spindle_interactions::decompose::{self, Params, Statistic, decompose};

fn exact() -> Params {
    Params {
        noise_ratio: 0.0,
        tolerance: 1e-4,
        ..Params::default()
    }
}

#[test]
fn among_equally_sparse_sums_the_lower_order_is_taken() {
    // Any x = y = 1 - t, (x and y) = c + t, (x or y) = t costs the same.
    for (v, and) in [([0.0, 1.0, 1.0, 2.0], 0.0), ([0.0, 1.0, 1.0, 3.0], 1.0)] {
        let d = decompose(&v, &exact()).unwrap();
        assert!((d.certificate.primal - v[3]).abs() < 1e-3 * v[3]);
        let found = [d.and[1], d.and[2], d.and[3], d.or[3]];
        for (found, expected) in found.iter().zip([1.0, 1.0, and, 0.0]) {
            assert!((found - expected).abs() < 5e-3, "{found} {expected}: {d:?}");
        }
    }
}

#[test]
fn within_an_order_strength_is_shared_evenly() {
    // v = 1 where at least two of three players are there: AND and OR effects of order 2 can carry
    // it, in any mixture.
    let v: Vec<f64> = (0..8_u32)
        .map(|s| f64::from(u8::from(s.count_ones() >= 2)))
        .collect();
    let d = decompose(&v, &exact()).unwrap();
    for effects in [&d.and, &d.or] {
        let pairs = [effects[3], effects[5], effects[6]];
        assert!(
            pairs.iter().all(|x| (x - pairs[0]).abs() < 5e-3),
            "{pairs:?}"
        );
    }
    let singles = [d.and[1], d.and[2], d.and[4]];
    assert!(
        singles.iter().all(|x| (x - singles[0]).abs() < 5e-3),
        "{singles:?}"
    );
}

#[test]
fn the_answer_does_not_depend_on_the_tolerance() {
    let v = support::network_game(8, 2.0, 3);
    let answers = [1e-2, 1e-3, 1e-5].map(|tolerance| {
        let d = decompose(
            &v,
            &Params {
                tolerance,
                ..Params::default()
            },
        )
        .unwrap();
        (d.and, d.or)
    });
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[test]
fn ranges_hold_the_answer_and_no_more_than_all_there_is() {
    for (n, gain, seed) in [
        (2, 1.0, 1),
        (3, 2.0, 2),
        (6, 0.5, 3),
        (8, 2.0, 4),
        (10, 2.0, 5),
    ] {
        let v = support::network_game(n, gain, seed);
        let d = decompose(&v, &Params::default()).unwrap();
        let bounds = d.ranges.as_ref().unwrap().bounds();
        assert!(d.certificate.primal <= bounds.limit);
        for (statistic, least, most) in [
            (Statistic::MeanOrder, 1.0, n as f64),
            (Statistic::ShareOfHighOrders, 0.0, 1.0),
        ] {
            let value = decompose::value(statistic, &d.and, &d.or).unwrap();
            let (low, high) = bounds.range(statistic, n).unwrap();
            assert!(
                least <= low && low <= value && value <= high && high <= most,
                "n = {n}, {statistic:?}: {low} {value} {high}"
            );
        }
    }
    let v = support::network_game(5, 2.0, 1);
    let none = decompose(
        &v,
        &Params {
            ranges: false,
            ..Params::default()
        },
    )
    .unwrap();
    assert_eq!(none.ranges, None);
}

#[test]
fn no_effects_have_no_range() {
    let flat = decompose(&[3.0; 16], &Params::default()).unwrap();
    assert_eq!(
        (flat.certificate.primal, flat.certificate.gap, flat.ranges),
        (0.0, 0.0, None)
    );
    let within = decompose(
        &support::network_game(4, 1.0, 1),
        &Params {
            noise_ratio: 1e6,
            ..Params::default()
        },
    )
    .unwrap();
    assert_eq!((within.certificate.primal, within.ranges), (0.0, None));
}
