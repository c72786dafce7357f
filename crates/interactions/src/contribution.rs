//! What interactions of chosen orders contribute to an answer.
//!
//! By universal matching the output of the whole sample is the baseline and all effects together:
//! v(N) = v(empty) + sum over S of I_and(S) + I_or(S). Leaving some of them out gives the output of
//! a network that does not have them, and with log-odds v of the label its loss ln(1 + e^-v)
//! (arXiv 2605.17967 looks at generalisation order by order; the removals at equal strength are
//! ours).

use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use crate::{decompose::HIGH_ORDER, mask, salience, strength};

/// Which orders are left in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Those up to this one.
    UpTo(usize),
    /// This one.
    Only(usize),
    /// All but this one.
    Without(usize),
}

impl Cut {
    fn keeps(self, order: usize) -> bool {
        match self {
            Self::UpTo(most) => order <= most,
            Self::Only(one) => order == one,
            Self::Without(one) => order != one,
        }
    }
}

/// What all effects of an order add to the output of the whole sample, index order - 1, in units of
/// v.
#[must_use]
pub fn by_order(and: &[f64], or: &[f64]) -> Vec<f64> {
    strength::of_effects(&[and, or], 0.0).sums().collect()
}

/// The output with some orders left out; `constant` is what no order contributes.
#[must_use]
pub fn output(constant: f64, by_order: &[f64], cut: Cut) -> f64 {
    let kept = (1..).zip(by_order).filter(|(order, _)| cut.keeps(*order));
    constant + kept.map(|(_, sum)| sum).sum::<f64>()
}

/// Cross-entropy of log-odds v of the label, ln(1 + e^-v), in nats.
#[must_use]
pub fn loss(v: f64) -> f64 {
    (-v).max(0.0) + (-v.abs()).exp().ln_1p()
}

/// How cancelled the effects of an order are: |sum I| / sum |I| over both types, index order - 1;
/// `None` where there are none (rho of arXiv 2605.17967).
#[must_use]
pub fn cancellation(and: &[f64], or: &[f64]) -> Vec<Option<f64>> {
    let found = strength::of_effects(&[and, or], 0.0);
    let sums = found.sums().zip(found.sizes());
    sums.map(|(sum, size)| (size > 0.0).then(|| sum.abs() / size))
        .collect()
}

/// What the output loses when salient interactions of equal summed strength are taken out of it, in
/// units of v.
#[derive(Clone, Debug, PartialEq)]
pub struct Removals {
    /// Strength that is taken out each time: what both low and high orders have.
    pub strength: f64,
    /// The strongest of orders below [`HIGH_ORDER`].
    pub low: f64,
    /// The strongest of the others.
    pub high: f64,
    /// At random, whatever their order.
    pub random: Vec<f64>,
    /// Of low and of high orders, as many as change the output by the same amount: what is left of
    /// a difference is their sign.
    pub same_change: [f64; 2],
}

/// Removals from a sample; `None` where low or high orders have nothing salient. The last interaction
/// that is taken out is so in part, so that strengths are equal.
#[must_use]
pub fn removals(
    and: &[f64],
    or: &[f64],
    threshold: f64,
    draws: usize,
    seed: u64,
) -> Option<Removals> {
    let mut salient: Vec<(usize, f64)> = Vec::new();
    for effects in [and, or] {
        let effects = (1..).zip(effects.iter().skip(1));
        let found = effects.filter(|(_, effect)| salience::is_salient(**effect, threshold));
        salient.extend(found.map(|(s, effect)| (mask::order(s), *effect)));
    }
    salient.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    let of = |is_high: bool| -> Vec<f64> {
        let found = salient
            .iter()
            .filter(|(order, _)| (*order >= HIGH_ORDER) == is_high);
        found.map(|(_, effect)| *effect).collect()
    };
    let (low, high) = (of(false), of(true));
    let strength = size(&low).min(size(&high));
    if strength == 0.0 {
        return None;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut all: Vec<f64> = salient.iter().map(|(_, effect)| *effect).collect();
    let random = (0..draws).map(|_| {
        all.shuffle(&mut rng);
        taken(&all, strength)
    });
    let random = random.collect();
    let sums = [&low, &high].map(|effects| effects.iter().sum::<f64>());
    let change = sums[0].abs().min(sums[1].abs());
    Some(Removals {
        strength,
        low: taken(&low, strength),
        high: taken(&high, strength),
        random,
        same_change: sums.map(|sum| change * sum.signum()),
    })
}

fn size(effects: &[f64]) -> f64 {
    effects.iter().map(|effect| effect.abs()).sum()
}

/// Sum of the first effects, up to a strength.
fn taken(effects: &[f64], strength: f64) -> f64 {
    let mut left = strength;
    let mut sum = 0.0;
    for effect in effects {
        let part = (left / effect.abs()).min(1.0);
        sum += part * effect;
        left -= part * effect.abs();
        if left <= 0.0 {
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three players: 2 for player 0, -1 for players 0 and 1 together, 0.5 when any of all three is
    /// there, 4 for all three.
    fn planted() -> [Vec<f64>; 2] {
        let mut and = vec![0.0; 8];
        let mut or = vec![0.0; 8];
        (and[0b001], and[0b011], and[0b111]) = (2.0, -1.0, 4.0);
        or[0b111] = 0.5;
        [and, or]
    }

    #[test]
    fn sums_by_order_and_their_cuts_are_those_of_the_planted_effects() {
        let [and, or] = planted();
        let sums = by_order(&and, &or);
        assert_eq!(sums, [2.0, -1.0, 4.5]);
        assert_eq!(output(0.25, &sums, Cut::UpTo(2)), 1.25);
        assert_eq!(output(0.25, &sums, Cut::Only(3)), 4.75);
        assert_eq!(output(0.25, &sums, Cut::Without(2)), 6.75);
        assert_eq!(output(0.25, &sums, Cut::UpTo(3)), 5.75);
    }

    #[test]
    fn the_loss_is_that_of_a_logistic_and_overflows_nowhere() {
        assert!((loss(0.0) - 2.0_f64.ln()).abs() < 1e-15);
        assert!((loss(2.0) - (1.0 + (-2.0_f64).exp()).ln()).abs() < 1e-15);
        assert_eq!(loss(1000.0), 0.0);
        assert_eq!(loss(-1000.0), 1000.0);
    }

    #[test]
    fn cancellation_is_1_of_one_sign_and_0_of_a_sum_of_0() {
        let mut and = vec![0.0; 8];
        (and[0b011], and[0b101], and[0b001]) = (1.0, -1.0, -3.0);
        let found = cancellation(&and, &[0.0; 8]);
        assert_eq!(found, [Some(1.0), Some(0.0), None]);
    }

    #[test]
    fn removals_take_out_equal_strengths() {
        let [and, or] = planted();
        let found = removals(&and, &or, 0.0, 200, 0).unwrap();
        // Low orders have 2 and -1: strength 3. Of the high orders 4 comes first, 3 of it are taken.
        assert_eq!((found.strength, found.low, found.high), (3.0, 1.0, 3.0));
        assert_eq!(found.same_change, [1.0, 1.0]);
        let within = |change: &f64| (-1.0..=3.0).contains(change);
        assert!(found.random.iter().all(within));
        // Where all of it is taken, there is no choice.
        let mut and = vec![0.0; 8];
        (and[1], and[7]) = (2.0, 2.0);
        let all = removals(&and, &[0.0; 8], 0.0, 3, 0).unwrap();
        assert_eq!(all.random, [2.0; 3]);
        // Below the threshold nothing is left of high orders.
        assert_eq!(removals(&planted()[0], &or, 5.0, 3, 0), None);
    }
}
