//! `spindle tangent`: which orders training moves, at the checkpoints of a run.

use spindle_core::tangent::{Wanted, tangent as measure, tangents};

use super::around::{conclude, measured};
use crate::{arguments::Tangent, computation::Work, terminal::Terminal};

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
            let run = measured(
                &arguments.run.run,
                computation,
                terminal,
                |experiment, data, places| tangents(experiment, data, places, wanted),
                |run, tangents, looking| pollster::block_on(measure(run, &**tangents, looking)),
            )?;
            conclude(&run, terminal)
        })
}
