//! `spindle export`: one file that the page opens.

use anyhow::bail;
use serde::Serialize;
use spindle_run::{
    RunFolder, content::Contents, export::Budget, folder::write_whole, record::RunRecord,
};

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

/// What leaves room for the weights of two checkpoints of LeNet.
const BESIDE_WEIGHTS: Budget = Budget {
    interactions: 780_000,
    values: 620_000,
};

/// Steps of the checkpoints whose weights are packed.
fn steps_of(record: &RunRecord, which: PackedWeights) -> Vec<usize> {
    let checkpoints = record.checkpoints.iter().enumerate();
    let boundary = record.dynamics.as_ref().and_then(|d| d.boundary);
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

/// Runs the command.
pub(crate) fn export(arguments: &Export, terminal: &Terminal) -> anyhow::Result<()> {
    output::check(&arguments.out, &[])?;
    let (folder, record) = RunFolder::open(&arguments.run)?;
    if record.dynamics.is_none() {
        bail!(
            "{0} is not analysed yet; run: spindle analyze {0}",
            arguments.run.display()
        );
    }
    let data = super::data_of(&record)?;
    let (_, samples) = super::samples_of(&record, &data)?;
    let contents: Vec<_> = samples.into_iter().map(|sample| sample.content).collect();
    let contents = Contents::of(&contents)?;
    let steps = arguments
        .weights
        .map_or_else(Vec::new, |which| steps_of(&record, which));
    let budget = match arguments.weights {
        Some(PackedWeights::Ends) => BESIDE_WEIGHTS,
        _ => Budget::default(),
    };
    let mut export = folder.export(record, contents, budget)?;
    for step in steps {
        export.weights.insert(step, folder.checkpoint(step)?);
    }
    let bytes = export.pack()?;
    write_whole(&arguments.out, &bytes)?;
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
