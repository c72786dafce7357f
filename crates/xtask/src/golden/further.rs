//! What the other commands make of a run: its export, a network's values, and whether its
//! certificates hold.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use serde_json::{Value, json};
use spindle_run::record::{Players, RunRecord};

use super::{binary::Binary, contents, experiments::Experiment, files::read};

/// A sentence for each difference. `runs` are those of the builds, the older first.
pub(super) fn differences(
    experiment: &Experiment,
    binaries: [&Binary; 2],
    runs: &[PathBuf; 2],
) -> anyhow::Result<Vec<String>> {
    let record = RunRecord::from_json(&read(&runs[0].join("run.json"))?)?;
    for (binary, run) in binaries.into_iter().zip(runs) {
        let run_name = run.display();
        binary.run(&format!("verify --quiet {run_name}"))?;
        binary.run(&format!(
            "export --quiet {run_name} --out {run_name}/packed.spindle --weights"
        ))?;
        binary.run(&format!("verify --quiet {run_name}/packed.spindle"))?;
        write_values(experiment, &record, binary, run)?;
    }
    // What was measured by the older build is read by the newer one, too.
    binaries[1].run(&format!("verify --quiet {}", runs[0].display()))?;
    let mut found = Vec::new();
    for file in ["packed.spindle", "values.npy"] {
        let [old, new] = [read(&runs[0].join(file))?, read(&runs[1].join(file))?];
        found.extend(contents::differences(file, &old, &new)?);
    }
    Ok(found)
}

/// The values of the last checkpoint's network on the first test sample, as from weights of one's
/// own.
fn write_values(
    experiment: &Experiment,
    record: &RunRecord,
    binary: &Binary,
    run: &Path,
) -> anyhow::Result<()> {
    let sample = record.samples.first().context("no sample was measured")?;
    let last = record
        .checkpoints
        .last()
        .context("no checkpoint was measured")?;
    let players = serde_json::to_vec(&players_file(&sample.players)?)?;
    fs::write(run.join("players.json"), players)?;
    binary.run(&format!(
        "values --quiet {} --weights {run}/checkpoints/{}.safetensors --samples {} --players {run}/players.json --out {run}/values.npy",
        experiment.values_flags(),
        last.losses.step,
        sample.position,
        run = run.display(),
    ))?;
    Ok(())
}

/// Players as `spindle values` takes them.
fn players_file(players: &Players) -> anyhow::Result<Value> {
    Ok(match players {
        Players::Patches(patches) => json!({"grid": [8, 8], "patches": patches}),
        Players::Words { .. } | Players::Clusters { .. } => serde_json::to_value(players)?,
    })
}
