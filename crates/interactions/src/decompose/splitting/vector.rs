//! The loops over masks that all the time goes into, written so that the compiler makes vector loops of them.

use super::{
    super::projection::{ByOrder, Steps},
    RELAXATION,
};
use crate::{float::Float, mask::MAX_PLAYERS};

/// Masks whose steps stand side by side: enough that the compiler makes a vector loop of a row, not one over rows.
pub(super) const ROW: usize = 32;
/// Sums that run side by side.
const LANES: usize = 8;

type Row<T> = [T; ROW];

/// Numbers by mask, row by row: entry h holds those of a row whose masks have h players beside those within the row.
pub(super) type ByRow<T> = [Row<T>; MAX_PLAYERS + 1 - ROW.ilog2() as usize];

/// Steps and shrinkages of all variables, spread for the vector loops.
pub(super) struct Spread<T> {
    pub(super) and: ByRow<T>,
    pub(super) and_shrink: ByRow<T>,
    pub(super) or: ByRow<T>,
    pub(super) or_shrink: ByRow<T>,
    pub(super) noise: T,
}

impl<T: Float> Spread<T> {
    pub(super) fn new(steps: &Steps, tie_break: f64, players: usize) -> Self {
        let masks = 1_usize << players;
        let by_row = |numbers: ByOrder| -> ByRow<T> {
            let numbers = numbers.map(T::from_f64);
            std::array::from_fn(|beside| {
                if beside > players {
                    return [T::default(); ROW];
                }
                std::array::from_fn(|within| {
                    let order = beside + within.count_ones() as usize;
                    // What is no mask is padding, which must stay 0.
                    let is_mask = order <= players && within < masks;
                    if is_mask {
                        numbers[order]
                    } else {
                        T::default()
                    }
                })
            })
        };
        let shrinks = |steps: ByOrder| steps.map(|step| 1.0 / (1.0 + step * tie_break));
        // By the order of the complement.
        let or = std::array::from_fn(|order| steps.or[players.saturating_sub(order)]);
        Self {
            and: by_row(steps.and),
            and_shrink: by_row(shrinks(steps.and)),
            or: by_row(or),
            or_shrink: by_row(shrinks(or)),
            noise: T::from_f64(steps.noise),
        }
    }
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

/// max(1, |Z' l|_inf, |Z_B' l|_inf), given Z' l and Z l.
#[inline(always)]
pub(super) fn largest_constraint(and: &[f64], or: &[f64]) -> f64 {
    let all = and[0];
    let mut largest = [1.0_f64; LANES];
    for (and, or) in lanes(and).iter().zip(lanes(or)) {
        for k in 0..LANES {
            largest[k] = larger(largest[k], larger(and[k].abs(), (all - or[k]).abs()));
        }
    }
    largest.into_iter().fold(1.0, f64::max)
}

/// The larger of two numbers, in one instruction.
#[inline(always)]
fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

/// |values|_1.
#[inline(always)]
pub(super) fn l1<T: Float>(values: &[T]) -> T {
    let (whole, rest) = values.as_chunks::<LANES>();
    let mut sums = [T::default(); LANES];
    for values in whole {
        for k in 0..LANES {
            sums[k] += values[k].abs();
        }
    }
    let all = sums.iter().chain(rest);
    all.fold(T::default(), |sum, x| sum + x.abs())
}

#[inline(always)]
fn lanes(values: &[f64]) -> &[[f64; LANES]] {
    values.as_chunks().0
}

/// out <- Z a + Z_B b - (2 prox(z) - z) - v, given Z a, the superset sums of b, z of the noise, its bounds, and v.
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

/// z += 1.7 (y - x) for effects whose y is 2x - z - c `constraint`(l).
#[inline(always)]
pub(super) fn step_effects<T: Float>(
    z: &mut [T],
    l: &[T],
    steps: &ByRow<T>,
    shrinks: &ByRow<T>,
    constraint: impl Fn(T) -> T,
) {
    for_each_row(z, l, steps, shrinks, |z, l, step, shrink| {
        let x = shrunk(z, step, shrink);
        z + T::from_f64(RELAXATION) * (x - z - step * constraint(l))
    });
}

/// z += 1.7 (y - x) for the noise, whose y is 2x - z + c l.
#[inline(always)]
pub(super) fn step_noise<T: Float>(z: &mut [T], bounds: &[T], l: &[T], step: T) {
    for (z, (bound, l)) in z.iter_mut().zip(bounds.iter().zip(l)) {
        let x = clipped(*z, *bound);
        *z += T::from_f64(RELAXATION) * (x - *z + step * *l);
    }
}

/// out <- 2 prox(z) - z.
#[inline(always)]
pub(super) fn reflect<T: Float>(out: &mut [T], z: &[T], steps: &ByRow<T>, shrinks: &ByRow<T>) {
    for_each_row(out, z, steps, shrinks, |_, z, step, shrink| {
        T::from_f64(2.0) * shrunk(z, step, shrink) - z
    });
}

/// out <- prox(z).
#[inline(always)]
pub(super) fn prox<T: Float>(out: &mut [T], z: &[T], steps: &ByRow<T>, shrinks: &ByRow<T>) {
    for_each_row(out, z, steps, shrinks, |_, z, step, shrink| {
        shrunk(z, step, shrink)
    });
}

/// sums += prox(z).
#[inline(always)]
pub(super) fn add_prox<T: Float>(sums: &mut [T], z: &[T], steps: &ByRow<T>, shrinks: &ByRow<T>) {
    for_each_row(sums, z, steps, shrinks, |sum, z, step, shrink| {
        sum + shrunk(z, step, shrink)
    });
}

/// out <- a x + b y.
#[inline(always)]
pub(super) fn weighted_sum<T: Float>(out: &mut [T], [x, y]: [&[T]; 2], [a, b]: [T; 2]) {
    for (out, (x, y)) in out.iter_mut().zip(x.iter().zip(y)) {
        *out = a * *x + b * *y;
    }
}

/// out <- value(out, input, step, shrinkage), mask by mask.
#[inline(always)]
fn for_each_row<T: Float>(
    out: &mut [T],
    input: &[T],
    steps: &ByRow<T>,
    shrinks: &ByRow<T>,
    value: impl Fn(T, T, T, T) -> T,
) {
    let rows = out.as_chunks_mut::<ROW>().0.iter_mut();
    for (i, (out, input)) in rows.zip(input.as_chunks::<ROW>().0).enumerate() {
        let beside = i.count_ones() as usize;
        let parameters = steps[beside].iter().zip(&shrinks[beside]);
        for ((out, input), (step, shrink)) in out.iter_mut().zip(input).zip(parameters) {
            *out = value(*out, *input, *step, *shrink);
        }
    }
}

/// Soft threshold, scaled by the tie-break.
#[inline(always)]
pub(super) fn shrunk<T: Float>(z: T, step: T, shrink: T) -> T {
    (z - clipped(z, step)) * shrink
}

#[inline(always)]
pub(super) fn clipped<T: Float>(z: T, bound: T) -> T {
    let below = if z < bound { z } else { bound };
    if below > -bound { below } else { -bound }
}
