//! Theory to lay over the measured curves.
//!
//! - Before training: the spindle of independent outputs, C(n,k) 2^(k/2) (ours).
//! - While training (arXiv 2407.19198, theorem 2): w_hat(sigma^2) = (G + diag(2^|T| sigma^2))^-1 G w*, with
//!   G\[T,U\] = 2^-|T u U| and w* the salient interactions of the last checkpoint. G and the diagonal are Kronecker powers of
//!   \[\[1,1/2\],\[1/2,1/2\]\] and \[\[1,0\],\[0,2\]\], so the Schur transform brings all of it to blocks of size n+1 and below (ours).
//!   w_hat has a small value at nearly every mask; the overlay counts its salient interactions, by the same rule as in the measured
//!   curves that it is laid over (ours).

use crate::{
    Error,
    arch::vectorized,
    mask, salience,
    schur::{Blocks, Schur, Scratch},
    spin::kronecker_power_block,
    strength,
};

/// Strength of orders 1..=n if the outputs of all masks were independent, C(n,k) 2^(k/2), largest 1. Index order - 1.
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

/// Length of a row of (G + diag(2^|T| sigma^2))^-1 G by the row's order, 0..=n: how much of an interaction of that order is left
/// at noise sigma^2.
///
/// # Errors
/// [`Error::Players`]; [`Error::Parameter`] for a `sigma2` that is not above 0 and finite.
pub fn row_norms(players: usize, sigma2: f64) -> Result<Vec<f64>, Error> {
    let n = mask::checked_players(players)?;
    let schur = Schur::new(n);
    let blocks = shrinking_blocks(&schur, sigma2, true)?;
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

/// Blocks of (G + diag(2^|T| sigma^2))^-1 G, or of its transpose.
fn shrinking_blocks(schur: &Schur<f64>, sigma2: f64, transposed: bool) -> Result<Blocks, Error> {
    if !(sigma2.is_finite() && sigma2 > 0.0) {
        return Err(Error::Parameter {
            field: "sigma2",
            value: sigma2,
            allowed: "above 0 and finite",
        });
    }
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
    let blocks = blocks.collect::<Option<Vec<_>>>().ok_or(Error::Parameter {
        field: "sigma2",
        value: sigma2,
        allowed: "larger for this many players, or rounding swallows it",
    })?;
    Ok(schur.blocks(&blocks))
}

/// `count` values from `low` to `high`, equally spaced in the logarithm.
#[must_use]
pub fn log_grid(low: f64, high: f64, count: usize) -> Vec<f64> {
    let step = (high / low).ln() / count.saturating_sub(1).max(1) as f64;
    (0..count).map(|i| low * (step * i as f64).exp()).collect()
}

/// The interactions of the last checkpoint, ready to be shrunk by any noise.
#[derive(Clone, Debug)]
pub struct Overlay {
    schur: Schur<f64>,
    /// AND and OR effects of every sample.
    samples: Vec<[Vec<f64>; 2]>,
    salience: f64,
}

/// The noise whose overlay is nearest to a measured curve.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Fit {
    /// sigma^2, a value of the grid.
    pub sigma2: f64,
    /// Sum over orders of the squared differences between the shares.
    pub squared_error: f64,
    /// The overlay's share of strength by order, index order - 1.
    pub share: Vec<f64>,
}

impl Overlay {
    /// `samples`: for each sample the arrays over masks of its salient AND and OR effects w* at the last checkpoint.
    /// `salience`: the factor of [`salience::threshold`], above which an interaction of w_hat counts; 0 counts all.
    ///
    /// # Errors
    /// [`Error::Players`]; [`Error::Mismatch`] when an array is not of length 2^n; [`Error::NotFinite`]; [`Error::Parameter`] for a
    /// `salience` that is negative or not finite.
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

    /// w_hat of the AND and OR effects of every sample.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a `sigma2` that is not above 0 and finite.
    pub fn effects(&self, sigma2: f64) -> Result<Vec<[Vec<f64>; 2]>, Error> {
        let blocks = shrinking_blocks(&self.schur, sigma2, false)?;
        let mut scratch = Scratch::new();
        let mut shrunk = self.samples.clone();
        vectorized(
            #[inline(always)]
            || {
                for values in shrunk.as_flattened_mut() {
                    self.schur.apply(values, &blocks, &mut scratch);
                }
            },
        );
        Ok(shrunk)
    }

    /// Share of strength by order of the salient interactions of w_hat, index order - 1; `None` when there are none.
    ///
    /// # Errors
    /// As [`Self::effects`].
    pub fn share(&self, sigma2: f64) -> Result<Option<Vec<f64>>, Error> {
        let samples = self.effects(sigma2)?;
        // v(N) - v(empty) is the sum of all effects.
        let output_change = |sample: &[Vec<f64>; 2]| {
            let sums = sample
                .each_ref()
                .map(|effects| effects[1..].iter().sum::<f64>());
            (sums[0] + sums[1]).abs()
        };
        let threshold = salience::threshold(samples.iter().map(output_change), self.salience);
        let strengths: Vec<_> = samples
            .iter()
            .map(|[and, or]| strength::of_effects(&[and, or], threshold))
            .collect();
        let all: Vec<usize> = (0..strengths.len()).collect();
        Ok(strength::share(&strengths, &all))
    }

    /// For each measured share of strength by order the value of `grid` whose overlay is nearest, by least squares (ours). `None`
    /// when the grid is empty or nothing is salient on it.
    ///
    /// # Errors
    /// As [`Self::effects`]; [`Error::Mismatch`] when a share is not of length n.
    pub fn fit(&self, shares: &[Vec<f64>], grid: &[f64]) -> Result<Vec<Option<Fit>>, Error> {
        let orders = self.schur.players();
        if let Some(share) = shares.iter().find(|share| share.len() != orders) {
            return Err(Error::Mismatch {
                what: "a share by order",
                found: share.len(),
                expected: orders,
            });
        }
        let mut best: Vec<Option<Fit>> = vec![None; shares.len()];
        for &sigma2 in grid {
            let Some(overlay) = self.share(sigma2)? else {
                continue;
            };
            for (best, share) in best.iter_mut().zip(shares) {
                let squared_error = squared_distance(&overlay, share);
                if best
                    .as_ref()
                    .is_none_or(|b| squared_error < b.squared_error)
                {
                    *best = Some(Fit {
                        sigma2,
                        squared_error,
                        share: overlay.clone(),
                    });
                }
            }
        }
        Ok(best)
    }
}

fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}
