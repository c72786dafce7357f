//! What is minimised: sum over S of w_|S| |x_S| + (e/2) |x|^2.

use super::projection::ByOrder;
use crate::mask::MAX_PLAYERS;

/// Weights by order and the curvature e of an objective.
///
/// The dual of the problem with e = 0 asks for |k_S' y| <= w_|S|; with e > 0 it charges (|k_S' y| -
/// w_|S|)^2 / (2e) for what is above.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Objective {
    /// w, by order; above 0.
    pub(crate) weights: ByOrder,
    /// e, in units of 1 / max |v - v(empty)|, so that it is in range for any outputs; 0 or above.
    pub(crate) curvature: f64,
}

impl Objective {
    /// The plain L1 norm.
    pub(crate) const PLAIN: Self = Self {
        weights: [1.0; MAX_PLAYERS + 1],
        curvature: 0.0,
    };

    /// Weights by order, without curvature. The empty mask, which belongs to no order, weighs 1.
    pub(crate) fn weighted(weight: impl Fn(usize) -> f64) -> Self {
        Self {
            weights: std::array::from_fn(|order| if order == 0 { 1.0 } else { weight(order) }),
            curvature: 0.0,
        }
    }

    /// The proximal point of an effect of this order at step c: shrink(z, c w) / (1 + c e).
    #[inline]
    pub(super) fn shrunk(&self, z: f64, step: f64, order: usize) -> f64 {
        let threshold = step * self.weights[order];
        // A variable that is left out has the step 0 and is 0.
        let outside = if step > 0.0 {
            z - z.clamp(-threshold, threshold)
        } else {
            0.0
        };
        outside / (1.0 + step * self.curvature)
    }
}
