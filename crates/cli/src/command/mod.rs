//! One module a command.

pub(crate) mod analyze;
pub(crate) mod compare;
pub(crate) mod data;
pub(crate) mod decompose;
pub(crate) mod export;
pub(crate) mod extract;
pub(crate) mod ranges;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod train;
pub(crate) mod values;
pub(crate) mod verify;

use anyhow::bail;
use clap::CommandFactory;
use spindle_core::architecture::Architecture;
use spindle_data::{Data, MeasuredSample, TrainingSet, measured_samples};
use spindle_run::record::RunRecord;

use crate::terminal;

/// Prints a shell's completion script.
pub(crate) fn completions(shell: clap_complete::Shell) -> anyhow::Result<()> {
    let mut script = Vec::new();
    let mut command = crate::arguments::Arguments::command();
    clap_complete::generate(shell, &mut command, "spindle", &mut script);
    terminal::write_out(&script)
}

/// The data set of a run, the same as when the run began.
fn data_of(record: &RunRecord) -> anyhow::Result<Data> {
    let data = Data::load(&record.experiment)?;
    check_digest(record, &data)?;
    Ok(data)
}

fn check_digest(record: &RunRecord, data: &Data) -> anyhow::Result<()> {
    let digest = data.digest();
    if digest != record.provenance.data_digest {
        bail!(
            "the data set has changed since this run began: its digest is {digest}, the run's is {}; continue with the original files",
            record.provenance.data_digest
        );
    }
    Ok(())
}

/// The network's shape and the measured samples of a run.
fn samples_of(
    record: &RunRecord,
    data: &Data,
) -> anyhow::Result<(Architecture, Vec<MeasuredSample>)> {
    let architecture = Architecture::new(record.experiment.training.model, data)?;
    let set = TrainingSet::draw(&record.experiment, data)?;
    let samples = measured_samples(&record.experiment, data, &set, architecture.input)?;
    Ok((architecture, samples))
}
