//! Curves over training: mean order, similarity, the theory's curve.

use serde::Serialize;
use spindle_interactions::bootstrap::Estimate;

use super::{
    Axis, EPOCH, Mark, Measured, ORDER, SHARE, boundary,
    caption::{self, INTERVALS, number},
    marks, measured, title,
};
use crate::record::RunRecord;

/// Mean order over training.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct MeanOrder {
    /// Axis of the epochs.
    pub x: Axis,
    /// Axis of the mean order.
    pub y: Axis,
    /// Epochs of the checkpoints.
    pub epochs: Vec<f64>,
    /// Mean order of salient interactions; `None` where none is salient.
    pub salient: Vec<Option<Estimate>>,
    /// Mean order of all interactions, no threshold.
    pub all: Vec<Option<Estimate>>,
    /// Mean order of salient interactions of the published SGD, where it was run.
    pub published_sgd: Vec<Option<Estimate>>,
    /// Boundary of the phases and onset of the gap.
    pub marks: Vec<Mark>,
    /// What is seen.
    pub caption: String,
}

/// Mean order over training; `None` before anything was analysed.
#[must_use]
pub fn mean_order(record: &RunRecord) -> Option<MeanOrder> {
    let measured: Vec<_> = measured(record).collect();
    measured.first()?;
    let course = caption::course(&measured, boundary(record).as_ref());
    let sgd = |at: &Measured<'_>| at.analysis.published_sgd.as_ref()?.strength.mean_order;
    Some(MeanOrder {
        x: EPOCH,
        y: Axis {
            label: "mean order",
            unit: "players",
        },
        epochs: measured.iter().map(|at| at.epoch).collect(),
        salient: measured.iter().map(|at| at.test.mean_order).collect(),
        all: measured
            .iter()
            .map(|at| at.analysis.unthresholded.mean_order)
            .collect(),
        published_sgd: measured.iter().map(sgd).collect(),
        marks: marks(record),
        caption: format!("{course} {INTERVALS}"),
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
    /// What is seen.
    pub caption: String,
}

/// Similarity over training; `None` where no checkpoint has it.
#[must_use]
pub fn similarity(record: &RunRecord) -> Option<Similarity> {
    let points: Vec<_> = measured(record)
        .filter_map(|at| Some((at.epoch, at.analysis.similarity.as_ref()?)))
        .collect();
    let (last_epoch, last) = *points.last()?;
    let highest = points
        .iter()
        .map(|(_, orders)| orders.len())
        .max()
        .unwrap_or(0);
    let orders: Vec<_> = (1..=highest)
        .map(|order| OrderCurve {
            order,
            values: points
                .iter()
                .map(|(_, orders)| orders.get(order - 1).copied().flatten())
                .collect(),
        })
        .filter(|curve| curve.values.iter().any(Option::is_some))
        .collect();
    let at_end: Vec<_> = (1..)
        .zip(last)
        .filter_map(|(order, value): (usize, _)| {
            Some(format!("order {order} {}", caption::estimate((*value)?)))
        })
        .take(4)
        .collect();
    let seen = if at_end.is_empty() {
        format!("Similarity is undefined at {}.", caption::when(last_epoch))
    } else {
        format!(
            "Signed Jaccard similarity of training and test, {}: {}.",
            caption::when(last_epoch),
            at_end.join(", ")
        )
    };
    Some(Similarity {
        x: EPOCH,
        y: Axis {
            label: "similarity of training and test",
            unit: "",
        },
        epochs: points.iter().map(|point| point.0).collect(),
        orders,
        caption: format!("{seen} 1 is alike, 0 shares nothing. {INTERVALS}"),
    })
}

/// Measured and predicted shares at one checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct TheoryPanel {
    /// Epochs done.
    pub epoch: f64,
    /// When that is, in words.
    pub title: String,
    /// Fitted sigma^2.
    pub sigma2: f64,
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
                sigma2: fit.sigma2,
                measured: at.test.share.clone(),
                predicted: fit.share.clone(),
            })
        })
        .collect();
    let (first, last) = (panels.first()?, panels.last()?);
    let fitted =
        |panel: &TheoryPanel| format!("{} ({})", number(panel.sigma2), caption::when(panel.epoch));
    let seen = if panels.len() == 1 {
        format!("Fitted sigma^2: {}.", fitted(first))
    } else {
        let falls = panels
            .windows(2)
            .filter(|pair| pair[1].sigma2 < pair[0].sigma2)
            .count();
        let steps = panels.len() - 1;
        format!(
            "Fitted sigma^2 goes from {} to {}, falling in {falls} of {steps} steps; the theory has it fall in all.",
            fitted(first),
            fitted(last)
        )
    };
    Some(Theory {
        x: ORDER,
        y: SHARE,
        panels,
        caption: seen,
    })
}
