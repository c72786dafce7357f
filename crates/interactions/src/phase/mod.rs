//! What a training shows over its checkpoints: the [two phases](two_phases()), and where the [loss
//! gap](loss_gap()) opens.
//!
//! The papers mark both by eye; all rules here are ours. Intervals hold the network, its seed, the
//! players and the noise bound fixed: they are of the samples only.

mod loss_gap;
mod two_phases;

pub use loss_gap::{KEPT, LossGap, MARGIN, SplitLosses, has_learnt, lag, loss_gap};
pub use two_phases::{
    Change, Measured, Phases, SMALLEST_SAMPLE, Verdict, first_statistic, two_phases,
};

/// A checkpoint with its 95 % bootstrap interval, as indices into the checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Onset {
    /// The checkpoint on all samples.
    pub index: usize,
    /// Lower end of the interval.
    pub low: usize,
    /// Upper end of the interval.
    pub high: usize,
}

impl Onset {
    fn new(index: usize, draws: &[usize]) -> Self {
        let mut sorted = draws.to_vec();
        sorted.sort_unstable();
        let at = |level: f64| {
            let position = (level * sorted.len().saturating_sub(1) as f64).round();
            sorted.get(position as usize).copied()
        };
        Self {
            index,
            low: at(0.025).unwrap_or(index),
            high: at(0.975).unwrap_or(index),
        }
    }
}
