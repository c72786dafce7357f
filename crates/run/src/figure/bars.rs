//! Strength by order at one checkpoint.

use serde::Serialize;
use spindle_interactions::{bootstrap::Estimate, strength::StrengthByOrder};

use super::Measured;
use crate::record::RunRecord;

/// Strength by order at one checkpoint: positive bars up, negative bars down.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Bars {
    /// Position in `RunRecord::checkpoints`.
    pub checkpoint: usize,
    /// Epochs done.
    pub epoch: f64,
    /// When that is, in words.
    pub title: String,
    /// J_pos by order, index order - 1, nats.
    pub positive: Vec<Estimate>,
    /// J_neg by order, 0 or below, nats.
    pub negative: Vec<Estimate>,
    /// Share of the strength by order; `None` when nothing is salient.
    pub share: Option<Vec<Estimate>>,
    /// sum of k share(k); `None` when nothing is salient.
    pub mean_order: Option<Estimate>,
}

impl Bars {
    /// Of salient interactions.
    #[must_use]
    pub fn new(record: &RunRecord, at: Measured<'_>) -> Self {
        Self::of(record, at, at.test)
    }

    /// Of other ones.
    #[must_use]
    pub fn of(record: &RunRecord, at: Measured<'_>, strength: &StrengthByOrder) -> Self {
        Self {
            checkpoint: at.checkpoint,
            epoch: at.epoch,
            title: at.title(record),
            positive: strength.positive.clone(),
            negative: strength.negative.clone(),
            share: strength.share.clone(),
            mean_order: strength.mean_order,
        }
    }
}
