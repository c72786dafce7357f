//! What is drawn where a figure has a drawing of its own.

use serde::Serialize;
use spindle_interactions::{bootstrap::Estimate, decompose::Statistic};

use super::{Axis, Bars, Losses, Mark};
use crate::record::RangedEstimate;

/// A statistic of interactions over training.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Course {
    /// Which one.
    pub statistic: Statistic,
    /// Whether it is the one that decides on phases.
    pub decides: bool,
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
}

/// Figure 3 of arXiv 2405.10262: strength by order at five checkpoints over the losses.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct TwoPhases {
    /// Axis of the orders.
    pub orders: Axis,
    /// Axis of the strengths.
    pub strengths: Axis,
    /// At most five checkpoints: before training, on the way, where orders are lowest, on the way,
    /// at the end.
    pub panels: Vec<Bars>,
    /// Losses over training.
    pub losses: Losses,
}

/// The published procedure and the certified answers, a row each.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct StrengthRows {
    /// The published procedure first.
    pub rows: Vec<StrengthRow>,
}

/// Strengths by order in nats, one way of decomposing at up to three checkpoints.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct StrengthRow {
    /// How it was decomposed.
    pub name: String,
    /// A panel per checkpoint.
    pub panels: Vec<Bars>,
}

/// Similarity of training and test interactions over training, a curve per order.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SimilarityFigure {
    /// Axis of the epochs.
    pub x: Axis,
    /// Axis of the similarity.
    pub y: Axis,
    /// Epochs of the checkpoints.
    pub epochs: Vec<f64>,
    /// Orders for which it is defined at some checkpoint.
    pub orders: Vec<OrderCurve>,
    /// Up to which order curves are drawn: above, few samples have interactions.
    pub highest_drawn: usize,
    /// Beside what two halves of one split give, at the last checkpoint.
    pub ceilings: Vec<Ceiling>,
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
    /// The first less the mean of the others: what training and test samples differ by beyond
    /// chance.
    pub difference: Estimate,
}
