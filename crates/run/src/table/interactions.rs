//! The table of salient interactions, which needs decompositions and not the record alone.

use spindle_interactions::{decompose::Decomposition, mask, salience};

use super::{Table, at_checkpoints};
use crate::record::RunRecord;

/// A salient interaction.
#[derive(Clone, Debug, PartialEq)]
pub struct InteractionRow {
    /// Position in `RunRecord::checkpoints`.
    pub checkpoint: usize,
    /// Position in `RunRecord::samples`.
    pub sample: usize,
    /// `and` or `or`.
    pub kind: &'static str,
    /// Its players; bit i = player i.
    pub mask: mask::Mask,
    /// Its effect, in nats.
    pub effect: f64,
}

/// Salient interactions at one checkpoint: of each sample, the strongest first. Empty when the
/// checkpoint was not analysed.
#[must_use]
pub fn interactions_rows(
    record: &RunRecord,
    checkpoint: usize,
    decompositions: &[Decomposition],
) -> Vec<InteractionRow> {
    let summary = record
        .checkpoints
        .get(checkpoint)
        .and_then(|checkpoint| checkpoint.summary.as_ref());
    let Some(threshold) = summary.map(|summary| summary.threshold) else {
        return Vec::new();
    };
    let of_sample = |(sample, decomposition): (usize, &Decomposition)| {
        let kinds = [("and", &decomposition.and), ("or", &decomposition.or)];
        let mut rows: Vec<_> = kinds
            .into_iter()
            .flat_map(|(kind, effects)| {
                (0..)
                    .zip(effects)
                    .skip(1)
                    .filter(|&(_, &effect)| salience::is_salient(effect, threshold))
                    .map(move |(mask, &effect)| InteractionRow {
                        checkpoint,
                        sample,
                        kind,
                        mask,
                        effect,
                    })
            })
            .collect();
        rows.sort_by(|a, b| b.effect.abs().total_cmp(&a.effect.abs()));
        rows
    };
    decompositions
        .iter()
        .enumerate()
        .flat_map(of_sample)
        .collect()
}

/// Salient interactions: a row per checkpoint, sample, kind and mask. Rows from
/// [`interactions_rows`].
#[must_use]
pub fn interactions(record: &RunRecord, rows: &[InteractionRow]) -> Table {
    let players = |mask| {
        mask::players(mask)
            .map(|player| player.to_string())
            .collect::<Vec<_>>()
            .join("+")
    };
    at_checkpoints(
        Table::new("interactions"),
        record,
        rows.iter().map(|row| row.checkpoint),
    )
    .integer("sample", rows.iter().map(|row| row.sample))
    .text("kind", rows.iter().map(|row| row.kind))
    .integer("mask", rows.iter().map(|row| row.mask as usize))
    .integer("order", rows.iter().map(|row| mask::order(row.mask)))
    .text("players", rows.iter().map(|row| players(row.mask)))
    .real("effect_nats", rows.iter().map(|row| row.effect))
}
