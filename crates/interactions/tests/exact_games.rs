//! Answers and ranges of games of LeNet against exact ones, which an interior-point solver has
//! found: see `tests/peers/exact.py`.

#![allow(
    clippy::print_stdout,
    reason = "what was measured is told with --nocapture"
)]

mod support;

use spindle_interactions::decompose::{Decomposition, Params, Statistic, decompose, value};
use support::Trial;

#[derive(serde::Deserialize)]
struct Exact {
    game: usize,
    smallest_norm: f64,
    mean_order: f64,
    share: f64,
    mean_order_range: [f64; 2],
    share_range: [f64; 2],
    #[serde(default)]
    effects: Vec<(String, usize, f64)>,
}

fn games() -> Vec<(Exact, Decomposition)> {
    let exact: Vec<Exact> =
        serde_json::from_str(include_str!("fixtures/lenet-exact.json")).expect("the fixture");
    let games = Trial::few().games;
    let solved = exact.into_iter().map(|exact| {
        let d = decompose(&games[exact.game], &Params::default()).expect("a certified answer");
        (exact, d)
    });
    solved.collect()
}

#[test]
fn answers_are_near_the_exact_ones() {
    for (exact, d) in games() {
        let game = exact.game;
        let order = value(Statistic::MeanOrder, &d.and, &d.or).unwrap();
        let share = value(Statistic::ShareOfHighOrders, &d.and, &d.or).unwrap();
        assert!(
            (order - exact.mean_order).abs() <= 5e-3,
            "game {game}: {order}, exactly {}",
            exact.mean_order
        );
        assert!(
            (share - exact.share).abs() <= 5e-3,
            "game {game}: {share}, exactly {}",
            exact.share
        );
        let c = &d.certificate;
        let rounding = 1e-6 * exact.smallest_norm;
        assert!(
            c.dual <= exact.smallest_norm + rounding
                && exact.smallest_norm <= c.smallest_norm + rounding
        );
        if exact.effects.is_empty() {
            continue;
        }
        let (mut and, mut or) = (vec![0.0; d.and.len()], vec![0.0; d.or.len()]);
        for (kind, mask, effect) in &exact.effects {
            let effects = if kind == "and" { &mut and } else { &mut or };
            effects[*mask] = *effect;
        }
        let pairs = d.and.iter().zip(&and).chain(d.or.iter().zip(&or));
        let off: f64 = pairs.map(|(a, b)| (a - b).abs()).sum();
        assert!(off <= 0.01 * c.primal, "game {game}: {off} of {}", c.primal);
    }
}

#[test]
fn pooled_ranges_reach_little_further_than_the_exact_ones() {
    let games = games();
    // Two games each: before training, at the boundary, at the end.
    for stage in games.chunks(2) {
        for (at, statistic, allowed) in [
            (0, Statistic::MeanOrder, 0.02),
            (1, Statistic::ShareOfHighOrders, 0.01),
        ] {
            let (mut reach, mut limits) = ([0.0; 2], 0.0);
            for (exact, d) in stage {
                let bounds = d.ranges.as_ref().unwrap().bounds();
                let (low, high) = bounds.range(statistic, 10).unwrap();
                let exact = [exact.mean_order_range, exact.share_range][at];
                // The limit of 1.005 P is above the exact one by as much as P is: 0.1 % at most.
                assert!(
                    low <= exact[0] + 1e-6 && exact[1] <= high + 1e-6,
                    "{statistic:?}: {low} to {high}, exactly {exact:?}"
                );
                reach[0] += bounds.limit * (exact[0].max(if at == 0 { 1.0 } else { 0.0 }) - low);
                reach[1] += bounds.limit * (high - exact[1]);
                limits += bounds.limit;
            }
            let outside = reach.map(|reach| reach / limits);
            println!("{statistic:?}: outside by {outside:.4?}");
            assert!(
                outside.iter().all(|x| *x <= allowed),
                "{statistic:?}: {outside:?}"
            );
        }
    }
}
