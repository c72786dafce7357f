//! `spindle ranges`: certified ranges of the bars of orders 1, 2, and 3 and more.

use anyhow::bail;
use serde::Serialize;
use spindle_core::pipeline::{looking_on, stopped};
use spindle_interactions::{
    decompose::{self, BARS, BarBounds, MAX_RANGE_PLAYERS},
    strength::{self, SampleStrength},
};
use spindle_run::{
    RunFolder,
    analysis::samples,
    record::{Group, RunRecord},
};

use super::run::stoppable;
use crate::{arguments::Bars, looking::Looking, terminal::Terminal};

/// Names of the bars.
const NAMES: [&str; BARS] = ["order 1", "order 2", "orders 3 and more"];

/// A share of strength over the test samples of one checkpoint.
#[derive(Serialize)]
struct Share {
    bar: &'static str,
    /// Of the canonical answers.
    value: f64,
    lowest: f64,
    highest: f64,
}

#[derive(Serialize)]
struct AtCheckpoint {
    step: usize,
    epoch: f64,
    shares: Vec<Share>,
}

/// Runs the command.
pub(crate) fn ranges(arguments: &Bars, terminal: &Terminal) -> anyhow::Result<()> {
    let (folder, record) = RunFolder::open(&arguments.run)?;
    let players = record.experiment.measurement.players;
    if players > MAX_RANGE_PLAYERS {
        bail!("ranges are proved up to {MAX_RANGE_PLAYERS} players; this run has {players}");
    }
    let positions = if arguments.all {
        (0..record.checkpoints.len()).collect()
    } else {
        record.turning_points()
    };
    let games = record.group_size(Group::Test);
    let looking = Looking::new(terminal);
    let total = games * positions.len();
    let mut found = Vec::new();
    for (index, position) in positions.into_iter().enumerate() {
        let checkpoint = &record.checkpoints[position];
        if checkpoint.summary.is_none() {
            bail!(
                "{0} is not analysed yet; run: spindle analyze {0}",
                arguments.run.display()
            );
        }
        let step = checkpoint.losses.step;
        let outputs = samples::test_outputs(&record.samples, &folder.outputs(&record, step)?);
        let params = record.experiment.decomposition.params();
        let look = looking_on(&looking, "ranges", index * games, total);
        let bounds = decompose::bar_bounds_batch(&outputs, players, &params, &look);
        let bounds = bounds.and_then(|outcomes| outcomes.into_iter().collect());
        let bounds: Vec<BarBounds> = stoppable(bounds.map_err(|error| stopped(error.into())))?;
        let strengths = samples::group_strengths(
            &record.samples,
            &folder.interactions(&record, step)?,
            Group::Test,
            0.0,
        );
        found.push(AtCheckpoint {
            step,
            epoch: checkpoint.losses.epoch,
            shares: shares(&bounds, &strengths),
        });
    }
    drop(looking);
    terminal.answer(&in_words(&record, &found))?;
    terminal.document(&found)
}

/// Empty where there are no effects.
fn shares(bounds: &[BarBounds], strengths: &[SampleStrength]) -> Vec<Share> {
    let Some(ranges) = BarBounds::pooled(bounds).ranges() else {
        return Vec::new();
    };
    let values = strength::share_of_bars(strengths).unwrap_or_default();
    let bars = NAMES.into_iter().zip(values).zip(ranges);
    bars.map(|((bar, value), (lowest, highest))| Share {
        bar,
        value,
        // The canonical answer is one of those that count, up to rounding.
        lowest: lowest.min(value),
        highest: highest.max(value),
    })
    .collect()
}

fn in_words(record: &RunRecord, found: &[AtCheckpoint]) -> String {
    let mut lines = vec![format!(
        "Shares of strength of {} test samples: canonical answer (all decompositions within 0.5 % of the smallest norm, certified)",
        record.group_size(Group::Test)
    )];
    for at in found {
        let shares = at.shares.iter().map(|share| {
            let Share {
                bar,
                value,
                lowest,
                highest,
            } = share;
            format!("{bar} {value:.3} ({lowest:.3} to {highest:.3})")
        });
        lines.push(format!(
            "epoch {:<7.3} {}",
            at.epoch,
            shares.collect::<Vec<_>>().join("   ")
        ));
    }
    lines.join("\n")
}
