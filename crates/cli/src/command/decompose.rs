//! `spindle decompose`: the interactions behind any model's outputs.

use std::{ops::ControlFlow, sync::Mutex, time::Instant};

use anyhow::bail;
use indicatif::ProgressBar;
use serde::Serialize;
use spindle_data::outputs::Games;
use spindle_interactions::{
    Error as MathError,
    decompose::{self, Decomposition, Progress, Statistic, decompose_batch},
    reference,
};
use spindle_run::{encoding, experiment::Solver};

use crate::{
    arguments::Decompose,
    inputs,
    interrupt::{self, Interrupted},
    output,
    terminal::Terminal,
};

#[derive(Serialize)]
struct Document {
    samples: Vec<Sample>,
}

/// A statistic of all effects: the answer's, and between what all near-optimal decompositions lie.
#[derive(Serialize)]
struct Ranged {
    value: f64,
    low: Option<f64>,
    high: Option<f64>,
}

#[derive(Serialize)]
struct Sample {
    primal: f64,
    dual: f64,
    gap: f64,
    /// The smallest norm found of any decomposition.
    smallest_norm: f64,
    mean_order: Option<Ranged>,
    share_of_order_3_and_more: Option<Ranged>,
    iterations: usize,
    /// Mean wall time per game of the batch.
    seconds: f64,
}

/// Runs the command.
pub(crate) fn decompose(arguments: &Decompose, terminal: &Terminal) -> anyhow::Result<()> {
    output::check(&arguments.out, &[&arguments.values], terminal)?;
    let games = inputs::games(&arguments.values, arguments.array.as_deref())?;
    let count = games.values.len() >> games.players;
    let bar = terminal.bar("decompose", "games", 0, count);
    let start = Instant::now();
    let results = solve(arguments, &games, &bar)?;
    let seconds = start.elapsed().as_secs_f64() / count as f64;
    bar.finish_and_clear();
    let mut missed = Vec::new();
    let mut found = Vec::with_capacity(count);
    for (sample, result) in results.into_iter().enumerate() {
        match result {
            Ok(decomposition) => found.push(decomposition),
            Err(error @ MathError::NotConverged { .. }) => {
                missed.push((sample, error.to_string()));
                if let MathError::NotConverged { decomposition, .. } = error {
                    found.push(*decomposition);
                }
            }
            Err(MathError::Stopped) => return Err(Interrupted::File.into()),
            Err(error) => bail!("sample {sample} of {}: {error}", arguments.values.display()),
        }
    }
    output::write(
        &arguments.out,
        &encoding::encode_decompositions(&found, Some(&games.values), None)?,
    )?;
    say(terminal, &found, games.players);
    let samples = found.iter().map(|d| Sample {
        primal: d.certificate.primal,
        dual: d.certificate.dual,
        gap: d.certificate.gap,
        smallest_norm: d.certificate.smallest_norm,
        mean_order: ranged(d, Statistic::MeanOrder),
        share_of_order_3_and_more: ranged(d, Statistic::ShareOfHighOrders),
        iterations: d.certificate.iterations,
        seconds,
    });
    terminal.document(&Document {
        samples: samples.collect(),
    })?;
    if let Some((sample, why)) = missed.first() {
        bail!(
            "{} of {count} samples did not reach the tolerance {:.0e} (sample {sample}: {why}). What was found is in {}; --max-iterations and --tolerance change what is asked for",
            missed.len(),
            arguments.tolerance,
            arguments.out.display()
        );
    }
    Ok(())
}

fn ranged(d: &Decomposition, statistic: Statistic) -> Option<Ranged> {
    let value = decompose::value(statistic, &d.and, &d.or)?;
    let bounds = d.ranges.as_ref().map(decompose::Ranges::bounds);
    let range = bounds.and_then(|bounds| bounds.range(statistic, d.players()));
    Some(Ranged {
        value,
        low: range.map(|(low, _)| low),
        high: range.map(|(_, high)| high),
    })
}

fn solve(
    arguments: &Decompose,
    games: &Games,
    bar: &ProgressBar,
) -> anyhow::Result<Vec<Result<Decomposition, MathError>>> {
    let seen = Mutex::new(0);
    let progress = |progress: Progress| -> ControlFlow<()> {
        if let Ok(mut seen) = seen.lock() {
            *seen = progress.games_done.max(*seen);
            bar.set_position(*seen as u64);
        }
        interrupt::control()
    };
    let results = match arguments.solver {
        Solver::Certified => {
            let params = decompose::Params {
                noise_ratio: arguments.noise_ratio,
                noise_scale: arguments.noise_scale.into(),
                ranges: !arguments.no_range,
                tolerance: arguments.tolerance,
                max_iterations: arguments.max_iterations,
                ..Default::default()
            };
            decompose_batch(&games.values, games.players, &params, &progress)?
        }
        Solver::Sgd => {
            let params = reference::Params {
                learning_rate: arguments.sgd_learning_rate,
                schedule: arguments.sgd_schedule.into(),
                steps: arguments.sgd_steps,
                noise_ratio: arguments.noise_ratio,
                noise_scale: arguments.noise_scale.into(),
                ..Default::default()
            };
            reference::decompose_batch(&games.values, games.players, &params, &progress)?
        }
    };
    Ok(results)
}

/// A line a sample, as many as a person reads.
fn say(terminal: &Terminal, found: &[Decomposition], players: usize) {
    const MOST_LINES: usize = 20;
    terminal.say(&format!(
        "{players} variables\nsample         norm    at least      gap   mean order           share of orders 3+"
    ));
    for (sample, decomposition) in found.iter().enumerate().take(MOST_LINES) {
        let c = &decomposition.certificate;
        terminal.say(&format!(
            "{sample:>6} {:>12} {:>11} {:>8.1e}   {:<18}   {}",
            norm(c.primal),
            norm(c.dual),
            c.gap,
            in_words(ranged(decomposition, Statistic::MeanOrder)),
            in_words(ranged(decomposition, Statistic::ShareOfHighOrders)),
        ));
    }
    if found.len() > MOST_LINES {
        terminal.say(&format!("   ... {} more", found.len() - MOST_LINES));
    }
}

/// `2.31 (2.28 to 2.57)`: the answer's, and the range of all near-optimal ones.
fn in_words(ranged: Option<Ranged>) -> String {
    match ranged {
        None => "no effects".into(),
        Some(Ranged {
            value,
            low: Some(low),
            high: Some(high),
        }) => format!("{value:.2} ({low:.2} to {high:.2})"),
        Some(Ranged { value, .. }) => format!("{value:.2}"),
    }
}

/// Six digits behind the point where there is room for the rest.
fn norm(value: f64) -> String {
    if value == 0.0 || (1e-4..1e4).contains(&value) {
        format!("{value:.6}")
    } else {
        format!("{value:.5e}")
    }
}
