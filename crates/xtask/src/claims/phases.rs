//! The share of high orders and the mean order over training.

use spindle_run::record::{Group, RangedEstimate, Summary};

use super::{format, moments, runs::Run, table::Claims};

/// The order from which on it is a high one, as in the record.
pub(super) const HIGH_ORDER: usize = 3;

/// The share of strength of these and higher orders, from shares by order.
pub(super) fn share_of_high_orders(shares: impl IntoIterator<Item = f64>) -> f64 {
    shares.into_iter().skip(HIGH_ORDER - 1).sum()
}

/// A statistic at a checkpoint. Runs before there were canonical answers have no interval of the
/// share.
#[derive(Clone, Copy)]
enum Found {
    Value(f64),
    Estimate(RangedEstimate),
}

impl Found {
    fn value(self) -> f64 {
        match self {
            Self::Value(value) => value,
            Self::Estimate(estimate) => estimate.value,
        }
    }

    fn put(self, claims: &mut Claims, name: &str) -> anyhow::Result<()> {
        match self {
            Self::Value(value) => claims.put(name, format::value(value)),
            Self::Estimate(estimate) => claims.put_estimate(name, estimate),
        }
    }
}

/// Name of a statistic and how it is read.
type Statistic = (&'static str, fn(&Summary) -> Option<Found>);

const STATISTICS: [Statistic; 3] = [
    ("share", share),
    ("order", order),
    ("salient-order", salient_order),
];

/// `RUN.share.first`, `RUN.order.lowest` and so on, each with the epoch: the share of orders of 3
/// and more and the mean order of all interactions, and the mean order of the salient ones; at the
/// first, the last and the lowest checkpoint and at every epoch.
pub(super) fn put(claims: &mut Claims, run: &Run) -> anyhow::Result<()> {
    for (name, read) in STATISTICS {
        let name = format!("{}.{name}", run.name);
        let found: Vec<(f64, Found)> = run
            .record
            .checkpoints
            .iter()
            .filter_map(|at| Some((at.losses.epoch, read(at.summary.as_ref()?)?)))
            .collect();
        put_course(claims, &name, &found)?;
    }
    Ok(())
}

fn put_course(claims: &mut Claims, name: &str, found: &[(f64, Found)]) -> anyhow::Result<()> {
    let epochs: Vec<f64> = found.iter().map(|(epoch, _)| *epoch).collect();
    let mut moments = moments::named(&epochs);
    moments.extend(lowest(found).map(|position| ("lowest".to_owned(), position)));
    for (moment, position) in moments {
        let (epoch, found) = found[position];
        let name = format!("{name}.{moment}");
        found.put(claims, &name)?;
        moments::put_epoch(claims, &name, &moment, epoch)?;
    }
    Ok(())
}

fn lowest(found: &[(f64, Found)]) -> Option<usize> {
    let values = found.iter().map(|(_, found)| found.value());
    let lowest = values.enumerate().min_by(|a, b| a.1.total_cmp(&b.1));
    lowest.map(|(position, _)| position)
}

fn share(summary: &Summary) -> Option<Found> {
    if let Some(estimate) = summary.all_effects.share_of_order_3_and_more {
        return Some(Found::Estimate(estimate));
    }
    let shares = summary.unthresholded.share.as_ref()?.iter();
    let share = share_of_high_orders(shares.map(|share| share.value));
    Some(Found::Value(share))
}

fn order(summary: &Summary) -> Option<Found> {
    if let Some(estimate) = summary.all_effects.mean_order {
        return Some(Found::Estimate(estimate));
    }
    let found = summary.unthresholded.mean_order?;
    Some(sampled(found.value, found.low, found.high))
}

fn salient_order(summary: &Summary) -> Option<Found> {
    let found = summary.of(Group::Test)?.strength.mean_order?;
    Some(sampled(found.value, found.low, found.high))
}

fn sampled(value: f64, low: f64, high: f64) -> Found {
    Found::Estimate(RangedEstimate {
        value,
        low,
        high,
        lowest: None,
        highest: None,
    })
}
