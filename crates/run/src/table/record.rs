//! The tables of what every run has: samples, losses, checkpoints.

use super::Table;
use crate::record::{LossRecord, RunRecord};

/// Samples measured.
#[must_use]
pub fn samples(record: &RunRecord) -> Table {
    let samples = &record.samples;
    Table::new("samples")
        .integer("sample", 0..samples.len())
        .text("group", samples.iter().map(|sample| sample.group.name()))
        .integer("position", samples.iter().map(|sample| sample.position))
        .integer("label", samples.iter().map(|sample| sample.label))
        .integer("true_label", samples.iter().map(|sample| sample.true_label))
        .text(
            "players",
            samples
                .iter()
                .map(|sample| sample.players.names().join(" ")),
        )
}

/// Losses and accuracies after every epoch.
#[must_use]
pub fn losses(record: &RunRecord) -> Table {
    let losses = &record.losses;
    Table::new("losses")
        .integer("step", losses.iter().map(|loss| loss.step))
        .real("epoch", losses.iter().map(|loss| loss.epoch))
        .real("train_loss_nats", losses.iter().map(|loss| loss.train_loss))
        .real("test_loss_nats", losses.iter().map(|loss| loss.test_loss))
        .real("loss_gap_nats", losses.iter().map(LossRecord::gap))
        .real(
            "right_train_loss_nats",
            losses.iter().map(|loss| loss.right_train_loss),
        )
        .real(
            "train_accuracy",
            losses.iter().map(|loss| loss.train_accuracy),
        )
        .real(
            "test_accuracy",
            losses.iter().map(|loss| loss.test_accuracy),
        )
}
