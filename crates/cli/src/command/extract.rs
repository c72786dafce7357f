//! `spindle extract`: masked outputs of all samples at all checkpoints.

use std::{path::Path, time::Instant};

use spindle_core::{architecture::Architecture, engine::Engine, extract::Extraction};
use spindle_data::MeasuredSample;
use spindle_run::{RunWriter, event::Outputs, event::Tensors, record::RunRecord};

use crate::{
    interrupt::{self, Interrupted},
    terminal::Terminal,
};

/// Runs the command.
pub(crate) fn command(path: &Path, terminal: &Terminal) -> anyhow::Result<()> {
    let (writer, mut record) = RunWriter::open(path)?;
    extract(&writer, &mut record, terminal)?;
    terminal.say(&format!(
        "extracted; next: spindle analyze {}",
        path.display()
    ));
    terminal.document(&record.provenance)
}

/// Extracts at every checkpoint whose outputs are not there yet.
pub(crate) fn extract(
    writer: &RunWriter,
    record: &mut RunRecord,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let data = super::data_of(record)?;
    let (architecture, samples) = super::samples_of(record, &data)?;
    let steps: Vec<usize> = record.checkpoints.iter().map(|c| c.losses.step).collect();
    let missing: Vec<usize> = steps
        .iter()
        .copied()
        .filter(|&s| !writer.has_outputs(s))
        .collect();
    let done = (steps.len() - missing.len()) * samples.len();
    let bar = terminal.bar("extract", "samples", done, steps.len() * samples.len());
    for step in missing {
        let start = Instant::now();
        let outputs = extract_at(writer, record, architecture, &samples, step, &bar)?;
        writer.save_outputs(&outputs)?;
        record.provenance.extract_seconds += start.elapsed().as_secs_f64();
        writer.save_record(record)?;
    }
    bar.finish_with_message("done");
    Ok(())
}

fn extract_at(
    writer: &RunWriter,
    record: &RunRecord,
    architecture: Architecture,
    samples: &[MeasuredSample],
    step: usize,
    bar: &indicatif::ProgressBar,
) -> anyhow::Result<Outputs> {
    let experiment = &record.experiment;
    let weights = writer.checkpoint(step)?;
    let engine = Engine::new(&architecture, experiment.device, &weights, &Tensors::new())?;
    pollster::block_on(async {
        let mut extraction =
            Extraction::new(architecture, samples, experiment.measurement.players, step);
        while !extraction.is_done() {
            interrupt::check(Interrupted::Run)?;
            extraction.advance(&engine).await?;
            bar.inc(1);
        }
        Ok(extraction.into_outputs())
    })
}
