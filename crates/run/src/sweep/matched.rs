//! Order profiles where runs have the same training loss: networks that learn at different paces are
//! compared at what they have learnt.

use spindle_interactions::bootstrap::Estimate;

use super::{
    CellRecord, Domain, OverSeeds, Sweep, figures::mean, gather::as_numbers, seeds::settings,
};
use crate::{
    record::RunRecord,
    table::{Column, Table, estimates},
};

/// Training losses at which profiles are compared, as shares of the way down from the first one
/// that all runs go, on a logarithmic scale.
const WAY: [f64; 3] = [0.25, 0.6, 1.0];

/// Profiles of all settings at one training loss.
pub(super) struct AtLoss<'a> {
    /// In nats.
    pub(super) loss: f64,
    /// Of each setting the mean shares over seeds, index order - 1; `None` where no run has some.
    pub(super) profiles: Vec<(&'a [String], Option<Vec<Estimate>>)>,
}

/// Profiles at three losses that all runs reach; none where there are no such losses.
pub(super) fn matched<'a>(runs: &'a [CellRecord<'a>]) -> Vec<AtLoss<'a>> {
    let ends = || runs.iter().filter_map(|run| ends(run.record));
    let high = ends().map(|ends| ends[0]).fold(f64::INFINITY, f64::min);
    let low = ends().map(|ends| ends[1]).fold(0.0, f64::max);
    if !(low > 0.0 && low < high && high.is_finite()) {
        return Vec::new();
    }
    let groups = settings(runs);
    let losses = WAY.map(|way| (high.ln() + way * (low.ln() - high.ln())).exp());
    losses
        .into_iter()
        .map(|loss| AtLoss {
            loss,
            profiles: groups
                .iter()
                .map(|(setting, runs)| (*setting, profile(runs, loss)))
                .collect(),
        })
        .collect()
}

/// Training loss before training, and the smallest one.
fn ends(record: &RunRecord) -> Option<[f64; 2]> {
    let losses = || record.checkpoints.iter().map(|at| at.losses.train_loss);
    Some([losses().next()?, losses().fold(f64::INFINITY, f64::min)])
}

/// Mean shares over the runs at a training loss.
fn profile(runs: &[&CellRecord<'_>], loss: f64) -> Option<Vec<Estimate>> {
    let profile = |run: &&CellRecord<'_>| Some((run.seed(), shares_at(run.record, loss)?));
    let profiles: Vec<(u64, Vec<f64>)> = runs.iter().filter_map(profile).collect();
    let count = profiles.iter().map(|(_, profile)| profile.len()).min()?;
    let of_order = |order: usize| {
        let drawn = profiles.iter();
        mean(
            Domain::SHARE,
            drawn.map(|(seed, profile)| (*seed, profile[order])),
        )
    };
    (0..count).map(of_order).collect()
}

/// Shares where the training loss first falls to `loss`, between two checkpoints by its logarithm.
fn shares_at(record: &RunRecord, loss: f64) -> Option<Vec<f64>> {
    let at = &record.checkpoints;
    let below = at
        .iter()
        .position(|at| at.losses.train_loss <= loss * (1.0 + 1e-12))?;
    let Some(above) = below.checked_sub(1) else {
        return at[below].shares();
    };
    let [from, to] = [above, below].map(|index| at[index].losses.train_loss.ln());
    let way = if to < from {
        ((from - loss.ln()) / (from - to)).clamp(0.0, 1.0)
    } else {
        1.0
    };
    let (before, after) = (at[above].shares()?, at[below].shares()?);
    let between = before.iter().zip(&after);
    Some(
        between
            .map(|(before, after)| before + way * (after - before))
            .collect(),
    )
}

/// A row a setting, training loss and order.
pub(super) fn table(sweep: &Sweep, runs: &[CellRecord<'_>]) -> Table {
    let found = matched(runs);
    let rows: Vec<(&[String], f64, usize, Estimate)> = found
        .iter()
        .flat_map(|at| {
            at.profiles.iter().flat_map(|(setting, profile)| {
                let profile = (1..).zip(profile.iter().flatten());
                profile.map(|(order, share)| (*setting, at.loss, order, *share))
            })
        })
        .collect();
    let mut table = Table::new("matched_loss");
    for (place, field) in OverSeeds::fields(sweep).into_iter().enumerate() {
        let values = rows.iter().map(|row| row.0[place].clone());
        table.columns.push(Column {
            name: field.to_owned(),
            values: as_numbers(values.collect()),
        });
    }
    let table = table
        .real("train_loss_nats", rows.iter().map(|row| row.1))
        .integer("order", rows.iter().map(|row| row.2));
    estimates(table, "share", "", rows.iter().map(|row| Some(row.3)))
}
