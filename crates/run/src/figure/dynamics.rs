//! Curves over training: share of high orders and mean order, similarity, the theory's curve.

use serde::Serialize;
use spindle_interactions::{
    bootstrap::Estimate,
    decompose::{HIGH_ORDER, Statistic},
};

use super::{
    Axis, EPOCH, Mark, Measured, ORDER, SHARE,
    caption::{self, number},
    marks, measured, phases, title,
};
use crate::record::{RangedEstimate, RunRecord};

/// A statistic of interactions over training.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Course {
    /// Which one.
    pub statistic: Statistic,
    /// Axis of the epochs.
    pub x: Axis,
    /// Axis of the statistic.
    pub y: Axis,
    /// Epochs of the checkpoints.
    pub epochs: Vec<f64>,
    /// Of all interactions, however weak; `None` where there are none.
    pub all: Vec<Option<RangedEstimate>>,
    /// Of salient interactions, for the mean order; `None` where none is salient.
    pub salient: Vec<Option<Estimate>>,
    /// Of all interactions of the published SGD, where it was run.
    pub published_sgd: Vec<Option<Estimate>>,
    /// Boundary of the phases and onset of the gap.
    pub marks: Vec<Mark>,
    /// What is seen.
    pub caption: String,
}

/// A statistic over training; `None` before anything was analysed.
#[must_use]
pub fn course(record: &RunRecord, statistic: Statistic) -> Option<Course> {
    let measured: Vec<_> = measured(record).collect();
    measured.first()?;
    let of_salient = |at: &Measured<'_>| match statistic {
        Statistic::MeanOrder => at.test.mean_order,
        Statistic::ShareOfHighOrders => None,
    };
    let of_sgd = |at: &Measured<'_>| {
        let sgd = at.analysis.published_sgd.as_ref()?;
        match statistic {
            Statistic::MeanOrder => sgd.unthresholded.mean_order,
            Statistic::ShareOfHighOrders => share_of_high_orders(sgd.unthresholded.share.as_ref()?),
        }
    };
    let y = match statistic {
        Statistic::MeanOrder => Axis {
            label: "mean order",
            unit: "players",
        },
        Statistic::ShareOfHighOrders => Axis {
            label: "share of orders of 3 and more",
            unit: "",
        },
    };
    let sentences = [
        phases::numbers(record, statistic),
        phases::verdict(record),
        Some(phases::RANGES.to_owned()),
    ];
    Some(Course {
        statistic,
        x: EPOCH,
        y,
        epochs: measured.iter().map(|at| at.epoch).collect(),
        all: measured.iter().map(|at| of_all(at, statistic)).collect(),
        salient: measured.iter().map(of_salient).collect(),
        published_sgd: measured.iter().map(of_sgd).collect(),
        marks: marks(record),
        caption: sentences
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" "),
    })
}

/// Runs of earlier versions have the mean order without ranges.
fn of_all(at: &Measured<'_>, statistic: Statistic) -> Option<RangedEstimate> {
    let unranged = || {
        let found = at.analysis.unthresholded.mean_order?;
        Some(RangedEstimate {
            value: found.value,
            low: found.low,
            high: found.high,
            lowest: None,
            highest: None,
        })
    };
    phases::value(&at.analysis.all_effects, statistic)
        .or_else(|| (statistic == Statistic::MeanOrder).then(unranged).flatten())
}

/// Without an interval: shares of single orders do not give that of their sum.
fn share_of_high_orders(share: &[Estimate]) -> Option<Estimate> {
    let value = share
        .iter()
        .skip(HIGH_ORDER - 1)
        .map(|share| share.value)
        .sum();
    Some(Estimate {
        value,
        low: value,
        high: value,
    })
}

/// A curve over training for one order.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct OrderCurve {
    /// The order.
    pub order: usize,
    /// A value per checkpoint; `None` where it is undefined.
    pub values: Vec<Option<Estimate>>,
}

/// Similarities of one order at equal numbers of samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Ceiling {
    /// The order.
    pub order: usize,
    /// Of halves of the training samples and halves of the test samples.
    pub train_test: Estimate,
    /// Of two halves of the training samples.
    pub train_train: Estimate,
    /// Of two halves of the test samples.
    pub test_test: Estimate,
    /// The first less the mean of the others: what training and test samples differ by beyond chance.
    pub difference: Estimate,
}

/// Similarity of training and test interactions over training, a curve per order.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Similarity {
    /// Axis of the epochs.
    pub x: Axis,
    /// Axis of the similarity.
    pub y: Axis,
    /// Epochs of the checkpoints.
    pub epochs: Vec<f64>,
    /// Orders for which it is defined at some checkpoint.
    pub orders: Vec<OrderCurve>,
    /// Beside what two halves of one split give, at the last checkpoint.
    pub ceilings: Vec<Ceiling>,
    /// What is seen.
    pub caption: String,
}

/// Similarity over training; `None` where no checkpoint has it.
#[must_use]
pub fn similarity(record: &RunRecord) -> Option<Similarity> {
    let points: Vec<_> = measured(record)
        .filter_map(|at| Some((at, at.analysis.similarity.as_ref()?)))
        .collect();
    let (last, _) = *points.last()?;
    let orders = (1..=points.iter().map(|(_, orders)| orders.len()).max()?)
        .map(|order| OrderCurve {
            order,
            values: points
                .iter()
                .map(|(_, orders)| orders.get(order - 1).copied().flatten())
                .collect(),
        })
        .filter(|curve| curve.values.iter().any(Option::is_some));
    let ceilings = ceilings(last);
    Some(Similarity {
        x: EPOCH,
        y: Axis {
            label: "similarity of training and test",
            unit: "",
        },
        epochs: points.iter().map(|(at, _)| at.epoch).collect(),
        orders: orders.collect(),
        caption: similarity_in_words(last.epoch, &ceilings),
        ceilings,
    })
}

fn ceilings(at: Measured<'_>) -> Vec<Ceiling> {
    let orders = at.analysis.ceilings.iter().flatten();
    (1..)
        .zip(orders)
        .filter_map(|(order, found)| {
            let found = (*found)?;
            Some(Ceiling {
                order,
                train_test: found.train_test,
                train_train: found.train_train,
                test_test: found.test_test,
                difference: found.difference,
            })
        })
        .collect()
}

/// Orders that sentences are about.
const NAMED_ORDERS: usize = 4;

fn similarity_in_words(epoch: f64, ceilings: &[Ceiling]) -> String {
    const SCALE: &str = "1 is alike, 0 shares nothing.";
    let named: Vec<_> = ceilings.iter().take(NAMED_ORDERS).collect();
    if named.is_empty() {
        return format!("{SCALE} Intervals: 95 %, jackknife over the samples.");
    }
    let list = |value: fn(&Ceiling) -> Estimate| {
        let values = named
            .iter()
            .map(|ceiling| format!("{:.2}", value(ceiling).value));
        values.collect::<Vec<_>>().join(", ")
    };
    let differences: Vec<_> = named
        .iter()
        .map(|ceiling| {
            format!(
                "{:+.3} [{:+.3}, {:+.3}]",
                ceiling.difference.value, ceiling.difference.low, ceiling.difference.high
            )
        })
        .collect();
    let lower: Vec<_> = named
        .iter()
        .filter(|ceiling| ceiling.difference.high < 0.0)
        .map(|ceiling| ceiling.order.to_string())
        .collect();
    let verdict = if lower.is_empty() {
        "At none of these orders are training and test samples less alike than samples of one split, beyond the interval.".to_owned()
    } else {
        format!(
            "Beyond its interval it is lower at order {}.",
            lower.join(", ")
        )
    };
    format!(
        "{}, orders 1 to {}, equal numbers of samples: signed Jaccard similarity of training and test {}; of two halves of training {}, of two halves of test {}. \
         The difference to the mean of both is {}. {verdict} {SCALE} Intervals: 95 %, jackknife over the samples; seed and players held fixed.",
        capitalized(&caption::when(epoch)),
        named.last().map_or(0, |ceiling| ceiling.order),
        list(|ceiling| ceiling.train_test),
        list(|ceiling| ceiling.train_train),
        list(|ceiling| ceiling.test_test),
        differences.join(", ")
    )
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// Measured and predicted shares at one checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct TheoryPanel {
    /// Epochs done.
    pub epoch: f64,
    /// When that is, in words.
    pub title: String,
    /// Fitted sigma^2, with its interval.
    pub sigma2: Estimate,
    /// Whether it is only a bound: the smallest or the largest value tried.
    pub at_edge: bool,
    /// Root mean square of the difference of both shares.
    pub residual: f64,
    /// The same for an exponential tilt of the last checkpoint's share, which has as many parameters.
    pub tilt_residual: Option<f64>,
    /// Measured share of strength by order, index order - 1; `None` when nothing is salient.
    pub measured: Option<Vec<Estimate>>,
    /// Predicted share by order.
    pub predicted: Vec<f64>,
}

/// The theory's curve over the measured one, from the boundary on (arXiv 2407.19198).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Theory {
    /// Axis of the orders.
    pub x: Axis,
    /// Axis of the shares.
    pub y: Axis,
    /// A panel per checkpoint.
    pub panels: Vec<TheoryPanel>,
    /// What is seen.
    pub caption: String,
}

/// The theory's curve; `None` where it was not fitted.
#[must_use]
pub fn theory(record: &RunRecord) -> Option<Theory> {
    let fits = &record.dynamics.as_ref()?.theory;
    let panels: Vec<_> = fits
        .iter()
        .filter_map(|fit| {
            let at = measured(record).find(|at| at.checkpoint == fit.checkpoint)?;
            Some(TheoryPanel {
                epoch: at.epoch,
                title: title(record, at.checkpoint, at.epoch),
                sigma2: Estimate {
                    value: fit.sigma2,
                    low: fit.low,
                    high: fit.high,
                },
                at_edge: fit.at_edge,
                residual: fit.residual,
                tilt_residual: fit.tilt.as_ref().map(|tilt| tilt.residual),
                measured: at.test.share.clone(),
                predicted: fit.share.clone(),
            })
        })
        .collect();
    let caption = theory_in_words(&panels)?;
    Some(Theory {
        x: ORDER,
        y: SHARE,
        panels,
        caption,
    })
}

fn theory_in_words(panels: &[TheoryPanel]) -> Option<String> {
    let (first, last) = (panels.first()?, panels.last()?);
    let fitted = |panel: &TheoryPanel| {
        let Estimate { value, low, high } = panel.sigma2;
        let [value, low, high] = [value, low, high].map(number);
        format!("{value} [{low}, {high}] ({})", caption::when(panel.epoch))
    };
    let falls = panels
        .windows(2)
        .filter(|pair| pair[1].sigma2.value < pair[0].sigma2.value);
    let edges = panels.iter().filter(|panel| panel.at_edge).count();
    let better = panels.iter().filter(|panel| {
        panel
            .tilt_residual
            .is_some_and(|tilt| panel.residual < tilt)
    });
    let mean = |value: fn(&TheoryPanel) -> f64| {
        number(panels.iter().map(value).sum::<f64>() / panels.len() as f64)
    };
    Some(format!(
        "Fitted sigma^2: {} to {}, falling in {} of {} steps, where the theory has it fall in all; {edges} of {} fits are at an end of what was tried. \
         The mean residual is {} in shares, that of an exponential tilt of the last share, which has one parameter as well, {}: the theory is nearer at {} of {} checkpoints. \
         The last checkpoint is left out, where the curve is true by construction.",
        fitted(first),
        fitted(last),
        falls.count(),
        panels.len() - 1,
        panels.len(),
        mean(|panel| panel.residual),
        mean(|panel| panel.tilt_residual.unwrap_or(f64::NAN)),
        better.count(),
        panels.len()
    ))
}
