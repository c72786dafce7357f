//! Generalisation power: how alike interactions on training and on test samples are.
//!
//! Per order k the mean over classes c of Sim(mean I over training samples of c, mean I over test samples of c), AND and OR
//! effects side by side, players at the same positions for all samples (arXiv 2302.13091; arXiv 2405.10262, section 4).

use crate::{
    bootstrap::{Estimate, Resamples},
    mask,
};

/// The interactions of one sample and its class. Both arrays have length 2^n.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassEffects<'a> {
    /// Class of the sample.
    pub label: usize,
    /// AND effects.
    pub and: &'a [f64],
    /// OR effects.
    pub or: &'a [f64],
}

/// Signed Jaccard similarity: both vectors are split into positive and negative parts, sum of minima over sum of
/// maxima. Opposite signs share nothing. `None` for two vectors without an entry other than 0 and for
/// different lengths.
#[must_use]
pub fn signed_jaccard(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() != b.len() {
        return None;
    }
    let mut overlap = Overlap::default();
    for (&a, &b) in a.iter().zip(b) {
        overlap.add(a, b);
    }
    overlap.ratio()
}

/// Sums of minima and maxima over both signs.
#[derive(Clone, Copy, Debug, Default)]
struct Overlap {
    shared: f64,
    all: f64,
}

impl Overlap {
    fn add(&mut self, a: f64, b: f64) {
        let (a_pos, b_pos) = (a.max(0.0), b.max(0.0));
        let (a_neg, b_neg) = ((-a).max(0.0), (-b).max(0.0));
        self.shared += a_pos.min(b_pos) + a_neg.min(b_neg);
        self.all += a_pos.max(b_pos) + a_neg.max(b_neg);
    }

    fn ratio(self) -> Option<f64> {
        (self.all > 0.0).then(|| self.shared / self.all)
    }
}

/// Similarity of training and test interactions for orders 1..=n (index order - 1), with an interval from drawing
/// samples anew within each class and split. Means of drawn samples are noisier than those of all, which lowers the
/// similarity of every draw; the interval is moved so that the median of the draws lies on the value (ours). `None` for an order at which no class has an interaction; classes
/// without samples in both splits are left out.
#[must_use]
pub fn by_order(
    train: &[ClassEffects<'_>],
    test: &[ClassEffects<'_>],
    resamples: &Resamples,
) -> Vec<Option<Estimate>> {
    let masks = train
        .iter()
        .chain(test)
        .map(|s| s.and.len().min(s.or.len()))
        .min()
        .unwrap_or(0);
    let players = masks.checked_ilog2().unwrap_or(0) as usize;
    let mut values = Means::new(players, 1 << players);
    let mut draws = vec![Vec::with_capacity(resamples.count); players];
    let pairs = class_pairs(train, test);
    let whole: Vec<_> = pairs
        .iter()
        .map(|(a, b)| (indices(a.len()), indices(b.len())))
        .collect();
    let value = values.mean_similarity(&pairs, &whole);

    // Every class and split is drawn from on its own.
    let sizes = pairs.iter().flat_map(|(a, b)| [a.len(), b.len()]);
    let groups: Vec<Vec<Vec<usize>>> = (0..)
        .zip(sizes)
        .map(|(group, len)| {
            let mut drawn = Vec::with_capacity(resamples.count);
            let seed = resamples.seed.wrapping_add(group);
            Resamples { seed, ..*resamples }.for_each(len, |draw| drawn.push(draw.to_vec()));
            drawn
        })
        .collect();
    for draw in 0..resamples.count {
        let chosen: Vec<_> = groups
            .as_chunks::<2>()
            .0
            .iter()
            .map(|[train, test]| (train[draw].clone(), test[draw].clone()))
            .collect();
        for (column, value) in draws
            .iter_mut()
            .zip(values.mean_similarity(&pairs, &chosen))
        {
            column.extend(value);
        }
    }
    value
        .into_iter()
        .zip(&mut draws)
        .map(|(value, draws)| Some(centred(value?, draws)))
        .collect()
}

/// A similarity with the interval of its draws, moved onto it.
fn centred(value: f64, draws: &mut [f64]) -> Estimate {
    draws.sort_unstable_by(f64::total_cmp);
    let median = draws.get(draws.len() / 2).copied().unwrap_or(value);
    for draw in draws.iter_mut() {
        *draw = (*draw + value - median).clamp(0.0, 1.0);
    }
    Estimate::new(value, draws)
}

type Samples<'a> = Vec<ClassEffects<'a>>;

fn indices(len: usize) -> Vec<usize> {
    (0..len).collect()
}

/// Training and test samples of every class that has both, by class.
fn class_pairs<'a>(
    train: &[ClassEffects<'a>],
    test: &[ClassEffects<'a>],
) -> Vec<(Samples<'a>, Samples<'a>)> {
    let labels: std::collections::BTreeSet<usize> = train.iter().map(|s| s.label).collect();
    let of = |samples: &[ClassEffects<'a>], label| -> Samples<'a> {
        samples
            .iter()
            .filter(|s| s.label == label)
            .copied()
            .collect()
    };
    let pairs = labels
        .into_iter()
        .map(|label| (of(train, label), of(test, label)));
    pairs.filter(|(_, test)| !test.is_empty()).collect()
}

/// Scratch for class means.
struct Means {
    players: usize,
    masks: usize,
    train: Vec<f64>,
    test: Vec<f64>,
}

impl Means {
    fn new(players: usize, masks: usize) -> Self {
        Self {
            players,
            masks,
            train: vec![0.0; 2 * masks],
            test: vec![0.0; 2 * masks],
        }
    }

    /// Mean over classes of the similarity of the chosen samples' means, by order.
    fn mean_similarity(
        &mut self,
        pairs: &[(Samples<'_>, Samples<'_>)],
        chosen: &[(Vec<usize>, Vec<usize>)],
    ) -> Vec<Option<f64>> {
        let mut sums = vec![(0.0, 0_usize); self.players];
        for ((train, test), (of_train, of_test)) in pairs.iter().zip(chosen) {
            write_mean(&mut self.train, self.masks, train, of_train);
            write_mean(&mut self.test, self.masks, test, of_test);
            let mut overlaps = vec![Overlap::default(); self.players + 1];
            for (i, (&a, &b)) in self.train.iter().zip(&self.test).enumerate() {
                overlaps[mask::order((i % self.masks) as mask::Mask)].add(a, b);
            }
            for ((sum, count), overlap) in sums.iter_mut().zip(&overlaps[1..]) {
                if let Some(ratio) = overlap.ratio() {
                    *sum += ratio;
                    *count += 1;
                }
            }
        }
        sums.into_iter()
            .map(|(sum, count)| (count > 0).then(|| sum / count as f64))
            .collect()
    }
}

/// Mean of the chosen samples, AND effects in the first half and OR effects in the second.
fn write_mean(mean: &mut [f64], masks: usize, samples: &[ClassEffects<'_>], chosen: &[usize]) {
    mean.fill(0.0);
    let (and, or) = mean.split_at_mut(masks);
    for sample in chosen.iter().filter_map(|&i| samples.get(i)) {
        for (sum, x) in and
            .iter_mut()
            .zip(sample.and)
            .chain(or.iter_mut().zip(sample.or))
        {
            *sum += x / chosen.len() as f64;
        }
    }
}
