//! Where the loss gap opens (ours).

use super::Onset;
use crate::bootstrap::{Estimate, Resamples};

/// Standard errors by which the gap must lie above its running minimum.
pub const MARGIN: f64 = 3.0;
/// Checkpoints in a row at which it must do so, the onset among them.
pub const KEPT: usize = 3;

/// Cross-entropies of the same samples at every checkpoint, \[checkpoint\]\[sample\], in nats.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SplitLosses {
    /// Of training samples whose label is right: a reset label's loss falls late, whatever happens
    /// to the others.
    pub train: Vec<Vec<f32>>,
    /// Of test samples.
    pub test: Vec<Vec<f32>>,
}

/// What the losses say. Indices are positions of checkpoints.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LossGap {
    /// Whether the test loss comes below that of an answer which does not look at its input. Of a
    /// network that learnt nothing no gap is claimed.
    pub has_learnt: bool,
    /// First of [`KEPT`] checkpoints at which the gap lies [`MARGIN`] standard errors above its
    /// running minimum.
    pub onset: Option<Onset>,
    /// How far the gap rises from its minimum to the last checkpoint, in nats, with a 95 % interval
    /// of normal errors.
    pub rise: Option<Estimate>,
    /// Where the test loss is smallest.
    pub test_minimum: Option<Onset>,
}

/// Sums over the drawn samples of one split, by checkpoint.
struct Means {
    /// \[sample\]\[checkpoint\].
    rows: Vec<f32>,
    checkpoints: usize,
}

impl Means {
    fn new(losses: &[Vec<f32>], kept: &[usize]) -> Self {
        let samples = kept.iter().map(|&c| losses[c].len()).min().unwrap_or(0);
        let rows = (0..samples).flat_map(|sample| kept.iter().map(move |&c| losses[c][sample]));
        Self {
            rows: rows.collect(),
            checkpoints: kept.len(),
        }
    }

    fn samples(&self) -> usize {
        self.rows.len().checked_div(self.checkpoints).unwrap_or(0)
    }

    fn of(&self, draw: impl ExactSizeIterator<Item = usize>) -> Vec<f64> {
        let count = draw.len() as f64;
        let mut sums = vec![0.0; self.checkpoints];
        for sample in draw {
            let row = &self.rows[sample * self.checkpoints..][..self.checkpoints];
            for (sum, loss) in sums.iter_mut().zip(row) {
                *sum += f64::from(*loss);
            }
        }
        sums.into_iter().map(|sum| sum / count).collect()
    }

    /// Square of the standard error of the change between two checkpoints, paired by sample.
    fn variance(&self, from: usize, to: usize) -> f64 {
        let samples = self.samples() as f64;
        let (mut sum, mut squares) = (0.0, 0.0);
        for row in self.rows.chunks_exact(self.checkpoints) {
            let change = f64::from(row[to]) - f64::from(row[from]);
            sum += change;
            squares += change * change;
        }
        let mean = sum / samples;
        ((squares / samples - mean * mean) / (samples - 1.0).max(1.0)).max(0.0)
    }
}

/// Standard errors of the gap's change between any two checkpoints.
struct Errors(Vec<Vec<f64>>);

impl Errors {
    fn new(train: &Means, test: &Means) -> Self {
        let error = |from, to| (train.variance(from, to) + test.variance(from, to)).sqrt();
        let rows = (0..train.checkpoints).map(|to| (0..to).map(|from| error(from, to)).collect());
        Self(rows.collect())
    }

    /// The first checkpoint from which on the gap is open for [`KEPT`] ones.
    fn onset(&self, gap: &[f64]) -> Option<usize> {
        let mut least = 0;
        for index in 1..gap.len() {
            let is_open = |later: usize| {
                let errors = self.0.get(later)?.get(least)?;
                Some(gap.get(later)? - gap[least] > MARGIN * errors)
            };
            if (index..index + KEPT).all(|later| is_open(later) == Some(true)) {
                return Some(index);
            }
            if gap[index] < gap[least] {
                least = index;
            }
        }
        None
    }
}

/// Whether the mean test loss of a checkpoint lies [`MARGIN`] standard errors below `chance`, the
/// entropy of the labels in nats.
#[must_use]
pub fn has_learnt(test: &[Vec<f32>], chance: f64) -> bool {
    test.iter().any(|losses| {
        let samples = losses.len() as f64;
        let mean = losses.iter().map(|&loss| f64::from(loss)).sum::<f64>() / samples;
        let squares = losses.iter().map(|&loss| (f64::from(loss) - mean).powi(2));
        let error = (squares.sum::<f64>() / (samples * (samples - 1.0).max(1.0))).sqrt();
        mean + MARGIN * error < chance
    })
}

/// Where the gap between test loss and training loss opens. The second value is the onset of every
/// draw, the splits drawn apart; in draws in which it does not open, the last checkpoint. `chance`:
/// see [`has_learnt`]. Checkpoints with losses that are not finite are passed over.
#[must_use]
pub fn loss_gap(losses: &SplitLosses, chance: f64, resamples: &Resamples) -> (LossGap, Vec<usize>) {
    let is_finite = |split: &[Vec<f32>], index: usize| {
        split
            .get(index)
            .is_some_and(|l| !l.is_empty() && l.iter().all(|x| x.is_finite()))
    };
    let checkpoints = 0..losses.train.len().min(losses.test.len());
    let kept: Vec<usize> = checkpoints
        .filter(|&index| is_finite(&losses.train, index) && is_finite(&losses.test, index))
        .collect();
    let mut found = LossGap {
        has_learnt: has_learnt(&losses.test, chance),
        onset: None,
        rise: None,
        test_minimum: None,
    };
    if !found.has_learnt || kept.is_empty() {
        return (found, Vec::new());
    }
    let (train, test) = (
        Means::new(&losses.train, &kept),
        Means::new(&losses.test, &kept),
    );
    let errors = Errors::new(&train, &test);
    let test_means = test.of(0..test.samples());
    let gap = gaps(&train.of(0..train.samples()), &test_means);
    let onset = errors.onset(&gap);
    let draws = draws(&train, &test, resamples);
    let onsets: Vec<usize> = draws
        .iter()
        .map(|(train, test)| kept[errors.onset(&gaps(train, test)).unwrap_or(kept.len() - 1)])
        .collect();
    let minima: Vec<usize> = draws.iter().map(|(_, test)| kept[minimum(test)]).collect();
    found.onset = onset.map(|index| Onset::new(kept[index], &onsets));
    found.rise = rise(&gap, &errors);
    found.test_minimum = Some(Onset::new(kept[minimum(&test_means)], &minima));
    (found, onsets)
}

/// Means of both splits by checkpoint, in every draw.
fn draws(train: &Means, test: &Means, resamples: &Resamples) -> Vec<(Vec<f64>, Vec<f64>)> {
    let of = |means: &Means, resamples: &Resamples| {
        let mut drawn = Vec::with_capacity(resamples.count);
        resamples.for_each(means.samples(), |draw| {
            drawn.push(means.of(draw.iter().copied()));
        });
        drawn
    };
    let test = of(test, &resamples.other());
    of(train, resamples).into_iter().zip(test).collect()
}

fn gaps(train: &[f64], test: &[f64]) -> Vec<f64> {
    test.iter()
        .zip(train)
        .map(|(test, train)| test - train)
        .collect()
}

fn minimum(values: &[f64]) -> usize {
    let smallest = values.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1));
    smallest.map_or(0, |(index, _)| index)
}

/// From the minimum of the gap to its end.
fn rise(gap: &[f64], errors: &Errors) -> Option<Estimate> {
    const NORMAL: f64 = 1.96;
    let (least, last) = (minimum(gap), gap.len() - 1);
    let error = errors.0.get(last)?.get(least)?;
    let value = gap[last] - gap[least];
    Some(Estimate {
        value,
        low: value - NORMAL * error,
        high: value + NORMAL * error,
    })
}

/// How long after the boundary the gap opens, in epochs, with the interval of their draws, which
/// are independent.
#[must_use]
pub fn lag(
    epochs: &[f64],
    (boundary, boundaries): (usize, &[usize]),
    (onset, onsets): (usize, &[usize]),
) -> Option<Estimate> {
    let between = |boundary: usize, onset: usize| Some(epochs.get(onset)? - epochs.get(boundary)?);
    let draws = boundaries.iter().zip(onsets);
    let mut draws: Vec<f64> = draws.filter_map(|(&b, &o)| between(b, o)).collect();
    Some(Estimate::new(between(boundary, onset)?, &mut draws))
}
