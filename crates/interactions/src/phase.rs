//! The two phases: where interactions begin to grow in order again, and where the loss gap opens.
//!
//! The papers mark the boundary by eye; both definitions are ours.

use crate::{bootstrap::Resamples, strength, strength::SampleStrength};

/// A checkpoint with its 95 % bootstrap interval, as indices into the checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Onset {
    /// The checkpoint on all samples.
    pub index: usize,
    /// Lower end of the interval.
    pub low: usize,
    /// Upper end of the interval.
    pub high: usize,
}

impl Onset {
    fn new(index: usize, mut draws: Vec<usize>) -> Self {
        draws.sort_unstable();
        let at = |level: f64| {
            draws
                .get((level * draws.len().saturating_sub(1) as f64).round() as usize)
                .copied()
        };
        Self {
            index,
            low: at(0.025).unwrap_or(index),
            high: at(0.975).unwrap_or(index),
        }
    }
}

/// The boundary between the phases: the checkpoint at which the mean order is smallest before it rises for good.
///
/// `checkpoints`: for each checkpoint the strengths of the same samples in the same order. `None` when the mean order does not rise
/// after its minimum or nothing is salient. Draws in which it does not rise count with the last checkpoint.
#[must_use]
pub fn boundary(checkpoints: &[Vec<SampleStrength>], resamples: &Resamples) -> Option<Onset> {
    let samples = checkpoints.iter().map(Vec::len).min()?;
    let smallest = |draw: &[usize]| {
        let orders = checkpoints.iter().map(|c| strength::mean_order(c, draw));
        last_minimum(orders)
    };
    let all: Vec<usize> = (0..samples).collect();
    let (index, rises) = smallest(&all)?;
    if !rises {
        return None;
    }
    let mut draws = Vec::with_capacity(resamples.count);
    resamples.for_each(samples, |draw| {
        draws.extend(smallest(draw).map(|(index, _)| index));
    });
    Some(Onset::new(index, draws))
}

/// Index of the smallest value, the last of equal ones, and whether a value follows it.
fn last_minimum(values: impl Iterator<Item = Option<f64>>) -> Option<(usize, bool)> {
    let mut smallest: Option<(usize, f64)> = None;
    let mut last = 0;
    for (index, value) in values.enumerate() {
        let Some(value) = value else { continue };
        last = index;
        if smallest.is_none_or(|(_, least)| value <= least) {
            smallest = Some((index, value));
        }
    }
    smallest.map(|(index, _)| (index, last > index))
}

/// The first checkpoint at which the loss gap (test loss - train loss) lies above its running minimum by more than
/// `margin`. `None` when it never does. Losses that are not finite are passed over.
#[must_use]
pub fn gap_onset(train_loss: &[f64], test_loss: &[f64], margin: f64) -> Option<usize> {
    let mut least = f64::INFINITY;
    train_loss
        .iter()
        .zip(test_loss)
        .map(|(train, test)| test - train)
        .position(|gap| {
            if !gap.is_finite() {
                return false;
            }
            least = least.min(gap);
            gap > least + margin
        })
}

/// [`gap_onset`] with an interval, from losses per sample: \[checkpoint\]\[sample\], the two splits drawn apart. Draws in which the
/// gap does not open count with the last checkpoint.
#[must_use]
pub fn gap_onset_of_samples(
    train: &[Vec<f64>],
    test: &[Vec<f64>],
    margin: f64,
    resamples: &Resamples,
) -> Option<Onset> {
    let of_train = train.iter().map(Vec::len).min()?;
    let of_test = test.iter().map(Vec::len).min()?;
    if of_train == 0 || of_test == 0 {
        return None;
    }
    let mean = |losses: &[Vec<f64>], chosen: &[usize]| -> Vec<f64> {
        let sum = |c: &Vec<f64>| chosen.iter().map(|&i| c[i]).sum::<f64>();
        losses
            .iter()
            .map(|c| sum(c) / chosen.len() as f64)
            .collect()
    };
    let onset = |a: &[usize], b: &[usize]| gap_onset(&mean(train, a), &mean(test, b), margin);
    let all: Vec<usize> = (0..of_train.max(of_test)).collect();
    let index = onset(&all[..of_train], &all[..of_test])?;
    let mut draws = Vec::with_capacity(resamples.count);
    let last = train.len().min(test.len()) - 1;
    let mut test_draws = Vec::with_capacity(resamples.count);
    // Another seed, so that the splits are drawn independently.
    let other = Resamples {
        seed: resamples.seed.wrapping_add(1),
        ..*resamples
    };
    other.for_each(of_test, |draw| test_draws.push(draw.to_vec()));
    let mut test_draws = test_draws.into_iter();
    resamples.for_each(of_train, |draw| {
        if let Some(of_test) = test_draws.next() {
            draws.push(onset(draw, &of_test).unwrap_or(last));
        }
    });
    Some(Onset::new(index, draws))
}
