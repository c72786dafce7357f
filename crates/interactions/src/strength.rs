//! Strength of interactions by order.
//!
//! Over samples x and both types (arXiv 2405.10262, figure 3):
//!
//! ```text
//! J_pos(k) = mean_x sum_{|S|=k, salient} max(I(S), 0)      J_neg(k) = mean_x sum_{|S|=k, salient} min(I(S), 0)
//! share(k) = (J_pos(k) - J_neg(k)) / sum over all orders of the same      mean order = sum_k k share(k)
//! ```
//!
//! Order 0 is left out. The intervals are ours.

use crate::{
    bootstrap::{Estimate, Resamples},
    decompose::{BARS, Decomposition, HIGH_ORDER, Statistic},
    mask,
    ratio::{self, Ratio},
    salience,
};

/// Summed positive and negative effects of one sample, by order; index order - 1, in units of v.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SampleStrength {
    /// Sum of the positive effects of each order.
    pub positive: Vec<f64>,
    /// Sum of the negative effects of each order, 0 or below.
    pub negative: Vec<f64>,
}

impl SampleStrength {
    /// Summed sizes of the effects of each order, J_pos - J_neg of the sample.
    pub fn sizes(&self) -> impl Iterator<Item = f64> + '_ {
        let orders = self.positive.iter().zip(&self.negative);
        orders.map(|(positive, negative)| positive - negative)
    }

    /// Summed effects of each order: what it adds to the output of the whole sample.
    pub fn sums(&self) -> impl Iterator<Item = f64> + '_ {
        let orders = self.positive.iter().zip(&self.negative);
        orders.map(|(positive, negative)| positive + negative)
    }
}

/// Mean strengths over samples, with intervals; index order - 1, in units of v.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct StrengthByOrder {
    /// J_pos.
    pub positive: Vec<Estimate>,
    /// J_neg, 0 or below.
    pub negative: Vec<Estimate>,
    /// J_pos - J_neg, normalised to sum 1; `None` when nothing is salient.
    pub share: Option<Vec<Estimate>>,
    /// sum of k share(k); `None` when nothing is salient.
    pub mean_order: Option<Estimate>,
}

/// Strength by order of a decomposition's effects of at least `threshold`, AND and OR together; 0
/// takes all.
#[must_use]
pub fn of_sample(decomposition: &Decomposition, threshold: f64) -> SampleStrength {
    of_effects(&[&decomposition.and, &decomposition.or], threshold)
}

/// As [`of_sample`], for any arrays of effects over masks, summed; orders up to that of the longest
/// array.
#[must_use]
pub fn of_effects(effects: &[&[f64]], threshold: f64) -> SampleStrength {
    let masks = effects.iter().map(|e| e.len()).max().unwrap_or(0);
    let players = masks.checked_ilog2().unwrap_or(0) as usize;
    let mut strength = SampleStrength {
        positive: vec![0.0; players],
        negative: vec![0.0; players],
    };
    for array in effects {
        for (s, &effect) in (1..).zip(array.iter().skip(1)) {
            if salience::is_salient(effect, threshold) {
                let side = if effect > 0.0 {
                    &mut strength.positive
                } else {
                    &mut strength.negative
                };
                if let Some(sum) = side.get_mut(mask::order(s) - 1) {
                    *sum += effect;
                }
            }
        }
    }
    strength
}

/// Mean strengths over samples with bootstrap intervals; empty without samples.
#[must_use]
pub fn by_order(samples: &[SampleStrength], resamples: &Resamples) -> StrengthByOrder {
    let estimates = |side: fn(&SampleStrength) -> &[f64]| {
        resamples
            .estimates(samples.len(), |draw| mean(samples, draw, side))
            .unwrap_or_default()
    };
    StrengthByOrder {
        positive: estimates(|s| &s.positive),
        negative: estimates(|s| &s.negative),
        share: resamples.estimates(samples.len(), |draw| share(samples, draw)),
        mean_order: resamples.estimate(samples.len(), |draw| mean_order(samples, draw)),
    }
}

/// Share of strength of the orders [`HIGH_ORDER`] and above, with its bootstrap interval; `None`
/// when nothing is salient.
#[must_use]
pub fn share_of_high_orders(samples: &[SampleStrength], resamples: &Resamples) -> Option<Estimate> {
    resamples.estimate(samples.len(), |draw| {
        let share = share(samples, draw)?;
        Some(share.iter().skip(HIGH_ORDER - 1).sum())
    })
}

/// A statistic of all samples together, as sums over them.
pub(crate) fn ratio(statistic: Statistic, samples: &[SampleStrength]) -> Ratio {
    let of_sample = |sample: &SampleStrength| {
        (1..)
            .zip(sample.sizes())
            .fold([0.0; 2], |[sum, all], (order, strength)| {
                [sum + statistic.from_below(order) * strength, all + strength]
            })
    };
    samples.iter().map(of_sample).collect()
}

/// How much larger a statistic is of `a` than of `b`, two groups of different samples, with its
/// bootstrap-t interval; `None` where it is undefined, or a group has fewer than two samples.
#[must_use]
pub fn difference(
    statistic: Statistic,
    a: &[SampleStrength],
    b: &[SampleStrength],
    resamples: &Resamples,
) -> Option<Estimate> {
    ratio::unpaired(&ratio(statistic, a), &ratio(statistic, b), resamples)
}

/// Share of strength of all samples together of each bar: orders 1, 2, and [`HIGH_ORDER`] and
/// above; `None` when there are no effects.
#[must_use]
pub fn share_of_bars(samples: &[SampleStrength]) -> Option<[f64; BARS]> {
    let all: Vec<usize> = (0..samples.len()).collect();
    let mut bars = [0.0; BARS];
    for (order, share) in share(samples, &all)?.into_iter().enumerate() {
        bars[order.min(BARS - 1)] += share;
    }
    Some(bars)
}

/// Mean over the drawn samples, order by order; `None` without samples.
fn mean(
    samples: &[SampleStrength],
    draw: &[usize],
    side: fn(&SampleStrength) -> &[f64],
) -> Option<Vec<f64>> {
    let orders = samples.iter().map(|s| side(s).len()).max()?;
    let mut sums = vec![0.0; orders];
    for sample in draw.iter().filter_map(|&i| samples.get(i)) {
        for (sum, x) in sums.iter_mut().zip(side(sample)) {
            *sum += x;
        }
    }
    Some(
        sums.into_iter()
            .map(|sum| sum / draw.len().max(1) as f64)
            .collect(),
    )
}

/// Normalised strength of the drawn samples; `None` when nothing is salient.
#[must_use]
pub fn share(samples: &[SampleStrength], draw: &[usize]) -> Option<Vec<f64>> {
    let positive = mean(samples, draw, |s| &s.positive)?;
    let negative = mean(samples, draw, |s| &s.negative)?;
    let total: f64 = positive.iter().zip(&negative).map(|(p, n)| p - n).sum();
    (total > 0.0).then(|| {
        positive
            .iter()
            .zip(&negative)
            .map(|(p, n)| (p - n) / total)
            .collect()
    })
}

/// Mean order of the drawn samples; `None` when nothing is salient.
#[must_use]
pub fn mean_order(samples: &[SampleStrength], draw: &[usize]) -> Option<f64> {
    Some(
        (1..)
            .zip(share(samples, draw)?)
            .map(|(k, share)| f64::from(k) * share)
            .sum(),
    )
}
