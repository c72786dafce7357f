//! Douglas-Rachford splitting on one game.
//!
//! ```text
//! unknown x = (a, b, q), each with a step c: of its order and kind for a and b, one for q
//! prox:  a <- shrink(z_a, c) / (1 + c e), b likewise, q <- clip(z_q, +-tau)
//! proj:  l = H^-1 (Z a + Z_B b - q - v);  a -= c Z' l;  b -= c Z_B' l;  q += c l
//! loop:  x = prox(z);  y = proj(2x - z);  z += 1.7 (y - x);  dual candidate -l
//! ```
//!
//! What makes it fast (ours):
//!
//! - **Steps by order.** Effects of low orders are orders of magnitude larger than those of high ones. A step for each order keeps H
//!   permutation-symmetric, so the projection stays exact; the steps follow the sizes of the effects and of their duals.
//! - **Balance by the certificate.** The norm of the iterate tells early on where the optimum is. Where the upper bound is further from it than
//!   the lower one the steps shrink, and grow in the other case.
//! - **A margin.** The noise is kept within slightly less than its bound. An iterate that exceeds that by little is feasible as it is, while
//!   taking an excess back costs many small effects.
//! - **Averages.** The iterates circle around the solution. Bounds are evaluated at the last iterate and at the mean since the
//!   last restart of the averaging, which is far better on both sides.
//!
//! OR effects are kept by the complement of their mask here: then Z_B and its adjoint need no reversal, because
//! (Z_B b)(S) = sum of all b - sum over U that contain S of b(N\U). Sums have a fixed order, so that a result does not depend
//! on the processor.

use super::{
    certificate::{Bound, relative_gap},
    feasible::feasible_effects,
    projection::{ByOrder, FIRST_OR_ORDER, Projection, Steps},
};
use crate::{
    arch::vectorized,
    butterfly::{self, Moebius, Superset, Zeta},
    mask::{self, MAX_PLAYERS},
    schur::Scratch,
};

/// Over-relaxation of the Douglas-Rachford step, between 1 and 2.
const RELAXATION: f64 = 1.7;
/// First step in units of the mean |Moebius v|.
const FIRST_STEP: f64 = 0.25;
/// Adapted step of the effects, in units of their size over that of their duals.
const EFFECT_FACTOR: f64 = 0.14;
/// Adapted step of the noise, in units of its size over that of the dual point.
const NOISE_FACTOR: f64 = 0.14;
/// Smallest step of the noise, in units of the step of all effects together: below it H loses its digits.
const SMALLEST_NOISE_STEP: f64 = 1e-4;
/// Smallest ratio of size to dual of an order, relative to that of all orders together.
const SMALLEST_RATIO: f64 = 1e-3;
/// Change of the logarithm of a step that is worth new steps.
const SMALL_CHANGE: f64 = 0.2;
/// By how much one bound may lag more than the other before the steps are balanced.
const TOLERATED_LAG: f64 = 10.0;
/// Largest change of the balance at a time.
const BALANCE_CHANGE: f64 = 1.5;
/// Growth of the number of rounds from one adaptation of the steps to the next.
const ADAPTATION_GROWTH: f64 = 1.3;
/// Margin between the noise and its bound, and what it may cost of the objective, in units of the tolerance.
const MARGIN: f64 = 0.3;
/// Iterations between two that enter the mean.
const AVERAGED_EVERY: usize = 5;
/// Relative gap below which e is no longer adapted.
const FREEZE_TIE_BREAK: f64 = 0.05;
/// Masks whose steps stand side by side: enough that the compiler makes a vector loop of a row, not one over rows.
const ROW: usize = 32;
/// Sums that run side by side.
const LANES: usize = 8;

type Row = [f64; ROW];

/// The best bounds that a game has reached and where, in the game's own units.
#[derive(Clone, Debug, Default)]
pub(super) struct Best {
    pub(super) primal: f64,
    pub(super) dual_value: f64,
    pub(super) and: Vec<f64>,
    pub(super) or: Vec<f64>,
    /// Dual point, not scaled to be feasible.
    pub(super) dual: Vec<f64>,
    pub(super) iterations: usize,
    pub(super) tie_break: f64,
}

impl Best {
    /// Relative gap between the best bounds.
    pub(super) fn gap(&self) -> f64 {
        relative_gap(self.primal, self.dual_value)
    }
}

/// Numbers by mask, row by row: entry h holds those of a row whose masks have h players beside those within the row.
type ByRow = [Row; MAX_PLAYERS + 1 - ROW.ilog2() as usize];

/// Steps and shrinkages of all variables, spread for the vector loops.
struct Spread {
    and: ByRow,
    and_shrink: ByRow,
    or: ByRow,
    or_shrink: ByRow,
    noise: f64,
}

impl Spread {
    fn new(steps: &Steps, tie_break: f64, players: usize) -> Self {
        let masks = 1_usize << players;
        let by_row = |number: &dyn Fn(usize) -> f64| -> ByRow {
            std::array::from_fn(|beside| {
                std::array::from_fn(|within| {
                    let order = beside + within.count_ones() as usize;
                    // What is no mask is padding, which must stay 0.
                    let is_mask = order <= players && within < masks;
                    if is_mask { number(order) } else { 0.0 }
                })
            })
        };
        let shrink = |step: f64| 1.0 / (1.0 + step * tie_break);
        Self {
            and: by_row(&|order| steps.and[order]),
            and_shrink: by_row(&|order| shrink(steps.and[order])),
            or: by_row(&|order| steps.or[players - order]),
            or_shrink: by_row(&|order| shrink(steps.or[players - order])),
            noise: steps.noise,
        }
    }
}

/// Sums over iterations, for their mean.
#[derive(Clone, Debug, Default)]
struct Sums {
    count: f64,
    multiplier: Vec<f64>,
    and: Vec<f64>,
    or: Vec<f64>,
}

/// State and scratch memory of a game. Arrays have a value for every mask, and padding of 0 up to a whole row.
pub(super) struct Splitting<'p> {
    projection: &'p Projection,
    relative_tie_break: f64,
    tolerance: f64,
    masks: usize,
    /// The game's unit over the one that the splitting works in, a power of two that brings the largest output to 1 up to 2.
    unit: f64,
    v: Vec<f64>,
    /// Noise bound at every mask.
    bounds: Vec<f64>,
    /// The same, less the margin.
    inner_bounds: Vec<f64>,
    z_and: Vec<f64>,
    z_or: Vec<f64>,
    z_noise: Vec<f64>,
    /// Reflected AND effects, then Z of them, then Z' l.
    and: Vec<f64>,
    /// Reflected OR effects, then their superset sums, then Z l.
    or: Vec<f64>,
    /// Residual, then l.
    multiplier: Vec<f64>,
    sums: Sums,
    steps: Steps,
    /// H^-1 for `steps`.
    inverse: Vec<f64>,
    scratch: Scratch,
    tie_break: f64,
    /// Factor of the steps of the effects, and its root that of the noise, from the balance of the bounds.
    balance: f64,
    rounds: usize,
    next_adaptation: usize,
    next_restart: usize,
    /// |a|_1 + |b|_1 of the last iterate, which is hardly feasible but near the optimum early on.
    estimate: f64,
    best: Best,
}

impl<'p> Splitting<'p> {
    pub(super) fn new(projection: &'p Projection, relative_tie_break: f64, tolerance: f64) -> Self {
        let masks = 1 << projection.schur.players();
        let zeros = || vec![0.0; masks.max(ROW)];
        Self {
            projection,
            relative_tie_break,
            tolerance,
            masks,
            unit: 1.0,
            v: zeros(),
            bounds: zeros(),
            inner_bounds: zeros(),
            z_and: zeros(),
            z_or: zeros(),
            z_noise: zeros(),
            and: zeros(),
            or: zeros(),
            multiplier: zeros(),
            sums: Sums {
                count: 0.0,
                multiplier: zeros(),
                and: zeros(),
                or: zeros(),
            },
            steps: Steps::uniform(1.0),
            inverse: Vec::new(),
            scratch: Scratch::new(),
            tie_break: 0.0,
            balance: 1.0,
            rounds: 0,
            next_adaptation: 2,
            next_restart: 2,
            estimate: 0.0,
            best: Best {
                and: vec![0.0; masks],
                or: vec![0.0; masks],
                dual: vec![0.0; masks],
                ..Best::default()
            },
        }
    }

    pub(super) fn best(&self) -> &Best {
        &self.best
    }

    /// Begins a game; v(empty) = 0.
    pub(super) fn load(&mut self, v: &[f64], bound: &Bound) {
        let largest = v.iter().fold(0.0_f64, |largest, v| largest.max(v.abs()));
        self.unit = 2.0_f64.powi((largest.log2().floor() as i32).clamp(-1000, 1000));
        let bound = bound.scaled(1.0 / self.unit);
        let inputs = self.v.iter_mut().zip(&mut self.bounds).zip(v);
        for (mask, ((out, out_bound), v)) in inputs.enumerate() {
            (*out, *out_bound) = (v / self.unit, bound.at(mask));
        }
        self.set_margin(MARGIN * self.tolerance);
        for z in [&mut self.z_and, &mut self.z_or, &mut self.z_noise] {
            z.fill(0.0);
        }
        self.sums.restart();
        self.steps = Steps::uniform(FIRST_STEP * self.mean_effect());
        self.inverse = self.projection.inverse(&self.steps).unwrap_or_default();
        (self.balance, self.estimate) = (1.0, 0.0);
        self.set_tie_break(largest / self.unit);
        (self.rounds, self.next_adaptation, self.next_restart) = (0, 2, 2);
        self.best.primal = f64::INFINITY;
        self.best.dual_value = 0.0;
        self.best.iterations = 0;
        for values in [&mut self.best.and, &mut self.best.or, &mut self.best.dual] {
            values.fill(0.0);
        }
    }

    /// Mean |Moebius v|, the size of effects; above 0 for outputs that are not all 0.
    fn mean_effect(&mut self) -> f64 {
        self.and.copy_from_slice(&self.v);
        let effects = &mut self.and[..self.masks];
        vectorized(
            #[inline(always)]
            || butterfly::transform::<Moebius, f64>(effects, 1),
        );
        effects.iter().map(|x| x.abs()).sum::<f64>() / self.masks as f64
    }

    /// A round: does `count` iterations, evaluates the bounds, adapts the steps when it is time to.
    pub(super) fn advance(&mut self, count: usize) {
        let spread = Spread::new(&self.steps, self.tie_break, self.projection.schur.players());
        vectorized(
            #[inline(always)]
            || {
                for iteration in self.best.iterations + 1..=self.best.iterations + count {
                    self.iterate(&spread);
                    if iteration.is_multiple_of(AVERAGED_EVERY) {
                        self.add_to_sums(&spread);
                    }
                }
                self.last_dual();
                if self.sums.count > 0.0 {
                    self.mean_dual();
                    self.mean_effects();
                    self.keep_feasible();
                }
                self.last_effects(&spread);
                self.keep_feasible();
            },
        );
        self.best.iterations += count;
        self.rounds += 1;
        if self.rounds >= self.next_restart {
            self.next_restart = 2 * self.rounds;
            self.sums.restart();
        }
        if self.best.gap() > FREEZE_TIE_BREAK {
            self.adapt_tie_break();
        }
        if self.rounds >= self.next_adaptation {
            self.next_adaptation = (self.rounds as f64 * ADAPTATION_GROWTH).ceil() as usize;
            self.adapt_steps();
        }
    }

    #[inline(always)]
    fn iterate(&mut self, spread: &Spread) {
        reflect(&mut self.and, &self.z_and, &spread.and, &spread.and_shrink);
        reflect(&mut self.or, &self.z_or, &spread.or, &spread.or_shrink);
        self.synthesize();
        self.residual();
        self.projection.schur.apply(
            &mut self.multiplier[..self.masks],
            &self.inverse,
            &mut self.scratch,
        );
        self.and.copy_from_slice(&self.multiplier);
        self.or.copy_from_slice(&self.multiplier);
        self.synthesize_adjoint();
        self.step(spread);
    }

    /// and <- Z and; or <- its superset sums, so that Z_B or = or(empty) - or.
    #[inline(always)]
    fn synthesize(&mut self) {
        butterfly::transform::<Zeta, f64>(&mut self.and[..self.masks], 1);
        butterfly::transform::<Superset, f64>(&mut self.or[..self.masks], 1);
    }

    /// and <- Z' and; or <- its subset sums, so that Z_B' or = and(empty) - or where both were the same.
    #[inline(always)]
    fn synthesize_adjoint(&mut self) {
        butterfly::transform::<Superset, f64>(&mut self.and[..self.masks], 1);
        butterfly::transform::<Zeta, f64>(&mut self.or[..self.masks], 1);
    }

    /// multiplier <- Z a + Z_B b - q - v at the reflected point.
    #[inline(always)]
    fn residual(&mut self) {
        residual(
            &mut self.multiplier,
            [
                &self.and,
                &self.or,
                &self.z_noise,
                &self.inner_bounds,
                &self.v,
            ],
        );
        self.multiplier[self.masks..].fill(0.0);
    }

    /// z += 1.7 (y - x).
    #[inline(always)]
    fn step(&mut self, spread: &Spread) {
        let all = self.and[0];
        let (z, l) = (&mut self.z_and, &self.and);
        step_effects(z, l, &spread.and, &spread.and_shrink, |l| l);
        let (z, l) = (&mut self.z_or, &self.or);
        step_effects(z, l, &spread.or, &spread.or_shrink, |l| all - l);
        step_noise(
            &mut self.z_noise,
            &self.inner_bounds,
            &self.multiplier,
            spread.noise,
        );
    }

    #[inline(always)]
    fn add_to_sums(&mut self, spread: &Spread) {
        let sums = &mut self.sums;
        sums.count += 1.0;
        for (sum, l) in sums.multiplier.iter_mut().zip(&self.multiplier) {
            *sum += l;
        }
        add_prox(&mut sums.and, &self.z_and, &spread.and, &spread.and_shrink);
        add_prox(&mut sums.or, &self.z_or, &spread.or, &spread.or_shrink);
    }

    /// The lower bound of -l; `and` and `or` hold Z' l and Z l.
    #[inline(always)]
    fn last_dual(&mut self) {
        let linear = linear_value(&self.multiplier, &self.v, &self.bounds);
        let value = linear / largest_constraint(&self.and, &self.or);
        self.best
            .keep_dual(self.unit * value, &self.multiplier, 1.0);
    }

    /// The lower bound of the mean of -l.
    #[inline(always)]
    fn mean_dual(&mut self) {
        let weight = 1.0 / self.sums.count;
        for (out, sum) in self.and.iter_mut().zip(&self.sums.multiplier) {
            *out = weight * sum;
        }
        self.or.copy_from_slice(&self.and);
        // The adjoint overwrites the mean, so its part in the value is taken before.
        let linear = linear_value(&self.and, &self.v, &self.bounds);
        self.synthesize_adjoint();
        let value = linear / largest_constraint(&self.and, &self.or);
        self.best
            .keep_dual(self.unit * value, &self.sums.multiplier, weight);
    }

    #[inline(always)]
    fn mean_effects(&mut self) {
        let weight = 1.0 / self.sums.count;
        for (out, sums) in [
            (&mut self.and, &self.sums.and),
            (&mut self.or, &self.sums.or),
        ] {
            for (out, sum) in out.iter_mut().zip(sums) {
                *out = weight * sum;
            }
        }
    }

    #[inline(always)]
    fn last_effects(&mut self, spread: &Spread) {
        prox(&mut self.and, &self.z_and, &spread.and, &spread.and_shrink);
        prox(&mut self.or, &self.z_or, &spread.or, &spread.or_shrink);
        self.estimate = l1(&self.and) + l1(&self.or);
    }

    /// Makes the effects in `and` and `or` feasible and keeps them if they are the best.
    #[inline(always)]
    fn keep_feasible(&mut self) {
        self.synthesize();
        let (and, or) = (&mut self.and[..self.masks], &mut self.or[..self.masks]);
        let all = or[0];
        for or in or.iter_mut() {
            *or = all - *or;
        }
        feasible_effects(&self.v[..self.masks], &self.bounds[..self.masks], and, or);
        let primal = self.unit * (l1(and) + l1(or));
        if primal < self.best.primal {
            self.best.primal = primal;
            for (best, and) in self.best.and.iter_mut().zip(and.iter()) {
                *best = self.unit * and;
            }
            for (best, or) in self.best.or.iter_mut().zip(or.iter().rev()) {
                *best = self.unit * or;
            }
        }
    }

    /// e from the largest effect found.
    fn adapt_tie_break(&mut self) {
        let effects = self.best.and.iter().chain(&self.best.or);
        let largest = effects.fold(0.0_f64, |largest, x| largest.max(x.abs()));
        if largest > 0.0 {
            self.set_tie_break(largest / self.unit);
        }
    }

    /// e such that the term is at most `relative_tie_break` / 2 of the objective and moves no dual constraint by more than that.
    fn set_tie_break(&mut self, largest_effect: f64) {
        self.tie_break = self.relative_tie_break / largest_effect;
        self.best.tie_break = self.tie_break / self.unit;
    }

    /// Steps after the sizes of the effects, of their duals u = (z - x)/c, of the noise and of l. z is moved so that x and
    /// the duals stay, but for noise in the margin.
    fn adapt_steps(&mut self) {
        self.adapt_balance();
        self.adapt_margin();
        let Some(new) = self.balanced_steps() else {
            return;
        };
        let old = self.steps;
        if !is_worth_changing(&old, &new, self.projection.schur.players()) {
            return;
        }
        let Some(inverse) = self.projection.inverse(&new) else {
            return;
        };
        let full = self.masks - 1;
        for s in 0..self.masks {
            let order = mask::order(s as u32);
            let effects = [
                (&mut self.z_and[s], old.and[order], new.and[order]),
                (&mut self.z_or[full ^ s], old.or[order], new.or[order]),
            ];
            for (z, old, new) in effects.into_iter().filter(|(_, old, _)| *old > 0.0) {
                let x = shrunk(*z, old, 1.0 / (1.0 + old * self.tie_break));
                *z = x + (*z - x) * (new / old);
            }
            let x = clipped(self.z_noise[s], self.inner_bounds[s]);
            self.z_noise[s] = x + (self.z_noise[s] - x) * (new.noise / old.noise);
        }
        self.inverse = inverse;
        self.steps = new;
    }

    fn adapt_balance(&mut self) {
        let [low, high] = [self.best.dual_value, self.best.primal].map(|x| x / self.unit);
        if !(high > low && high.is_finite()) {
            return;
        }
        let estimate = self.estimate.clamp(low, high);
        let smallest = 1e-2 * (high - low);
        let lag = (estimate - low).max(smallest) / (high - estimate).max(smallest);
        if !(1.0 / TOLERATED_LAG..=TOLERATED_LAG).contains(&lag) {
            let change = lag.sqrt().clamp(1.0 / BALANCE_CHANGE, BALANCE_CHANGE);
            self.balance = (self.balance * change).clamp(1e-2, 1e2);
        }
    }

    /// The margin, smaller where the noise is worth so much that giving up a part of it would cost more than intended.
    fn adapt_margin(&mut self) {
        let multipliers = self.bounds.iter().zip(&self.multiplier);
        let worth: f64 = multipliers.map(|(bound, l)| bound * l.abs()).sum();
        let primal = self.best.primal / self.unit;
        let share = if worth > primal { primal / worth } else { 1.0 };
        self.set_margin(MARGIN * self.tolerance * share);
    }

    fn set_margin(&mut self, margin: f64) {
        for (inner, bound) in self.inner_bounds.iter_mut().zip(&self.bounds) {
            *inner = (1.0 - margin) * bound;
        }
    }

    /// `None` as long as all effects or all of their duals are 0.
    fn balanced_steps(&self) -> Option<Steps> {
        let (and_sizes, and_duals) = self.squares_by_order(&self.z_and, &self.steps.and, 0);
        let full = self.masks - 1;
        let (or_sizes, or_duals) = self.squares_by_order(&self.z_or, &self.steps.or, full);
        let sum = |a: &ByOrder, b: &ByOrder| a.iter().chain(b).sum::<f64>();
        let overall = (sum(&and_sizes, &or_sizes) / sum(&and_duals, &or_duals)).sqrt();
        if !(overall.is_finite() && overall > 0.0) {
            return None;
        }
        // Half-way, by ratio, between one step for all and a step after each order's own size.
        let step = |size: f64, dual: f64| {
            let ratio = if dual > 0.0 {
                (size / dual).sqrt() / overall
            } else {
                0.0
            };
            EFFECT_FACTOR * self.balance * overall * ratio.max(SMALLEST_RATIO).sqrt()
        };
        let (mut noise, mut multipliers) = (0.0, 0.0);
        for s in 0..self.masks {
            noise += clipped(self.z_noise[s], self.inner_bounds[s]).powi(2);
            multipliers += self.multiplier[s].powi(2);
        }
        Some(Steps {
            and: std::array::from_fn(|k| step(and_sizes[k], and_duals[k])),
            or: std::array::from_fn(|k| {
                if k < FIRST_OR_ORDER {
                    0.0
                } else {
                    step(or_sizes[k], or_duals[k])
                }
            }),
            noise: if noise > 0.0 && multipliers > 0.0 {
                let wanted = NOISE_FACTOR * self.balance.sqrt() * (noise / multipliers).sqrt();
                wanted.max(SMALLEST_NOISE_STEP * EFFECT_FACTOR * self.balance * overall)
            } else {
                self.steps.noise
            },
        })
    }

    /// Sums of x^2 and of u^2 by order; the variable of mask s is at `s ^ flip`.
    fn squares_by_order(&self, z: &[f64], steps: &ByOrder, flip: usize) -> (ByOrder, ByOrder) {
        let (mut sizes, mut duals) = ([0.0; MAX_PLAYERS + 1], [0.0; MAX_PLAYERS + 1]);
        for s in 0..self.masks {
            let order = mask::order(s as u32);
            let (z, step) = (z[s ^ flip], steps[order]);
            if step == 0.0 {
                continue;
            }
            let x = shrunk(z, step, 1.0 / (1.0 + step * self.tie_break));
            sizes[order] += x * x;
            duals[order] += ((z - x) / step).powi(2);
        }
        (sizes, duals)
    }
}

impl Sums {
    fn restart(&mut self) {
        self.count = 0.0;
        for sums in [&mut self.multiplier, &mut self.and, &mut self.or] {
            sums.fill(0.0);
        }
    }
}

impl Best {
    /// Keeps the dual point -`weight` `multiplier` if its bound is the best.
    fn keep_dual(&mut self, value: f64, multiplier: &[f64], weight: f64) {
        if value > self.dual_value {
            self.dual_value = value;
            for (y, l) in self.dual.iter_mut().zip(multiplier) {
                *y = -weight * l;
            }
        }
    }
}

fn is_worth_changing(old: &Steps, new: &Steps, players: usize) -> bool {
    let change = |old: f64, new: f64| (new / old).ln().abs() > SMALL_CHANGE;
    let by_order = |old: &ByOrder, new: &ByOrder| {
        old.iter()
            .zip(new)
            .take(players + 1)
            .any(|(old, new)| *old > 0.0 && change(*old, *new))
    };
    by_order(&old.and, &new.and) || by_order(&old.or, &new.or) || change(old.noise, new.noise)
}

/// v'y - tau'|y| of y = -l.
#[inline(always)]
fn linear_value(l: &[f64], v: &[f64], bounds: &[f64]) -> f64 {
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
fn largest_constraint(and: &[f64], or: &[f64]) -> f64 {
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
fn l1(values: &[f64]) -> f64 {
    let (whole, rest) = values.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for values in whole {
        for k in 0..LANES {
            sums[k] += values[k].abs();
        }
    }
    sums.iter().chain(rest).map(|x| x.abs()).sum()
}

#[inline(always)]
fn lanes(values: &[f64]) -> &[[f64; LANES]] {
    values.as_chunks().0
}

/// out <- Z a + Z_B b - (2 prox(z) - z) - v, given Z a, the superset sums of b, z of the noise, its bounds, and v.
#[inline(always)]
fn residual(out: &mut [f64], [and, or, z, bounds, v]: [&[f64]; 5]) {
    let all = or[0];
    let effects = and.iter().zip(or);
    let noise = z.iter().zip(bounds);
    for ((out, v), ((and, or), (z, bound))) in out.iter_mut().zip(v).zip(effects.zip(noise)) {
        let q = clipped(*z, *bound);
        *out = and + (all - or) - (2.0 * q - z) - v;
    }
}

/// z += 1.7 (y - x) for effects whose y is 2x - z - c `constraint`(l).
#[inline(always)]
fn step_effects(
    z: &mut [f64],
    l: &[f64],
    steps: &ByRow,
    shrinks: &ByRow,
    constraint: impl Fn(f64) -> f64,
) {
    for_each_row(z, l, steps, shrinks, |z, l, step, shrink| {
        let x = shrunk(z, step, shrink);
        z + RELAXATION * (x - z - step * constraint(l))
    });
}

/// z += 1.7 (y - x) for the noise, whose y is 2x - z + c l.
#[inline(always)]
fn step_noise(z: &mut [f64], bounds: &[f64], l: &[f64], step: f64) {
    for (z, (bound, l)) in z.iter_mut().zip(bounds.iter().zip(l)) {
        let x = clipped(*z, *bound);
        *z += RELAXATION * (x - *z + step * l);
    }
}

/// out <- 2 prox(z) - z.
#[inline(always)]
fn reflect(out: &mut [f64], z: &[f64], steps: &ByRow, shrinks: &ByRow) {
    for_each_row(out, z, steps, shrinks, |_, z, step, shrink| {
        2.0 * shrunk(z, step, shrink) - z
    });
}

/// out <- prox(z).
#[inline(always)]
fn prox(out: &mut [f64], z: &[f64], steps: &ByRow, shrinks: &ByRow) {
    for_each_row(out, z, steps, shrinks, |_, z, step, shrink| {
        shrunk(z, step, shrink)
    });
}

/// sums += prox(z).
#[inline(always)]
fn add_prox(sums: &mut [f64], z: &[f64], steps: &ByRow, shrinks: &ByRow) {
    for_each_row(sums, z, steps, shrinks, |sum, z, step, shrink| {
        sum + shrunk(z, step, shrink)
    });
}

/// out <- value(out, input, step, shrinkage), mask by mask.
#[inline(always)]
fn for_each_row(
    out: &mut [f64],
    input: &[f64],
    steps: &ByRow,
    shrinks: &ByRow,
    value: impl Fn(f64, f64, f64, f64) -> f64,
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
fn shrunk(z: f64, step: f64, shrink: f64) -> f64 {
    (z - clipped(z, step)) * shrink
}

#[inline(always)]
fn clipped(z: f64, bound: f64) -> f64 {
    let below = if z < bound { z } else { bound };
    if below > -bound { below } else { -bound }
}
