//! Other decompositions that are nearly as sparse as the sparsest (ours).
//!
//! For a statistic that is not linear in strengths by order nothing is proved. So it is looked at
//! what else could have been found: minima of norms whose weights differ from 1 by at most
//! [`TILT`], by order. One whose L1 norm is more than [`NEAR_OPTIMAL`] above the smallest is mixed
//! with the sparsest answer until it is not; mixtures explain the outputs as both do. What such
//! answers spread over is a spread, no range: there may be others.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{canonical::NEAR_OPTIMAL, objective::Objective};

/// How far weights are from 1.
pub const TILT: f64 = 0.02;
/// Answers beside the canonical one: one for low orders, one for high orders, 20 at random.
pub const OTHERS: usize = 22;
/// Relative gap at which one is done.
pub(super) const TOLERANCE: f64 = 5e-4;
/// Of the random weights, the same for every game.
const SEED: u64 = 0;

/// A decomposition by its effects.
#[derive(Clone, Debug, PartialEq)]
pub struct Effects {
    /// AND effect of every mask.
    pub and: Vec<f64>,
    /// OR effect of every mask.
    pub or: Vec<f64>,
}

impl Effects {
    /// |and|_1 + |or|_1.
    #[must_use]
    pub fn norm(&self) -> f64 {
        self.and.iter().chain(&self.or).map(|x| x.abs()).sum()
    }

    /// The mixture with a sparser answer whose norm is near the smallest one, and as much of these
    /// effects as that allows.
    pub(super) fn near(self, sparsest: &Self) -> Self {
        let (norm, smallest) = (self.norm(), sparsest.norm());
        let most = (1.0 + NEAR_OPTIMAL) * smallest;
        if norm <= most {
            return self;
        }
        // Norms are convex: that of the mixture is at most the mixture of both.
        let part = (most - smallest) / (norm - smallest);
        let mixed = |own: Vec<f64>, other: &[f64]| {
            let pairs = own.into_iter().zip(other);
            pairs
                .map(|(own, other)| part * own + (1.0 - part) * other)
                .collect()
        };
        Self {
            and: mixed(self.and, &sparsest.and),
            or: mixed(self.or, &sparsest.or),
        }
    }
}

/// The tilted norms of games of `players`.
pub(super) fn objectives(players: usize) -> Vec<Objective> {
    let slope = |order: usize| 2.0 * (order - 1) as f64 / (players.max(2) - 1) as f64 - 1.0;
    let mut objectives = vec![
        Objective::weighted(|order| 1.0 + TILT * slope(order)),
        Objective::weighted(|order| 1.0 - TILT * slope(order)),
    ];
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    while objectives.len() < OTHERS {
        let tilts: Vec<f64> = (0..players)
            .map(|_| TILT * (2.0 * rng.random::<f64>() - 1.0))
            .collect();
        let tilt = |order: usize| tilts.get(order - 1).copied().unwrap_or(0.0);
        objectives.push(Objective::weighted(|order| 1.0 + tilt(order)));
    }
    objectives
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decompose::{Decomposition, Params, decompose, others_batch};

    #[test]
    fn others_explain_the_outputs_are_nearly_as_sparse_and_differ() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let v: Vec<f64> = (0..64).map(|_| rng.random::<f64>()).collect();
        let params = Params::default();
        let found = decompose(&v, &params).unwrap();
        let go_on = |_| std::ops::ControlFlow::Continue(());
        let others = others_batch(&v, 6, &params, &go_on).unwrap();
        let others = others[0].as_ref().unwrap();
        assert_eq!(others.len(), OTHERS);
        let tau = found.certificate.noise_bound;
        let smallest = found.certificate.smallest_norm;
        let order = |effects: &Effects| {
            let sum = |effects: &[f64]| {
                let effects = (0..).zip(effects);
                let effects = effects.map(|(s, x)| crate::mask::order(s) as f64 * x.abs());
                effects.sum::<f64>()
            };
            (sum(&effects.and) + sum(&effects.or)) / effects.norm()
        };
        for other in others {
            let found = Decomposition {
                and: other.and.clone(),
                or: other.or.clone(),
                ..found.clone()
            };
            let explained = found.reconstruct().unwrap();
            let off = explained.iter().zip(&v).map(|(a, b)| (a - b).abs());
            assert!(off.fold(0.0, f64::max) <= tau * (1.0 + 1e-6));
            // The tolerance of the smallest norm itself is 1e-3.
            assert!(
                other.norm() <= (1.0 + NEAR_OPTIMAL + 2e-3) * smallest,
                "{}",
                other.norm() / smallest
            );
        }
        assert!(order(&others[0]) < order(&others[1]) - 0.05);
    }
}
