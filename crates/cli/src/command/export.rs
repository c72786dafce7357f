//! `spindle export`: one file that the page opens.

use std::path::Path;

use anyhow::bail;
use serde::Serialize;
use spindle_run::{RunFolder, export::Budget, record::RunRecord};

use super::partitions;
use crate::{
    arguments::{Export, PackedWeights},
    output,
    terminal::Terminal,
};

#[derive(Serialize)]
struct Document {
    file: std::path::PathBuf,
    bytes: usize,
}

/// What a file that people open in a page should not exceed, in bytes; weights of all checkpoints
/// apart.
const LARGEST: usize = 3_300_000;
/// Of the room that is left, this part is for interactions, in percent; the rest for outputs.
const INTERACTIONS: usize = 50;

/// Steps of the checkpoints whose weights are packed.
fn steps_of(record: &RunRecord, which: PackedWeights) -> Vec<usize> {
    let checkpoints = record.checkpoints.iter().enumerate();
    let boundary = record.boundary();
    let last = record.checkpoints.len().saturating_sub(1);
    checkpoints
        .filter(|(index, _)| {
            which == PackedWeights::All
                || *index == last
                || boundary.is_some_and(|boundary| boundary.index == *index)
        })
        .map(|(_, checkpoint)| checkpoint.losses.step)
        .collect()
}

/// As much of interactions and outputs as the room takes.
fn in_room(room: usize) -> Budget {
    let interactions = Budget::default()
        .interactions
        .min(room * INTERACTIONS / 100);
    Budget {
        interactions,
        values: Budget::default().values.min(room - interactions),
    }
}

/// A run that has something to show.
pub(super) fn open_analysed(run: &Path) -> anyhow::Result<(RunFolder, RunRecord)> {
    let (folder, record) = RunFolder::open(run)?;
    if record.phases().is_none() {
        bail!(
            "{0} is not analysed yet; run: spindle analyze {0}",
            run.display()
        );
    }
    Ok((folder, record))
}

/// A run's folder as the bytes of a `.spindle` file, with these weights.
pub(super) fn packed(run: &Path, weights: Option<PackedWeights>) -> anyhow::Result<Vec<u8>> {
    let (folder, record) = open_analysed(run)?;
    let contents = super::run::contents_of(&record)?;
    let steps = weights.map_or_else(Vec::new, |which| steps_of(&record, which));
    let pack = |budget| -> anyhow::Result<Vec<u8>> {
        let mut export = folder.export(record.clone(), contents.clone(), budget)?;
        for &step in &steps {
            export.weights.insert(step, folder.checkpoint(step)?);
        }
        Ok(export.pack()?)
    };
    let budget = match weights {
        Some(PackedWeights::All) => Budget::default(),
        _ => in_room(LARGEST.saturating_sub(pack(Budget::NOTHING)?.len())),
    };
    pack(budget)
}

/// Runs the command.
pub(crate) fn export(arguments: &Export, terminal: &Terminal) -> anyhow::Result<()> {
    if arguments.tables {
        return partitions::export(&arguments.run, &arguments.out, terminal);
    }
    output::check(&arguments.out, &[], terminal)?;
    let bytes = packed(&arguments.run, arguments.weights)?;
    output::write(&arguments.out, &bytes)?;
    terminal.say(&format!(
        "{} ({:.2} MB)",
        arguments.out.display(),
        bytes.len() as f64 / 1e6
    ));
    terminal.document(&Document {
        file: arguments.out.clone(),
        bytes: bytes.len(),
    })
}
