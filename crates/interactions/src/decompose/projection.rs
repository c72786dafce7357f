//! The exact projection onto the outputs: H^-1 for H = Z C_a Z' + Z_B C_b Z_B' + c_q I, block by
//! block.
//!
//! The steps C_a and C_b are diagonal and depend on the order only, so H commutes with permutations
//! of the players and the Schur transform makes it block diagonal, blocks of size n+1 and below. In
//! the basis of total spin J, row m belongs to order (n-J)/2 + m; Z is the Kronecker power of
//! \[\[1,0\],\[1,1\]\], and Z_B = 1 1' - R Z with R Z that of \[\[1,1\],\[1,0\]\] and 1 1' in the
//! block J = n only (ours).

use std::sync::OnceLock;

use crate::{
    float::Float,
    mask::{MAX_PLAYERS, binomial},
    schur::{Blocks, Schur},
    spin::{Square, kronecker_power_block},
};

/// One number an order, 0 to n.
pub(super) type ByOrder = [f64; MAX_PLAYERS + 1];

/// Lowest order of an OR effect of its own: the empty set meets nothing, and one player alone is an
/// AND effect.
pub(super) const FIRST_OR_ORDER: usize = 2;

/// The metric of the splitting: how far one unit of dual value moves each kind of variable. A step
/// of 0 leaves a variable out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Steps {
    /// Of the AND effects, by order.
    pub(super) and: ByOrder,
    /// Of the OR effects, by order.
    pub(super) or: ByOrder,
    /// Of the noise.
    pub(super) noise: f64,
}

impl Steps {
    /// The same step for every effect and the noise.
    pub(super) fn uniform(step: f64) -> Self {
        Self {
            and: [step; MAX_PLAYERS + 1],
            or: std::array::from_fn(|order| if order < FIRST_OR_ORDER { 0.0 } else { step }),
            noise: step,
        }
    }
}

/// Blocks of Z and Z_B; depends on n only.
#[derive(Clone, Debug)]
pub(super) struct Projection {
    pub(super) schur: Schur<f64>,
    /// Made when it is first asked for.
    #[cfg(feature = "single")]
    single: OnceLock<Schur<f32>>,
    /// For each spin ascending: J, Z and Z_B in the normalised basis.
    syntheses: Vec<(usize, Square, Square)>,
}

/// One projection for each number of players, made when it is first asked for.
static PROJECTIONS: [OnceLock<Projection>; MAX_PLAYERS + 1] =
    [const { OnceLock::new() }; MAX_PLAYERS + 1];

impl Projection {
    /// The projection for `players`, 2 to [`MAX_PLAYERS`], shared by all games and calls.
    pub(super) fn shared(players: usize) -> &'static Self {
        PROJECTIONS[players].get_or_init(|| Self::new(players))
    }

    fn new(players: usize) -> Self {
        let schur = Schur::new(players);
        let syntheses = schur.spins().map(|spin| {
            let and = kronecker_power_block([[1.0, 0.0], [1.0, 1.0]], players, spin);
            let missed = kronecker_power_block([[1.0, 1.0], [1.0, 0.0]], players, spin);
            let ones = |m: usize| {
                if spin == players {
                    binomial(players, m).sqrt()
                } else {
                    0.0
                }
            };
            let or = Square::from_fn(spin + 1, |i, j| ones(i) * ones(j) - missed.at(i, j));
            (spin, and, or)
        });
        let syntheses = syntheses.collect();
        Self {
            schur,
            #[cfg(feature = "single")]
            single: OnceLock::new(),
            syntheses,
        }
    }

    pub(super) fn players(&self) -> usize {
        self.schur.players()
    }

    /// The Schur transform in f32.
    #[cfg(feature = "single")]
    pub(super) fn single(&self) -> &Schur<f32> {
        self.single.get_or_init(|| Schur::new(self.players()))
    }

    /// H^-1 as `schur` takes it; `None` where H is singular to the digits that numbers have.
    pub(super) fn inverse<T: Float>(&self, steps: &Steps, schur: &Schur<T>) -> Option<Blocks> {
        let players = self.schur.players();
        let inverses = self.syntheses.iter().map(|(spin, and, or)| {
            let first = (players - spin) / 2;
            let size = spin + 1;
            let h = Square::from_fn(size, |i, j| {
                let products = (0..size).map(|m| {
                    and.at(i, m) * steps.and[first + m] * and.at(j, m)
                        + or.at(i, m) * steps.or[first + m] * or.at(j, m)
                });
                products.sum::<f64>() + if i == j { steps.noise } else { 0.0 }
            });
            let identity = Square::from_fn(size, |i, j| if i == j { 1.0 } else { 0.0 });
            Some(h.solve(&identity)?.symmetrised())
        });
        Some(schur.blocks(&inverses.collect::<Option<Vec<_>>>()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{mask::order, schur::Scratch, transform};

    #[test]
    fn solving_undoes_the_normal_operator() {
        for (n, tolerance) in [(2, 1e-12), (3, 1e-12), (6, 1e-10), (10, 1e-8), (14, 1e-6)] {
            let projection = Projection::new(n);
            let mut graded = Steps::uniform(0.5);
            for k in 0..=n {
                graded.and[k] = 2.0 / (1 + k) as f64;
                graded.or[k] = 0.1 + 0.3 * (k % 3) as f64;
            }
            for steps in [Steps::uniform(1.0), graded] {
                let x: Vec<f64> = (0..1_usize << n)
                    .map(|i| ((i * 7919 % 1013) as f64 / 1013.0) - 0.5)
                    .collect();
                let scaled = |values: &mut [f64], steps: &ByOrder| {
                    for (mask, value) in (0..).zip(values) {
                        *value *= steps[order(mask)];
                    }
                };
                let mut and = x.clone();
                transform::superset_zeta(&mut and, 1).unwrap();
                scaled(&mut and, &steps.and);
                transform::zeta(&mut and, 1).unwrap();
                let mut or = x.clone();
                transform::or_synthesis_adjoint(&mut or, 1).unwrap();
                scaled(&mut or, &steps.or);
                transform::or_synthesis(&mut or, 1).unwrap();
                let mut h: Vec<f64> = (0..x.len())
                    .map(|i| and[i] + or[i] + steps.noise * x[i])
                    .collect();
                let inverse = projection.inverse(&steps, &projection.schur).unwrap();
                projection
                    .schur
                    .apply(&mut h, &inverse, &mut Scratch::new());
                for (h, x) in h.iter().zip(&x) {
                    assert!((h - x).abs() < tolerance, "n = {n}: {h} for {x}");
                }
            }
        }
    }

    #[test]
    fn small_steps_of_the_noise_give_an_inverse_or_none() {
        for n in [10, 16, 20] {
            let projection = Projection::new(n);
            for noise in [1e-4, 1e-12, 1e-300] {
                let steps = Steps {
                    noise,
                    ..Steps::uniform(1.0)
                };
                let finite = |x: &f64| x.is_finite() && x.abs() < 1e30;
                let inverse = projection.inverse(&steps, &projection.schur);
                assert!(
                    inverse.is_none_or(|inverse| inverse.entries().all(finite)),
                    "{n} {noise}"
                );
            }
        }
    }
}
