//! Our side: the bench binaries, each a process of its own.

use std::{fs, path::Path};

use anyhow::Context;
use serde_json::Value;

use crate::process::{cargo_command, output_of_command};

/// Where benchmarks leave what they hand on to each other.
const FOLDER: &str = "target/bench";

/// The path of a file of a benchmark's, absolute: cargo starts a bench binary in its package's
/// folder.
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
    json_of(&line, &[])
}

/// The path of a folder that is not there yet, or no more.
pub(crate) fn empty_folder(name: &str) -> anyhow::Result<String> {
    let folder = file(name)?;
    if Path::new(&folder).exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {folder}"))?;
    }
    Ok(folder)
}

/// The SVG file of curves over logarithmic axes, drawn as the report's figures are.
pub(crate) fn drawn(name: &str, curves: &Value) -> anyhow::Result<String> {
    let [from, to] = [
        file(&format!("{name}.json"))?,
        file(&format!("{name}.svg"))?,
    ];
    fs::write(&from, curves.to_string()).with_context(|| format!("cannot write {from}"))?;
    let line =
        format!("run --release --quiet --package spindle-report --example log_log -- {from} {to}");
    output_of_command(&mut cargo_command(&line))?;
    Ok(to)
}

/// A command of the command line tool, with more environment.
pub(crate) fn spindle(command: &str, environment: &[(&str, String)]) -> anyhow::Result<Value> {
    json_of(
        &format!("run --release --quiet -- {command} --json --quiet"),
        environment,
    )
}

/// The document that cargo prints.
fn json_of(line: &str, environment: &[(&str, String)]) -> anyhow::Result<Value> {
    let mut cargo = cargo_command(line);
    cargo.envs(environment.iter().map(|(name, value)| (name, value)));
    let document = output_of_command(&mut cargo)?;
    serde_json::from_str(&document).with_context(|| format!("cargo {line} printed no JSON"))
}
