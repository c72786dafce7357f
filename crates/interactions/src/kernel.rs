//! The tangent kernel of a network's masked outputs, averaged over all permutations of the players.
//!
//! Where weights move by u, the outputs of a sample on all masks move by J u. The mean of
//! (J u)(J u)' over standard normal u is the kernel K = J J', by which gradient descent on masked
//! outputs would move them: dv/dt = -K (v - target) (Jacot et al., arXiv 1806.07572). Averaged over
//! permutations it is one block for each total spin J = n, n-2, ..., met once for every path of
//! couplings that ends in J, so that few directions and samples make it known (ours). How fast the
//! effects of an order would decay under it is read off the blocks.

use crate::{
    Error,
    mask::{self, binomial},
    schur::{Schur, Scratch},
    spin::Square,
    transform,
};

/// The averaged kernel, from outputs that were moved.
#[derive(Clone, Debug)]
pub struct Kernel {
    players: usize,
    /// For each spin, ascending: sum over directions and paths of the products of what moved.
    sums: Vec<Square>,
    directions: usize,
}

impl Kernel {
    /// Of no direction yet.
    ///
    /// # Errors
    /// [`Error::Players`].
    pub fn new(players: usize) -> Result<Self, Error> {
        let players = mask::checked_players(players)?;
        let zero = |spin: usize| Square::from_fn(spin + 1, |_, _| 0.0);
        Ok(Self {
            players,
            sums: (players % 2..=players).step_by(2).map(zero).collect(),
            directions: 0,
        })
    }

    /// Takes in how outputs `[2^n]` move in one direction.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for another length.
    pub fn add(&mut self, moved: &[f64]) -> Result<(), Error> {
        self.check(moved)?;
        for path in coupled(moved) {
            let sum = &mut self.sums[(path.len() - 1) / 2];
            let products = path.iter().flat_map(|a| path.iter().map(move |b| a * b));
            for (sum, product) in sum.entries.iter_mut().zip(products) {
                *sum += product;
            }
        }
        self.directions += 1;
        Ok(())
    }

    /// Takes in what another one of as many players has taken in.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for another number of players.
    pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
        if other.players != self.players {
            return Err(Error::Mismatch {
                what: "a kernel's players",
                found: other.players,
                expected: self.players,
            });
        }
        for (sum, other) in self.sums.iter_mut().zip(&other.sums) {
            for (sum, other) in sum.entries.iter_mut().zip(&other.entries) {
                *sum += other;
            }
        }
        self.directions += other.directions;
        Ok(())
    }

    /// By order of AND effects, index order - 1: \[sum of -I dI/dt, sum of I^2\] over the effects I of
    /// `outputs` `[2^n]` under dv/dt = -K v. Their quotient is the rate at which effects of that order
    /// decay, at a learning rate of 1.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for another length.
    pub fn decay(&self, outputs: &[f64]) -> Result<Vec<[f64; 2]>, Error> {
        self.check(outputs)?;
        let schur = Schur::new(self.players);
        let (mut effects, mut moved) = (outputs.to_vec(), outputs.to_vec());
        schur.apply(
            &mut moved,
            &schur.blocks(&self.means()),
            &mut Scratch::new(),
        );
        transform::moebius(&mut effects, 1)?;
        transform::moebius(&mut moved, 1)?;
        let mut sums = vec![[0.0; 2]; self.players];
        let pairs = effects.iter().zip(&moved).skip(1);
        for (s, (effect, moved)) in (1..).zip(pairs) {
            let [product, square] = &mut sums[mask::order(s) - 1];
            *product += effect * moved;
            *square += effect * effect;
        }
        Ok(sums)
    }

    /// The kernel's blocks; zeros of no direction.
    fn means(&self) -> Vec<Square> {
        let mean = |sum: &Square| {
            let count = paths(self.players, sum.size - 1) * self.directions.max(1) as f64;
            Square::from_fn(sum.size, |row, column| sum.at(row, column) / count)
        };
        self.sums.iter().map(mean).collect()
    }

    fn check(&self, values: &[f64]) -> Result<(), Error> {
        if values.len() == 1 << self.players {
            return Ok(());
        }
        Err(Error::Mismatch {
            what: "an array of outputs",
            found: values.len(),
            expected: 1 << self.players,
        })
    }
}

/// How many paths of couplings end in a spin.
fn paths(players: usize, spin: usize) -> f64 {
    let down = (players - spin) / 2;
    binomial(players, down)
        - if down > 0 {
            binomial(players, down - 1)
        } else {
            0.0
        }
}

/// All paths of couplings of an array over masks: components of spin J in the normalised basis,
/// `[J + 1]` each. The textbook's Clebsch-Gordan coefficients, one player after the other.
fn coupled(values: &[f64]) -> Vec<Vec<f64>> {
    if let &[value] = values {
        return vec![vec![value]];
    }
    let (absent, present) = values.split_at(values.len() / 2);
    let pairs = coupled(absent).into_iter().zip(coupled(present));
    pairs.flat_map(|(a, b)| with_player(&a, &b)).collect()
}

/// One more player, coupled to a path whose components are `absent` and `present` without and with
/// it: to spin J + 1, and to J - 1 where there is one.
fn with_player(absent: &[f64], present: &[f64]) -> impl Iterator<Item = Vec<f64>> + use<> {
    let spin = absent.len() - 1;
    let root = |part: usize| (part as f64 / (spin + 1) as f64).sqrt();
    let up = (0..=spin + 1).map(|m| {
        let without = absent.get(m).map_or(0.0, |a| root(spin + 1 - m) * a);
        let with = m.checked_sub(1).map_or(0.0, |m| root(m + 1) * present[m]);
        without + with
    });
    let down = (0..spin).map(|m| root(spin - m) * present[m] - root(m + 1) * absent[m + 1]);
    let both = [up.collect(), down.collect::<Vec<f64>>()];
    both.into_iter().filter(|path| !path.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spin::kronecker_power_block;

    /// Row `row` of the Kronecker power of a 2x2 matrix.
    fn power_row(p: [[f64; 2]; 2], players: usize, row: usize) -> Vec<f64> {
        let entry = |column: usize| {
            let players = 0..players;
            players
                .map(|i| p[row >> i & 1][column >> i & 1])
                .product::<f64>()
        };
        (0..1 << players).map(entry).collect()
    }

    fn transposed([[a, b], [c, d]]: [[f64; 2]; 2]) -> [[f64; 2]; 2] {
        [[a, c], [b, d]]
    }

    #[test]
    fn the_blocks_of_a_kernel_that_is_a_power_are_those_of_the_power() {
        let l = [[1.0, 0.0], [0.6, 0.8]];
        let k = [[1.0, 0.6], [0.6, 1.0]];
        for players in 2..=7 {
            let mut kernel = Kernel::new(players).unwrap();
            for column in 0..1 << players {
                // Columns of L^(x)n, whose products sum to (L L')^(x)n.
                kernel
                    .add(&power_row(transposed(l), players, column))
                    .unwrap();
            }
            let directions = (1 << players) as f64;
            for mean in kernel.means() {
                let expected = kronecker_power_block(k, players, mean.size - 1);
                for (found, expected) in mean.entries.iter().zip(&expected.entries) {
                    assert!(
                        (found * directions - expected).abs() < 1e-10,
                        "n = {players}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_kernel_is_averaged_over_permutations_and_decays_by_them() {
        // By hand: the average of the outer product over all permutations, and its rates.
        let players = 4;
        let moved: Vec<f64> = (0..16).map(|s| f64::from((s * 7 + 3) % 11) - 4.0).collect();
        let outputs: Vec<f64> = (0..16).map(|s| f64::from((s * 5 + 1) % 7) - 2.0).collect();
        let order = |s: usize| s.count_ones() as usize;
        let kind = |s: usize, t: usize| (order(s), order(t), order(s & t));
        let mean = |s: usize, t: usize| {
            let (mut sum, mut count) = (0.0, 0.0);
            for (a, b) in (0..256).map(|pair| (pair / 16, pair % 16)) {
                if kind(a, b) == kind(s, t) {
                    sum += moved[a] * moved[b];
                    count += 1.0;
                }
            }
            sum / count
        };
        let mut change: Vec<f64> = (0..16)
            .map(|s| (0..16).map(|t| mean(s, t) * outputs[t]).sum())
            .collect();
        let mut effects = outputs.clone();
        transform::moebius(&mut change, 1).unwrap();
        transform::moebius(&mut effects, 1).unwrap();
        let mut expected = vec![[0.0; 2]; players];
        for s in 1..16 {
            expected[order(s) - 1][0] += change[s] * effects[s];
            expected[order(s) - 1][1] += effects[s] * effects[s];
        }
        let mut kernel = Kernel::new(players).unwrap();
        kernel.add(&moved).unwrap();
        for (found, expected) in kernel.decay(&outputs).unwrap().iter().zip(&expected) {
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() < 1e-9 * expected.abs().max(1.0));
            }
        }
        // The same twice is the same kernel.
        let twice = {
            let mut twice = kernel.clone();
            twice.merge(&kernel).unwrap();
            twice
        };
        assert_eq!(
            twice.decay(&outputs).unwrap(),
            kernel.decay(&outputs).unwrap()
        );
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let mut kernel = Kernel::new(3).unwrap();
        assert!(kernel.add(&[0.0; 4]).is_err());
        assert!(kernel.decay(&[0.0; 16]).is_err());
        assert!(kernel.merge(&Kernel::new(4).unwrap()).is_err());
        assert_eq!(kernel.decay(&[1.0; 8]).unwrap(), vec![[0.0; 2]; 3]);
    }
}
