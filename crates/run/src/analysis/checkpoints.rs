//! Strength by order at every checkpoint.

use super::{Analysis, PublishedSgd, Shown};
use crate::{
    figure::{Bars, Figure, FigureKind, Measured},
    record::{AllEffects, CheckpointRecord, Group, RangedEstimate, RunRecord, Summary},
    sweep::{Domain, Number},
    table::{Table, at_checkpoints, estimates, ranged},
};

/// Shows what the summary of every checkpoint has.
pub(super) struct Checkpoints;

impl Shown for Checkpoints {
    fn figures(&self, record: &RunRecord) -> Vec<Figure> {
        let panels: Vec<Bars> = Measured::all(record)
            .map(|at| Bars::new(record, at))
            .collect();
        if panels.is_empty() {
            return Vec::new();
        }
        vec![Figure {
            name: "strength-all-checkpoints",
            title: "Strength by order at every checkpoint".into(),
            caption: format!("All {} measured checkpoints.", panels.len()),
            kind: FigureKind::Checkpoints { panels },
        }]
    }
}

impl Analysis for Checkpoints {
    fn name(&self) -> &'static str {
        "checkpoints"
    }

    fn numbers(&self, record: &RunRecord) -> Vec<Number> {
        let losses = || record.checkpoints.iter().map(|at| at.losses);
        let Some(last) = losses().next_back() else {
            return Vec::new();
        };
        let mut numbers = vec![
            Number::new("train_loss_nats", last.train_loss).within(Domain::POSITIVE),
            Number::new("test_loss_nats", last.test_loss).within(Domain::POSITIVE),
            Number::new("loss_gap_nats", last.gap()),
            Number::new("train_accuracy", last.train_accuracy).within(Domain::SHARE),
            Number::new("test_accuracy", last.test_accuracy).within(Domain::SHARE),
        ];
        let least = losses().min_by(|a, b| a.test_loss.total_cmp(&b.test_loss));
        numbers.extend(least.into_iter().flat_map(|least| {
            [
                Number::new("least_test_loss_nats", least.test_loss).within(Domain::POSITIVE),
                Number::new("least_test_loss_epoch", least.epoch).within(Domain::POSITIVE),
            ]
        }));
        numbers
    }
}

/// Checkpoints, with what was measured there in one number each.
#[must_use]
pub(super) fn table(record: &RunRecord) -> Table {
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
