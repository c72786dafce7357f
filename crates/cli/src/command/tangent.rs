//! `spindle tangent`: which orders training moves, at the checkpoints of a run.

use std::{num::NonZeroUsize, path::Path};

use spindle_core::{
    around::weights,
    pipeline::Run,
    tangent::{DIRECTIONS, MEASURED, Wanted, tangents},
};
use spindle_run::{RunWriter, record::CheckpointRecord};

use super::around::{conclude, measured};
use crate::{
    arguments::Tangent,
    computation::{Computation, Work},
    terminal::Terminal,
};

/// Runs the command.
pub(crate) fn tangent(arguments: &Tangent, terminal: &Terminal) -> anyhow::Result<()> {
    let wanted = Wanted {
        samples: arguments.samples.get(),
        measured: arguments.measured.get(),
        directions: arguments.directions.get(),
    };
    arguments
        .computation
        .guarded(terminal, Work::Run, |computation| {
            let run = moved(&arguments.run.run, wanted, computation, terminal)?;
            conclude(&run, terminal)
        })
}

/// A run of a sweep: which orders training moves, which nobody is told of.
pub(super) fn tangent_in_silence(
    path: &Path,
    samples: NonZeroUsize,
    computation: &Computation,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let wanted = Wanted {
        samples: samples.get(),
        measured: MEASURED.get(),
        directions: DIRECTIONS.get(),
    };
    computation.guarded(terminal, Work::Run, |computation| {
        moved(path, wanted, computation, terminal).map(drop)
    })
}

fn moved(
    path: &Path,
    wanted: Wanted,
    computation: &Computation,
    terminal: &Terminal,
) -> anyhow::Result<Run<RunWriter>> {
    measured(
        path,
        computation,
        terminal,
        |experiment, data, places, run| {
            let begin = run.record().checkpoints.first();
            let step = begin.map_or(0, |begin| begin.losses.step);
            let first = weights(run.store(), step)?;
            let rounding =
                |at: &CheckpointRecord| Some((at.losses.step, at.summary.as_ref()?.noise_floor));
            let rounding = run.record().checkpoints.iter().filter_map(rounding);
            tangents(experiment, data, places, wanted, first, rounding.collect())
        },
    )
}
