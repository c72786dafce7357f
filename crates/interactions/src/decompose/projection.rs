//! The exact projection onto the outputs: H^-1 for H = Z_A Z_A' + Z_B Z_B' + s I, block by block.
//!
//! Z_A Z_A' is the Kronecker power of P = \[\[1,1\],\[1,2\]\]; Z_B Z_B' that of Q = \[\[2,1\],\[1,1\]\] plus 2^n 1 1' - 1 r' - r 1'
//! with r(S) = 2^(n-|S|). All of it commutes with permutations of the players, so the Schur transform makes it block
//! diagonal, and the terms of rank one touch only the block J = n (ours).

use crate::{
    mask::binomial,
    schur::{Schur, Square, between_unnormalised, kronecker_power_block},
};

/// Values of s that are factored; the solver moves between them.
pub(super) const WEIGHTS: [f64; 11] = [
    1.0 / 64.0,
    1.0 / 16.0,
    0.25,
    0.5,
    1.0,
    2.0,
    4.0,
    16.0,
    64.0,
    256.0,
    1024.0,
];

/// H^-1 for one n and every weight of [`WEIGHTS`].
#[derive(Clone, Debug)]
pub(super) struct Projection {
    pub(super) schur: Schur,
    /// For each weight the blocks of H^-1 as [`Schur::multiply`] takes them.
    inverses: Vec<Vec<f64>>,
}

impl Projection {
    pub(super) fn new(players: usize) -> Self {
        let schur = Schur::new(players);
        let inverses = WEIGHTS
            .iter()
            .map(|&s| {
                schur
                    .spins()
                    .flat_map(|j| inverse_block(players, j, s))
                    .collect()
            })
            .collect();
        Self { schur, inverses }
    }

    /// Blocks of H^-1 for the weight of this index.
    pub(super) fn inverse(&self, weight: usize) -> &[f64] {
        &self.inverses[weight]
    }

    /// Entries of all blocks together.
    pub(super) fn block_len(&self) -> usize {
        self.inverses[0].len()
    }

    /// values <- H^-1 values, lane by lane with its own blocks.
    #[inline(always)]
    pub(super) fn solve<const B: usize>(&self, values: &mut [[f64; B]], blocks: &[[f64; B]]) {
        self.schur.couple(values);
        self.schur.multiply(values, blocks);
        self.schur.couple_adjoint(values);
    }
}

fn inverse_block(players: usize, spin: usize, s: f64) -> Vec<f64> {
    let and = kronecker_power_block([[1.0, 1.0], [1.0, 2.0]], players, spin);
    let or = kronecker_power_block([[2.0, 1.0], [1.0, 1.0]], players, spin);
    let ones = |m: usize| binomial(players, m).sqrt();
    let r = |m: usize| ones(m) * 2.0_f64.powi((players - m) as i32);
    let all = 2.0_f64.powi(players as i32);
    let h = Square::from_fn(spin + 1, |i, j| {
        let shared = if spin == players {
            all * ones(i) * ones(j) - ones(i) * r(j) - r(i) * ones(j)
        } else {
            0.0
        };
        and.at(i, j) + or.at(i, j) + shared + if i == j { s } else { 0.0 }
    });
    let identity = Square::from_fn(spin + 1, |i, j| if i == j { 1.0 } else { 0.0 });
    let mut inverse = h.solve(&identity);
    // Exactly symmetric, so that the projection is too.
    for i in 0..=spin {
        for j in 0..i {
            let mean = 0.5 * (inverse.at(i, j) + inverse.at(j, i));
            inverse.entries[i * (spin + 1) + j] = mean;
            inverse.entries[j * (spin + 1) + i] = mean;
        }
    }
    between_unnormalised(&inverse)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform;

    #[test]
    fn solving_undoes_the_normal_operator() {
        for (n, tolerance) in [(2, 1e-12), (3, 1e-12), (6, 1e-11), (10, 1e-8), (14, 1e-6)] {
            let projection = Projection::new(n);
            for (w, s) in WEIGHTS.iter().enumerate() {
                let x: Vec<f64> = (0..1_usize << n)
                    .map(|i| ((i * 7919 % 1013) as f64 / 1013.0) - 0.5)
                    .collect();
                let mut and = x.clone();
                transform::superset_zeta(&mut and, 1).unwrap();
                transform::zeta(&mut and, 1).unwrap();
                let mut or = x.clone();
                transform::or_synthesis_adjoint(&mut or, 1).unwrap();
                transform::or_synthesis(&mut or, 1).unwrap();
                let mut h: Vec<[f64; 1]> =
                    (0..x.len()).map(|i| [and[i] + or[i] + s * x[i]]).collect();
                let blocks: Vec<[f64; 1]> = projection.inverse(w).iter().map(|&b| [b]).collect();
                projection.solve(&mut h, &blocks);
                for (h, x) in h.iter().zip(&x) {
                    assert!(
                        (h[0] - x).abs() < tolerance,
                        "n = {n}, s = {s}: {} for {x}",
                        h[0]
                    );
                }
            }
        }
    }
}
