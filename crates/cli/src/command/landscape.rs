//! `spindle landscape`: other measures of over-fitting at the checkpoints of a run.

use std::{num::NonZeroUsize, path::Path};

use spindle_core::{
    landscape::{landscape as measure, survey},
    pipeline::Run,
};
use spindle_run::RunWriter;

use super::{data_of, report, run::stoppable};
use crate::{
    arguments::Landscape,
    computation::{Computation, Work},
    looking::Looking,
    terminal::Terminal,
};

/// Runs the command.
pub(crate) fn landscape(arguments: &Landscape, terminal: &Terminal) -> anyhow::Result<()> {
    arguments
        .computation
        .guarded(terminal, Work::Run, |computation| {
            landscape_on(computation, arguments, terminal)
        })
}

fn landscape_on(
    computation: &Computation,
    arguments: &Landscape,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let run = measured(&arguments.run.run, arguments.samples, computation, terminal)?;
    if is_analysed(&run) {
        return report::conclude(run.store(), run.record(), terminal);
    }
    terminal.say("measured; the report comes with the interactions: spindle extract, then analyze");
    terminal.document(run.record())
}

/// A run of a sweep: what is around its weights, which nobody is told of.
pub(super) fn landscape_in_silence(
    path: &Path,
    samples: NonZeroUsize,
    computation: &Computation,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    computation.guarded(terminal, Work::Run, |computation| {
        measured(path, samples, computation, terminal).map(drop)
    })
}

/// The run in a folder, once everything around its weights is measured and written.
fn measured(
    path: &Path,
    samples: NonZeroUsize,
    computation: &Computation,
    terminal: &Terminal,
) -> anyhow::Result<Run<RunWriter>> {
    let (writer, record) = RunWriter::open(path)?;
    let place = computation.open(terminal)?;
    let data = data_of(&record)?;
    let experiment = record.experiment.clone().check()?;
    let places = computation.places(place, &experiment, &data, terminal)?;
    let survey = survey(&experiment, &data, places, samples.get())?;
    let mut run = Run::open(writer, record);
    let looking = Looking::new(terminal);
    stoppable(pollster::block_on(measure(&mut run, &*survey, &looking)))?;
    drop(looking);
    if is_analysed(&run) {
        report::write(run.store(), run.record())?;
    }
    Ok(run)
}

/// Whether there is a report to write: of a run that is only trained there is none yet.
fn is_analysed(run: &Run<RunWriter>) -> bool {
    let mut checkpoints = run.record().checkpoints.iter();
    checkpoints.all(|at| at.summary.is_some())
}
