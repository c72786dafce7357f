//! `spindle landscape`: other measures of over-fitting at the checkpoints of a run.

use std::{num::NonZeroUsize, path::Path};

use spindle_core::{landscape::survey, pipeline::Run};
use spindle_run::RunWriter;

use super::around::{conclude, measured};
use crate::{
    arguments::Landscape,
    computation::{Computation, Work},
    terminal::Terminal,
};

/// Runs the command.
pub(crate) fn landscape(arguments: &Landscape, terminal: &Terminal) -> anyhow::Result<()> {
    arguments
        .computation
        .guarded(terminal, Work::Run, |computation| {
            let path = &arguments.run.run;
            let run = surveyed(path, arguments.samples, computation, terminal)?;
            conclude(&run, terminal)
        })
}

/// A run of a sweep: what is around its weights, which nobody is told of.
pub(super) fn landscape_in_silence(
    path: &Path,
    samples: NonZeroUsize,
    computation: &Computation,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    computation.guarded(terminal, Work::Run, |computation| {
        surveyed(path, samples, computation, terminal).map(drop)
    })
}

fn surveyed(
    path: &Path,
    samples: NonZeroUsize,
    computation: &Computation,
    terminal: &Terminal,
) -> anyhow::Result<Run<RunWriter>> {
    measured(
        path,
        computation,
        terminal,
        |experiment, data, places, _| survey(experiment, data, places, samples.get()),
    )
}
