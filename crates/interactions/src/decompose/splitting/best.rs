//! The best bounds so far.

use super::super::certificate::relative_gap;
use crate::butterfly;

/// The best bounds that a game has reached and where, in the game's own units.
#[derive(Clone, Debug, Default)]
pub(crate) struct Best {
    pub(crate) primal: f64,
    pub(crate) dual_value: f64,
    pub(crate) and: Vec<f64>,
    pub(crate) or: Vec<f64>,
    /// Dual point, not scaled to be feasible.
    pub(crate) dual: Vec<f64>,
    pub(crate) iterations: usize,
}

impl Best {
    /// Relative gap between the best bounds.
    pub(crate) fn gap(&self) -> f64 {
        relative_gap(self.primal, self.dual_value)
    }

    pub(super) fn is_better_dual(&self, value: f64) -> bool {
        value > self.dual_value
    }

    /// Keeps the dual point -`multiplier`.
    #[inline(always)]
    pub(super) fn keep_dual(&mut self, value: f64, multiplier: &[f64]) {
        self.dual_value = value;
        for (y, l) in self.dual.iter_mut().zip(multiplier) {
            *y = -l;
        }
        butterfly::exchange_players(&mut self.dual);
    }
}
