//! Every transform against its definition as a dense matrix, its inverse and its adjoint.

mod support;

use proptest::prelude::*;
use spindle_interactions::{Error, transform};

type Transform = fn(&mut [f64], usize) -> Result<(), Error>;

/// -1 to the power of the difference of orders.
fn sign(a: usize, b: usize) -> f64 {
    if (a.count_ones() + b.count_ones()).is_multiple_of(2) {
        1.0
    } else {
        -1.0
    }
}

/// Entry (S, T) of a transform over masks below 2^n, from its definition.
fn definition(name: &str, n: usize, s: usize, t: usize) -> f64 {
    let full = (1 << n) - 1;
    let within = |inner: usize, outer: usize| inner & !outer == 0;
    let indicator = |yes: bool| if yes { 1.0 } else { 0.0 };
    match name {
        "zeta" => indicator(within(t, s)),
        "moebius" => indicator(within(t, s)) * sign(s, t),
        "superset_zeta" => indicator(within(s, t)),
        "superset_moebius" => indicator(within(s, t)) * sign(s, t),
        "complement" => indicator(t == full ^ s),
        "or_synthesis" => indicator(s & t != 0),
        // -sum over U in S of (-1)^(|S|-|U|) u(N\U), with t = N\U
        "or_analysis" if s == 0 => indicator(t == 0),
        "or_analysis" => -indicator(within(full ^ t, s)) * sign(s, full ^ t),
        "co_moebius" => indicator(within(full ^ t, s)) * sign(0, full ^ t),
        "dual_game" => indicator(t == full) - indicator(t == full ^ s),
        _ => f64::NAN,
    }
}

const TRANSFORMS: [(&str, Transform); 9] = [
    ("zeta", transform::zeta),
    ("moebius", transform::moebius),
    ("superset_zeta", transform::superset_zeta),
    ("superset_moebius", transform::superset_moebius),
    ("complement", transform::complement),
    ("or_synthesis", transform::or_synthesis),
    ("or_analysis", transform::or_analysis),
    ("co_moebius", transform::co_moebius),
    ("dual_game", transform::dual_game),
];

const ADJOINTS: [(&str, Transform, Transform); 5] = [
    ("zeta", transform::zeta, transform::superset_zeta),
    ("moebius", transform::moebius, transform::superset_moebius),
    ("complement", transform::complement, transform::complement),
    (
        "or_synthesis",
        transform::or_synthesis,
        transform::or_synthesis_adjoint,
    ),
    (
        "or_analysis",
        transform::or_analysis,
        transform::or_analysis_adjoint,
    ),
];

/// Small integers, so that sums are exact.
fn integers(n: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((-50_i32..50).prop_map(f64::from), 1 << n)
}

fn integer_game() -> impl Strategy<Value = Vec<f64>> {
    (2_usize..=6).prop_flat_map(integers)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn applied(transform: Transform, u: &[f64]) -> Vec<f64> {
    let mut out = u.to_vec();
    transform(&mut out, 1).unwrap();
    out
}

proptest! {
    #[test]
    fn every_transform_is_its_dense_matrix(u in integer_game()) {
        let n = u.len().trailing_zeros() as usize;
        for (name, transform) in TRANSFORMS {
            let row = |s: usize| (0..u.len()).map(|t| definition(name, n, s, t) * u[t]).sum::<f64>();
            let dense: Vec<f64> = (0..u.len()).map(row).collect();
            prop_assert_eq!(applied(transform, &u), dense, "{}", name);
        }
    }

    #[test]
    fn adjoints_move_a_transform_to_the_other_side((u, y) in (2_usize..=6).prop_flat_map(|n| (integers(n), integers(n)))) {
        for (name, transform, adjoint) in ADJOINTS {
            prop_assert_eq!(dot(&applied(transform, &u), &y), dot(&u, &applied(adjoint, &y)), "{}", name);
        }
    }

    #[test]
    fn inverses_give_the_input_back(u in integer_game()) {
        prop_assert_eq!(&applied(transform::moebius, &applied(transform::zeta, &u)), &u);
        prop_assert_eq!(&applied(transform::zeta, &applied(transform::moebius, &u)), &u);
        prop_assert_eq!(&applied(transform::superset_moebius, &applied(transform::superset_zeta, &u)), &u);
        prop_assert_eq!(&applied(transform::superset_zeta, &applied(transform::superset_moebius, &u)), &u);
        let again = applied(transform::or_synthesis, &applied(transform::or_analysis, &u));
        let without_constant: Vec<f64> = u.iter().map(|x| x - u[0]).collect();
        prop_assert_eq!(again, without_constant);
    }

    #[test]
    fn or_effects_are_signed_co_moebius_and_the_and_effects_of_the_dual(mut u in integer_game()) {
        u[0] = 0.0;
        let or = applied(transform::or_analysis, &u);
        let co = applied(transform::co_moebius, &u);
        let of_dual = applied(transform::moebius, &applied(transform::dual_game, &u));
        for s in 1..u.len() {
            prop_assert_eq!(or[s], -sign(s, 0) * co[s]);
            prop_assert_eq!(or[s], of_dual[s]);
        }
    }

    #[test]
    fn lanes_do_not_mix(games in (2_usize..=7).prop_flat_map(|n| prop::collection::vec(integers(n), 1..6))) {
        let (lanes, masks) = (games.len(), games[0].len());
        for (name, transform) in TRANSFORMS {
            let mut side_by_side: Vec<f64> = (0..masks * lanes).map(|i| games[i % lanes][i / lanes]).collect();
            transform(&mut side_by_side, lanes).unwrap();
            for (lane, game) in games.iter().enumerate() {
                let own: Vec<f64> = side_by_side.iter().skip(lane).step_by(lanes).copied().collect();
                prop_assert_eq!(own, applied(transform, game), "{}", name);
            }
        }
    }
}

#[test]
fn large_arrays_take_the_blocked_path_to_the_same_values() {
    // 2^16 values are beyond the block that stays in the cache; the plain loop is the definition.
    let n = 16;
    let u: Vec<f64> = (0..1_usize << n)
        .map(|i| ((i * 2_654_435_761) % 101) as f64 - 50.0)
        .collect();
    let mut expected = u.clone();
    for player in 0..n {
        for s in (0..u.len()).filter(|s| s >> player & 1 == 1) {
            expected[s] += expected[s ^ 1 << player];
        }
    }
    assert_eq!(applied(transform::zeta, &u), expected);
    assert_eq!(applied(transform::moebius, &expected), u);
}

#[test]
fn single_precision_works_on_the_same_code() {
    let mut u: Vec<f32> = vec![1.0, 2.0, 3.0, 5.0];
    transform::moebius(&mut u, 1).unwrap();
    assert_eq!(u, [1.0, 1.0, 2.0, 1.0]);
}

#[test]
fn wrong_layouts_are_refused_and_left_unchanged() {
    let mut three = [1.0, 2.0, 3.0];
    assert_eq!(transform::zeta(&mut three, 1), Err(Error::Length(3)));
    assert_eq!(three, [1.0, 2.0, 3.0]);
    assert_eq!(
        transform::zeta(&mut [1.0_f64, 2.0], 1),
        Err(Error::Players(1))
    );
    assert!(matches!(
        transform::zeta(&mut [0.0_f64; 8], 0),
        Err(Error::Mismatch { .. })
    ));
    assert!(matches!(
        transform::or_analysis(&mut [0.0_f64; 9], 2),
        Err(Error::Mismatch { found: 9, .. })
    ));
}
