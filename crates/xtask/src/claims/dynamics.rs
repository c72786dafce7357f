//! What all checkpoints of a run together show: phases, loss gap, theory.

use spindle_interactions::{
    decompose::{HIGH_ORDER, Statistic},
    phase::{Change, Onset},
};
use spindle_run::{
    analysis::{
        Theory, TheoryFit, loss_gap,
        phases::{self, interval},
    },
    record::{LossRecord, Opening, Phases, RunRecord},
};

use super::{format, moments, runs::Run, table::Claims};

/// Rise of a gap over its running minimum that earlier versions took for its onset, in nats.
const OLD_MARGIN: f64 = 0.01;

/// The claims of one run.
pub(super) fn put(claims: &mut Claims, run: &Run) -> anyhow::Result<()> {
    let (name, record) = (&run.name, &run.record);
    let Some(found) = record.phases() else {
        return claims.put(format!("{name}.phases.short"), "not tested");
    };
    put_phases(claims, name, record, &found)?;
    put_high_orders(claims, name, record)?;
    put_gap(claims, name, record)?;
    let Theory(fits) = record.analyses.get().unwrap_or(Theory(Vec::new()));
    put_theory(claims, name, record, &fits)
}

const fn short(statistic: Statistic) -> &'static str {
    match statistic {
        Statistic::ShareOfHighOrders => "share",
        Statistic::MeanOrder => "order",
    }
}

fn put_phases(
    claims: &mut Claims,
    name: &str,
    record: &RunRecord,
    found: &Phases,
) -> anyhow::Result<()> {
    claims.put_some(format!("{name}.phases"), phases::verdict(record))?;
    claims.put_some(
        format!("{name}.phases.short"),
        phases::verdict_in_short(record),
    )?;
    for phases in &found.by_statistic {
        let name = format!("{name}.phases.{}", short(phases.statistic));
        let lowest = phases.lowest.and_then(|lowest| onset(record, lowest));
        claims.put_some(format!("{name}.lowest"), lowest)?;
        put_change(claims, &format!("{name}.fall"), phases.fall)?;
        put_change(claims, &format!("{name}.rise"), phases.rise)?;
    }
    Ok(())
}

fn put_change(claims: &mut Claims, name: &str, change: Option<Change>) -> anyhow::Result<()> {
    let least = change.and_then(|change| change.least);
    claims.put_some(name, change.map(|change| interval(change.answer)))?;
    claims.put_some(format!("{name}.least"), least.map(interval))
}

/// A checkpoint and its interval, in epochs.
fn onset(record: &RunRecord, onset: Onset) -> Option<String> {
    let epoch = |index: usize| Some(format::epoch(record.checkpoints.get(index)?.losses.epoch));
    Some(format!(
        "{} [{}, {}]",
        epoch(onset.index)?,
        epoch(onset.low)?,
        epoch(onset.high)?
    ))
}

/// Strength of the orders 3 and above in nats at the turning points, of all interactions, a mean
/// over the test samples: a share can fall while it grows.
fn put_high_orders(claims: &mut Claims, name: &str, record: &RunRecord) -> anyhow::Result<()> {
    let epochs: Vec<f64> = record.checkpoints.iter().map(|c| c.losses.epoch).collect();
    let named = moments::named(&epochs).into_iter();
    let named = named.filter(|(name, _)| name.starts_with("at."));
    let turning = ["first", "turn", "last"].map(str::to_owned).into_iter();
    for (moment, position) in turning.zip(record.turning_points()).chain(named) {
        let summary = record
            .checkpoints
            .get(position)
            .and_then(|c| c.summary.as_ref());
        let Some(strength) = summary.map(|summary| &summary.unthresholded) else {
            continue;
        };
        let orders = strength
            .positive
            .iter()
            .zip(&strength.negative)
            .skip(HIGH_ORDER - 1);
        let sum: f64 = orders.map(|(above, below)| above.value - below.value).sum();
        claims.put(
            format!("{name}.high-orders.{moment}.nats"),
            format::nats(sum),
        )?;
    }
    Ok(())
}

fn put_gap(claims: &mut Claims, name: &str, record: &RunRecord) -> anyhow::Result<()> {
    let Some(Opening { gap, lag }) = record.analyses.get() else {
        return Ok(());
    };
    let name = format!("{name}.gap");
    claims.put_some(&name, loss_gap(record))?;
    let opens = gap.onset.and_then(|found| onset(record, found));
    claims.put(
        format!("{name}.onset"),
        opens.unwrap_or_else(|| "none found".into()),
    )?;
    let lag = lag.map(|lag| {
        let [value, low, high] = [lag.value, lag.low, lag.high].map(format::epoch);
        format!("{value} [{low}, {high}]")
    });
    claims.put_some(format!("{name}.lag"), lag)?;
    let minimum = gap.test_minimum.and_then(|found| onset(record, found));
    claims.put_some(format!("{name}.test-minimum"), minimum)?;
    let with = |gap: fn(&LossRecord) -> Option<f64>| opening(record, gap).map(format::epoch);
    claims.put_some(
        format!("{name}.fixed-margin"),
        with(|losses| Some(losses.test_loss - losses.train_loss)),
    )?;
    claims.put_some(
        format!("{name}.fixed-margin-right"),
        with(|losses| Some(losses.test_loss - losses.right_train_loss?)),
    )
}

/// The first epoch, of checkpoints and ends of epochs, at which a gap lies [`OLD_MARGIN`] above its
/// running minimum.
fn opening(record: &RunRecord, gap: fn(&LossRecord) -> Option<f64>) -> Option<f64> {
    let checkpoints = record
        .checkpoints
        .iter()
        .map(|checkpoint| &checkpoint.losses);
    let mut losses: Vec<&LossRecord> = record.losses.iter().chain(checkpoints).collect();
    losses.sort_by_key(|losses| losses.step);
    let mut least = f64::INFINITY;
    let found = losses.into_iter().find(|losses| {
        let Some(gap) = gap(losses) else { return false };
        least = least.min(gap);
        gap > least + OLD_MARGIN
    });
    found.map(|losses| losses.epoch)
}

fn put_theory(
    claims: &mut Claims,
    name: &str,
    record: &RunRecord,
    fits: &[TheoryFit],
) -> anyhow::Result<()> {
    let (Some(first), Some(last)) = (fits.first(), fits.last()) else {
        return Ok(());
    };
    let name = format!("{name}.theory");
    for (moment, fit) in [("first", first), ("last", last)] {
        let [value, low, high] = [fit.sigma2, fit.low, fit.high].map(format::ratio);
        claims.put(
            format!("{name}.{moment}"),
            format!("{value} [{low}, {high}]"),
        )?;
        let epoch = record
            .checkpoints
            .get(fit.checkpoint)
            .map(|c| c.losses.epoch);
        claims.put_some(format!("{name}.{moment}.epoch"), epoch.map(format::epoch))?;
    }
    let mean = |values: &dyn Fn(&TheoryFit) -> Option<f64>| {
        let values: Vec<f64> = fits.iter().filter_map(values).collect();
        format::nats(values.iter().sum::<f64>() / values.len().max(1) as f64)
    };
    claims.put(format!("{name}.residual"), mean(&|fit| Some(fit.residual)))?;
    let tilt = |fit: &TheoryFit| Some(fit.tilt.as_ref()?.residual);
    claims.put(format!("{name}.tilt-residual"), mean(&tilt))?;
    let count = |name: String, of: &dyn Fn(&TheoryFit) -> bool, claims: &mut Claims| {
        let found = fits.iter().filter(|fit| of(fit)).count();
        claims.put(name, format!("{found} of {}", fits.len()))
    };
    count(
        format!("{name}.nearer"),
        &|fit| tilt(fit).is_some_and(|tilt| fit.residual < tilt),
        claims,
    )?;
    count(format!("{name}.at-edge"), &|fit| fit.at_edge, claims)
}
