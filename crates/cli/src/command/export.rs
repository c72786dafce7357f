//! `spindle export`: one file that the page opens.

use anyhow::bail;
use serde::Serialize;
use spindle_run::{
    RunFolder,
    export::{Budget, Pictures},
    folder::write_whole,
};

use crate::{arguments::Export, output, terminal::Terminal};

#[derive(Serialize)]
struct Document {
    file: std::path::PathBuf,
    bytes: usize,
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
    let samples = super::samples_of(&record, &data)?;
    let side = data.test.side();
    let pictures = Pictures {
        shape: vec![samples.len(), side, side],
        pixels: samples.iter().flat_map(|s| s.picture.clone()).collect(),
    };
    let steps: Vec<usize> = record.checkpoints.iter().map(|c| c.losses.step).collect();
    let mut export = folder.export(record, pictures, Budget::default())?;
    if arguments.weights {
        for step in steps {
            export.weights.insert(step, folder.checkpoint(step)?);
        }
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
