//! The tables of what every run has: samples, losses, checkpoints.

use super::{Table, at_checkpoints, estimates, ranged};
use crate::{
    analysis::PublishedSgd,
    record::{AllEffects, CheckpointRecord, Group, RangedEstimate, RunRecord, Summary},
};

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
        .real(
            "loss_gap_nats",
            losses
                .iter()
                .map(|loss| loss.test_loss - loss.right_train_loss.unwrap_or(loss.train_loss)),
        )
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

/// Checkpoints, with what was measured there in one number each.
#[must_use]
pub fn checkpoints(record: &RunRecord) -> Table {
    let checkpoints = &record.checkpoints;
    let summary = |value: fn(&Summary) -> f64| {
        checkpoints
            .iter()
            .map(move |checkpoint| checkpoint.summary.as_ref().map(value))
    };
    let table = at_checkpoints(Table::new("checkpoints"), record, 0..checkpoints.len())
        .real(
            "train_loss_nats",
            checkpoints
                .iter()
                .map(|checkpoint| checkpoint.losses.train_loss),
        )
        .real(
            "test_loss_nats",
            checkpoints
                .iter()
                .map(|checkpoint| checkpoint.losses.test_loss),
        )
        .real(
            "train_accuracy",
            checkpoints
                .iter()
                .map(|checkpoint| checkpoint.losses.train_accuracy),
        )
        .real(
            "test_accuracy",
            checkpoints
                .iter()
                .map(|checkpoint| checkpoint.losses.test_accuracy),
        )
        .real("threshold_nats", summary(|a| a.threshold))
        .real("salient_per_sample", summary(|a| a.salient_per_sample))
        .real("mean_output_change_nats", summary(|a| a.mean_output_change))
        .real("noise_floor_nats", summary(|a| a.noise_floor));
    let mean_order = |checkpoint: &CheckpointRecord| {
        let test = checkpoint.summary.as_ref()?.of(Group::Test)?;
        test.strength.mean_order
    };
    let table = estimates(table, "mean_order", "", checkpoints.iter().map(mean_order));
    let of_all = |statistic: fn(&AllEffects) -> Option<RangedEstimate>| {
        checkpoints
            .iter()
            .map(move |checkpoint| statistic(&checkpoint.summary.as_ref()?.all_effects))
    };
    let table = ranged(table, "mean_order_of_all", of_all(|all| all.mean_order));
    let table = ranged(
        table,
        "share_of_order_3_and_more",
        of_all(|all| all.share_of_order_3_and_more),
    );
    let published: Vec<Option<PublishedSgd>> =
        checkpoints.iter().map(|at| at.analyses.get()).collect();
    let sgd = |value: fn(&PublishedSgd) -> Option<f64>| {
        let published = published.iter();
        published.map(move |found| value(found.as_ref()?))
    };
    table
        .real(
            "sgd_mean_order",
            sgd(|sgd| sgd.strength.mean_order.map(|order| order.value)),
        )
        .real("sgd_objective_ratio", sgd(|sgd| Some(sgd.objective_ratio)))
        .real("sgd_start_ratio", sgd(|sgd| sgd.start_ratio))
        .real("sgd_norm_nats", sgd(|sgd| Some(sgd.norms?.end)))
        .real("sgd_start_norm_nats", sgd(|sgd| Some(sgd.norms?.start)))
        .real("smallest_norm_nats", sgd(|sgd| Some(sgd.norms?.smallest)))
}
