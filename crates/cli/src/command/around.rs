//! What is measured on demand at the weights of a run's checkpoints, with its data at hand.

use std::path::Path;

use spindle_core::{
    around::{Probe, measure},
    pipeline::Run,
};
use spindle_data::AnyData;
use spindle_run::{RunWriter, device::Places, experiment::CheckedExperiment, record::Recorded};

use super::{data_of, report, run::stoppable};
use crate::{computation::Computation, looking::Looking, terminal::Terminal};

/// The run in a folder, once what `probe` makes of it is measured at all its checkpoints and written.
pub(super) fn measured<T: Recorded>(
    path: &Path,
    computation: &Computation,
    terminal: &Terminal,
    probe: impl FnOnce(&CheckedExperiment, &AnyData, Places, &Run<RunWriter>) -> Made<T>,
) -> anyhow::Result<Run<RunWriter>> {
    let (writer, record) = RunWriter::open(path)?;
    let place = computation.open(terminal)?;
    let data = data_of(&record)?;
    let experiment = record.experiment.clone().check()?;
    let places = computation.places(place, &experiment, &data, terminal)?;
    let mut run = Run::open(writer, record);
    let probe = probe(&experiment, &data, places, &run)?;
    let looking = Looking::new(terminal);
    stoppable(pollster::block_on(measure(&mut run, &*probe, &looking)))?;
    drop(looking);
    if is_analysed(&run) {
        report::write(run.store(), run.record())?;
    }
    Ok(run)
}

/// What measures.
pub(super) type Made<T> = Result<Box<dyn Probe<T>>, spindle_core::Error>;

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
