//! Networks on a graphics card beside PyTorch.

use std::{fs, path::Path};

use anyhow::Context;
use serde_json::Value;

use super::{
    machine, ours,
    peers::Peers,
    quantity::{number, time},
    section::{Block, Section, Table},
};
use crate::{
    gpu_tests::{PROFILE, TARGET},
    process::{cargo_command, output_of_command},
};

const ABOUT: &str = "\
A training step (SGD 0.01 with momentum 0.9, no dropout) and the outputs of one input on all 1,024 masks of ten players, from random weights, by our engine on a graphics card beside PyTorch on the same \
card, in one process each, one after the other. *Off*: root mean square of what masked outputs differ from exact ones (f64, by the definition of each layer), relative to that of the exact ones; float32 \
rounds to about 1e-7. `tests/peers/gpu.py ENGINE --out FILE` measures on another machine, with the bench binary `engine` and without Rust; `cargo xtask bench gpu --results FILE --write` puts that here.";

/// What stands here as long as no card was there.
const NO_CARD: &str = "\
**Nothing was measured on a graphics card yet.** The adapter here is a program on the CPU, whose rates say nothing of cards; what it computes says that the kernels are right.";

pub(crate) fn measure(results: Option<&Path>) -> anyhow::Result<Section> {
    let found = match results {
        Some(file) => read(file)?,
        None => measured()?,
    };
    let rows = found["rows"].as_array().context("rows are missing")?;
    let text = |row: &Value, pointer: &str| {
        let text = row.pointer(pointer).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let first = rows.first().context("nothing was measured")?;
    let engine = text(first, "/ours/engine");
    let machine = format!("{engine}; {}", text(first, "/peer/about"));
    let body = match found["tiny"].as_bool() {
        Some(true) => vec![
            Block::Text(NO_CARD.to_owned()),
            Block::Table(exactness(rows)),
        ],
        _ => vec![Block::Table(rates(rows))],
    };
    Ok(Section {
        name: "gpu",
        about: ABOUT.to_owned(),
        machine: match results {
            // This machine has nothing to do with it.
            Some(_) => format!("On: {}.", machine.trim_end_matches("; ")),
            None => machine::describe(&[machine.trim_end_matches("; ")]),
        },
        body,
        targets: Vec::new(),
    })
}

/// What the script finds with an engine that is built here.
fn measured() -> anyhow::Result<Value> {
    let file = ours::file("gpu.json")?;
    let peers = Peers::installed();
    peers.script(&["gpu.py", &engine()?, "--out", &file])?;
    read(Path::new(&file))
}

fn read(file: &Path) -> anyhow::Result<Value> {
    let text =
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no JSON", file.display()))
}

/// The bench binary with graphics adapters, of the same build as the tests on them.
fn engine() -> anyhow::Result<String> {
    let line = format!(
        "bench --no-run --quiet --profile {PROFILE} -p spindle-core -p spindle --features spindle/wgpu --bench engine --target-dir {TARGET} --message-format json"
    );
    let messages = output_of_command(&mut cargo_command(&line))?;
    let messages = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut binaries =
        messages.filter_map(|message| Some(message["executable"].as_str()?.to_owned()));
    binaries.next_back().context("cargo built no bench binary")
}

fn exactness(rows: &[Value]) -> Table {
    let rows = rows.iter().map(|row| {
        let off = row.pointer("/ours/off").and_then(Value::as_f64);
        let found = off.map(|off| format!("{off:.0e}"));
        vec![name(row), found.unwrap_or_else(|| skipped(row))]
    });
    Table::new(["", "off"], rows.collect())
}

fn rates(rows: &[Value]) -> Table {
    let head = [
        "",
        "batch",
        "a training step",
        "PyTorch",
        "ratio",
        "1,024 masked outputs",
        "PyTorch",
        "ratio",
        "off",
    ];
    Table::new(head, rows.iter().map(rate).collect())
}

fn rate(row: &Value) -> Vec<String> {
    let value = |pointer: &str| row.pointer(pointer).and_then(Value::as_f64);
    let seconds = |pointer: &str| value(pointer).map_or_else(String::new, time);
    let ratio = |what: &str| {
        let [ours, theirs] = ["ours", "peer"].map(|side| value(&format!("/{side}/{what}")));
        let ratio = ours.zip(theirs).map(|(ours, theirs)| number(theirs / ours));
        ratio.unwrap_or_default()
    };
    let mut cells = vec![name(row), row["batch"].to_string()];
    if value("/ours/step_seconds").is_none() {
        cells.push(skipped(row));
        cells.resize(9, String::new());
        return cells;
    }
    for what in ["step_seconds", "masked_seconds"] {
        cells.push(seconds(&format!("/ours/{what}")));
        cells.push(seconds(&format!("/peer/{what}")));
        cells.push(ratio(what));
    }
    cells.push(value("/ours/off").map_or_else(String::new, |off| format!("{off:.0e}")));
    cells
}

fn name(row: &Value) -> String {
    row["model"].as_str().unwrap_or_default().to_owned()
}

/// Why ours was not measured.
fn skipped(row: &Value) -> String {
    let reason = row.pointer("/ours/skipped").and_then(Value::as_str);
    format!(
        "not measured: {}",
        reason.unwrap_or("nothing is known of it")
    )
}
