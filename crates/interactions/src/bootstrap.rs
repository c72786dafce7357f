//! Bootstrap intervals over samples (percentile intervals; Efron and Tibshirani, 1993, chapter 13).

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A number with its 95 % interval, by the percentiles of draws unless something else is said.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Estimate {
    /// Value on all samples.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// Seeded draws of samples with replacement.
///
/// The draws depend on the seed, their count and the number of samples only, so that all statistics
/// over the same samples see the same draws: differences between them are paired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Resamples {
    /// Number of draws; 0 gives intervals of no width.
    pub count: usize,
    /// Seed of the draws.
    pub seed: u64,
}

impl Resamples {
    /// `count` draws from `seed`.
    #[must_use]
    pub fn new(count: usize, seed: u64) -> Self {
        Self { count, seed }
    }

    /// As many draws, independent of these: for samples that have nothing to do with the others.
    #[must_use]
    pub fn other(&self) -> Self {
        Self {
            seed: self.seed.wrapping_add(1),
            ..*self
        }
    }

    /// Calls `visit` with every draw: `samples` indices below `samples`.
    pub fn for_each(&self, samples: usize, mut visit: impl FnMut(&[usize])) {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let mut draw = vec![0; samples];
        for _ in 0..self.count {
            for index in &mut draw {
                *index = rng.random_range(0..samples);
            }
            visit(&draw);
        }
    }

    /// A statistic of a choice of samples, with its interval; `None` where it is undefined on all
    /// samples. Draws on which it is undefined are left out.
    pub fn estimate(
        &self,
        samples: usize,
        statistic: impl Fn(&[usize]) -> Option<f64>,
    ) -> Option<Estimate> {
        let estimates = self.estimates(samples, |draw| statistic(draw).map(|x| vec![x]))?;
        estimates.first().copied()
    }

    /// As [`Self::estimate`] for several statistics at once, interval by interval.
    pub fn estimates(
        &self,
        samples: usize,
        statistics: impl Fn(&[usize]) -> Option<Vec<f64>>,
    ) -> Option<Vec<Estimate>> {
        let all: Vec<usize> = (0..samples).collect();
        let values = statistics(&all)?;
        let mut draws: Vec<Vec<f64>> = vec![Vec::with_capacity(self.count); values.len()];
        self.for_each(samples, |draw| {
            for (column, value) in draws.iter_mut().zip(statistics(draw).unwrap_or_default()) {
                column.push(value);
            }
        });
        Some(
            values
                .into_iter()
                .zip(&mut draws)
                .map(|(value, draws)| Estimate::new(value, draws))
                .collect(),
        )
    }
}

impl Estimate {
    /// A value that no chance is in, or of which none is known: its interval has no width.
    #[must_use]
    pub const fn exact(value: f64) -> Self {
        Self {
            value,
            low: value,
            high: value,
        }
    }

    /// A value with the interval of its draws, which are sorted; without draws the interval has no
    /// width.
    pub fn new(value: f64, draws: &mut [f64]) -> Self {
        draws.sort_unstable_by(f64::total_cmp);
        Self {
            value,
            low: quantile(draws, 0.025).unwrap_or(value),
            high: quantile(draws, 0.975).unwrap_or(value),
        }
    }
}

/// Linear interpolation between order statistics.
pub(crate) fn quantile(sorted: &[f64], level: f64) -> Option<f64> {
    let position = level * (sorted.len().checked_sub(1)?) as f64;
    let below = position.floor();
    let (low, high) = (
        sorted.get(below as usize)?,
        sorted.get(position.ceil() as usize)?,
    );
    Some(low + (high - low) * (position - below))
}
