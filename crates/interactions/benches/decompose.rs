//! The mathematics on one core, without a network.
//!
//! ```text
//! cargo bench -p spindle-interactions --bench decompose -- transforms [--json]
//! cargo bench -p spindle-interactions --bench decompose -- games --file FILE --players N [--rounds 5] [--limit SECONDS] [--ranges true] [--json]
//! cargo bench -p spindle-interactions --bench decompose -- published --file FILE --players N [--json]
//! ```
//!
//! `transforms`: the Moebius transform of n = 8 to 20. `games`: certified decompositions to 1e-3 of
//! the games in FILE, little-endian f64, as the benchmark `engine` of spindle-core writes them.
//! `published`: the published descent on the same games, by learning rate.

mod support;

use std::{
    io::{Error, Result},
    ops::ControlFlow,
    time::{Duration, Instant},
};

use serde_json::{Map, Value, json};
use spindle_interactions::{
    Error as MathError,
    decompose::{Decomposition, NoiseBound, Params, decompose_with},
    reference, transform,
};
use support::{Arguments, median, peak_megabytes, read_games, timed};

fn main() -> Result<()> {
    let arguments = Arguments::of_program();
    let found = match arguments.command() {
        "transforms" => transforms()?,
        "games" => games(&arguments)?,
        "published" => published(&arguments)?,
        other => {
            let known = "transforms, games and published";
            return Err(Error::other(format!("\"{other}\" is none of {known}")));
        }
    };
    arguments.print(&found);
    Ok(())
}

/// Numbers of players of the transforms.
const TRANSFORMED: std::ops::RangeInclusive<usize> = 8..=20;
/// Values that a measurement goes over at least, so that the clock's own time does not count.
const TRANSFORMED_VALUES: usize = 1 << 22;

/// Microseconds of a Moebius transform, and the sum of all effects' absolute values, by number of
/// players.
fn transforms() -> Result<Value> {
    let mut found = Map::new();
    for players in TRANSFORMED {
        let table: Vec<f64> = (0..1_u32 << players).map(table_value).collect();
        let mut values = table.clone();
        let repeats = TRANSFORMED_VALUES >> players;
        let mut times = Vec::new();
        for _ in 0..7 {
            let (seconds, done) = timed(|| transform_all(&table, &mut values, repeats));
            done.map_err(Error::other)?;
            times.push(1e6 * seconds / repeats as f64);
        }
        let sum: f64 = values.iter().map(|effect| effect.abs()).sum();
        let entry = json!({"microseconds": median(times), "sum_of_effects": sum});
        found.insert(players.to_string(), entry);
    }
    Ok(Value::Object(found))
}

/// A value in 0..1 that any language computes alike.
fn table_value(mask: u32) -> f64 {
    f64::from(mask.wrapping_mul(2_654_435_761)) / 4_294_967_296.0
}

/// Copies the table and transforms the copy, again and again.
fn transform_all(
    table: &[f64],
    values: &mut [f64],
    repeats: usize,
) -> std::result::Result<(), MathError> {
    for _ in 0..repeats {
        values.copy_from_slice(table);
        transform::moebius(values, 1)?;
    }
    Ok(())
}

/// Median milliseconds of each game's decomposition, its objective, its lower bound, and the peak
/// of this process's memory.
fn games(arguments: &Arguments) -> Result<Value> {
    let players: usize = arguments.value("--players", 10)?;
    let rounds: usize = arguments.value("--rounds", 5)?;
    let limit = Duration::from_secs_f64(arguments.value("--limit", 600.0)?);
    let ranges: bool = arguments.value("--ranges", true)?;
    let games = read_games(&arguments.value("--file", String::new())?)?;
    let found: Vec<Value> = games
        .chunks_exact(1 << players)
        .map(|game| measure(game, rounds, limit, ranges))
        .collect::<Result<_>>()?;
    Ok(json!({"games": found, "peak_megabytes": peak_megabytes()}))
}

/// One game's numbers; none of them where the time was over first.
fn measure(game: &[f64], rounds: usize, limit: Duration, ranges: bool) -> Result<Value> {
    let (mut times, mut found) = (Vec::new(), None);
    for _ in 0..rounds {
        let (seconds, outcome) = timed(|| decompose_within(game, limit, ranges));
        let Some(decomposition) = outcome? else {
            return Ok(json!({"milliseconds": null}));
        };
        times.push(1e3 * seconds);
        found = Some(decomposition.certificate);
    }
    let Some(certificate) = found else {
        return Err(Error::other("--rounds is at least 1"));
    };
    Ok(json!({
        "milliseconds": median(times),
        "objective": certificate.primal,
        "smallest_norm": certificate.smallest_norm,
        "lower_bound": certificate.dual,
        "noise_bound": certificate.noise_bound,
        "iterations": certificate.iterations,
    }))
}

/// Decomposes a game on this thread; none when the time is over first.
fn decompose_within(game: &[f64], limit: Duration, ranges: bool) -> Result<Option<Decomposition>> {
    let start = Instant::now();
    let params = Params {
        ranges,
        ..Params::default()
    };
    let outcome = decompose_with(game, &params, NoiseBound::Ratio, &mut |_| {
        if start.elapsed() < limit {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    match outcome {
        Ok(decomposition) => Ok(Some(decomposition)),
        Err(MathError::Stopped) => Ok(None),
        // The error carries the whole decomposition, too much to print.
        Err(error) => Err(Error::other(error.to_string())),
    }
}

/// Learning rates that the published descent is tried with.
const LEARNING_RATES: [f64; 5] = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4];

/// The published descent's objective on each game, by learning rate.
fn published(arguments: &Arguments) -> Result<Value> {
    let players: usize = arguments.value("--players", 10)?;
    let games = read_games(&arguments.value("--file", String::new())?)?;
    let mut found = Map::new();
    for learning_rate in LEARNING_RATES {
        let params = reference::Params {
            learning_rate,
            ..reference::Params::default()
        };
        let go_on = |_| ControlFlow::Continue(());
        let outcomes = reference::decompose_batch(&games, players, &params, &go_on)
            .map_err(|error| Error::other(error.to_string()))?;
        let objectives: Vec<Option<f64>> = outcomes
            .iter()
            .map(|outcome| Some(outcome.as_ref().ok()?.certificate.primal))
            .collect();
        found.insert(format!("{learning_rate:e}"), json!(objectives));
    }
    Ok(Value::Object(found))
}
