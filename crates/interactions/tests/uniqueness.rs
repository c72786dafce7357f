//! The canonical answer is one answer: whatever the start, the steps, the precision, the players'
//! names, the tolerance.
//!
//! On outputs of LeNet before training, at the boundary of the phases, later and at the end (see
//! `tests/peers/games.py`). The suite tries a few games and starts; `cargo xtask accept` all: 40
//! games and 20 starts.

#![allow(
    clippy::print_stdout,
    reason = "what was measured is told with --nocapture"
)]

mod support;

use spindle_interactions::decompose::{Decomposition, Params, Start, Statistic, decompose, value};
use support::Trial;

/// Largest difference of mean orders, and of effects relative to their norm, that still counts as
/// one answer.
const SAME: [f64; 2] = [5e-3, 1e-2];

fn answer(v: &[f64], params: Params) -> Decomposition {
    let params = Params {
        ranges: false,
        ..params
    };
    // The error holds a whole decomposition, too much to print.
    decompose(v, &params)
        .map_err(|error| error.to_string())
        .expect("an answer")
}

fn mean_order(d: &Decomposition) -> f64 {
    value(Statistic::MeanOrder, &d.and, &d.or).unwrap_or(0.0)
}

/// Differences of two answers to one game: of mean orders, and |x - x'|_1 over |x|_1.
fn differences(a: &Decomposition, b: &Decomposition) -> [f64; 2] {
    let effects = |d: &Decomposition| [d.and.clone(), d.or.clone()].concat();
    let (x, y) = (effects(a), effects(b));
    let off: f64 = x.iter().zip(&y).map(|(x, y)| (x - y).abs()).sum();
    [
        (mean_order(a) - mean_order(b)).abs(),
        off / a.certificate.primal,
    ]
}

/// The largest differences over games and trials, which must be small.
struct Largest(&'static str, [f64; 2], usize);

impl Largest {
    fn of(what: &'static str) -> Self {
        Self(what, [0.0; 2], 0)
    }

    fn add(&mut self, found: [f64; 2]) {
        self.2 += 1;
        for (largest, found) in self.1.iter_mut().zip(found) {
            *largest = largest.max(found);
        }
    }

    fn assert_one_answer(&self) {
        let Self(what, [order, effects], pairs) = self;
        println!(
            "{what}: {pairs} pairs, mean orders within {order:.5}, effects within {effects:.5} in L1"
        );
        assert!(
            *order <= SAME[0] && *effects <= SAME[1],
            "{what}: {order} {effects}"
        );
    }
}

#[test]
fn starts_and_precisions_lead_to_one_answer() {
    let Trial { games, starts } = Trial::of_lenet();
    let mut largest = Largest::of("starts and precisions");
    for v in &games {
        let answers: Vec<Decomposition> = (0..starts)
            .flat_map(|seed| [false, true].map(|double_precision| (seed, double_precision)))
            .map(|(seed, double_precision)| {
                answer(
                    v,
                    Params {
                        start: Start::Random(seed),
                        double_precision,
                        ..Params::default()
                    },
                )
            })
            .chain([answer(v, Params::default())])
            .collect();
        for (i, a) in answers.iter().enumerate() {
            for b in &answers[..i] {
                largest.add(differences(a, b));
            }
        }
    }
    largest.assert_one_answer();
}

#[test]
fn the_answer_moves_with_relabelled_players() {
    let mut largest = Largest::of("relabelled players");
    for v in &Trial::of_lenet().games {
        let players = v.len().trailing_zeros() as usize;
        let relabel = |s: usize| -> usize {
            (0..players)
                .filter(|i| s >> i & 1 == 1)
                .map(|i| 1 << ((3 * i + 7) % players))
                .sum()
        };
        let moved = |x: &[f64]| {
            let mut out = vec![0.0; x.len()];
            for (s, x) in x.iter().enumerate() {
                out[relabel(s)] = *x;
            }
            out
        };
        let (own, mut other) = (
            answer(v, Params::default()),
            answer(&moved(v), Params::default()),
        );
        let back = |x: &[f64]| (0..x.len()).map(|s| x[relabel(s)]).collect::<Vec<f64>>();
        (other.and, other.or) = (back(&other.and), back(&other.or));
        largest.add(differences(&own, &other));
    }
    largest.assert_one_answer();
}

#[test]
fn the_answer_is_the_same_for_every_tolerance() {
    let mut largest = Largest::of("tolerances of 1e-2 to 1e-6");
    for v in &Trial::of_lenet().games {
        let at = |tolerance| {
            answer(
                v,
                Params {
                    tolerance,
                    ..Params::default()
                },
            )
        };
        let own = at(1e-3);
        for tolerance in [1e-2, 1e-6] {
            largest.add(differences(&own, &at(tolerance)));
        }
    }
    assert_eq!(largest.1, [0.0; 2]);
    largest.assert_one_answer();
}

#[test]
fn scaled_outputs_have_scaled_effects() {
    let v = support::network_game(7, 2.0, 3);
    let scaled: Vec<f64> = v.iter().map(|x| -3.7 * x).collect();
    let (own, mut other) = (
        answer(&v, Params::default()),
        answer(&scaled, Params::default()),
    );
    for x in other.and.iter_mut().chain(&mut other.or) {
        *x /= -3.7;
    }
    let found = differences(&own, &other);
    assert!(found[0] <= SAME[0] && found[1] <= SAME[1], "{found:?}");
}
