//! The certified bounds against an independent interior-point solver of the same linear program.

mod support;

use clarabel::{
    algebra::CscMatrix,
    solver::{DefaultSettingsBuilder, DefaultSolver, IPSolver, NonnegativeConeT},
};
use spindle_interactions::decompose::{
    CURVATURE, NoiseBound, ORDER_WEIGHT, Params, Statistic, decompose, decompose_with,
};

/// The solution of an exact problem.
struct Solution {
    objective: f64,
    /// By mask.
    and: Vec<f64>,
    or: Vec<f64>,
}

/// Minimises sum w_|S| |x_S| + (e/2) |x|^2 under |K x - v| <= tau by Clarabel; columns of K: AND
/// effects, then OR effects of order 2 and above (those of single players are AND effects too).
/// `limit`, where it is given, bounds |x|_1.
fn solved(v: &[f64], tau: &[f64], weights: &[f64], curvature: f64, limit: Option<f64>) -> Solution {
    let masks = v.len();
    let or_masks: Vec<usize> = (1..masks).filter(|t| t.count_ones() > 1).collect();
    let mut columns: Vec<Vec<usize>> = (0..masks)
        .map(|t| (0..masks).filter(|s| t & !s == 0).collect())
        .collect();
    columns.extend(
        or_masks
            .iter()
            .map(|t| (0..masks).filter(|s| s & t != 0).collect::<Vec<_>>()),
    );
    let orders = (0..masks)
        .chain(or_masks.iter().copied())
        .map(|s| s.count_ones() as usize);
    let cost: Vec<f64> = orders.map(|order| weights[order]).collect();
    let variables = 2 * columns.len();
    // Rows: K x <= v + tau, -K x <= tau - v, -x <= 0, sum x <= limit.
    let (mut starts, mut rows, mut values) = (vec![0], Vec::new(), Vec::new());
    for sign in [1.0, -1.0] {
        for (j, column) in columns.iter().enumerate() {
            for (half, flip) in [(0, 1.0), (masks, -1.0)] {
                rows.extend(column.iter().map(|s| half + s));
                values.extend(column.iter().map(|_| sign * flip));
            }
            rows.push(2 * masks + j + if sign > 0.0 { 0 } else { columns.len() });
            values.push(-1.0);
            if limit.is_some() {
                rows.push(2 * masks + variables);
                values.push(1.0);
            }
            starts.push(rows.len());
        }
    }
    let height = 2 * masks + variables + usize::from(limit.is_some());
    let a = CscMatrix::new(height, variables, starts, rows, values);
    let mut b: Vec<f64> = v
        .iter()
        .zip(tau)
        .map(|(v, tau)| v + tau)
        .chain(v.iter().zip(tau).map(|(v, tau)| tau - v))
        .collect();
    b.extend(std::iter::repeat_n(0.0, variables));
    b.extend(limit);
    let settings = DefaultSettingsBuilder::default()
        .verbose(false)
        .tol_gap_abs(1e-10)
        .tol_gap_rel(1e-10)
        .tol_feas(1e-10)
        .build()
        .unwrap();
    let diagonal: Vec<usize> = (0..variables).collect();
    let p = if curvature > 0.0 {
        let starts = (0..=variables).collect();
        CscMatrix::new(
            variables,
            variables,
            starts,
            diagonal,
            vec![curvature; variables],
        )
    } else {
        CscMatrix::zeros((variables, variables))
    };
    let cost = [cost.clone(), cost].concat();
    let cones = [NonnegativeConeT(b.len())];
    let mut solver = DefaultSolver::new(&p, &cost, &a, &b, &cones, settings).unwrap();
    solver.solve();
    let (plus, minus) = solver.solution.x.split_at(columns.len());
    let x: Vec<f64> = plus.iter().zip(minus).map(|(p, m)| p - m).collect();
    let mut or = vec![0.0; masks];
    for (s, x) in or_masks.iter().zip(&x[masks..]) {
        or[*s] = *x;
    }
    Solution {
        objective: solver.solution.obj_val,
        and: x[..masks].to_vec(),
        or,
    }
}

/// Optimum of the L1 norm.
fn optimum(v: &[f64], tau: &[f64]) -> f64 {
    solved(v, tau, &[1.0; 21], 0.0, None).objective
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
            let d = decompose_with(&v, &params, bound, &mut support::go_on)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
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

#[test]
fn the_answer_is_the_solution_of_the_canonical_problem() {
    for (name, v) in games().into_iter().filter(|(_, v)| v.len() <= 128) {
        let shifted: Vec<f64> = v.iter().map(|x| x - v[0]).collect();
        let largest = shifted.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        let weights: Vec<f64> = (0..21)
            .map(|k| {
                if k == 0 {
                    1.0
                } else {
                    1.0 + ORDER_WEIGHT * f64::from(k)
                }
            })
            .collect();
        for noise_ratio in [0.0, 0.02] {
            let params = Params {
                noise_ratio,
                ..Params::default()
            };
            let d = decompose(&v, &params).unwrap_or_else(|error| panic!("{name}: {error}"));
            let tau = vec![d.certificate.noise_bound; v.len()];
            let exact = solved(&shifted, &tau, &weights, CURVATURE / largest, None);
            let pairs = d
                .and
                .iter()
                .zip(&exact.and)
                .chain(d.or.iter().zip(&exact.or));
            let off: f64 = pairs.map(|(a, b)| (a - b).abs()).sum();
            let off = off / d.certificate.primal;
            assert!(
                off <= 1e-5,
                "{name}, noise ratio {noise_ratio}: off by {off:.1e}"
            );
        }
    }
}

#[test]
fn ranges_reach_little_further_than_the_exact_ones() {
    let (mut reach, mut limits) = ([[0.0; 2]; 2], 0.0);
    for (name, v) in games() {
        let players = v.len().trailing_zeros() as usize;
        let d = decompose(&v, &Params::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let Some(ranges) = &d.ranges else { continue };
        let bounds = ranges.bounds();
        let shifted: Vec<f64> = v.iter().map(|x| x - v[0]).collect();
        let tau = vec![d.certificate.noise_bound; v.len()];
        let least = |f: &dyn Fn(usize) -> f64| {
            let weights: Vec<f64> = (0..21).map(|k| if k == 0 { 0.0 } else { f(k) }).collect();
            solved(&shifted, &tau, &weights, 0.0, Some(bounds.limit)).objective / bounds.limit
        };
        for (statistic, allowed) in [
            (Statistic::MeanOrder, 0.02),
            (Statistic::ShareOfHighOrders, 0.01),
        ] {
            let (low, high) = bounds.range(statistic, players).unwrap();
            let exact_low = least(&|k| statistic.from_below(k));
            let most = statistic.from_above(0, players) + statistic.from_below(0);
            let exact_high = most - least(&|k| statistic.from_above(k.min(players), players));
            // No mean order is below 1, no share of orders that there are not above 0, whatever the
            // empty mask's part in the norm.
            let [least, largest] = match statistic {
                Statistic::MeanOrder => [1.0, players as f64],
                Statistic::ShareOfHighOrders => [0.0, if players < 3 { 0.0 } else { 1.0 }],
            };
            let (exact_low, exact_high) = (exact_low.max(least), exact_high.min(largest));
            let outside = [exact_low - low, high - exact_high];
            assert!(
                outside.iter().all(|x| *x >= -1e-6 && *x <= 2.0 * allowed),
                "{name}, {statistic:?}: {low} to {high}, exactly {exact_low} to {exact_high}"
            );
            let pooled = &mut reach[statistic as usize];
            *pooled = [0, 1].map(|end| pooled[end] + bounds.limit * outside[end]);
        }
        limits += bounds.limit;
    }
    // Of all games together.
    for (reach, allowed) in reach.iter().zip([0.02, 0.01]) {
        assert!(
            reach.iter().all(|x| x / limits <= allowed),
            "{reach:?} of {limits}"
        );
    }
}
