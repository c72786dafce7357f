//! The loops over masks that all the time goes into, written so that the compiler makes vector
//! loops of them.

use super::{
    super::{
        objective::Objective,
        projection::{ByOrder, FIRST_OR_ORDER, Steps},
    },
    RELAXATION,
};
use crate::{float::Float, mask::MAX_PLAYERS};

/// Masks whose steps stand side by side: enough that the compiler makes a vector loop of a row, not
/// one over rows.
pub(super) const ROW: usize = 32;
/// Sums that run side by side.
const LANES: usize = 8;

type Row<T> = [T; ROW];

/// Numbers by mask, row by row: entry h holds those of a row whose masks have h players beside
/// those within the row.
pub(super) type ByRow<T> = [Row<T>; MAX_PLAYERS + 1 - ROW.ilog2() as usize];

/// What the loops read of one kind of effects, spread over masks.
pub(super) struct Effects<T> {
    /// How far one unit of dual value moves them.
    steps: ByRow<T>,
    /// Of the shrinkage: step times weight.
    thresholds: ByRow<T>,
    /// 1 / (1 + step times curvature).
    shrinks: ByRow<T>,
}

/// Steps and shrinkages of all variables, spread for the vector loops.
pub(super) struct Spread<T> {
    pub(super) and: Effects<T>,
    /// By the complement of the mask.
    pub(super) or: Effects<T>,
    pub(super) noise: T,
}

impl<T: Float> Spread<T> {
    pub(super) fn new(steps: &Steps, objective: &Objective, players: usize) -> Self {
        let of = |steps: &ByOrder, spread: &dyn Fn(ByOrder) -> ByRow<T>| Effects {
            steps: spread(*steps),
            thresholds: spread(std::array::from_fn(|k| steps[k] * objective.weights[k])),
            shrinks: spread(steps.map(|step| 1.0 / (1.0 + step * objective.curvature))),
        };
        Self {
            and: of(&steps.and, &|numbers| by_row(&numbers, players, 0.0)),
            or: of(&steps.or, &|numbers| {
                by_row(&complemented(numbers, players), players, 0.0)
            }),
            noise: T::from_f64(steps.noise),
        }
    }
}

/// Weights of both kinds of effects and the curvature, spread for the vector loops that evaluate
/// bounds.
pub(super) struct Weights {
    and: ByRow<f64>,
    /// By the complement of the mask. Infinite where there is no variable, in padding too.
    or: ByRow<f64>,
    curvature: f64,
}

impl Weights {
    pub(super) fn new(objective: &Objective, players: usize) -> Self {
        let or: ByOrder = std::array::from_fn(|k| {
            if k < FIRST_OR_ORDER {
                f64::INFINITY
            } else {
                objective.weights[k]
            }
        });
        Self {
            and: by_row(&objective.weights, players, f64::INFINITY),
            or: by_row(&complemented(or, players), players, f64::INFINITY),
            curvature: objective.curvature,
        }
    }

    #[inline(always)]
    pub(super) fn is_curved(&self) -> bool {
        self.curvature > 0.0
    }
}

/// By the order of the complement.
fn complemented(numbers: ByOrder, players: usize) -> ByOrder {
    std::array::from_fn(|order| numbers[players.saturating_sub(order)])
}

fn by_row<T: Float>(numbers: &ByOrder, players: usize, padding: f64) -> ByRow<T> {
    let masks = 1_usize << players;
    std::array::from_fn(|beside| {
        std::array::from_fn(|within| {
            let order = beside + within.count_ones() as usize;
            let is_mask = beside <= players && order <= players && within < masks;
            T::from_f64(if is_mask { numbers[order] } else { padding })
        })
    })
}

/// v'y - tau'|y| of y = -l.
#[inline(always)]
pub(super) fn linear_value(l: &[f64], v: &[f64], bounds: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    for (l, (v, bound)) in lanes(l).iter().zip(lanes(v).iter().zip(lanes(bounds))) {
        for k in 0..LANES {
            sums[k] -= l[k] * v[k] + bound[k] * l[k].abs();
        }
    }
    sums.iter().sum()
}

/// The largest of 1 and all |k'l| / w, given Z' l and Z l, without curvature.
#[inline(always)]
pub(super) fn largest_constraint(and: &[f64], or: &[f64], weights: &Weights) -> f64 {
    let all = and[0];
    let mut largest = [1.0_f64; ROW];
    for_each_pair(and, or, weights, |k, and, or, w_and, w_or| {
        largest[k] = larger(
            largest[k],
            larger(and.abs() / w_and, (all - or).abs() / w_or),
        );
    });
    largest.into_iter().fold(1.0, f64::max)
}

/// Sum of (|k'l| - w)^2 above the weights over 2e, given Z' l and Z l.
#[inline(always)]
pub(super) fn charge(and: &[f64], or: &[f64], weights: &Weights) -> f64 {
    let all = and[0];
    let mut sums = [0.0; ROW];
    let above = |constraint: f64, weight: f64| {
        let above = larger(constraint.abs() - weight, 0.0);
        above * above
    };
    for_each_pair(and, or, weights, |k, and, or, w_and, w_or| {
        sums[k] += above(and, w_and) + above(all - or, w_or);
    });
    sums.iter().sum::<f64>() / (2.0 * weights.curvature)
}

/// sum of w |x| + (e/2) |x|^2 over AND and OR effects.
#[inline(always)]
pub(super) fn objective_value(and: &[f64], or: &[f64], weights: &Weights) -> f64 {
    let mut sums = [0.0; ROW];
    let half = 0.5 * weights.curvature;
    // Where there is no variable the weight is infinite and the effect 0.
    let term = |x: f64, weight: f64| {
        if x == 0.0 {
            0.0
        } else {
            x.abs() * (weight + half * x.abs())
        }
    };
    for_each_pair(and, or, weights, |k, and, or, w_and, w_or| {
        sums[k] += term(and, w_and) + term(or, w_or);
    });
    sums.iter().sum()
}

/// Visits all masks with their lane and the weights of their AND and OR effects.
#[inline(always)]
fn for_each_pair(
    and: &[f64],
    or: &[f64],
    weights: &Weights,
    mut visit: impl FnMut(usize, f64, f64, f64, f64),
) {
    let rows = and.as_chunks::<ROW>().0.iter().zip(or.as_chunks::<ROW>().0);
    for (i, (and, or)) in rows.enumerate() {
        let beside = i.count_ones() as usize;
        let weights = weights.and[beside].iter().zip(&weights.or[beside]);
        for (k, ((and, or), (w_and, w_or))) in and.iter().zip(or).zip(weights).enumerate() {
            visit(k, *and, *or, *w_and, *w_or);
        }
    }
}

/// The larger of two numbers, in one instruction.
#[inline(always)]
fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

#[inline(always)]
fn lanes(values: &[f64]) -> &[[f64; LANES]] {
    values.as_chunks().0
}

/// out <- Z a + Z_B b - (2 prox(z) - z) - v, given Z a, the superset sums of b, z of the noise, its
/// bounds, and v.
#[inline(always)]
pub(super) fn residual<T: Float>(out: &mut [T], [and, or, z, bounds, v]: [&[T]; 5]) {
    let all = or[0];
    let effects = and.iter().zip(or);
    let noise = z.iter().zip(bounds);
    for ((out, v), ((and, or), (z, bound))) in out.iter_mut().zip(v).zip(effects.zip(noise)) {
        let q = clipped(*z, *bound);
        *out = *and + (all - *or) - (T::from_f64(2.0) * q - *z) - *v;
    }
}

/// z += 1.9 (y - x) for effects whose y is 2x - z - c `constraint`(l).
#[inline(always)]
pub(super) fn step_effects<T: Float>(
    z: &mut [T],
    l: &[T],
    effects: &Effects<T>,
    constraint: impl Fn(T) -> T,
) {
    let rows = z.as_chunks_mut::<ROW>().0.iter_mut();
    for (i, (z, l)) in rows.zip(l.as_chunks::<ROW>().0).enumerate() {
        let beside = i.count_ones() as usize;
        let (steps, thresholds) = (&effects.steps[beside], &effects.thresholds[beside]);
        let shrinks = &effects.shrinks[beside];
        for k in 0..ROW {
            let x = shrunk(z[k], thresholds[k], shrinks[k]);
            z[k] += T::from_f64(RELAXATION) * (x - z[k] - steps[k] * constraint(l[k]));
        }
    }
}

/// z += 1.9 (y - x) for the noise, whose y is 2x - z + c l.
#[inline(always)]
pub(super) fn step_noise<T: Float>(z: &mut [T], bounds: &[T], l: &[T], step: T) {
    for (z, (bound, l)) in z.iter_mut().zip(bounds.iter().zip(l)) {
        let x = clipped(*z, *bound);
        *z += T::from_f64(RELAXATION) * (x - *z + step * *l);
    }
}

/// out <- 2 prox(z) - z.
#[inline(always)]
pub(super) fn reflect<T: Float>(out: &mut [T], z: &[T], effects: &Effects<T>) {
    for_each_prox(out, z, effects, |_, z, x| T::from_f64(2.0) * x - z);
}

/// out <- prox(z).
#[inline(always)]
pub(super) fn prox<T: Float>(out: &mut [T], z: &[T], effects: &Effects<T>) {
    for_each_prox(out, z, effects, |_, _, x| x);
}

/// sums += prox(z).
#[inline(always)]
pub(super) fn add_prox<T: Float>(sums: &mut [T], z: &[T], effects: &Effects<T>) {
    for_each_prox(sums, z, effects, |sum, _, x| sum + x);
}

/// out <- a x + b y.
#[inline(always)]
pub(super) fn weighted_sum<T: Float>(out: &mut [T], [x, y]: [&[T]; 2], [a, b]: [T; 2]) {
    for (out, (x, y)) in out.iter_mut().zip(x.iter().zip(y)) {
        *out = a * *x + b * *y;
    }
}

/// out <- value(out, z, prox(z)), mask by mask.
#[inline(always)]
fn for_each_prox<T: Float>(
    out: &mut [T],
    z: &[T],
    effects: &Effects<T>,
    value: impl Fn(T, T, T) -> T,
) {
    let rows = out.as_chunks_mut::<ROW>().0.iter_mut();
    for (i, (out, z)) in rows.zip(z.as_chunks::<ROW>().0).enumerate() {
        let beside = i.count_ones() as usize;
        let parameters = effects.thresholds[beside]
            .iter()
            .zip(&effects.shrinks[beside]);
        for ((out, z), (threshold, shrink)) in out.iter_mut().zip(z).zip(parameters) {
            *out = value(*out, *z, shrunk(*z, *threshold, *shrink));
        }
    }
}

/// Soft threshold, scaled for the curvature.
#[inline(always)]
pub(super) fn shrunk<T: Float>(z: T, threshold: T, shrink: T) -> T {
    (z - clipped(z, threshold)) * shrink
}

#[inline(always)]
pub(super) fn clipped<T: Float>(z: T, bound: T) -> T {
    let below = if z < bound { z } else { bound };
    if below > -bound { below } else { -bound }
}
