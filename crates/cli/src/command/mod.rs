//! One module a command.

mod around;
pub(crate) mod compare;
pub(crate) mod data;
pub(crate) mod decompose;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod landscape;
mod partitions;
pub(crate) mod ranges;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod shards;
pub(crate) mod sweep;
pub(crate) mod tangent;
pub(crate) mod values;
pub(crate) mod verify;

use anyhow::bail;
use clap::CommandFactory;
use spindle_data::{AnyData, Labelled as _};
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
fn data_of(record: &RunRecord) -> anyhow::Result<AnyData> {
    let data = as_begun(record, spindle_data::load(&record.experiment)?);
    unchanged(record, &data)?;
    Ok(data)
}

/// These data with their classes in the order that the run has them in.
fn as_begun(record: &RunRecord, data: AnyData) -> AnyData {
    spindle_data::as_begun(data, &record.provenance.data_digest)
}

/// Checks that these data are the run's.
fn unchanged(record: &RunRecord, data: &AnyData) -> anyhow::Result<()> {
    if !data.is_of(&record.provenance.data_digest) {
        bail!(
            "the data set has changed since this run began, or version {} of Spindle, which began it, read these files in another way: its digest is {}, the run's is {}; continue with the original files, or begin a new run",
            record.provenance.version,
            data.digest(),
            record.provenance.data_digest
        );
    }
    Ok(())
}
