//! Theory to lay over the measured curves.
//!
//! - Before training: the spindle of independent outputs, C(n,k) 2^(k/2) (ours).
//! - While training (arXiv 2407.19198, theorem 2): w_hat(sigma^2) = (G + diag(2^|T| sigma^2))^-1 G
//!   w*, with G\[T,U\] = 2^-|T u U| and w* the salient interactions of the last checkpoint. At
//!   sigma^2 = 0 it is w* itself. G and the diagonal are Kronecker powers of
//!   \[\[1,1/2\],\[1/2,1/2\]\] and \[\[1,0\],\[0,2\]\], so the Schur transform brings all of it to
//!   blocks of size n+1 and below (ours). w_hat has a small value at nearly every mask; the overlay
//!   counts its salient interactions, by the same rule as in the measured curves that it is laid
//!   over (ours).
//!
//! # The fit (ours)
//!
//! [`Overlay::fit`] takes the sigma^2 whose overlay is nearest to a measured share of strength by
//! order. Any curve that moves strength to lower orders would come near to some of the measured
//! ones, so that each fit stands beside a [`Tilt`]: as many parameters, and no theory.
//!
//! The interval of sigma^2 is a bootstrap over samples, the same draws for the measured share and
//! for the overlay, fitted anew in every draw. It tells how much sigma^2 would change with other
//! samples of the same kind. Held fixed are the network and with it the seed of its training, the
//! players, the noise bound of the decompositions, the threshold of salience at each sigma^2 (that
//! of all samples), and each sample's w*.

mod fit;

use crate::{
    Error,
    arch::vectorized,
    mask, salience,
    schur::{Blocks, Schur, Scratch},
    spin::kronecker_power_block,
    strength::{self, SampleStrength},
};

pub use fit::{Fit, Tilt};

/// Strength of orders 1..=n if the outputs of all masks were independent, C(n,k) 2^(k/2), largest
/// 1. Index order - 1.
///
/// # Errors
/// [`Error::Players`].
pub fn spindle_curve(players: usize) -> Result<Vec<f64>, Error> {
    let n = mask::checked_players(players)?;
    let strength: Vec<f64> = (1..=n)
        .map(|k| mask::binomial(n, k) * 2.0_f64.powf(k as f64 / 2.0))
        .collect();
    let largest = strength.iter().copied().fold(0.0, f64::max);
    Ok(strength.into_iter().map(|s| s / largest).collect())
}

/// Length of a row of (G + diag(2^|T| sigma^2))^-1 G by the row's order, 0..=n: how much of an
/// interaction of that order is left at noise sigma^2. All 1 at 0.
///
/// # Errors
/// [`Error::Players`]; [`Error::Parameter`] as in [`Overlay::effects`].
pub fn row_norms(players: usize, sigma2: f64) -> Result<Vec<f64>, Error> {
    let n = mask::checked_players(players)?;
    if checked_sigma2(sigma2)? == 0.0 {
        return Ok(vec![1.0; n + 1]);
    }
    let schur = Schur::new(n);
    let blocks = shrinking_blocks(&schur, sigma2, true).ok_or(swallowed(sigma2))?;
    let mut scratch = Scratch::new();
    // Row T of M is M' applied to the unit vector of T; one T of each order is enough.
    Ok((0..=n)
        .map(|order| {
            let mut row = vec![0.0; 1 << n];
            row[(1 << order) - 1] = 1.0;
            schur.apply(&mut row, &blocks, &mut scratch);
            row.iter().map(|x| x * x).sum::<f64>().sqrt()
        })
        .collect())
}

fn checked_sigma2(sigma2: f64) -> Result<f64, Error> {
    if sigma2.is_finite() && sigma2 >= 0.0 {
        return Ok(sigma2);
    }
    Err(Error::Parameter {
        field: "sigma2",
        value: sigma2,
        allowed: "finite and 0 or above",
    })
}

fn swallowed(sigma2: f64) -> Error {
    Error::Parameter {
        field: "sigma2",
        value: sigma2,
        allowed: "0, or larger for this many players, or rounding swallows it",
    }
}

/// Blocks of (G + diag(2^|T| sigma^2))^-1 G, or of its transpose; `None` where rounding swallows
/// `sigma2`, which is above 0.
fn shrinking_blocks(schur: &Schur<f64>, sigma2: f64, transposed: bool) -> Option<Blocks> {
    let n = schur.players();
    let blocks = schur.spins().map(|spin| {
        let g = kronecker_power_block([[1.0, 0.5], [0.5, 0.5]], n, spin);
        let mut sum = kronecker_power_block([[1.0, 0.0], [0.0, 2.0]], n, spin);
        for (entry, g) in sum.entries.iter_mut().zip(&g.entries) {
            *entry = *entry * sigma2 + g;
        }
        let block = sum.solve(&g)?;
        Some(if transposed {
            block.transposed()
        } else {
            block
        })
    });
    Some(schur.blocks(&blocks.collect::<Option<Vec<_>>>()?))
}

/// `count` values from `low` to `high`, equally spaced in the logarithm.
#[must_use]
pub fn log_grid(low: f64, high: f64, count: usize) -> Vec<f64> {
    let step = (high / low).ln() / count.saturating_sub(1).max(1) as f64;
    (0..count).map(|i| low * (step * i as f64).exp()).collect()
}

/// The values of sigma^2 to fit: 0, and 20 a decade from 1e-10 to 1e2. Ascending. The smallest
/// eigenvalue of G is 0.191^n, 6.5e-8 at n = 10, and noise of 1e-10 is not yet nothing: it changes
/// shares of random interactions by 2e-3 there, and by 3e-2 at n = 20.
#[must_use]
pub fn sigma2_grid() -> Vec<f64> {
    let mut grid = vec![0.0];
    grid.extend(log_grid(1e-10, 1e2, 241));
    grid
}

/// The interactions of the last checkpoint, ready to be shrunk by any noise.
#[derive(Clone, Debug)]
pub struct Overlay {
    schur: Schur<f64>,
    /// AND and OR effects of every sample.
    samples: Vec<[Vec<f64>; 2]>,
    salience: f64,
}

impl Overlay {
    /// `samples`: for each sample the arrays over masks of its salient AND and OR effects w* at the
    /// last checkpoint. `salience`: the factor of [`salience::threshold`], above which an
    /// interaction of w_hat counts; 0 counts all.
    ///
    /// # Errors
    /// [`Error::Players`]; [`Error::Mismatch`] when an array is not of length 2^n;
    /// [`Error::NotFinite`]; [`Error::Parameter`] for a `salience` that is negative or not finite.
    pub fn new(players: usize, samples: &[[&[f64]; 2]], salience: f64) -> Result<Self, Error> {
        let masks = 1 << mask::checked_players(players)?;
        if !(salience.is_finite() && salience >= 0.0) {
            return Err(Error::Parameter {
                field: "salience",
                value: salience,
                allowed: "finite and 0 or above",
            });
        }
        for array in samples.as_flattened() {
            if array.len() != masks {
                return Err(Error::Mismatch {
                    what: "an array of effects",
                    found: array.len(),
                    expected: masks,
                });
            }
            if let Some(mask) = array.iter().position(|x| !x.is_finite()) {
                return Err(Error::NotFinite {
                    mask,
                    value: array[mask],
                });
            }
        }
        Ok(Self {
            schur: Schur::new(players),
            samples: samples.iter().map(|s| s.map(<[f64]>::to_vec)).collect(),
            salience,
        })
    }

    /// w_hat of the AND and OR effects of every sample; w* itself at 0.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a `sigma2` that is negative or not finite, or with which rounding
    /// makes G + diag(2^|T| sigma^2) singular. No such value is known for up to 20 players, tried
    /// down to 1e-300; towards 0 rounding changes w_hat by about 1e-10 at n = 10 and 1e-3 at n =
    /// 20, for effects around 1.
    pub fn effects(&self, sigma2: f64) -> Result<Vec<[Vec<f64>; 2]>, Error> {
        self.shrunk(checked_sigma2(sigma2)?)
            .ok_or(swallowed(sigma2))
    }

    /// w_hat at a checked sigma^2; `None` where rounding swallows it.
    fn shrunk(&self, sigma2: f64) -> Option<Vec<[Vec<f64>; 2]>> {
        let mut shrunk = self.samples.clone();
        if sigma2 == 0.0 {
            return Some(shrunk);
        }
        let blocks = shrinking_blocks(&self.schur, sigma2, false)?;
        let mut scratch = Scratch::new();
        vectorized(
            #[inline(always)]
            || {
                for values in shrunk.as_flattened_mut() {
                    self.schur.apply(values, &blocks, &mut scratch);
                }
            },
        );
        Some(shrunk)
    }

    /// Share of strength by order of the salient interactions of w_hat, index order - 1; `None`
    /// when there are none.
    ///
    /// # Errors
    /// As [`Self::effects`].
    pub fn share(&self, sigma2: f64) -> Result<Option<Vec<f64>>, Error> {
        let strengths = self.strengths(&self.effects(sigma2)?);
        let all: Vec<usize> = (0..strengths.len()).collect();
        Ok(strength::share(&strengths, &all))
    }

    /// Strength of the salient interactions of every sample.
    fn strengths(&self, samples: &[[Vec<f64>; 2]]) -> Vec<SampleStrength> {
        // v(N) - v(empty) is the sum of all effects.
        let output_change = |sample: &[Vec<f64>; 2]| {
            let sums = sample
                .each_ref()
                .map(|effects| effects[1..].iter().sum::<f64>());
            (sums[0] + sums[1]).abs()
        };
        let threshold = salience::threshold(samples.iter().map(output_change), self.salience);
        samples
            .iter()
            .map(|[and, or]| strength::of_effects(&[and, or], threshold))
            .collect()
    }
}
