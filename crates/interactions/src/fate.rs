//! What becomes of interactions between two checkpoints, or from one network to another.
//!
//! An interaction is preserved when it is salient at both with one sign, reversed when it is with
//! the other, emerged when it is salient at the second only, and removed when it is at the first
//! only (arXiv 2606.08129 follows interactions so; reversed ones apart are ours).

use crate::{mask, salience};

/// Interactions by order, index order - 1.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Tally {
    /// How many.
    pub count: Vec<f64>,
    /// Their summed size in units of v: at the second checkpoint, of removed ones at the first.
    pub strength: Vec<f64>,
}

/// All fates.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Fates {
    /// Salient at both, of one sign.
    pub preserved: Tally,
    /// Salient at both, of opposite signs.
    pub reversed: Tally,
    /// Salient at the second only.
    pub emerged: Tally,
    /// Salient at the first only.
    pub removed: Tally,
}

/// Effects over masks, AND and OR, with the threshold from which on one is salient.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// AND effects.
    pub and: &'a [f64],
    /// OR effects.
    pub or: &'a [f64],
    /// In units of v.
    pub threshold: f64,
}

impl Tally {
    fn of(players: usize) -> Self {
        Self {
            count: vec![0.0; players],
            strength: vec![0.0; players],
        }
    }

    fn add(&mut self, order: usize, effect: f64) {
        self.count[order - 1] += 1.0;
        self.strength[order - 1] += effect.abs();
    }

    fn accumulate(&mut self, other: &Self, weight: f64) {
        let sums = [
            (&mut self.count, &other.count),
            (&mut self.strength, &other.strength),
        ];
        for (all, more) in sums {
            all.resize(all.len().max(more.len()), 0.0);
            for (all, more) in all.iter_mut().zip(more) {
                *all += weight * more;
            }
        }
    }
}

impl Fates {
    /// Means over samples; empty without any.
    #[must_use]
    pub fn mean(samples: &[Self]) -> Self {
        let weight = 1.0 / samples.len() as f64;
        let mut mean = Self::default();
        for sample in samples {
            mean.preserved.accumulate(&sample.preserved, weight);
            mean.reversed.accumulate(&sample.reversed, weight);
            mean.emerged.accumulate(&sample.emerged, weight);
            mean.removed.accumulate(&sample.removed, weight);
        }
        mean
    }
}

/// What became of a salient interaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Preserved,
    Reversed,
    Emerged,
    Removed,
}

/// Masks of both types with the effects of both sides.
fn pairs<'a>(before: Side<'a>, after: Side<'a>) -> impl Iterator<Item = (usize, f64, f64)> + 'a {
    let types = [(before.and, after.and), (before.or, after.or)];
    types.into_iter().flat_map(|(before, after)| {
        let pairs = before.iter().zip(after).skip(1);
        (1..).zip(pairs).map(|(s, (b, a))| (mask::order(s), *b, *a))
    })
}

/// Interactions that are salient on either side: fate, order, and the effect, on the second side or,
/// if removed, on the first.
fn followed<'a>(
    before: Side<'a>,
    after: Side<'a>,
) -> impl Iterator<Item = (Fate, usize, f64)> + 'a {
    pairs(before, after).filter_map(move |(order, b, a)| {
        let was = salience::is_salient(b, before.threshold);
        let is = salience::is_salient(a, after.threshold);
        match (was, is) {
            (true, true) if (a > 0.0) == (b > 0.0) => Some((Fate::Preserved, order, a)),
            (true, true) => Some((Fate::Reversed, order, a)),
            (false, true) => Some((Fate::Emerged, order, a)),
            (true, false) => Some((Fate::Removed, order, b)),
            (false, false) => None,
        }
    })
}

/// What becomes of a sample's interactions.
#[must_use]
pub fn fates(before: Side<'_>, after: Side<'_>) -> Fates {
    let players = before.and.len().checked_ilog2().unwrap_or(0) as usize;
    let nothing = || Tally::of(players);
    let mut found = Fates {
        preserved: nothing(),
        reversed: nothing(),
        emerged: nothing(),
        removed: nothing(),
    };
    for (fate, order, effect) in followed(before, after) {
        let tally = match fate {
            Fate::Preserved => &mut found.preserved,
            Fate::Reversed => &mut found.reversed,
            Fate::Emerged => &mut found.emerged,
            Fate::Removed => &mut found.removed,
        };
        tally.add(order, effect);
    }
    found
}

/// What interactions of each fate add to the output of the whole sample, in units of v.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sums {
    /// Salient on both sides, of one sign; on the second side.
    pub preserved: f64,
    /// Salient on both sides, of opposite signs; on the second side.
    pub reversed: f64,
    /// Salient on the second side only; there.
    pub emerged: f64,
    /// Salient on the first side only; there.
    pub removed: f64,
}

/// Sums of a sample's interactions, by what becomes of them.
#[must_use]
pub fn sums(before: Side<'_>, after: Side<'_>) -> Sums {
    let mut sums = Sums::default();
    for (fate, _, effect) in followed(before, after) {
        let sum = match fate {
            Fate::Preserved => &mut sums.preserved,
            Fate::Reversed => &mut sums.reversed,
            Fate::Emerged => &mut sums.emerged,
            Fate::Removed => &mut sums.removed,
        };
        *sum += effect;
    }
    sums
}

/// Sums of |dI| / (|I| + |I'|) over interactions that are salient on either side, and how many they
/// are, by order (IPS of arXiv 2606.08129 is their quotient): 0 for the same effects, 1 for effects
/// that one side only has or that have opposite signs.
#[must_use]
pub fn instability(before: Side<'_>, after: Side<'_>) -> Vec<[f64; 2]> {
    let players = before.and.len().checked_ilog2().unwrap_or(0) as usize;
    let mut sums = vec![[0.0; 2]; players];
    for (order, b, a) in pairs(before, after) {
        let counts =
            salience::is_salient(b, before.threshold) || salience::is_salient(a, after.threshold);
        if counts {
            let [sum, count] = &mut sums[order - 1];
            *sum += (a - b).abs() / (a.abs() + b.abs());
            *count += 1.0;
        }
    }
    sums
}

/// Of the interactions that are salient on the first side how many are salient with the same sign on
/// the second, and how many they are, by order (gamma of arXiv 2605.17967 is their quotient).
#[must_use]
pub fn transferred(from: Side<'_>, to: Side<'_>) -> Vec<[f64; 2]> {
    let players = from.and.len().checked_ilog2().unwrap_or(0) as usize;
    let mut sums = vec![[0.0; 2]; players];
    for (order, b, a) in pairs(from, to) {
        if salience::is_salient(b, from.threshold) {
            let stays = salience::is_salient(a, to.threshold) && (a > 0.0) == (b > 0.0);
            let [sum, count] = &mut sums[order - 1];
            *sum += f64::from(u8::from(stays));
            *count += 1.0;
        }
    }
    sums
}

/// Sums and counts of several samples together, by order.
pub fn summed(samples: impl IntoIterator<Item = Vec<[f64; 2]>>) -> Vec<[f64; 2]> {
    let samples = samples.into_iter();
    samples.fold(Vec::new(), |mut sums, sample| {
        sums.resize(sums.len().max(sample.len()), [0.0; 2]);
        for (all, more) in sums.iter_mut().zip(sample) {
            all[0] += more[0];
            all[1] += more[1];
        }
        sums
    })
}

/// Sum by count; `None` of nothing.
#[must_use]
pub fn quotient([sum, count]: [f64; 2]) -> Option<f64> {
    (count > 0.0).then(|| sum / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OR: [f64; 8] = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0];

    fn side(and: &[f64]) -> Side<'_> {
        Side {
            and,
            or: &OR,
            threshold: 0.5,
        }
    }

    #[test]
    fn planted_fates_are_found_by_order() {
        // Masks 1 (order 1), 3 (order 2), 5 (order 2), 7 (order 3).
        let before = [9.0, 1.0, 0.0, 1.0, 0.0, 2.0, 0.0, 0.4];
        let after = [7.0, 3.0, 0.0, -1.0, 0.0, 0.1, 0.0, 0.8];
        let found = fates(side(&before), side(&after));
        assert_eq!(found.preserved.count, [1.0, 0.0, 1.0]);
        assert_eq!(found.preserved.strength, [3.0, 0.0, 2.0]);
        assert_eq!(found.reversed.count, [0.0, 1.0, 0.0]);
        assert_eq!(found.emerged.strength, [0.0, 0.0, 0.8]);
        assert_eq!(found.removed.strength, [0.0, 2.0, 0.0]);
        // The OR of all stays as it is.
        let added = Sums {
            preserved: 5.0,
            reversed: -1.0,
            emerged: 0.8,
            removed: 2.0,
        };
        assert_eq!(sums(side(&before), side(&after)), added);
        let same = fates(side(&before), side(&before));
        assert_eq!(same.preserved.count, [1.0, 2.0, 1.0]);
        assert_eq!(same.emerged.count, [0.0; 3]);
        let mean = Fates::mean(&[found, same]);
        assert_eq!(mean.preserved.count, [1.0, 1.0, 1.0]);
    }

    #[test]
    fn instability_and_transfer_lie_between_the_same_and_nothing_in_common() {
        let one = [0.0, 1.0, 0.0, 1.0, 0.0, 2.0, 0.0, 0.4];
        let other = [0.0, 3.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.8];
        let [first, second, third] = instability(side(&one), side(&other))[..] else {
            panic!("three orders")
        };
        assert_eq!(first, [0.5, 1.0]);
        assert_eq!(second, [2.0, 2.0]);
        // The AND of all has 0.4 / 1.2, the OR of all 0.
        assert!((third[0] - 0.4 / 1.2).abs() < 1e-15 && third[1] == 2.0);
        let same = instability(side(&one), side(&one));
        assert!(same.iter().all(|[sum, _]| *sum == 0.0));
        assert_eq!(
            transferred(side(&one), side(&other)),
            [[1.0, 1.0], [0.0, 2.0], [1.0, 1.0]]
        );
        let both = summed([vec![[0.5, 1.0]], vec![[2.5, 2.0], [0.0, 0.0]]]);
        let quotients: Vec<Option<f64>> = both.into_iter().map(quotient).collect();
        assert_eq!(quotients, [Some(1.0), None]);
    }
}
