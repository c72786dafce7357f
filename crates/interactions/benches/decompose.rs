//! Rates of the transforms and of the solver on one core: `cargo bench -p spindle-interactions [-- --json]`.
//!
//! Every number is the median of several runs. Games are outputs of random two-layer ReLU networks on masked inputs.

#![allow(clippy::print_stdout, reason = "a benchmark's output is its table")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::{hint::black_box, ops::ControlFlow, time::Instant};

use spindle_interactions::{
    Error,
    decompose::{self, Decomposition, decompose_batch},
    reference, transform,
};

/// One line of the table.
struct Row {
    name: &'static str,
    value: f64,
    unit: &'static str,
    target: &'static str,
}

fn main() {
    let json = std::env::args().any(|a| a == "--json");
    let mut rows = transforms();
    rows.extend(decompositions());
    rows.extend(against_the_published_descent());
    if json {
        let map = rows.iter().map(|r| {
            (
                format!("{} [{}]", r.name, r.unit),
                serde_json::json!(r.value),
            )
        });
        println!("{}", serde_json::Value::Object(map.collect()));
        return;
    }
    for r in rows {
        println!(
            "{:<58} {:>10.3} {:<12} {}",
            r.name, r.value, r.unit, r.target
        );
    }
}

/// Median seconds of `runs` runs.
fn median_seconds(runs: usize, mut work: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_unstable_by(f64::total_cmp);
    times[runs / 2]
}

/// Seconds of one transform and its inverse, halved, so that values stay bounded.
fn transform_seconds(players: usize, lanes: usize, repeats: usize) -> f64 {
    let mut values: Vec<f64> = (0..lanes << players).map(|i| (i % 7) as f64).collect();
    let both = median_seconds(15, || {
        for _ in 0..repeats {
            let done = transform::moebius(&mut values, lanes)
                .and_then(|()| transform::zeta(&mut values, lanes));
            black_box(done.is_ok());
        }
    });
    both / (2 * repeats) as f64
}

/// A Moebius transform as a plain loop over masks, the yardstick of the batched rate.
fn plain_loop_seconds(players: usize, repeats: usize) -> f64 {
    let mut values: Vec<f64> = (0..1_usize << players).map(|i| (i % 7) as f64).collect();
    let once = median_seconds(15, || {
        for _ in 0..repeats {
            for player in 0..players {
                for mask in 0..values.len() {
                    if mask >> player & 1 == 1 {
                        values[mask] -= values[mask ^ 1 << player];
                    }
                }
            }
            values.fill(black_box(1.0));
        }
    });
    once / repeats as f64
}

fn transforms() -> Vec<Row> {
    let large = transform_seconds(20, 1, 3);
    let single = transform_seconds(10, 1, 2_000);
    let batched = transform_seconds(10, 4, 500) / 4.0;
    let plain = plain_loop_seconds(10, 500);
    vec![
        Row {
            name: "Moebius, n = 20, f64",
            value: large * 1e3,
            unit: "ms",
            target: "at most 3",
        },
        Row {
            name: "Moebius, n = 10, one game",
            value: single * 1e6,
            unit: "us",
            target: "",
        },
        Row {
            name: "Moebius, n = 10, four games, per game",
            value: batched * 1e6,
            unit: "us",
            target: "",
        },
        Row {
            name: "plain loop over masks / batched, n = 10",
            value: plain / batched,
            unit: "times",
            target: "",
        },
        Row {
            name: "one game / batched, n = 10",
            value: single / batched,
            unit: "times",
            target: "at least 4, missed: the transform of one game runs in vectors too",
        },
    ]
}

fn converged(outcomes: &[Result<Decomposition, Error>]) -> usize {
    outcomes.iter().filter(|o| o.is_ok()).count()
}

fn mean_iterations(outcomes: &[Result<Decomposition, Error>]) -> f64 {
    let iterations = outcomes
        .iter()
        .filter_map(|o| o.as_ref().ok())
        .map(|d| d.certificate.iterations as f64);
    iterations.sum::<f64>() / converged(outcomes).max(1) as f64
}

/// Decomposes on one core.
fn on_one_core(values: &[f64], players: usize) -> Vec<Result<Decomposition, Error>> {
    let go_on = |_| ControlFlow::Continue(());
    let work = || decompose_batch(values, players, &decompose::Params::default(), &go_on);
    #[cfg(feature = "rayon")]
    let outcomes = match rayon::ThreadPoolBuilder::new().num_threads(1).build() {
        Ok(pool) => pool.install(work),
        Err(_) => work(),
    };
    #[cfg(not(feature = "rayon"))]
    let outcomes = work();
    outcomes.unwrap_or_default()
}

fn decompositions() -> Vec<Row> {
    let mut rows = Vec::new();
    let cases = [
        (
            10,
            16,
            5,
            "certified 1e-3, n = 10, per game",
            "iterations, n = 10",
            "converged, n = 10",
            "",
        ),
        (
            14,
            2,
            1,
            "certified 1e-3, n = 14, per game",
            "iterations, n = 14",
            "converged, n = 14",
            "",
        ),
    ];
    for (players, games, runs, name, iterations, all, target) in cases {
        let values: Vec<f64> = (0..games)
            .flat_map(|seed| support::network_game(players, 2.0, seed))
            .collect();
        let mut outcomes = Vec::new();
        let seconds = median_seconds(runs, || outcomes = on_one_core(&values, players));
        rows.push(Row {
            name,
            value: seconds * 1e3 / games as f64,
            unit: "ms",
            target,
        });
        rows.push(Row {
            name: iterations,
            value: mean_iterations(&outcomes),
            unit: "mean",
            target: "",
        });
        let share = converged(&outcomes) as f64 / games as f64;
        rows.push(Row {
            name: all,
            value: share,
            unit: "share",
            target: "1",
        });
    }
    rows
}

/// The objective of the published descent over the certified one, and the time over the certified time.
fn against_the_published_descent() -> Vec<Row> {
    let players = 8;
    let values: Vec<f64> = (0..8)
        .flat_map(|seed| support::network_game(players, 2.0, seed))
        .collect();
    let start = Instant::now();
    let certified = on_one_core(&values, players);
    let certified_seconds = start.elapsed().as_secs_f64();
    let mut rows = Vec::new();
    let rates = [
        (
            1e-4,
            "published descent / certified objective, n = 8, lr 1e-4",
        ),
        (
            1e-5,
            "published descent / certified objective, n = 8, lr 1e-5",
        ),
        (
            1e-6,
            "published descent / certified objective, n = 8, lr 1e-6",
        ),
    ];
    for (learning_rate, name) in rates {
        let params = reference::Params {
            learning_rate,
            ..reference::Params::default()
        };
        let start = Instant::now();
        let published =
            reference::decompose_batch(&values, players, &params, &|_| ControlFlow::Continue(()));
        let seconds = start.elapsed().as_secs_f64();
        let ratios: Vec<f64> = published
            .unwrap_or_default()
            .iter()
            .zip(&certified)
            .filter_map(|(p, c)| {
                Some(p.as_ref().ok()?.certificate.primal / c.as_ref().ok()?.certificate.primal)
            })
            .collect();
        let mean = ratios.iter().sum::<f64>() / ratios.len().max(1) as f64;
        rows.push(Row {
            name,
            value: mean,
            unit: "times",
            target: "",
        });
        if learning_rate == 1e-6 {
            let name = "published descent (all cores) / certified (one core), time";
            rows.push(Row {
                name,
                value: seconds / certified_seconds,
                unit: "times",
                target: "",
            });
        }
    }
    rows
}
