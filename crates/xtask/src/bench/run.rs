//! A whole run's measurements.

use std::{fs, path::Path};

use anyhow::Context;
use serde_json::Value;

use super::{
    machine, ours,
    peers::Peers,
    quantity::{number, time},
    section::{Block, Section, Table},
    target::{Bound, Target},
    turns,
};

/// Samples and checkpoints of the run.
const SAMPLES: usize = 50;
const CHECKPOINTS: usize = 12;
const GAMES: f64 = (SAMPLES * CHECKPOINTS) as f64;

const ABOUT: &str = "\
The demo of README.md: LeNet on the embedded digits, seed 0, 128 epochs, n = 10, 50 test samples at 12 checkpoints, all cores. It is trained once; then `spindle extract` and `spindle analyze` measure copies of it.
Told are the times of the extraction and the decomposition of all 600 games, certificates, canonical answers and ranges included, and files. Beside them stands what PyTorch would take for the same: masked passes and the published
procedure, each measured for one sample, after 16 epochs where that counts, and multiplied by 600.";

pub(crate) fn measure() -> anyhow::Result<Section> {
    let peers = Peers::installed();
    let trained = train()?;
    let game = ours::file("game.f64")?;
    ours::engine(&format!(
        "games --file {game} --players 10 --samples 1 --epochs 16"
    ))?;
    let [ours, passes, published] = turns::take([
        &mut |_| measured_copy(&trained),
        &mut |_| peers.run("lenet.py masked"),
        &mut |_| peers.run(&format!("published.py {game} 10")),
    ])?;
    let own = ["/extract_seconds", "/decompose_seconds"].map(|field| ours.median(field));
    let other = [
        GAMES * passes.median("/milliseconds") / 1e3,
        GAMES * published.median("/games/0/seconds"),
    ];
    let row = |name: &str, own: f64, other: f64| {
        vec![name.to_owned(), time(own), time(other), number(other / own)]
    };
    let total = own[0] + own[1];
    let rows = vec![
        row("extraction", own[0], other[0]),
        row("decomposition", own[1], other[1]),
        row("both", total, other[0] + other[1]),
    ];
    let table = Table::new(
        ["600 games", "Spindle", "PyTorch, 600 times one", "ratio"],
        rows,
    );
    Ok(Section {
        name: "run",
        about: ABOUT.to_owned(),
        machine: machine::describe(&[published.text("/about")]),
        body: peers.under_notice(Block::Table(table)),
        targets: vec![Target {
            what: "extraction, decomposition and ranges of 50 samples at 12 checkpoints",
            bound: Bound::AtMost(25.0),
            measured: total,
            unit: "s",
        }],
    })
}

/// Trains the run and returns its folder.
fn train() -> anyhow::Result<String> {
    let folder = ours::empty_folder("run")?;
    // The published descent that a report has beside its curves is not what is measured here.
    ours::spindle(
        &format!(
            "train --train-samples 0 --samples {SAMPLES} --checkpoints {CHECKPOINTS} --sgd-steps 1 --out {folder}"
        ),
        &[],
    )?;
    Ok(folder)
}

/// Measures a copy of a trained run, with both times in what is told.
fn measured_copy(trained: &str) -> anyhow::Result<Value> {
    let folder = ours::empty_folder("run-copy")?;
    copy(Path::new(trained), Path::new(&folder))?;
    ours::spindle(&format!("extract {folder}"), &[])?;
    ours::spindle(&format!("analyze {folder}"), &[])
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let what = || format!("cannot copy {} to {}", from.display(), to.display());
    fs::create_dir_all(to).with_context(what)?;
    for entry in fs::read_dir(from).with_context(what)? {
        let entry = entry.with_context(what)?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target).with_context(what)?;
        }
    }
    Ok(())
}
