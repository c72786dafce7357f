//! Columns that many tables have.

use spindle_interactions::bootstrap::Estimate;

use super::Table;
use crate::{
    experiment::Solver,
    record::{RangedEstimate, Recorded, RunRecord, Summary},
};

/// The summaries of all checkpoints that have one, with their positions.
pub fn summaries(record: &RunRecord) -> impl Iterator<Item = (usize, &Summary)> {
    let checkpoints = record.checkpoints.iter().enumerate();
    checkpoints.filter_map(|(index, at)| Some((index, at.summary.as_ref()?)))
}

/// What an analysis has found at all checkpoints where it has, with their positions.
pub fn parts<T: Recorded>(record: &RunRecord) -> impl Iterator<Item = (usize, T)> {
    let checkpoints = record.checkpoints.iter().enumerate();
    checkpoints.filter_map(|(index, at)| Some((index, at.analyses.get()?)))
}

/// The columns that every table by checkpoint begins with.
#[must_use]
pub fn at_checkpoints(
    table: Table,
    record: &RunRecord,
    rows: impl Iterator<Item = usize> + Clone,
) -> Table {
    let losses = |row: usize| {
        record
            .checkpoints
            .get(row)
            .map(|checkpoint| checkpoint.losses)
    };
    table
        .integer("checkpoint", rows.clone())
        .integer(
            "step",
            rows.clone()
                .map(move |row| losses(row).map_or(0, |losses| losses.step)),
        )
        .real(
            "epoch",
            rows.map(move |row| losses(row).map(|losses| losses.epoch)),
        )
}

/// Value and ends of the 95 % interval as three columns.
#[must_use]
pub fn estimates(
    table: Table,
    name: &str,
    unit: &str,
    values: impl Iterator<Item = Option<Estimate>> + Clone,
) -> Table {
    table
        .real(
            &format!("{name}{unit}"),
            values.clone().map(|e| e.map(|e| e.value)),
        )
        .real(
            &format!("{name}_low{unit}"),
            values.clone().map(|e| e.map(|e| e.low)),
        )
        .real(
            &format!("{name}_high{unit}"),
            values.map(|e| e.map(|e| e.high)),
        )
}

/// As [`estimates`], with the ends of the range of all near-optimal decompositions.
#[must_use]
pub fn ranged(
    table: Table,
    name: &str,
    values: impl Iterator<Item = Option<RangedEstimate>> + Clone,
) -> Table {
    let sampled = values.clone().map(|e| {
        e.map(|e| Estimate {
            value: e.value,
            low: e.low,
            high: e.high,
        })
    });
    estimates(table, name, "", sampled)
        .real(&format!("{name}_lowest"), values.clone().map(|e| e?.lowest))
        .real(&format!("{name}_highest"), values.map(|e| e?.highest))
}

/// The experiment's solver, as tables name it.
#[must_use]
pub fn solver_name(record: &RunRecord) -> &'static str {
    match record.experiment.decomposition.solver {
        Solver::Certified => "certified",
        Solver::Sgd => "sgd",
    }
}
