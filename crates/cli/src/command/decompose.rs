//! `spindle decompose`: the interactions behind any model's outputs.

use std::{ops::ControlFlow, sync::Mutex, time::Instant};

use anyhow::bail;
use indicatif::ProgressBar;
use serde::Serialize;
use spindle_interactions::{
    Error as MathError,
    decompose::{self, Decomposition, Progress, decompose_batch},
    reference,
};
use spindle_run::{encoding, experiment::Solver, folder::write_whole};

use crate::{
    arguments::Decompose,
    interrupt::{self, Interrupted},
    npy::{self, Games},
    output,
    terminal::Terminal,
};

#[derive(Serialize)]
struct Document {
    samples: Vec<Sample>,
}

#[derive(Serialize)]
struct Sample {
    primal: f64,
    dual: f64,
    gap: f64,
    iterations: usize,
    /// Mean wall time per game of the batch.
    seconds: f64,
}

/// Runs the command.
pub(crate) fn decompose(arguments: &Decompose, terminal: &Terminal) -> anyhow::Result<()> {
    output::check(&arguments.out, &[&arguments.values])?;
    let games = npy::read(&arguments.values)?;
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
            Err(MathError::NotConverged {
                gap, decomposition, ..
            }) => {
                missed.push((sample, gap));
                found.push(*decomposition);
            }
            Err(MathError::Stopped) => return Err(Interrupted::File.into()),
            Err(error) => bail!("sample {sample} of {}: {error}", arguments.values.display()),
        }
    }
    write_whole(
        &arguments.out,
        &encoding::encode_decompositions(&found, None)?,
    )?;
    say(terminal, &found, games.players);
    let samples = found.iter().map(|d| Sample {
        primal: d.certificate.primal,
        dual: d.certificate.dual,
        gap: d.certificate.gap,
        iterations: d.certificate.iterations,
        seconds,
    });
    terminal.document(&Document {
        samples: samples.collect(),
    })?;
    if let Some((sample, gap)) = missed.first() {
        bail!(
            "{} of {count} samples did not reach the tolerance {:.0e} (sample {sample}: gap {gap:.1e}). What was found is in {}; allow more --max-iterations or a larger --tolerance",
            missed.len(),
            arguments.tolerance,
            arguments.out.display()
        );
    }
    Ok(())
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
                tolerance: arguments.tolerance,
                max_iterations: arguments.max_iterations,
                ..Default::default()
            };
            decompose_batch(&games.values, games.players, &params, &progress)?
        }
        Solver::Sgd => {
            let params = reference::Params {
                learning_rate: arguments.sgd_learning_rate,
                steps: arguments.sgd_steps,
                noise_ratio: arguments.noise_ratio,
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
        "{players} variables\nsample       primal         dual      gap  iterations"
    ));
    for (sample, decomposition) in found.iter().enumerate().take(MOST_LINES) {
        let c = &decomposition.certificate;
        terminal.say(&format!(
            "{sample:>6} {:>12.6} {:>12.6} {:>8.1e} {:>11}",
            c.primal, c.dual, c.gap, c.iterations
        ));
    }
    if found.len() > MOST_LINES {
        terminal.say(&format!("   ... {} more", found.len() - MOST_LINES));
    }
}
