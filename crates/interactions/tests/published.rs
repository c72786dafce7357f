//! The published descent beside the certified solver.

mod support;

use std::ops::ControlFlow;

use spindle_interactions::{
    Error,
    decompose::{Params, decompose_batch},
    reference::{self, RateScale, Schedule},
};

fn games() -> Vec<f64> {
    (0..6)
        .flat_map(|seed| support::network_game(5, 2.0, seed))
        .collect()
}

#[test]
fn descent_stays_above_the_certified_optimum_and_nears_it_with_small_steps() {
    let go_on = |_| ControlFlow::Continue(());
    let certified = decompose_batch(&games(), 5, &Params::default(), &go_on).unwrap();
    let objective = |learning_rate, steps| -> Vec<f64> {
        let params = reference::Params {
            learning_rate,
            steps,
            ..reference::Params::default()
        };
        let outcomes = reference::decompose_batch(&games(), 5, &params, &go_on).unwrap();
        outcomes
            .into_iter()
            .map(|d| d.unwrap().certificate.primal)
            .collect()
    };
    let (short, long) = (objective(1e-5, 200), objective(1e-4, 20_000));
    for ((certified, short), long) in certified.iter().zip(short).zip(long) {
        let c = &certified.as_ref().unwrap().certificate;
        assert!(long >= c.dual && short >= long, "{short} {long} {c:?}");
        assert!(long < 1.15 * c.primal, "{long} is not near {}", c.primal);
    }
}

#[test]
fn its_result_matches_every_mask_and_carries_a_true_lower_bound() {
    let go_on = |_| ControlFlow::Continue(());
    let certified = decompose_batch(&games(), 5, &Params::default(), &go_on).unwrap();
    let outcomes =
        reference::decompose_batch(&games(), 5, &reference::Params::default(), &go_on).unwrap();
    for ((v, outcome), certified) in games().chunks(32).zip(outcomes).zip(certified) {
        let d = outcome.unwrap();
        let c = &d.certificate;
        assert!(c.excess < 1e-12, "{c:?}");
        assert!(c.dual <= certified.unwrap().certificate.primal, "{c:?}");
        assert!(
            d.reconstruct()
                .unwrap()
                .iter()
                .zip(v)
                .all(|(r, v)| (r - v).abs() <= c.noise_bound + 1e-12)
        );
        assert_eq!(c.iterations, 10_000);
    }
}

#[test]
fn one_step_moves_the_split_by_the_sign_gradient() {
    // v = x1 x2: at g = 0, AND effects are (0, 0, 0, 1/2) and OR effects (0, 1/2, 1/2, -1/2).
    let v = [0.0, 0.0, 0.0, 1.0];
    let params = reference::Params {
        learning_rate: 0.01,
        momentum: 0.0,
        steps: 0,
        noise_ratio: 0.0,
        ..reference::Params::default()
    };
    let at = |steps| {
        let params = reference::Params {
            steps,
            ..params.clone()
        };
        let mut outcomes =
            reference::decompose_batch(&v, 2, &params, &|_| ControlFlow::Continue(())).unwrap();
        outcomes.remove(0).unwrap()
    };
    assert!((at(0).certificate.primal - 2.0).abs() < 1e-12);
    // After merging, the singles are I_and + I_or = 1/2 each at the start.
    assert_eq!(at(0).and, [0.0, 0.5, 0.5, 0.5]);
    assert!(at(1).certificate.primal < 2.0);
}

#[test]
fn bad_parameters_bad_games_and_stopping() {
    let go_on = |_| ControlFlow::Continue(());
    let wrong = reference::Params {
        momentum: 1.0,
        ..reference::Params::default()
    };
    assert!(matches!(
        reference::decompose_batch(&games(), 5, &wrong, &go_on),
        Err(Error::Parameter {
            field: "momentum",
            ..
        })
    ));
    let mut values = games();
    values[3] = f64::NAN;
    let short = reference::Params {
        steps: 10,
        ..reference::Params::default()
    };
    let outcomes = reference::decompose_batch(&values, 5, &short, &go_on).unwrap();
    assert!(matches!(outcomes[0], Err(Error::NotFinite { mask: 3, .. })));
    assert!(outcomes[1..].iter().all(Result::is_ok));
    let stopped = reference::decompose_batch(&games(), 5, &reference::Params::default(), &|_| {
        ControlFlow::Break(())
    });
    assert!(stopped.unwrap().iter().all(|o| *o == Err(Error::Stopped)));
}

#[test]
fn a_descent_that_ran_away_is_not_certified() {
    let params = reference::Params {
        learning_rate: 1e308,
        steps: 200,
        ..reference::Params::default()
    };
    let go_on = |_| ControlFlow::Continue(());
    let found = reference::decompose_batch(&games()[..32], 5, &params, &go_on)
        .unwrap()
        .remove(0)
        .unwrap();
    assert!(found.certificate.gap > 0.5, "{:?}", found.certificate);
}

/// What `tests/peers/published_steps.py` found, step by step in NumPy.
#[derive(serde::Deserialize)]
struct Peer {
    outputs: Vec<f64>,
    schedule: String,
    learning_rate: f64,
    and: Vec<f64>,
    or: Vec<f64>,
    objective_after_10000: f64,
}

#[test]
fn steps_are_those_of_the_authors() {
    let peers: Vec<Peer> =
        serde_json::from_str(include_str!("fixtures/published.json")).expect("the fixture");
    assert_eq!(peers.len(), 4);
    for peer in peers {
        let schedule = match peer.schedule.as_str() {
            "falling" => Schedule::Falling,
            _ => Schedule::Constant,
        };
        let after = |steps| {
            let params = reference::Params {
                learning_rate: peer.learning_rate,
                schedule,
                steps,
                ..reference::Params::default()
            };
            let go_on = |_| ControlFlow::Continue(());
            let found = reference::decompose_batch(&peer.outputs, 6, &params, &go_on);
            found.unwrap().remove(0).unwrap()
        };
        let found = after(200);
        let pairs = found
            .and
            .iter()
            .zip(&peer.and)
            .chain(found.or.iter().zip(&peer.or));
        let off = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(off <= 1e-10, "{schedule:?}: off by {off:e}");
        // Signs of sums that are rounded otherwise part ways in the end.
        let ratio = after(10_000).certificate.primal / peer.objective_after_10000;
        assert!((ratio - 1.0).abs() <= 0.02, "{schedule:?}: {ratio} times");
    }
}

#[test]
fn it_starts_where_no_step_was_done() {
    for v in games().chunks(32) {
        let start = reference::start_norm(v).unwrap();
        let params = reference::Params {
            steps: 0,
            ..reference::Params::default()
        };
        let go_on = |_| ControlFlow::Continue(());
        let found = reference::decompose_batch(v, 5, &params, &go_on)
            .unwrap()
            .remove(0)
            .unwrap();
        assert!((found.certificate.primal - start).abs() <= 1e-12 * start);
    }
    assert!(reference::start_norm(&[0.0; 7]).is_err());
}

#[test]
fn rates_in_units_of_the_outputs_scale_with_them() {
    let v = &games()[..32];
    let scaled: Vec<f64> = v.iter().map(|x| 1024.0 * x).collect();
    let params = reference::Params {
        learning_rate: 1e-4,
        rate_scale: RateScale::Change,
        steps: 300,
        ..reference::Params::default()
    };
    let go_on = |_| ControlFlow::Continue(());
    let end = |v: &[f64]| {
        let found = reference::decompose_batch(v, 5, &params, &go_on)
            .unwrap()
            .remove(0)
            .unwrap();
        found.certificate.primal
    };
    assert!((end(&scaled) / (1024.0 * end(v)) - 1.0).abs() <= 1e-9);
}
