//! Losses over training, and the places on the axis of epochs that analyses have found.

use serde::Serialize;
use spindle_interactions::phase::Onset;

use super::caption;
use crate::record::{LossRecord, RunRecord};

/// What a mark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// The boundary of the phases.
    Boundary,
    /// The onset of the loss gap.
    GapOnset,
}

impl MarkKind {
    fn label(self) -> &'static str {
        match self {
            Self::Boundary => "boundary of the phases",
            Self::GapOnset => "onset of the loss gap",
        }
    }

    fn short(self) -> &'static str {
        match self {
            Self::Boundary => "boundary",
            Self::GapOnset => "gap opens",
        }
    }
}

/// A place on the epoch axis, with its interval.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Mark {
    /// What it is.
    pub kind: MarkKind,
    /// The same in words.
    pub label: &'static str,
    /// In a word or two, for a drawing.
    pub short: &'static str,
    /// Epoch.
    pub epoch: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl Mark {
    /// A checkpoint with its interval; `None` where there is none of its positions.
    #[must_use]
    pub fn new(record: &RunRecord, kind: MarkKind, onset: Onset) -> Option<Self> {
        let epoch = |index: usize| Some(record.checkpoints.get(index)?.losses.epoch);
        Some(Self {
            kind,
            label: kind.label(),
            short: kind.short(),
            epoch: epoch(onset.index)?,
            low: epoch(onset.low)?,
            high: epoch(onset.high)?,
        })
    }

    /// `3 [2, 6]`
    #[must_use]
    pub fn interval(&self) -> String {
        let [at, low, high] = [self.epoch, self.low, self.high].map(caption::epoch);
        format!("{at} [{low}, {high}]")
    }

    /// Whether it is the boundary of the phases; else it is the onset of the loss gap.
    #[must_use]
    pub fn is_boundary(&self) -> bool {
        self.kind == MarkKind::Boundary
    }
}

/// Losses over training.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Losses {
    /// Epochs done.
    pub epochs: Vec<f64>,
    /// Mean cross-entropy over the training samples whose label is right, nats; over all of them
    /// where the run does not say which these are.
    pub train: Vec<f64>,
    /// Over all training samples, those with a reset label too.
    pub train_with_reset: Vec<f64>,
    /// Mean cross-entropy over the test set, nats.
    pub test: Vec<f64>,
    /// Test loss - train loss, nats; of training samples whose label is right, where the run says
    /// which these are.
    pub gap: Vec<f64>,
    /// Boundary of the phases and onset of the gap, where there are any.
    pub marks: Vec<Mark>,
}

/// Losses over training, those of checkpoints within epochs too.
#[must_use]
pub fn losses(record: &RunRecord) -> Losses {
    let mut rows: Vec<&LossRecord> = record
        .losses
        .iter()
        .chain(
            record
                .checkpoints
                .iter()
                .map(|checkpoint| &checkpoint.losses),
        )
        .collect();
    rows.sort_by_key(|loss| loss.step);
    rows.dedup_by_key(|loss| loss.step);
    let all = |value: fn(&LossRecord) -> f64| rows.iter().map(|loss| value(loss)).collect();
    Losses {
        epochs: all(|loss| loss.epoch),
        train: all(LossRecord::right_loss),
        train_with_reset: all(|loss| loss.train_loss),
        test: all(|loss| loss.test_loss),
        gap: all(LossRecord::gap),
        marks: marks(record),
    }
}

/// Boundary of the phases and onset of the loss gap, where there are any.
#[must_use]
pub fn marks(record: &RunRecord) -> Vec<Mark> {
    [boundary(record), gap_onset(record)]
        .into_iter()
        .flatten()
        .collect()
}

/// Boundary of the phases.
#[must_use]
pub fn boundary(record: &RunRecord) -> Option<Mark> {
    Mark::new(record, MarkKind::Boundary, record.boundary()?)
}

/// Onset of the loss gap.
#[must_use]
pub fn gap_onset(record: &RunRecord) -> Option<Mark> {
    let onset = record.gap_onset()?;
    Mark::new(record, MarkKind::GapOnset, onset)
}
