//! Which noise the measured curves are nearest to, and what a curve without theory comes to.

use super::{Overlay, checked_sigma2};
use crate::{Error, bootstrap::Resamples, strength::SampleStrength};

/// The noise whose overlay is nearest to a measured curve.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Fit {
    /// sigma^2, a value of the grid.
    pub sigma2: f64,
    /// 2.5 % quantile of sigma^2 over the resamples, a value of the grid.
    pub low: f64,
    /// 97.5 % quantile of sigma^2 over the resamples, a value of the grid.
    pub high: f64,
    /// Root mean square over orders of the difference between the shares.
    pub residual: f64,
    /// The overlay's share of strength by order, index order - 1.
    pub share: Vec<f64>,
    /// sigma^2 is the smallest or the largest value of the grid at which anything is salient, and
    /// so only a bound.
    pub at_edge: bool,
    /// What a curve without theory comes to.
    pub tilt: Tilt,
}

/// The null to compare a [`Fit`] with: the share of the last checkpoint, share*, tilted to lower
/// orders by a factor a player (ours).
///
/// share_k = share*_k exp(-rate k), normalised to sum 1, with the rate in -10..=10 that is nearest
/// to the measured share by least squares. Where share* is all of one order the rate is 0.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Tilt {
    /// The rate; above 0 for lower orders than the last checkpoint's.
    pub rate: f64,
    /// Root mean square over orders of the difference between the shares.
    pub residual: f64,
    /// The tilted share of strength by order, index order - 1.
    pub share: Vec<f64>,
}

impl Overlay {
    /// For each checkpoint the value of `grid` whose overlay is nearest to its share of strength by
    /// order, by least squares, the first of equally near ones. `None` where nothing of the
    /// checkpoint or of w* is salient, and for an empty grid. See the [module](super) for what the
    /// interval holds fixed.
    ///
    /// `checkpoints`: for each one the strengths of the same samples as those of the overlay, in
    /// the same order. Values of the grid that rounding swallows ([`Self::effects`]) or at which
    /// nothing is salient are passed over.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a value of the grid that is negative or not finite;
    /// [`Error::Mismatch`] when a checkpoint has not as many samples as the overlay, or a sample
    /// not n orders.
    pub fn fit(
        &self,
        checkpoints: &[Vec<SampleStrength>],
        grid: &[f64],
        resamples: &Resamples,
    ) -> Result<Vec<Option<Fit>>, Error> {
        let measured = checkpoints
            .iter()
            .map(|checkpoint| self.checked_strengths(checkpoint))
            .collect::<Result<Vec<_>, _>>()?;
        let curves = self.curves(grid)?;
        let all: Vec<usize> = (0..self.samples.len()).collect();
        let overlays = curves.strengths.shares(&all);
        let last = Strengths::new(self.schur.players(), &[self.strengths(&self.samples)]);
        let last = last.shares(&all);
        let draws = curves.draws(&measured, self.samples.len(), resamples);
        let fits = measured.iter().zip(draws).map(|(measured, draws)| {
            let share = measured.shares(&all);
            let nearest = curves.nearest(&overlays, &share)?;
            let tilt = Tilt::nearest(&last, &share)?;
            Some(curves.fit(nearest, &overlays, &share, draws, tilt))
        });
        Ok(fits.collect())
    }

    fn checked_strengths(&self, checkpoint: &Vec<SampleStrength>) -> Result<Strengths, Error> {
        let orders = self.schur.players();
        if checkpoint.len() != self.samples.len() {
            return Err(Error::Mismatch {
                what: "the strengths of a checkpoint's samples",
                found: checkpoint.len(),
                expected: self.samples.len(),
            });
        }
        let mut sides = checkpoint.iter().flat_map(|s| [&s.positive, &s.negative]);
        if let Some(side) = sides.find(|side| side.len() != orders) {
            return Err(Error::Mismatch {
                what: "a sample's strength by order",
                found: side.len(),
                expected: orders,
            });
        }
        Ok(Strengths::new(orders, std::slice::from_ref(checkpoint)))
    }

    /// The overlays at those values of `grid` at which there is one.
    fn curves(&self, grid: &[f64]) -> Result<Curves, Error> {
        let (mut sigma2, mut strengths) = (Vec::new(), Vec::new());
        for &value in grid {
            if let Some(samples) = self.shrunk(checked_sigma2(value)?) {
                sigma2.push(value);
                strengths.push(self.strengths(&samples));
            }
        }
        Ok(Curves {
            sigma2,
            strengths: Strengths::new(self.schur.players(), &strengths),
        })
    }
}

/// Strength by order of every sample, signs together, for one or several curves.
#[derive(Clone, Debug)]
struct Strengths {
    orders: usize,
    /// \[sample\]\[curve, order\]
    samples: Vec<Vec<f64>>,
}

impl Strengths {
    /// `curves`: the samples of each one, the same in all.
    fn new(orders: usize, curves: &[Vec<SampleStrength>]) -> Self {
        let samples = curves.iter().map(Vec::len).min().unwrap_or(0);
        let mut rows = vec![Vec::with_capacity(curves.len() * orders); samples];
        for curve in curves {
            for (row, sample) in rows.iter_mut().zip(curve) {
                let signs = sample.positive.iter().zip(&sample.negative);
                row.extend(signs.map(|(positive, negative)| positive - negative));
            }
        }
        Self {
            orders,
            samples: rows,
        }
    }

    /// Shares of strength of the drawn samples together, \[curve, order\]; NaN for a curve without
    /// strength, which is near to nothing.
    fn shares(&self, draw: &[usize]) -> Vec<f64> {
        let mut sums = vec![0.0; self.samples.first().map_or(0, Vec::len)];
        for sample in draw.iter().filter_map(|&i| self.samples.get(i)) {
            for (sum, strength) in sums.iter_mut().zip(sample) {
                *sum += strength;
            }
        }
        for curve in sums.chunks_exact_mut(self.orders) {
            normalise(curve);
        }
        sums
    }
}

fn normalise(strengths: &mut [f64]) {
    let total: f64 = strengths.iter().sum();
    for strength in strengths {
        *strength /= total;
    }
}

/// The overlay at several noises.
#[derive(Clone, Debug)]
struct Curves {
    sigma2: Vec<f64>,
    strengths: Strengths,
}

impl Curves {
    /// Which of the `overlays`, \[curve, order\], is nearest to the measured share, the first of
    /// equally near ones.
    fn nearest(&self, overlays: &[f64], measured: &[f64]) -> Option<usize> {
        let mut best = None;
        let mut least = f64::INFINITY;
        for (curve, overlay) in overlays.chunks_exact(self.strengths.orders).enumerate() {
            let distance = squared_distance(overlay, measured);
            if distance < least {
                (best, least) = (Some(curve), distance);
            }
        }
        best
    }

    /// For each of the `measured` curves the sigma^2 nearest to it in every draw in which there is
    /// one.
    fn draws(
        &self,
        measured: &[Strengths],
        samples: usize,
        resamples: &Resamples,
    ) -> Vec<Vec<f64>> {
        let mut draws = vec![Vec::with_capacity(resamples.count); measured.len()];
        resamples.for_each(samples, |draw| {
            let overlays = self.strengths.shares(draw);
            for (draws, measured) in draws.iter_mut().zip(measured) {
                let nearest = self.nearest(&overlays, &measured.shares(draw));
                draws.extend(nearest.and_then(|curve| self.sigma2.get(curve)));
            }
        });
        draws
    }

    fn fit(
        &self,
        nearest: usize,
        overlays: &[f64],
        measured: &[f64],
        mut draws: Vec<f64>,
        tilt: Tilt,
    ) -> Fit {
        let orders = self.strengths.orders;
        let sigma2 = self.sigma2[nearest];
        let share = overlays[nearest * orders..][..orders].to_vec();
        draws.sort_unstable_by(f64::total_cmp);
        let quantile = |level: f64| {
            let rank = level * draws.len().saturating_sub(1) as f64;
            draws.get(rank.round() as usize).copied().unwrap_or(sigma2)
        };
        let salient = self.sigma2.iter().zip(overlays.chunks_exact(orders));
        let salient = salient.filter(|(_, overlay)| !overlay[0].is_nan());
        let tried: Vec<f64> = salient.map(|(tried, _)| *tried).collect();
        let is_inside =
            tried.iter().any(|tried| *tried < sigma2) && tried.iter().any(|tried| *tried > sigma2);
        Fit {
            sigma2,
            low: quantile(0.025),
            high: quantile(0.975),
            residual: residual(&share, measured),
            share,
            at_edge: !is_inside,
            tilt,
        }
    }
}

impl Tilt {
    /// Rates are tried up to this size.
    const STEEPEST: f64 = 10.0;
    /// Steps of the first search to either side.
    const STEPS: u32 = 100;

    /// The tilt of the share `last` that is nearest to the measured one; `None` where a share is
    /// none.
    fn nearest(last: &[f64], measured: &[f64]) -> Option<Self> {
        let distance = |rate: f64| squared_distance(&Self::tilted(last, rate), measured);
        if distance(0.0).is_nan() {
            return None;
        }
        let step = Self::STEEPEST / f64::from(Self::STEPS);
        // The smaller of equally near rates comes first.
        let sizes = (1..=Self::STEPS).map(|i| step * f64::from(i));
        let first = smallest(sizes.flat_map(|rate| [rate, -rate]), 0.0, distance);
        let ends = [first - step, first + step].map(|r| r.clamp(-Self::STEEPEST, Self::STEEPEST));
        let rate = smallest([golden_section(ends, distance)], first, distance);
        let share = Self::tilted(last, rate);
        Some(Self {
            rate,
            residual: residual(&share, measured),
            share,
        })
    }

    fn tilted(share: &[f64], rate: f64) -> Vec<f64> {
        let orders = (1..).zip(share);
        let mut tilted: Vec<f64> = orders
            .map(|(k, share)| share * (-rate * f64::from(k)).exp())
            .collect();
        normalise(&mut tilted);
        tilted
    }
}

/// Which of some values has the smallest function value, `first` unless another one's is smaller.
fn smallest(
    values: impl IntoIterator<Item = f64>,
    first: f64,
    function: impl Fn(f64) -> f64,
) -> f64 {
    let mut best = (first, function(first));
    for x in values {
        let value = function(x);
        if value < best.1 {
            best = (x, value);
        }
    }
    best.0
}

/// Where a function with one minimum between two ends has it (Kiefer, 1953).
fn golden_section([mut low, mut high]: [f64; 2], function: impl Fn(f64) -> f64) -> f64 {
    const RATIO: f64 = 0.618_033_988_749_894_9;
    for _ in 0..60 {
        let width = RATIO * (high - low);
        let (left, right) = (high - width, low + width);
        if function(left) < function(right) {
            high = right;
        } else {
            low = left;
        }
    }
    0.5 * (low + high)
}

fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// Root mean square over orders.
fn residual(a: &[f64], b: &[f64]) -> f64 {
    (squared_distance(a, b) / a.len() as f64).sqrt()
}
