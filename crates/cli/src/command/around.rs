//! What is measured on demand at the weights of a run's checkpoints, with its data at hand.

use std::path::Path;

use spindle_core::pipeline::Run;
use spindle_data::AnyData;
use spindle_run::{RunWriter, device::Places, experiment::CheckedExperiment};

use super::{data_of, report, run::stoppable};
use crate::{computation::Computation, looking::Looking, terminal::Terminal};

/// The run in a folder, once `measure` is done with what `prepare` makes of its experiment, and all is
/// written.
pub(super) fn measured<T>(
    path: &Path,
    computation: &Computation,
    terminal: &Terminal,
    prepare: impl FnOnce(&CheckedExperiment, &AnyData, Places) -> Result<T, spindle_core::Error>,
    measure: impl FnOnce(&mut Run<RunWriter>, &T, &Looking<'_>) -> Result<(), spindle_core::Error>,
) -> anyhow::Result<Run<RunWriter>> {
    let (writer, record) = RunWriter::open(path)?;
    let place = computation.open(terminal)?;
    let data = data_of(&record)?;
    let experiment = record.experiment.clone().check()?;
    let places = computation.places(place, &experiment, &data, terminal)?;
    let prepared = prepare(&experiment, &data, places)?;
    let mut run = Run::open(writer, record);
    let looking = Looking::new(terminal);
    stoppable(measure(&mut run, &prepared, &looking))?;
    drop(looking);
    if is_analysed(&run) {
        report::write(run.store(), run.record())?;
    }
    Ok(run)
}

/// Tells where the report is, or what is left to do for one.
pub(super) fn conclude(run: &Run<RunWriter>, terminal: &Terminal) -> anyhow::Result<()> {
    if is_analysed(run) {
        return report::conclude(run.store(), run.record(), terminal);
    }
    terminal.say("measured; the report comes with the interactions: spindle extract, then analyze");
    terminal.document(run.record())
}

/// Whether there is a report to write: of a run that is only trained there is none yet.
fn is_analysed(run: &Run<RunWriter>) -> bool {
    let mut checkpoints = run.record().checkpoints.iter();
    checkpoints.all(|at| at.summary.is_some())
}
