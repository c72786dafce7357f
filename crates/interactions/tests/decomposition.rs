//! What every decomposition must satisfy, whatever the game.

mod support;

use std::ops::ControlFlow;

use proptest::prelude::*;
use spindle_interactions::{
    Error,
    decompose::{
        self, Certificate, NEAR_OPTIMAL, NoiseBound, Params, certify, decompose, decompose_batch,
        decompose_with,
    },
};
use support::{assert_matches, go_on};

fn exact() -> Params {
    Params {
        noise_ratio: 0.0,
        tolerance: 1e-4,
        ..Params::default()
    }
}

fn l1(effects: &[f64]) -> f64 {
    effects.iter().map(|x| x.abs()).sum()
}

/// Outputs of the game in which each given coalition is worth its value once all its players are
/// there.
fn unanimity(players: usize, coalitions: &[(usize, f64)]) -> Vec<f64> {
    (0..1_usize << players)
        .map(|t| {
            coalitions
                .iter()
                .filter(|(s, _)| s & !t == 0)
                .map(|(_, value)| value)
                .sum()
        })
        .collect()
}

/// The same, once any of its players is there.
fn any_player(players: usize, coalitions: &[(usize, f64)]) -> Vec<f64> {
    (0..1_usize << players)
        .map(|t| {
            coalitions
                .iter()
                .filter(|(s, _)| s & t != 0)
                .map(|(_, value)| value)
                .sum()
        })
        .collect()
}

#[test]
fn unanimity_games_come_back_as_and_effects() {
    let planted = [(0b00111, 2.0), (0b11001, -1.5), (0b01000, 0.75)];
    let v = unanimity(5, &planted);
    let d = decompose(&v, &exact()).unwrap();
    assert!(
        (d.certificate.primal - 4.25).abs() < 1e-3,
        "{:?}",
        d.certificate
    );
    for (s, value) in planted {
        assert!(
            (d.and[s] - value).abs() < 1e-2,
            "mask {s}: {} for {value}",
            d.and[s]
        );
    }
    assert!(l1(&d.or) < 1e-2);
}

#[test]
fn duals_of_unanimity_games_come_back_as_or_effects() {
    let planted = [(0b00111, 2.0), (0b11001, -1.5), (0b01000, 0.75)];
    let v = any_player(5, &planted);
    let d = decompose(&v, &exact()).unwrap();
    assert!(
        (d.certificate.primal - 4.25).abs() < 1e-3,
        "{:?}",
        d.certificate
    );
    assert!((d.or[0b00111] - 2.0).abs() < 1e-2 && (d.or[0b11001] + 1.5).abs() < 1e-2);
    // A lone player is an AND effect.
    assert!((d.and[0b01000] - 0.75).abs() < 1e-2 && d.or[0b01000] == 0.0);
}

#[test]
fn planted_mixtures_are_found_or_beaten() {
    for seed in 0..6 {
        let (v, and, or) = support::planted_game(7, 12, seed);
        let d = decompose(&v, &exact()).unwrap();
        let planted = l1(&and) + l1(&or);
        assert!(
            d.certificate.smallest_norm <= planted * (1.0 + 1e-4) + 1e-9
                && d.certificate.primal <= planted * (1.0 + 1e-4 + NEAR_OPTIMAL),
            "seed {seed}: {planted} {:?}",
            d.certificate
        );
        assert!(
            d.certificate.dual <= planted * (1.0 + 1e-9),
            "a lower bound above a feasible value, seed {seed}"
        );
        assert_matches(&v, &d);
    }
}

#[test]
fn network_outputs_are_matched_on_every_mask() {
    for (n, seed) in [(2, 1), (3, 2), (6, 3), (8, 4), (10, 5)] {
        let v = support::network_game(n, 2.0, seed);
        let d = decompose(&v, &Params::default()).unwrap();
        let c = &d.certificate;
        assert!(
            c.gap <= 1e-3 + NEAR_OPTIMAL && c.dual <= c.primal && c.primal > 0.0,
            "{c:?}"
        );
        assert!((c.noise_bound - 0.02 * (v[v.len() - 1] - v[0]).abs()).abs() < 1e-12);
        assert_eq!(d.baseline, v[0]);
        assert_eq!(d.players(), n);
        assert!(
            d.and[0].abs() <= c.noise_bound,
            "the empty set carries noise only"
        );
        assert!((0..n).all(|i| d.or[1 << i] == 0.0) && d.or[0] == 0.0);
        assert_matches(&v, &d);
    }
}

#[test]
fn the_certificate_can_be_evaluated_again_from_the_result() {
    let v = support::network_game(7, 1.5, 11);
    let params = Params::default();
    let d = decompose(&v, &params).unwrap();
    let again = certify(&v, &params, NoiseBound::Ratio, &d.and, &d.or, &d.dual).unwrap();
    assert!((again.primal - d.certificate.primal).abs() < 1e-12 * again.primal);
    assert!((again.dual - d.certificate.dual).abs() < 1e-9 * again.primal);
    assert!(again.excess < 1e-12);
    // Effects that do not explain the outputs are told by their excess.
    let nothing = vec![0.0; v.len()];
    let bad = certify(&v, &params, NoiseBound::Ratio, &nothing, &nothing, &d.dual).unwrap();
    assert!(bad.excess > 0.1 * d.certificate.noise_bound);
}

#[test]
fn the_l1_norm_does_not_move_with_relabelling_scaling_or_a_null_player() {
    let n = 6;
    let v = support::network_game(n, 2.0, 21);
    let tight = Params {
        tolerance: 1e-4,
        ..Params::default()
    };
    let bounds = |v: &[f64]| -> Certificate { decompose(v, &tight).unwrap().certificate };
    let own = bounds(&v);
    let agree = |other: &Certificate, factor: f64, what: &str| {
        assert!(
            other.dual <= factor * own.primal * (1.0 + 1e-9)
                && factor * own.dual <= other.primal * (1.0 + 1e-9),
            "{what}: {other:?} against {own:?} times {factor}"
        );
    };
    let permutation = [3, 0, 5, 1, 4, 2];
    let relabel = |s: usize| {
        (0..n)
            .filter(|i| s >> i & 1 == 1)
            .fold(0, |m, i| m | 1 << permutation[i])
    };
    let mut relabelled = vec![0.0; v.len()];
    for (s, &x) in v.iter().enumerate() {
        relabelled[relabel(s)] = x;
    }
    agree(&bounds(&relabelled), 1.0, "relabelled");

    let scaled: Vec<f64> = v.iter().map(|x| -37.5 * x).collect();
    agree(&bounds(&scaled), 37.5, "scaled");

    let with_null: Vec<f64> = v.iter().chain(&v).copied().collect();
    agree(&bounds(&with_null), 1.0, "null player");
}

#[test]
fn more_noise_never_costs_more() {
    let v = support::network_game(7, 2.0, 5);
    let mut last = f64::INFINITY;
    for noise_ratio in [0.0, 0.005, 0.02, 0.1, 0.5] {
        let d = decompose(
            &v,
            &Params {
                noise_ratio,
                ..Params::default()
            },
        )
        .unwrap();
        assert!(d.certificate.dual <= last, "noise ratio {noise_ratio}");
        assert_matches(&v, &d);
        last = d.certificate.primal;
    }
}

#[test]
fn noise_bounds_by_mask_are_kept_mask_by_mask() {
    let v = support::network_game(6, 2.0, 8);
    let tau: Vec<f64> = (0..v.len())
        .map(|s| {
            if s % 3 == 0 {
                0.0
            } else {
                0.01 * s.count_ones() as f64
            }
        })
        .collect();
    let d = decompose_with(
        &v,
        &Params::default(),
        NoiseBound::PerMask(&tau),
        &mut go_on,
    )
    .unwrap();
    for (mask, (q, tau)) in d.noise.iter().zip(&tau).enumerate() {
        assert!(q.abs() <= tau + 1e-12, "mask {mask}: {q} above {tau}");
    }
    assert!(d.certificate.gap <= 1e-3 + NEAR_OPTIMAL);
}

#[test]
fn bad_input_is_named() {
    let params = Params::default();
    assert_eq!(decompose(&[], &params), Err(Error::Length(0)));
    assert_eq!(decompose(&[1.0, 2.0], &params), Err(Error::Players(1)));
    assert_eq!(decompose(&[0.0; 12], &params), Err(Error::Length(12)));
    let mut v = support::network_game(4, 1.0, 1);
    v[6] = f64::NAN;
    assert!(
        matches!(decompose(&v, &params), Err(Error::NotFinite { mask: 6, value }) if value.is_nan())
    );
    v[6] = f64::NEG_INFINITY;
    assert!(matches!(
        decompose(&v, &params),
        Err(Error::NotFinite { mask: 6, .. })
    ));
    v[6] = 0.0;
    for (wrong, field) in [
        (
            Params {
                noise_ratio: -0.1,
                ..params.clone()
            },
            "noise_ratio",
        ),
        (
            Params {
                tolerance: 0.0,
                ..params.clone()
            },
            "tolerance",
        ),
        (
            Params {
                max_iterations: 0,
                ..params.clone()
            },
            "max_iterations",
        ),
        (
            Params {
                check_every: 0,
                ..params.clone()
            },
            "check_every",
        ),
    ] {
        assert!(
            matches!(decompose(&v, &wrong), Err(Error::Parameter { field: f, .. }) if f == field),
            "{field}"
        );
    }
    let short = decompose_with(&v, &params, NoiseBound::PerMask(&[0.1; 3]), &mut go_on);
    assert!(matches!(
        short,
        Err(Error::Mismatch {
            found: 3,
            expected: 16,
            ..
        })
    ));
    assert!(decompose_with(&v, &params, NoiseBound::Scalar(-1.0), &mut go_on).is_err());
    assert_eq!(
        decompose_batch(&[], 21, &params, &go_on),
        Err(Error::Players(21))
    );
    assert!(decompose_batch(&v[..7], 3, &params, &go_on).is_err());
}

#[test]
fn running_out_of_iterations_hands_over_what_there_is() {
    let v = support::network_game(8, 2.0, 4);
    let params = Params {
        max_iterations: 50,
        tolerance: 1e-6,
        ..Params::default()
    };
    let Err(Error::NotConverged {
        gap,
        iterations,
        decomposition,
        ..
    }) = decompose(&v, &params)
    else {
        panic!("50 iterations cannot reach 1e-6");
    };
    assert_eq!(iterations, 6 * 50, "six problems");
    assert!(gap > 1e-6 && gap == decomposition.certificate.gap);
    assert_matches(&v, &decomposition);
}

#[test]
fn a_failing_game_does_not_fail_the_others() {
    let mut values: Vec<f64> = (0..9)
        .flat_map(|seed| support::network_game(5, 2.0, seed))
        .collect();
    values[4 * 32 + 7] = f64::NAN;
    values[6 * 32..7 * 32].fill(2.0);
    let outcomes = decompose_batch(&values, 5, &Params::default(), &go_on).unwrap();
    assert_eq!(outcomes.len(), 9);
    for (game, outcome) in outcomes.iter().enumerate() {
        match (game, outcome) {
            (4, outcome) => assert!(matches!(outcome, Err(Error::NotFinite { mask: 7, .. }))),
            (6, Ok(d)) => assert_eq!(d.certificate.primal, 0.0),
            (_, Ok(d)) => assert_matches(&values[game * 32..(game + 1) * 32], d),
            (_, Err(error)) => panic!("game {game}: {error}"),
        }
    }
}

#[test]
fn a_result_does_not_depend_on_neighbours_or_threads() {
    let n = 6;
    let games: Vec<Vec<f64>> = (0..13)
        .map(|seed| support::network_game(n, 0.5 + seed as f64 / 4.0, seed))
        .collect();
    let alone: Vec<_> = games
        .iter()
        .map(|v| decompose(v, &Params::default()))
        .collect();
    assert_eq!(
        decompose_batch(&games.concat(), n, &Params::default(), &go_on).unwrap(),
        alone
    );
    #[cfg(feature = "rayon")]
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let outcomes = pool
            .install(|| decompose_batch(&games.concat(), n, &Params::default(), &go_on))
            .unwrap();
        assert_eq!(outcomes, alone, "{threads} threads");
    }
    let reversed: Vec<f64> = games.iter().rev().flatten().copied().collect();
    let mut outcomes = decompose_batch(&reversed, n, &Params::default(), &go_on).unwrap();
    outcomes.reverse();
    assert_eq!(outcomes, alone);
}

#[test]
fn progress_is_told_and_may_stop_the_work() {
    let v = support::network_game(8, 2.0, 2);
    let mut seen = Vec::new();
    let d = decompose_with(&v, &Params::default(), NoiseBound::Ratio, &mut |p| {
        seen.push(p);
        ControlFlow::Continue(())
    })
    .unwrap();
    let last = seen.last().unwrap();
    assert_eq!(
        (last.iterations, last.games_done, last.games),
        (d.certificate.iterations, 1, 1)
    );
    assert!(
        seen.windows(2).all(|p| p[0].gap >= p[1].gap),
        "the best bounds only get better"
    );

    let stopped = decompose_with(&v, &Params::default(), NoiseBound::Ratio, &mut |_| {
        ControlFlow::Break(())
    });
    assert_eq!(stopped, Err(Error::Stopped));

    let values: Vec<f64> = (0..40)
        .flat_map(|seed| support::network_game(6, 2.0, seed))
        .collect();
    let stop_later = |p: decompose::Progress| {
        if p.games_done >= 5 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let outcomes = decompose_batch(&values, 6, &Params::default(), &stop_later).unwrap();
    let done = outcomes.iter().filter(|o| o.is_ok()).count();
    assert!(done > 0 && done < 40, "{done} games done");
    assert!(
        outcomes
            .iter()
            .all(|o| o.is_ok() || *o == Err(Error::Stopped))
    );
}

#[test]
fn the_bound_on_optimal_effects_holds_for_a_tighter_optimum() {
    let v = support::network_game(6, 2.0, 31);
    let loose = decompose(
        &v,
        &Params {
            tolerance: 1e-3,
            ..Params::default()
        },
    )
    .unwrap();
    let tight = decompose(
        &v,
        &Params {
            tolerance: 1e-5,
            ..Params::default()
        },
    )
    .unwrap();
    let (and, or) = loose.largest_optimal_effects().unwrap();
    // The bounds are for the smallest norm; a larger one leaves as much more room.
    let excess = tight.certificate.primal - loose.certificate.smallest_norm;
    let gap = loose.certificate.smallest_norm - loose.certificate.dual;
    let room = |bound: f64| bound * (1.0 + excess.max(0.0) / gap);
    let mut informative = 0;
    for s in 1..v.len() {
        assert!(
            tight.and[s].abs() <= room(and[s]),
            "AND {s}: {} above {}",
            tight.and[s],
            and[s]
        );
        assert!(
            tight.or[s].abs() <= room(or[s]),
            "OR {s}: {} above {}",
            tight.or[s],
            or[s]
        );
        informative += usize::from(and[s] < 0.3 * l1(&tight.and));
    }
    assert!(informative >= 5, "the bounds say something: {informative}");
    let threshold = 4.0 * gap;
    let (and_small, or_small) = loose.provably_not_salient(threshold).unwrap();
    assert!(!and_small.is_empty() && !or_small.is_empty());
    assert!(
        and_small
            .iter()
            .all(|&s| tight.and[s as usize].abs() < room(threshold))
    );
    assert!(
        or_small
            .iter()
            .all(|&s| tight.or[s as usize].abs() < room(threshold))
    );
}

#[test]
fn larger_games_are_certified() {
    for (n, seed) in [(12, 1), (14, 2)] {
        let v = support::network_game(n, 2.0, seed);
        let d = decompose(&v, &Params::default()).unwrap();
        assert!(d.certificate.gap <= 1e-3 + NEAR_OPTIMAL);
        assert_matches(&v, &d);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_finite_game_is_matched_within_the_bound(v in prop::collection::vec(-1e6..1e6_f64, 16)) {
        let d = decompose(&v, &Params::default()).unwrap();
        prop_assert!(d.certificate.gap <= 1e-3 + NEAR_OPTIMAL);
        assert_matches(&v, &d);
    }

    #[test]
    fn parameters_of_any_value_never_panic(noise in any::<f64>(), tolerance in any::<f64>(), ranges in any::<bool>()) {
        let params = Params { noise_ratio: noise, tolerance, ranges, max_iterations: 50, check_every: 25, ..Params::default() };
        let _ = decompose(&support::network_game(3, 1.0, 1), &params);
    }
}
