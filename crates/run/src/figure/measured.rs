//! Checkpoints as figures take them.

use spindle_interactions::strength::StrengthByOrder;

use super::caption;
use crate::record::{CheckpointRecord, Group, Recorded, RunRecord, Summary};

/// A checkpoint where test samples were measured.
#[derive(Clone, Copy, Debug)]
pub struct Measured<'a> {
    /// Its position in the record.
    pub checkpoint: usize,
    /// Epochs done.
    pub epoch: f64,
    /// Interactions, summed up.
    pub summary: &'a Summary,
    /// Strength by order of the test samples' salient interactions.
    pub test: &'a StrengthByOrder,
    /// How many test samples.
    pub samples: usize,
    record: &'a CheckpointRecord,
}

impl<'a> Measured<'a> {
    /// All of a record.
    pub fn all(record: &'a RunRecord) -> impl Iterator<Item = Self> {
        let checkpoints = record.checkpoints.iter().enumerate();
        checkpoints.filter_map(|(checkpoint, at)| {
            let summary = at.summary.as_ref()?;
            let test = summary.of(Group::Test)?;
            Some(Self {
                checkpoint,
                epoch: at.losses.epoch,
                summary,
                test: &test.strength,
                samples: test.samples,
                record: at,
            })
        })
    }

    /// Before training, where orders are lowest, at the end: those of them at which an analysis has
    /// found something, with that.
    #[must_use]
    pub fn turning_points<T: Recorded>(record: &'a RunRecord) -> Vec<(Self, T)> {
        let turning = record.turning_points();
        Self::all(record)
            .filter(|at| turning.contains(&at.checkpoint))
            .filter_map(|at| Some((at, at.part()?)))
            .collect()
    }

    /// What an analysis has found there.
    #[must_use]
    pub fn part<T: Recorded>(&self) -> Option<T> {
        self.record.analyses.get()
    }

    /// When it is, in words.
    #[must_use]
    pub fn title(&self, record: &RunRecord) -> String {
        let when = caption::when(self.epoch);
        let boundary = record.boundary();
        if boundary.is_some_and(|onset| onset.index == self.checkpoint) {
            format!("{when}, boundary")
        } else {
            when
        }
    }
}
