//! How far other decompositions may lie: certified ranges over all that are nearly as sparse as the
//! sparsest (ours).
//!
//! With t = (1 + eps) P, P the smallest L1 norm found, eps = [`NEAR_OPTIMAL`], let f(S) >= 0 with
//! f(empty) = 0, and let D be a lower bound of the problem with weights 1 + d f(S), d =
//! [`RANGE_WEIGHT`]. Every decomposition x with |x|_1 <= t then has
//!
//! ```text
//! D <= |x|_1 + d sum f(S) |x_S|,   so that   sum f(S) |x_S| / t >= (D/t - 1) / d.
//! ```
//!
//! f = |S| bounds the mean order from below, f = n + 1 - |S| from above, and the indicators of a
//! set of orders and of the others do so for the share of these orders. The ranges are of all
//! effects, since a threshold is not linear. Those of many games together follow from sums over
//! games: for all decompositions with |x_i|_1 <= t_i, sum f |x| / sum |x| >= sum (D_i - t_i) / (d
//! sum t_i). Ratios are not averaged.

use super::{canonical::NEAR_OPTIMAL, certificate::Bound, objective::Objective};
use crate::{Error, mask::order};

/// What f costs, relative to the effects' size: d. The bound is tightest where d is the
/// multiplier's inverse; with 0.5 it was within 0.009 of the exact optimum on games of LeNet, with
/// 0.1 within 0.045 and with 2 within 0.12.
pub const RANGE_WEIGHT: f64 = 0.5;
/// The lowest order of the share that has a range.
pub const HIGH_ORDER: usize = 3;
/// Relative gap at which a weighted problem is done: any dual point is a proof, a better one a
/// tighter range.
pub(super) const TOLERANCE: f64 = 1e-3;
/// Number of bounds behind the ranges of a game.
pub const PROOFS: usize = 4;

/// A statistic of all effects, linear in their strength by order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Statistic {
    /// sum |S| |x_S| / sum |x_S|.
    MeanOrder,
    /// The share of the orders [`HIGH_ORDER`] and above.
    ShareOfHighOrders,
}

impl Statistic {
    /// All of them, in the order of [`Ranges::proofs`].
    pub const ALL: [Self; 2] = [Self::MeanOrder, Self::ShareOfHighOrders];

    /// f(S) by order for the statistic itself.
    #[must_use]
    pub fn from_below(self, order: usize) -> f64 {
        match self {
            Self::MeanOrder => order as f64,
            Self::ShareOfHighOrders => f64::from(u8::from(order >= HIGH_ORDER)),
        }
    }

    /// What is left of it up to the most there can be: n + 1 - |S|, or the indicator of the other
    /// orders.
    #[must_use]
    pub fn from_above(self, order: usize, players: usize) -> f64 {
        self.most(players) - self.from_below(order)
    }

    /// What the values are taken from to bound them from above. An order more than there are, so
    /// that all weights are above 0.
    pub(crate) fn most(self, players: usize) -> f64 {
        match self {
            Self::MeanOrder => players as f64 + 1.0,
            Self::ShareOfHighOrders => 1.0,
        }
    }

    /// The largest value there is.
    fn largest(self, players: usize) -> f64 {
        match self {
            Self::MeanOrder => players as f64,
            Self::ShareOfHighOrders if players < HIGH_ORDER => 0.0,
            Self::ShareOfHighOrders => 1.0,
        }
    }

    /// The smallest value there is.
    fn smallest(self) -> f64 {
        match self {
            Self::MeanOrder => 1.0,
            Self::ShareOfHighOrders => 0.0,
        }
    }
}

/// The weights of each proof by order, 0 to n: mean order from below and above, share from below
/// and above.
#[must_use]
pub fn weights(players: usize) -> [Vec<f64>; PROOFS] {
    objectives(players).map(|objective| objective.weights[..=players].to_vec())
}

/// The problems whose lower bounds make the ranges.
pub(super) fn objectives(players: usize) -> [Objective; PROOFS] {
    let weighted =
        |f: &dyn Fn(usize) -> f64| Objective::weighted(|order| 1.0 + RANGE_WEIGHT * f(order));
    let [mean, share] = Statistic::ALL;
    [
        weighted(&|order| mean.from_below(order)),
        weighted(&|order| mean.from_above(order, players)),
        weighted(&|order| share.from_below(order)),
        weighted(&|order| share.from_above(order, players)),
    ]
}

/// A lower bound of a weighted problem and the dual point that proves it.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Proof {
    /// D, in units of v.
    pub bound: f64,
    /// y, within |k_S' y| <= w_|S| exactly; by mask.
    pub dual: Vec<f32>,
}

/// What the ranges of one game follow from.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Ranges {
    /// t, the norm up to which a decomposition counts as sparse, in units of v.
    pub limit: f64,
    /// Of the weights of [`weights`], in their order.
    pub proofs: [Proof; PROOFS],
}

impl Ranges {
    /// The numbers alone.
    #[must_use]
    pub fn bounds(&self) -> RangeBounds {
        RangeBounds {
            limit: self.limit,
            bounds: self.proofs.each_ref().map(|proof| proof.bound),
        }
    }
}

/// The limit t of a game, or of several together, and the bounds D of its four weighted problems;
/// in units of v.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RangeBounds {
    /// t.
    pub limit: f64,
    /// D, in the order of [`weights`].
    pub bounds: [f64; PROOFS],
}

impl RangeBounds {
    /// All games together.
    pub fn pooled<'a>(games: impl IntoIterator<Item = &'a Self>) -> Self {
        games.into_iter().fold(Self::default(), |mut all, game| {
            all.limit += game.limit;
            for (all, bound) in all.bounds.iter_mut().zip(game.bounds) {
                *all += bound;
            }
            all
        })
    }

    /// The bounds D behind a statistic's range, from below and from above.
    pub(crate) fn of(&self, statistic: Statistic) -> [f64; 2] {
        match statistic {
            Statistic::MeanOrder => [self.bounds[0], self.bounds[1]],
            Statistic::ShareOfHighOrders => [self.bounds[2], self.bounds[3]],
        }
    }

    /// The lowest and the highest value that any of the decompositions may have; `None` where no
    /// effects are needed.
    #[must_use]
    pub fn range(&self, statistic: Statistic, players: usize) -> Option<(f64, f64)> {
        if self.limit <= 0.0 {
            return None;
        }
        let [low, high] = self.of(statistic);
        let sum = |bound: f64| (bound / self.limit - 1.0) / RANGE_WEIGHT;
        let lowest = sum(low).max(statistic.smallest());
        let highest = (statistic.most(players) - sum(high)).min(statistic.largest(players));
        Some((lowest, highest))
    }
}

/// Number of bars with ranges of their own: orders 1, 2, and [`HIGH_ORDER`] and above.
pub const BARS: usize = HIGH_ORDER;

/// Whether an order belongs to a bar, 0 to [`BARS`] - 1.
fn is_in_bar(order: usize, bar: usize) -> bool {
    order.min(BARS) == bar + 1
}

/// For each bar the problems whose lower bounds make its range, from below and from above.
pub(super) fn bar_objectives() -> [[Objective; 2]; BARS] {
    let weighted = |bar: usize, inside: bool| {
        Objective::weighted(|order| {
            1.0 + RANGE_WEIGHT * f64::from(u8::from(is_in_bar(order, bar) == inside))
        })
    };
    std::array::from_fn(|bar| [weighted(bar, true), weighted(bar, false)])
}

/// What the ranges of the bars of one game, or of several together, follow from: the limit t, and
/// for each bar the bounds D from below and from above; in units of v.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BarBounds {
    /// t.
    pub limit: f64,
    /// D by bar.
    pub bounds: [[f64; 2]; BARS],
}

impl BarBounds {
    /// All games together.
    pub fn pooled<'a>(games: impl IntoIterator<Item = &'a Self>) -> Self {
        games.into_iter().fold(Self::default(), |mut all, game| {
            all.limit += game.limit;
            let both = all.bounds.as_flattened_mut().iter_mut();
            for (all, bound) in both.zip(game.bounds.as_flattened()) {
                *all += bound;
            }
            all
        })
    }

    /// The lowest and the highest share of strength that each bar may have; `None` where no effects
    /// are needed.
    #[must_use]
    pub fn ranges(&self) -> Option<[(f64, f64); BARS]> {
        if self.limit <= 0.0 {
            return None;
        }
        let share = |bound: f64| ((bound / self.limit - 1.0) / RANGE_WEIGHT).clamp(0.0, 1.0);
        Some(
            self.bounds
                .map(|[below, above]| (share(below), 1.0 - share(above))),
        )
    }
}

/// Effects above are divided by [`SCALE`], so that no sum of them is infinite.
const HUGE: f64 = 1e290;
const SCALE: f64 = (1_u128 << 100) as f64;

/// The value of a statistic for these effects by mask, of orders 1 and above; `None` where all are
/// 0.
#[must_use]
pub fn value(statistic: Statistic, and: &[f64], or: &[f64]) -> Option<f64> {
    let is_huge = |effects: &[f64]| effects.iter().any(|effect| effect.abs() > HUGE);
    let unit = if is_huge(and) || is_huge(or) {
        SCALE
    } else {
        1.0
    };
    let (mut weighted, mut norm) = (0.0, 0.0);
    for effects in [and, or] {
        for (s, effect) in (1..).zip(effects.iter().skip(1)) {
            let strength = effect.abs() / unit;
            weighted += statistic.from_below(order(s)) * strength;
            norm += strength;
        }
    }
    (norm > 0.0).then(|| weighted / norm)
}

/// t of a game whose smallest norm found is `smallest` and whose answer has the norm `answer`.
pub(super) fn limit(smallest: f64, answer: f64) -> f64 {
    ((1.0 + NEAR_OPTIMAL) * smallest).max(answer)
}

/// The proof that a dual point is, brought within its constraints.
pub(super) fn proof(
    v: &[f64],
    noise: &Bound,
    objective: &Objective,
    y: &[f64],
) -> Result<Proof, Error> {
    let dual = super::certificate::feasible_single(y, objective)?;
    let terms = dual.iter().map(|y| f64::from(*y)).zip(v).enumerate();
    let bound: f64 = terms.map(|(s, (y, v))| y * v - noise.at(s) * y.abs()).sum();
    if bound.is_finite() && bound > 0.0 {
        return Ok(Proof { bound, dual });
    }
    // y = 0 is always feasible.
    Ok(Proof {
        bound: 0.0,
        dual: vec![0.0; v.len()],
    })
}
