//! Whether a game is what the theory of sparse interactions assumes, and how sparse it is.
//!
//! arXiv 2305.01939 proves that few interactions are salient under three conditions: there are none
//! above some order; the mean output over masks of m players, from that of no player, grows with m;
//! and it does not fall faster than a power of m when players are masked. Here they are measured.

use crate::{Error, decompose::Decomposition, mask, mask::Mask, strength, transform};

/// How much of the outputs the strongest interactions explain.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Explained {
    /// Numbers of interactions.
    pub strongest: Vec<usize>,
    /// 1 - sum (v - explained)^2 / sum (v - mean)^2 over all masks, for each.
    pub r2: Vec<f64>,
}

/// R^2 of the strongest interactions, AND and OR together, on outputs `v`; `None` where v is
/// constant. What no interaction covers stays in.
#[must_use]
pub fn explained(v: &[f64], found: &Decomposition, strongest: &[usize]) -> Option<Explained> {
    let mean = v.iter().sum::<f64>() / v.len() as f64;
    let total: f64 = v.iter().map(|v| (v - mean).powi(2)).sum();
    if total == 0.0 {
        return None;
    }
    let mut effects: Vec<(bool, Mask, f64)> = Vec::new();
    for (is_or, values) in [(false, &found.and), (true, &found.or)] {
        let values = (1..)
            .zip(values.iter().skip(1))
            .filter(|(_, effect)| **effect != 0.0);
        effects.extend(values.map(|(s, effect)| (is_or, s, *effect)));
    }
    effects.sort_by(|a, b| b.2.abs().total_cmp(&a.2.abs()).then(a.1.cmp(&b.1)));
    let constant = found.baseline + found.and.first().copied().unwrap_or(0.0);
    let mut left: Vec<f64> = v.iter().map(|v| v - constant).collect();
    let mut effects = effects.into_iter();
    let (mut done, mut r2) = (0, Vec::new());
    for &count in strongest {
        for (is_or, s, effect) in effects.by_ref().take(count.saturating_sub(done)) {
            for (t, left) in (0..).zip(&mut left) {
                let acts = if is_or { s & t != 0 } else { s & !t == 0 };
                *left -= if acts { effect } else { 0.0 };
            }
        }
        done = done.max(count);
        r2.push(1.0 - left.iter().map(|x| x * x).sum::<f64>() / total);
    }
    Some(Explained {
        strongest: strongest.to_vec(),
        r2,
    })
}

/// The L1 norm of the effects of outputs `v` by AND interactions alone, which are unique: what OR
/// interactions save is the difference to the smallest norm with both.
///
/// # Errors
/// [`Error::Length`] or [`Error::Players`] for outputs that are not of all masks.
pub fn and_norm(v: &[f64]) -> Result<f64, Error> {
    let mut effects = v.to_vec();
    transform::moebius(&mut effects, 1)?;
    Ok(effects.iter().skip(1).map(|effect| effect.abs()).sum())
}

/// The conditions of arXiv 2305.01939 on one game.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Conditions {
    /// The lowest order up to which [`COVERED`] of the strength lies.
    pub highest_order: usize,
    /// Whether mean outputs by number of players grow with it, or fall with it where the whole
    /// sample's output is below that of none.
    pub is_monotone: bool,
    /// The smallest power p with u(m) >= (m/m')^p u(m') for all m < m'; `None` where a mean output
    /// has the other sign.
    pub power: Option<f64>,
}

/// Share of strength that counts as all of it.
pub const COVERED: f64 = 0.99;

/// Measures the conditions; `None` for outputs that do not depend on the mask.
#[must_use]
pub fn conditions(v: &[f64], found: &Decomposition) -> Option<Conditions> {
    let players = found.players();
    let mut sums = vec![0.0; players + 1];
    for (t, value) in (0..).zip(v) {
        sums[mask::order(t)] += value - v[0];
    }
    let mean = |m: usize| sums[m] / mask::binomial(players, m);
    let sign = mean(players).signum();
    let means: Vec<f64> = (1..=players).map(|m| sign * mean(m)).collect();
    let highest_order = highest_order(found)?;
    let is_monotone = means.windows(2).all(|pair| pair[0] <= pair[1]);
    let all_positive = means.iter().all(|&u| u > 0.0);
    let power = all_positive.then(|| {
        let pairs = (1..=players).flat_map(|m| (m + 1..=players).map(move |more| (m, more)));
        let powers = pairs
            .map(|(m, more)| (means[m - 1] / means[more - 1]).ln() / (m as f64 / more as f64).ln());
        powers.fold(0.0, f64::max)
    });
    Some(Conditions {
        highest_order,
        is_monotone,
        power,
    })
}

fn highest_order(found: &Decomposition) -> Option<usize> {
    let sizes: Vec<f64> = strength::of_sample(found, 0.0).sizes().collect();
    let all: f64 = sizes.iter().sum();
    let mut sum = 0.0;
    let reached = sizes.iter().position(|size| {
        sum += size;
        sum >= COVERED * all
    });
    (all > 0.0).then_some(reached? + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decompose::{Params, decompose};

    fn exact() -> Params {
        Params {
            noise_ratio: 0.0,
            tolerance: 1e-7,
            ..Params::default()
        }
    }

    #[test]
    fn the_strongest_interactions_explain_a_planted_game_one_by_one() {
        // 3 for player 0, 1 when players 1 and 2 are both there.
        let v: Vec<f64> = (0..16_u32)
            .map(|t| 3.0 * f64::from(t & 1) + f64::from(u8::from(t & 6 == 6)))
            .collect();
        let found = decompose(&v, &exact()).unwrap();
        let explained = explained(&v, &found, &[1, 2, 50]).unwrap();
        // Without the pair, its indicator is left, from 0: 4 of 16 masks are off by 1.
        let mean = v.iter().sum::<f64>() / 16.0;
        let total: f64 = v.iter().map(|v| (v - mean).powi(2)).sum();
        assert!(
            (explained.r2[0] - (1.0 - 4.0 / total)).abs() < 1e-2,
            "{explained:?}"
        );
        assert!(explained.r2[1] > 1.0 - 1e-3, "{explained:?}");
        assert!(explained.r2[2] > 1.0 - 1e-9, "{explained:?}");
    }

    #[test]
    fn what_or_saves_is_seen_in_the_norms() -> Result<(), Error> {
        // 1 when any of four players is there: one OR effect, 15 AND effects of size 1.
        let any: Vec<f64> = (0..16).map(|t| f64::from(u8::from(t != 0))).collect();
        assert_eq!(and_norm(&any)?, 15.0);
        let both = decompose(&any, &exact())?;
        assert!((both.certificate.smallest_norm - 1.0).abs() < 1e-3);
        Ok(())
    }

    #[test]
    fn conditions_of_planted_games_are_known() {
        // A sum of single players: order 1, u(m) = m / n: power 1.
        let sum: Vec<f64> = (0..16_u32).map(|t| f64::from(t.count_ones())).collect();
        let found = conditions(&sum, &decompose(&sum, &exact()).unwrap()).unwrap();
        assert_eq!((found.highest_order, found.is_monotone), (1, true));
        assert!((found.power.unwrap() - 1.0).abs() < 1e-12, "{found:?}");
        // All players together: u(m) is 0 below m = n, so no power is large enough.
        let all: Vec<f64> = (0..16_u32).map(|t| f64::from(u8::from(t == 15))).collect();
        let found = conditions(&all, &decompose(&all, &exact()).unwrap()).unwrap();
        assert_eq!((found.highest_order, found.power), (4, None));
        // A game that falls.
        let fall: Vec<f64> = (0..16_u32).map(|t| -f64::from(t.count_ones())).collect();
        assert!(
            conditions(&fall, &decompose(&fall, &exact()).unwrap())
                .unwrap()
                .is_monotone
        );
        assert_eq!(
            conditions(&[0.0; 4], &decompose(&[0.0; 4], &exact()).unwrap()),
            None
        );
    }
}
