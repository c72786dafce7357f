//! Places on the epoch axis that are computed and not drawn by eye.

use serde::Serialize;
use spindle_interactions::phase::Onset;

use crate::record::RunRecord;

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
    fn of(record: &RunRecord, kind: MarkKind, onset: Onset) -> Option<Self> {
        let [epoch, low, high] = epochs(record, onset)?;
        Some(Self {
            kind,
            label: kind.label(),
            short: kind.short(),
            epoch,
            low,
            high,
        })
    }

    /// Its epoch and the ends of its interval.
    pub(super) fn epochs(&self) -> [f64; 3] {
        [self.epoch, self.low, self.high]
    }
}

/// Epoch of an onset, and the ends of its interval.
pub(super) fn epochs(record: &RunRecord, onset: Onset) -> Option<[f64; 3]> {
    let epoch = |index: usize| Some(record.checkpoints.get(index)?.losses.epoch);
    Some([epoch(onset.index)?, epoch(onset.low)?, epoch(onset.high)?])
}

/// All marks that a run has.
pub(super) fn marks(record: &RunRecord) -> Vec<Mark> {
    [boundary(record), gap_onset(record)]
        .into_iter()
        .flatten()
        .collect()
}

/// Boundary of the phases.
pub(super) fn boundary(record: &RunRecord) -> Option<Mark> {
    let onset = record.dynamics.as_ref()?.boundary?;
    Mark::of(record, MarkKind::Boundary, onset)
}

/// Onset of the loss gap.
pub(super) fn gap_onset(record: &RunRecord) -> Option<Mark> {
    let onset = record.dynamics.as_ref()?.gap_onset()?;
    Mark::of(record, MarkKind::GapOnset, onset)
}
