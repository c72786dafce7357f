//! What the tables of a run hold. `checkpoint` and `sample` are positions in `run.json`'s lists, in every table.

use spindle_interactions::{
    bootstrap::Estimate,
    decompose::Decomposition,
    mask,
    phase::{Change, Onset, Phases},
    salience,
    similarity::Ceilings,
    strength::StrengthByOrder,
};

use super::Table;
use crate::record::{
    AllEffects, AtNoise, AtRate, CheckpointRecord, Group, GroupDifference, RangedEstimate,
    RateScale, RunRecord,
};

/// All tables that the record alone gives: strength, samples, losses, checkpoints, certificates, noise bounds, rates of the
/// published SGD, similarity, groups, phases, theory.
#[must_use]
pub fn of_record(record: &RunRecord) -> Vec<Table> {
    let tables = [
        strength,
        samples,
        losses,
        checkpoints,
        certificates,
        noise_bounds,
        published_rates,
        similarity,
        groups,
        phases,
        theory,
    ];
    tables.into_iter().map(|table| table(record)).collect()
}

/// Strength by order: a row per checkpoint, group, solver, threshold and order.
///
/// `effects` is `salient` or `all` (no threshold); `solver` is `certified`, or `sgd` where the published SGD was run for comparison
/// (of a run with `--solver sgd` it is `sgd` throughout).
#[must_use]
pub fn strength(record: &RunRecord) -> Table {
    struct Row<'a> {
        checkpoint: usize,
        group: Group,
        solver: &'static str,
        effects: &'static str,
        order: usize,
        strength: &'a StrengthByOrder,
    }
    let own = solver_name(record);
    let rows: Vec<Row<'_>> = analysed(record)
        .flat_map(|(checkpoint, analysis)| {
            let groups = analysis
                .strengths
                .iter()
                .map(|group| (group.group, own, "salient", &group.strength));
            let all = std::iter::once((Group::Test, own, "all", &analysis.unthresholded));
            let sgd = analysis.published_sgd.iter().flat_map(|sgd| {
                [
                    (Group::Test, "sgd", "salient", &sgd.strength),
                    (Group::Test, "sgd", "all", &sgd.unthresholded),
                ]
            });
            groups
                .chain(all)
                .chain(sgd)
                .flat_map(move |(group, solver, effects, strength)| {
                    (1..=strength.positive.len()).map(move |order| Row {
                        checkpoint,
                        group,
                        solver,
                        effects,
                        order,
                        strength,
                    })
                })
        })
        .collect();
    let table = Table::new("strength");
    let table = at_checkpoints(table, record, rows.iter().map(|row| row.checkpoint))
        .text("group", rows.iter().map(|row| row.group.name()))
        .text("solver", rows.iter().map(|row| row.solver))
        .text("effects", rows.iter().map(|row| row.effects))
        .integer("order", rows.iter().map(|row| row.order));
    let at = |values: &[Estimate], row: &Row<'_>| values.get(row.order - 1).copied();
    let table = estimates(
        table,
        "positive",
        "_nats",
        rows.iter().map(|row| at(&row.strength.positive, row)),
    );
    let table = estimates(
        table,
        "negative",
        "_nats",
        rows.iter().map(|row| at(&row.strength.negative, row)),
    );
    let share = |row: &Row<'_>| row.strength.share.as_ref().and_then(|share| at(share, row));
    estimates(table, "share", "", rows.iter().map(share))
}

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
    let analysis = |value: fn(&crate::record::Analysis) -> f64| {
        checkpoints
            .iter()
            .map(move |checkpoint| checkpoint.analysis.as_ref().map(value))
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
        .real("threshold_nats", analysis(|a| a.threshold))
        .real("salient_per_sample", analysis(|a| a.salient_per_sample))
        .real(
            "mean_output_change_nats",
            analysis(|a| a.mean_output_change),
        )
        .real("noise_floor_nats", analysis(|a| a.noise_floor));
    let mean_order = |checkpoint: &CheckpointRecord| {
        let test = checkpoint.analysis.as_ref()?.of(Group::Test)?;
        test.strength.mean_order
    };
    let table = estimates(table, "mean_order", "", checkpoints.iter().map(mean_order));
    let of_all = |statistic: fn(&AllEffects) -> Option<RangedEstimate>| {
        checkpoints
            .iter()
            .map(move |checkpoint| statistic(&checkpoint.analysis.as_ref()?.all_effects))
    };
    let table = ranged(table, "mean_order_of_all", of_all(|all| all.mean_order));
    let table = ranged(
        table,
        "share_of_order_3_and_more",
        of_all(|all| all.share_of_order_3_and_more),
    );
    let sgd = |value: fn(&crate::record::PublishedSgd) -> Option<f64>| {
        checkpoints
            .iter()
            .map(move |checkpoint| value(checkpoint.analysis.as_ref()?.published_sgd.as_ref()?))
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

/// How far from the optimum every decomposition is at most: a row per checkpoint and sample.
#[must_use]
pub fn certificates(record: &RunRecord) -> Table {
    let rows: Vec<_> = analysed(record)
        .flat_map(|(checkpoint, analysis)| {
            analysis
                .certificates
                .iter()
                .enumerate()
                .map(move |(sample, certificate)| (checkpoint, sample, certificate))
        })
        .collect();
    at_checkpoints(
        Table::new("certificates"),
        record,
        rows.iter().map(|row| row.0),
    )
    .integer("sample", rows.iter().map(|row| row.1))
    .real("primal_nats", rows.iter().map(|row| row.2.primal))
    .real("dual_nats", rows.iter().map(|row| row.2.dual))
    .real("gap", rows.iter().map(|row| row.2.gap))
    .integer("iterations", rows.iter().map(|row| row.2.iterations))
    .real("noise_bound_nats", rows.iter().map(|row| row.2.noise_bound))
    .real("residual_nats", rows.iter().map(|row| row.2.residual))
    .real(
        "smallest_norm_nats",
        rows.iter().map(|row| row.2.smallest_norm),
    )
    .real(
        "range_limit_nats",
        rows.iter().map(|row| Some(row.2.ranges?.limit)),
    )
    .real(
        "mean_order_below_nats",
        rows.iter().map(|row| Some(row.2.ranges?.bounds[0])),
    )
    .real(
        "mean_order_above_nats",
        rows.iter().map(|row| Some(row.2.ranges?.bounds[1])),
    )
    .real(
        "share_below_nats",
        rows.iter().map(|row| Some(row.2.ranges?.bounds[2])),
    )
    .real(
        "share_above_nats",
        rows.iter().map(|row| Some(row.2.ranges?.bounds[3])),
    )
}

/// All interactions of the test samples at other noise bounds: a row per checkpoint and bound.
#[must_use]
pub fn noise_bounds(record: &RunRecord) -> Table {
    let rows: Vec<(usize, &AtNoise)> = analysed(record)
        .flat_map(|(checkpoint, analysis)| {
            analysis.by_noise.iter().map(move |row| (checkpoint, row))
        })
        .collect();
    let table = at_checkpoints(
        Table::new("noise_bounds"),
        record,
        rows.iter().map(|row| row.0),
    )
    .real("noise_ratio", rows.iter().map(|row| row.1.noise_ratio))
    .real("norm_nats", rows.iter().map(|row| row.1.norm));
    let table = estimates(
        table,
        "mean_order",
        "",
        rows.iter().map(|row| row.1.strength.mean_order),
    );
    let share = rows.iter().map(|row| row.1.share_of_order_3_and_more);
    estimates(table, "share_of_order_3_and_more", "", share)
}

/// The published SGD with other rates: a row per checkpoint, scale and rate.
#[must_use]
pub fn published_rates(record: &RunRecord) -> Table {
    let rows: Vec<(usize, &AtRate)> = analysed(record)
        .flat_map(|(checkpoint, analysis)| {
            let sweep = analysis.published_sgd.iter().flat_map(|sgd| &sgd.sweep);
            sweep.map(move |row| (checkpoint, row))
        })
        .collect();
    let scale = |row: &(usize, &AtRate)| match row.1.scale {
        RateScale::Absolute => "absolute".to_owned(),
        RateScale::Change => "change".to_owned(),
    };
    at_checkpoints(
        Table::new("published_rates"),
        record,
        rows.iter().map(|row| row.0),
    )
    .text("scale", rows.iter().map(scale))
    .real("learning_rate", rows.iter().map(|row| row.1.learning_rate))
    .real("norm_nats", rows.iter().map(|row| row.1.norm))
    .real(
        "objective_ratio",
        rows.iter().map(|row| row.1.objective_ratio),
    )
    .real("mean_order", rows.iter().map(|row| row.1.mean_order))
    .real(
        "share_of_order_3_and_more",
        rows.iter().map(|row| row.1.share_of_order_3_and_more),
    )
}

/// Similarity of training and test interactions: a row per checkpoint and order.
#[must_use]
pub fn similarity(record: &RunRecord) -> Table {
    let rows: Vec<_> = analysed(record)
        .flat_map(|(checkpoint, analysis)| {
            let orders = analysis.similarity.iter().flatten();
            (1..)
                .zip(orders)
                .map(move |(order, similarity)| (checkpoint, order, *similarity))
        })
        .collect();
    let table = at_checkpoints(
        Table::new("similarity"),
        record,
        rows.iter().map(|row| row.0),
    )
    .integer("order", rows.iter().map(|row| row.1));
    let table = estimates(table, "similarity", "", rows.iter().map(|row| row.2));
    let ceiling = |value: fn(&Ceilings) -> Estimate| {
        rows.iter().map(move |&(checkpoint, order, _)| {
            let analysis = record.checkpoints.get(checkpoint)?.analysis.as_ref()?;
            let found = analysis.ceilings.as_ref()?.get(order - 1)?.as_ref()?;
            Some(value(found))
        })
    };
    let table = estimates(table, "halves_train_test", "", ceiling(|c| c.train_test));
    let table = estimates(table, "halves_train_train", "", ceiling(|c| c.train_train));
    let table = estimates(table, "halves_test_test", "", ceiling(|c| c.test_test));
    estimates(table, "difference", "", ceiling(|c| c.difference))
}

/// How far groups of samples differ: a row per checkpoint and pair of groups.
#[must_use]
pub fn groups(record: &RunRecord) -> Table {
    let rows: Vec<(usize, &GroupDifference)> = analysed(record)
        .flat_map(|(checkpoint, analysis)| {
            let pairs = analysis.group_differences.iter();
            pairs.map(move |pair| (checkpoint, pair))
        })
        .collect();
    let table = at_checkpoints(Table::new("groups"), record, rows.iter().map(|row| row.0))
        .text("group", rows.iter().map(|row| row.1.group.name()))
        .text("than", rows.iter().map(|row| row.1.than.name()));
    let table = estimates(
        table,
        "mean_order_of_all",
        "",
        rows.iter().map(|row| row.1.mean_order),
    );
    let share = rows.iter().map(|row| row.1.share_of_order_3_and_more);
    let table = estimates(table, "share_of_order_3_and_more", "", share);
    let salient = rows.iter().map(|row| row.1.salient_mean_order);
    estimates(table, "mean_order", "", salient)
}

/// Whether there are two phases: a row per statistic.
#[must_use]
pub fn phases(record: &RunRecord) -> Table {
    let rows: Vec<&Phases> = record.dynamics.iter().flat_map(|d| &d.phases).collect();
    let epoch = |value: fn(&Onset) -> usize| {
        rows.iter().map(move |row| {
            let index = value(row.lowest.as_ref()?);
            Some(record.checkpoints.get(index)?.losses.epoch)
        })
    };
    let table = Table::new("phases")
        .text("statistic", rows.iter().map(|row| words(&row.statistic)))
        .text("verdict", rows.iter().map(|row| words(&row.verdict)))
        .real("lowest_epoch", epoch(|lowest| lowest.index))
        .real("lowest_epoch_low", epoch(|lowest| lowest.low))
        .real("lowest_epoch_high", epoch(|lowest| lowest.high));
    let change = |value: fn(&Phases) -> Option<Change>| rows.iter().map(move |row| value(row));
    let table = estimates(
        table,
        "fall",
        "",
        change(|row| row.fall).map(|c| Some(c?.answer)),
    );
    let table = estimates(
        table,
        "least_fall",
        "",
        change(|row| row.fall).map(|c| c?.least),
    );
    let table = estimates(
        table,
        "rise",
        "",
        change(|row| row.rise).map(|c| Some(c?.answer)),
    );
    estimates(
        table,
        "least_rise",
        "",
        change(|row| row.rise).map(|c| c?.least),
    )
}

/// The name by which it stands in `run.json`.
fn words(value: &impl serde::Serialize) -> String {
    let json = serde_json::to_value(value).unwrap_or_default();
    json.as_str().unwrap_or_default().to_owned()
}

/// The theory's curve: a row per checkpoint from the boundary on and order.
#[must_use]
pub fn theory(record: &RunRecord) -> Table {
    let fits = record.dynamics.iter().flat_map(|dynamics| &dynamics.theory);
    let rows: Vec<_> = fits
        .filter(|fit| fit.checkpoint < record.checkpoints.len())
        .flat_map(|fit| {
            (1..)
                .zip(&fit.share)
                .map(move |(order, share)| (fit, order, *share))
        })
        .collect();
    at_checkpoints(
        Table::new("theory"),
        record,
        rows.iter().map(|row| row.0.checkpoint),
    )
    .integer("order", rows.iter().map(|row| row.1))
    .real("sigma2", rows.iter().map(|row| row.0.sigma2))
    .real("sigma2_low", rows.iter().map(|row| row.0.low))
    .real("sigma2_high", rows.iter().map(|row| row.0.high))
    .real("share", rows.iter().map(|row| row.2))
    .real("residual", rows.iter().map(|row| row.0.residual))
    .real(
        "tilt_share",
        rows.iter().map(|row| {
            let tilt = row.0.tilt.as_ref()?;
            tilt.share.get(row.1 - 1).copied()
        }),
    )
    .real(
        "tilt_residual",
        rows.iter()
            .map(|row| row.0.tilt.as_ref().map(|tilt| tilt.residual)),
    )
}

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

/// Salient interactions at one checkpoint: of each sample, the strongest first. Empty when the checkpoint was not analysed.
#[must_use]
pub fn interactions_rows(
    record: &RunRecord,
    checkpoint: usize,
    decompositions: &[Decomposition],
) -> Vec<InteractionRow> {
    let analysis = record
        .checkpoints
        .get(checkpoint)
        .and_then(|checkpoint| checkpoint.analysis.as_ref());
    let Some(threshold) = analysis.map(|analysis| analysis.threshold) else {
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

/// Salient interactions: a row per checkpoint, sample, kind and mask. Rows from [`interactions_rows`].
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

fn analysed(record: &RunRecord) -> impl Iterator<Item = (usize, &crate::record::Analysis)> {
    let checkpoints = record.checkpoints.iter().enumerate();
    checkpoints.filter_map(|(index, checkpoint)| Some((index, checkpoint.analysis.as_ref()?)))
}

/// The columns that every table by checkpoint begins with.
fn at_checkpoints(
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
fn estimates(
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
fn ranged(
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

fn solver_name(record: &RunRecord) -> &'static str {
    match record.experiment.decomposition.solver {
        crate::experiment::Solver::Certified => "certified",
        crate::experiment::Solver::Sgd => "sgd",
    }
}
