//! The certified bounds against an independent interior-point solver of the same linear program.

mod support;

use clarabel::{
    algebra::CscMatrix,
    solver::{DefaultSettingsBuilder, DefaultSolver, IPSolver, NonnegativeConeT},
};
use spindle_interactions::decompose::{NoiseBound, Params, decompose_with};

/// Optimum of min sum x, x >= 0, |K (x+ - x-) - v| <= tau, by Clarabel; columns of K: AND effects, then OR effects.
fn optimum(v: &[f64], tau: &[f64]) -> f64 {
    let masks = v.len();
    // AND columns in full, OR columns without the empty set and single players, which are AND columns too.
    let mut columns: Vec<Vec<usize>> = (0..masks)
        .map(|t| (0..masks).filter(|s| t & !s == 0).collect())
        .collect();
    columns.extend(
        (1..masks)
            .filter(|t: &usize| t.count_ones() > 1)
            .map(|t| (0..masks).filter(|s| s & t != 0).collect()),
    );
    let variables = 2 * columns.len();
    // Rows: K x <= v + tau, -K x <= tau - v, -x <= 0.
    let (mut starts, mut rows, mut values) = (vec![0], Vec::new(), Vec::new());
    for sign in [1.0, -1.0] {
        for (j, column) in columns.iter().enumerate() {
            for (half, flip) in [(0, 1.0), (masks, -1.0)] {
                rows.extend(column.iter().map(|s| half + s));
                values.extend(column.iter().map(|_| sign * flip));
            }
            rows.push(2 * masks + j + if sign > 0.0 { 0 } else { columns.len() });
            values.push(-1.0);
            starts.push(rows.len());
        }
    }
    let a = CscMatrix::new(2 * masks + variables, variables, starts, rows, values);
    let mut b: Vec<f64> = v
        .iter()
        .zip(tau)
        .map(|(v, tau)| v + tau)
        .chain(v.iter().zip(tau).map(|(v, tau)| tau - v))
        .collect();
    b.extend(std::iter::repeat_n(0.0, variables));
    let settings = DefaultSettingsBuilder::default()
        .verbose(false)
        .build()
        .unwrap();
    let p = CscMatrix::zeros((variables, variables));
    let cost = vec![1.0; variables];
    let cones = [NonnegativeConeT(b.len())];
    let mut solver = DefaultSolver::new(&p, &cost, &a, &b, &cones, settings).unwrap();
    solver.solve();
    solver.solution.obj_val
}

fn games() -> Vec<(String, Vec<f64>)> {
    let mut games: Vec<(String, Vec<f64>)> = Vec::new();
    for (n, gain, seed) in [
        (2, 1.0, 8),
        (3, 2.0, 1),
        (4, 0.5, 2),
        (5, 2.0, 3),
        (6, 1.0, 4),
        (6, 3.0, 5),
        (7, 2.0, 9),
        (8, 2.0, 10),
    ] {
        games.push((
            format!("network, n = {n}"),
            support::network_game(n, gain, seed),
        ));
    }
    games.push(("planted, n = 5".into(), support::planted_game(5, 8, 6).0));
    games.push((
        "noise, n = 4".into(),
        support::normals(&mut support::seeded(7), 16),
    ));
    let mut equal_ends = support::network_game(5, 2.0, 11);
    equal_ends[31] = equal_ends[0];
    games.push(("equal ends, n = 5".into(), equal_ends));
    games
}

#[test]
fn the_optimum_lies_between_the_bounds() {
    for (name, v) in games() {
        let shifted: Vec<f64> = v.iter().map(|x| x - v[0]).collect();
        let size = shifted.iter().map(|x| x.abs()).sum::<f64>() / v.len() as f64;
        let uneven: Vec<f64> = (0..v.len()).map(|s| 0.1 * size * (s % 3) as f64).collect();
        let change = shifted[v.len() - 1].abs();
        let flat = |tau: f64| vec![tau; v.len()];
        for tau in [flat(0.02 * change), flat(0.2 * change), flat(0.0), uneven] {
            let params = Params {
                tolerance: 1e-4,
                ..Params::default()
            };
            let bound = NoiseBound::PerMask(&tau);
            let d = decompose_with(&v, &params, bound, &mut |_| {
                std::ops::ControlFlow::Continue(())
            })
            .unwrap();
            let best = optimum(&shifted, &tau);
            let slack = 1e-6 * (1.0 + best);
            let c = &d.certificate;
            assert!(
                c.primal >= best - slack && best + slack >= c.dual,
                "{name}, {}: {best} and {c:?}",
                tau[1]
            );
        }
    }
}
