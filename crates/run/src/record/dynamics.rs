//! Phases and loss gap as they are recorded: what other rooms build on of what analyses find.

use serde::{Deserialize, Serialize};
use spindle_interactions::{
    bootstrap::Estimate,
    phase::{self, Onset},
};

use super::{Recorded, RunRecord};

/// The phases of a run. Indices are positions in `RunRecord::checkpoints`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phases {
    /// Whether there are two, by each statistic of all effects of the test samples; first the one
    /// that decides.
    pub by_statistic: Vec<phase::Phases>,
    /// Boundary of the two phases: where the first statistic is smallest. None where phases are not
    /// distinguishable.
    pub boundary: Option<Onset>,
}

impl Recorded for Phases {
    const NAME: &'static str = "phases";
    const VERSION: u32 = 1;
}

/// The loss gap of a run. Indices are positions in `RunRecord::checkpoints`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opening {
    /// The gap between test loss and training loss, of samples whose label is right.
    pub gap: phase::LossGap,
    /// From the boundary of the phases to the onset of the gap, in epochs.
    pub lag: Option<Estimate>,
}

impl Recorded for Opening {
    const NAME: &'static str = "loss-gap";
    const VERSION: u32 = 1;
}

impl RunRecord {
    /// Its phases; `None` where they were not looked for.
    #[must_use]
    pub fn phases(&self) -> Option<Phases> {
        self.analyses.get()
    }

    /// Its phases by the statistic that decides.
    #[must_use]
    pub fn deciding_phases(&self) -> Option<phase::Phases> {
        self.phases()?.by_statistic.into_iter().next()
    }

    /// The boundary of its phases, where there are two.
    #[must_use]
    pub fn boundary(&self) -> Option<Onset> {
        self.phases()?.boundary
    }

    /// The checkpoint at which the statistic that decides is smallest.
    #[must_use]
    pub fn lowest(&self) -> Option<usize> {
        Some(self.deciding_phases()?.lowest?.index)
    }

    /// Where its loss gap opens, as a position in `RunRecord::checkpoints`.
    #[must_use]
    pub fn gap_onset(&self) -> Option<Onset> {
        self.analyses.get::<Opening>()?.gap.onset
    }

    /// Positions of the first checkpoint, of the one where the first statistic is smallest (the
    /// boundary, where there are two phases) and of the last one; each once.
    #[must_use]
    pub fn turning_points(&self) -> Vec<usize> {
        let Some(last) = self.checkpoints.len().checked_sub(1) else {
            return Vec::new();
        };
        let lowest = self.lowest();
        let mut positions = vec![0, lowest.map_or(0, |lowest| lowest.min(last)), last];
        positions.sort_unstable();
        positions.dedup();
        positions
    }
}
