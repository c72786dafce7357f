//! Where numbers end: overflow, rounding, nothing to explain, limits of iterations.

mod support;

use spindle_interactions::{
    Error,
    decompose::{NoiseBound, Params, Statistic, certify, decompose, decompose_with, value},
};
use support::{assert_matches, go_on};

#[test]
fn the_result_scales_with_the_unit_bit_for_bit() {
    let v = support::network_game(5, 2.0, 3);
    let d = decompose(&v, &Params::default()).unwrap();
    for exponent in [-700, -40, 40, 700] {
        let unit = 2.0_f64.powi(exponent);
        let scaled: Vec<f64> = v.iter().map(|x| unit * x).collect();
        let found = decompose(&scaled, &Params::default()).unwrap();
        let expected: Vec<f64> = d.and.iter().map(|x| unit * x).collect();
        assert_eq!(found.and, expected, "2^{exponent}");
        assert_eq!(found.certificate.iterations, d.certificate.iterations);
    }
}

/// Where the norm itself is a number still, but no sum of orders times strengths.
#[test]
fn statistics_of_huge_effects_are_those_of_small_ones() {
    let effects = [0.0, 1.0, -0.5, 0.25, 0.0, 0.0, 0.0, 1.0];
    let huge = effects.map(|x| 2.0_f64.powi(1022) * x);
    for statistic in [Statistic::MeanOrder, Statistic::ShareOfHighOrders] {
        let expected = value(statistic, &effects, &[0.0; 8]);
        assert_eq!(
            value(statistic, &huge, &[0.0; 8]),
            expected,
            "{statistic:?}"
        );
    }
}

#[test]
fn what_is_no_number_is_never_certified() {
    let v = [0.0, 1.0, 1.0, 2.0];
    let params = Params::default();
    for bad in [f64::NAN, f64::INFINITY] {
        let result = certify(
            &v,
            &params,
            NoiseBound::Ratio,
            &[bad; 4],
            &[0.0; 4],
            &[0.0; 4],
        );
        assert!(matches!(result, Err(Error::Parameter { .. })), "{result:?}");
    }
    let nonsense = Params {
        noise_ratio: f64::NAN,
        ..params.clone()
    };
    assert!(certify(&v, &nonsense, NoiseBound::Ratio, &v, &v, &v).is_err());
    // Outputs so large that their effects overflow.
    let few = Params {
        max_iterations: 100,
        ..params
    };
    let huge = [0.0, 1e308, -1e308, 1e308];
    match decompose(&huge, &few) {
        Ok(d) => assert_matches(&huge, &d),
        Err(Error::NotConverged { gap, .. }) => assert!(gap > 1e-3),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn outputs_within_the_noise_need_no_effect_and_no_iteration() {
    let v = support::network_game(6, 1.0, 4);
    let size: Vec<f64> = v.iter().map(|x| (x - v[0]).abs()).collect();
    let largest = size.iter().copied().fold(0.0, f64::max);
    for tau in [NoiseBound::PerMask(&size), NoiseBound::Scalar(largest)] {
        let d = decompose_with(&v, &Params::default(), tau, &mut go_on).unwrap();
        assert_eq!((d.certificate.primal, d.certificate.iterations), (0.0, 0));
        assert_eq!(d.certificate.excess, 0.0);
    }
}

#[test]
fn the_limit_on_iterations_is_kept_and_tolerances_below_rounding_do_not_panic() {
    let v = support::network_game(6, 2.0, 5);
    let params = Params {
        tolerance: 1e-15,
        check_every: 30,
        max_iterations: 50,
        ..Params::default()
    };
    match decompose(&v, &params) {
        // Of each of the game's six problems.
        Err(Error::NotConverged { iterations, .. }) => assert_eq!(iterations, 6 * 50),
        other => panic!("{other:?}"),
    }
    for check_every in [1, 3, 25, 400] {
        let params = Params {
            tolerance: 1e-14,
            check_every,
            max_iterations: 2_000,
            ..Params::default()
        };
        for v in [[0.0, 0.0, 2.0, 3.0], [0.0, 0.0, 1.0, 4.0]] {
            match decompose(&v, &params) {
                Ok(_) | Err(Error::NotConverged { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        }
    }
}

#[test]
fn bounds_on_optimal_effects_allow_for_rounding() {
    // In an optimum player 1 alone is worth 1, and the corner with all in the AND effect is as
    // good.
    let params = Params {
        noise_ratio: 0.0,
        tolerance: 1e-12,
        ..Params::default()
    };
    let d = decompose(&[0.0, 0.0, 1.0, 4.0], &params).unwrap();
    let (and, _) = d.largest_optimal_effects().unwrap();
    assert!(and[2] >= 1.0, "{and:?}");
}

#[test]
fn noise_above_all_outputs_leaves_nothing_to_explain() {
    let v = support::network_game(5, 1.0, 3);
    let d = decompose_with(&v, &Params::default(), NoiseBound::Scalar(1e3), &mut go_on).unwrap();
    assert_eq!((d.certificate.primal, d.certificate.gap), (0.0, 0.0));
}

#[test]
fn constant_outputs_have_no_effects() {
    let d = decompose(&[3.5; 16], &Params::default()).unwrap();
    assert_eq!(d.baseline, 3.5);
    assert!(d.and.iter().chain(&d.or).chain(&d.noise).all(|&x| x == 0.0));
    assert_eq!(
        (
            d.certificate.gap,
            d.certificate.noise_bound,
            d.certificate.iterations
        ),
        (0.0, 0.0, 0)
    );
}

#[test]
fn equal_ends_allow_no_noise() {
    let mut v = support::network_game(5, 2.0, 9);
    let last = v.len() - 1;
    v[last] = v[0];
    let d = decompose(&v, &Params::default()).unwrap();
    assert_eq!(d.certificate.noise_bound, 0.0);
    assert_matches(&v, &d);
}
