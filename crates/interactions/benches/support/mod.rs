//! What the benchmarks share: their command line, their output, their clock, their files of games.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::print_stdout,
    reason = "shared by several benchmarks, whose output goes to stdout"
)]

use std::{
    env::args,
    fs,
    hint::black_box,
    io::{Error, Result},
    str::FromStr,
    time::Instant,
};

use serde_json::Value;

/// The words after `--`: a command, then flags.
pub struct Arguments(Vec<String>);

impl Arguments {
    /// What the program was started with.
    pub fn of_program() -> Self {
        // Cargo adds a flag of its own.
        Self(args().skip(1).filter(|word| word != "--bench").collect())
    }

    /// The first word.
    pub fn command(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// What follows a flag, as a number or a text, or `default` where the flag is missing.
    pub fn value<T: FromStr>(&self, flag: &str, default: T) -> Result<T> {
        let Some(place) = self.0.iter().position(|word| word == flag) else {
            return Ok(default);
        };
        let word = self.0.get(place + 1).map_or("", String::as_str);
        word.parse()
            .map_err(|_| Error::other(format!("{flag} cannot be \"{word}\"")))
    }

    /// Prints what a command found: a line for each entry, with `--json` one document.
    pub fn print(&self, found: &Value) {
        if self.0.iter().any(|word| word == "--json") {
            println!("{found}");
            return;
        }
        for (name, value) in found.as_object().into_iter().flatten() {
            println!("{name:<32} {value}");
        }
    }
}

/// The value in the middle; the upper one of two.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Seconds that `work` takes, and what it returns.
pub fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let found = black_box(work());
    (start.elapsed().as_secs_f64(), found)
}

/// The peak of this process's memory in megabytes, where the system tells it.
pub fn peak_megabytes() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024.0 / 1e6)
}

/// Writes games, one after the other, as little-endian f64.
pub fn write_games(file: &str, games: &[f64]) -> Result<()> {
    let bytes: Vec<u8> = games.iter().flat_map(|value| value.to_le_bytes()).collect();
    fs::write(file, bytes).map_err(|error| about(file, &error))
}

/// Reads what [`write_games`] wrote.
pub fn read_games(file: &str) -> Result<Vec<f64>> {
    let bytes = fs::read(file).map_err(|error| about(file, &error))?;
    let (values, rest) = bytes.as_chunks();
    if !rest.is_empty() {
        return Err(Error::other(format!("{file} holds no whole number of f64")));
    }
    Ok(values
        .iter()
        .map(|bytes| f64::from_le_bytes(*bytes))
        .collect())
}

fn about(file: &str, error: &Error) -> Error {
    Error::new(error.kind(), format!("{file}: {error}"))
}
