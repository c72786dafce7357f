//! Our side: the bench binaries, each a process of its own.

use std::fs;

use anyhow::Context;
use serde_json::Value;

use crate::process::output_of_cargo;

/// Where benchmarks leave what they hand on to each other.
const FOLDER: &str = "target/bench";

/// The path of a file of a benchmark's, absolute: cargo starts a bench binary in its package's folder.
pub(crate) fn file(name: &str) -> anyhow::Result<String> {
    fs::create_dir_all(FOLDER).with_context(|| format!("cannot make {FOLDER}"))?;
    let folder = fs::canonicalize(FOLDER).with_context(|| format!("cannot find {FOLDER}"))?;
    Ok(folder.join(name).display().to_string())
}

/// A command of the benchmark of networks.
pub(crate) fn engine(command: &str) -> anyhow::Result<Value> {
    run("--package spindle-core --bench engine", command)
}

/// A command of the benchmark of the mathematics.
pub(crate) fn mathematics(command: &str) -> anyhow::Result<Value> {
    run("--package spindle-interactions --bench decompose", command)
}

fn run(bench: &str, command: &str) -> anyhow::Result<Value> {
    let line = format!("bench --quiet {bench} -- {command} --json");
    let document = output_of_cargo(&line)?;
    serde_json::from_str(&document).with_context(|| format!("cargo {line} printed no JSON"))
}
