//! Douglas-Rachford splitting on one game.
//!
//! ```text
//! unknown x = (a, b, q), each with a step c: of its order and kind for a and b, one for q
//! prox:  a <- shrink(z_a, c w) / (1 + c e), b likewise, q <- clip(z_q, +-tau)
//! proj:  l = H^-1 (Z a + Z_B b - q - v);  a -= c Z' l;  b -= c Z_B' l;  q += c l
//! loop:  x = prox(z);  y = proj(2x - z);  z += 1.9 (y - x);  dual candidate -l
//! ```
//!
//! What makes it fast (ours):
//!
//! - **Steps by order.** Effects of low orders are orders of magnitude larger than those of high
//!   ones. A step for each order keeps H permutation-symmetric, so the projection stays exact; the
//!   steps follow the sizes of the effects and of their duals.
//! - **Balance by the certificate.** The norm of the iterate tells early on where the optimum is.
//!   Where the upper bound is further from it than the lower one the steps shrink, and grow in the
//!   other case.
//! - **A margin.** The noise is kept within slightly less than its bound. An iterate that exceeds
//!   that by little is feasible as it is, while taking an excess back costs many small effects.
//! - **Averages.** The iterates circle around the solution. Bounds are evaluated at the last
//!   iterate and at two means since the last restarts of their averaging, which are far better on
//!   both sides: a short one, and one as long as half of all iterations.
//!
//! - **Two kinds of steps.** Where bounds are to meet, steps are small and balanced; where a curved
//!   objective's iterate is to settle they are several times as large, no bound is evaluated on the
//!   way, and a last phase of tiny steps makes the iterate feasible.
//! - **Half the digits.** Iterations of small games can be done in f32 (see [`Precision`]): vectors
//!   hold twice as many values. Only the products with H^-1 need f64, since what they make of large
//!   sums is small. Bounds are evaluated in f64 in any case.
//!
//! OR effects are kept by the complement of their mask here: then Z_B and its adjoint need no
//! reversal, because (Z_B b)(S) = sum of all b - sum over U that contain S of b(N\U). Outputs,
//! noise and l have their players exchanged (`butterfly::exchanging_transform`), which changes
//! nothing for the projection and saves half of the transpositions. Sums have a fixed order, so
//! that a result does not depend on the processor.

mod adaptation;
mod best;
#[cfg(feature = "single")]
mod continuation;
mod precision;
mod start;
mod sums;
mod vector;

use super::{
    certificate::Bound,
    feasible::feasible_effects,
    objective::Objective,
    projection::{ByOrder, Projection, Steps},
};
use crate::{
    arch::{Aligned, vectorized},
    butterfly::{self, Moebius, Superset, Zeta},
    mask,
    schur::{Blocks, Scratch},
};

use adaptation::ADAPTATION_GROWTH;
pub(super) use best::Best;
use precision::Precision;
use sums::Sums;
use vector::{
    ROW, Spread, Weights, add_prox, charge, largest_constraint, linear_value, objective_value,
    prox, reflect, step_effects, step_noise, weighted_sum,
};

/// Over-relaxation of the Douglas-Rachford step, between 1 and 2.
const RELAXATION: f64 = 1.9;
/// First step in units of the mean |Moebius v|.
const FIRST_STEP: f64 = 0.25;
/// Iterations between two that enter the mean.
const AVERAGED_EVERY: usize = 5;
/// Rounds between two restarts of the short mean.
const SHORT_MEAN: usize = 4;
/// Factor of the steps once an iterate has settled. After 200 iterations with it the mean order of
/// the feasible answer was within 0.001 of the exact one on games of LeNet, with 0.01 within 0.005,
/// without within 0.1.
const SLOW: f64 = 3e-3;
/// Margin between the noise and its bound, and what it may cost of the objective, in units of the
/// tolerance.
const MARGIN: f64 = 0.3;

/// State and scratch memory of a game. Arrays have a value for every mask, and padding of 0 up to a
/// whole row.
pub(super) struct Splitting<'p, T> {
    projection: &'p Projection,
    /// Its curvature is in the splitting's unit.
    objective: Objective,
    tolerance: f64,
    masks: usize,
    /// The largest output, in the splitting's unit.
    largest: f64,
    /// The game's unit over the one that the splitting works in, a power of two that brings the
    /// largest output to 1 up to 2.
    unit: f64,
    v: Aligned<f64>,
    /// The same as the iterations read it, if that is not in f64.
    narrow_v: Aligned<T>,
    /// Noise bound at every mask.
    bounds: Aligned<f64>,
    /// The same, less the margin.
    inner_bounds: Aligned<T>,
    z_and: Aligned<T>,
    z_or: Aligned<T>,
    z_noise: Aligned<T>,
    /// Reflected AND effects, then Z of them, then Z' l.
    and: Aligned<T>,
    /// Reflected OR effects, then their superset sums, then Z l.
    or: Aligned<T>,
    /// Residual, then l.
    multiplier: Aligned<T>,
    /// Effects and multiplier as they are evaluated, if the iterations are not in f64.
    wide: [Aligned<f64>; 2],
    /// Since the short mean was restarted.
    recent: Sums<T>,
    /// What the long mean has beside that.
    older: Sums<T>,
    steps: Steps,
    /// H^-1 for `steps`.
    inverse: Blocks,
    scratch: Scratch,
    weights: Weights,
    /// Factor of all adapted steps.
    pace: f64,
    /// Factor of the steps of the effects, and its root that of the noise, from the balance of the
    /// bounds.
    balance: f64,
    rounds: usize,
    next_adaptation: usize,
    next_restart: usize,
    /// |a|_1 + |b|_1 of the last iterate, which is hardly feasible but near the optimum early on.
    estimate: f64,
    best: Best,
}

impl<'p, T: Precision> Splitting<'p, T> {
    pub(super) fn new(projection: &'p Projection) -> Self {
        let masks = 1 << projection.players();
        let len = masks.max(ROW);
        let zeros = || Aligned::zeros(len);
        Self {
            projection,
            objective: Objective::PLAIN,
            tolerance: 0.0,
            masks,
            largest: 1.0,
            unit: 1.0,
            v: Aligned::zeros(len),
            narrow_v: Aligned::zeros(T::copied(len)),
            bounds: Aligned::zeros(len),
            inner_bounds: zeros(),
            z_and: zeros(),
            z_or: zeros(),
            z_noise: zeros(),
            and: zeros(),
            or: zeros(),
            multiplier: zeros(),
            wide: std::array::from_fn(|_| Aligned::zeros(T::copied(len))),
            recent: Sums::new(len),
            older: Sums::new(len),
            steps: Steps::uniform(1.0),
            inverse: Blocks::default(),
            scratch: Scratch::new(),
            weights: Weights::new(&Objective::PLAIN, projection.players()),
            pace: 1.0,
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

    fn inverse(&self, steps: &Steps) -> Option<Blocks> {
        self.projection.inverse(steps, T::schur(self.projection))
    }

    /// Whether the solution is unique, so that the iterate itself is to settle.
    pub(super) fn is_curved(&self) -> bool {
        self.weights.is_curved()
    }

    pub(super) fn best(&self) -> &Best {
        &self.best
    }

    /// Begins a game; v(empty) = 0. The tolerance is that relative gap which the noise's margin may
    /// cost a part of.
    pub(super) fn load(&mut self, v: &[f64], bound: &Bound, objective: &Objective, tolerance: f64) {
        let largest = v.iter().fold(0.0_f64, |largest, v| largest.max(v.abs()));
        self.unit = 2.0_f64.powi((largest.log2().floor() as i32).clamp(-1000, 1000));
        self.largest = largest / self.unit;
        let bound = bound.scaled(1.0 / self.unit);
        let inputs = self.v.iter_mut().zip(self.bounds.iter_mut()).zip(v);
        for (mask, ((out, out_bound), v)) in inputs.enumerate() {
            (*out, *out_bound) = (v / self.unit, bound.at(mask));
        }
        for outputs in [&mut self.v, &mut self.bounds] {
            butterfly::exchange_players(outputs);
        }
        for (narrow, v) in self.narrow_v.iter_mut().zip(self.v.iter()) {
            *narrow = T::from_f64(*v);
        }
        T::exchange(&mut self.narrow_v);
        for z in [&mut self.z_and, &mut self.z_or, &mut self.z_noise] {
            z.fill(T::default());
        }
        self.steps = Steps::uniform(FIRST_STEP * self.mean_effect());
        self.inverse = self.inverse(&self.steps).unwrap_or_default();
        self.aim(objective, tolerance);
    }

    /// Goes on with the same game to another objective, from where the iterates are.
    pub(super) fn aim(&mut self, objective: &Objective, tolerance: f64) {
        self.tolerance = tolerance;
        self.set_margin(MARGIN * tolerance);
        (self.pace, self.balance) = (1.0, 1.0);
        self.objective = Objective {
            curvature: objective.curvature / self.largest,
            ..*objective
        };
        self.weights = Weights::new(&self.objective, self.projection.players());
        self.recent.restart();
        self.older.restart();
        self.estimate = 0.0;
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
        let [effects, _] = &mut self.wide;
        let effects = &mut T::widened(&mut self.and, effects)[..self.masks];
        effects.copy_from_slice(&self.v[..self.masks]);
        vectorized(
            #[inline(always)]
            || butterfly::transform::<Moebius, f64>(effects, 1),
        );
        effects.iter().map(|x| x.abs()).sum::<f64>() / self.masks as f64
    }

    /// A round: does `count` iterations, evaluates the bounds, adapts the steps when it is time to.
    /// Where the objective is curved, bounds are evaluated on request only: there it is the iterate
    /// that counts.
    pub(super) fn advance(&mut self, count: usize) {
        let spread = Spread::new(&self.steps, &self.objective, self.projection.players());
        // An iterate that still moves is not evaluated, and nor are its means.
        let is_averaged = !self.is_curved() || self.pace < 1.0;
        T::vectorized(
            #[inline(always)]
            || {
                for iteration in self.best.iterations + 1..=self.best.iterations + count {
                    self.iterate(&spread);
                    if is_averaged && iteration.is_multiple_of(AVERAGED_EVERY) {
                        self.add_to_sums(&spread);
                    }
                }
            },
        );
        self.best.iterations += count;
        if !self.is_curved() {
            self.evaluate();
        }
        self.rounds += 1;
        if self.rounds >= self.next_restart {
            self.next_restart = 2 * self.rounds;
            self.recent.restart();
            self.older.restart();
        } else if self.rounds.is_multiple_of(SHORT_MEAN) {
            self.older.add(&self.recent);
            self.recent.restart();
        }
        if self.rounds >= self.next_adaptation {
            self.next_adaptation = (self.rounds as f64 * ADAPTATION_GROWTH).ceil() as usize;
            self.adapt_steps();
        }
    }

    /// Goes on with steps so small that the iterate hardly moves but comes to explain the outputs:
    /// what it exceeds the noise bound by would otherwise be taken back by many small effects of
    /// all orders. Means begin anew.
    pub(super) fn slow_down(&mut self) {
        self.pace = SLOW;
        self.adapt_steps();
        self.recent.restart();
        self.older.restart();
    }

    /// Evaluates the bounds of the last iterate and of the means.
    pub(super) fn evaluate(&mut self) {
        let spread = Spread::new(&self.steps, &self.objective, self.projection.players());
        vectorized(
            #[inline(always)]
            || {
                self.bound_below(None);
                self.bounds_of_mean(0.0);
                if self.older.count > 0.0 {
                    self.bounds_of_mean(1.0);
                }
                self.last_effects(&spread);
                self.keep_feasible();
            },
        );
    }

    /// AND and OR effects of the last iterate, by mask and by complement, in the splitting's unit:
    /// sparse, and feasible only in the end.
    pub(super) fn iterate_effects(&self) -> Vec<f64> {
        let full = self.masks - 1;
        let of = |z: &[T], steps: &ByOrder, flip: usize| -> Vec<f64> {
            let effect = |s: usize| {
                let order = mask::order((s ^ flip) as u32);
                self.objective.shrunk(z[s].to_f64(), steps[order], order)
            };
            (0..self.masks).map(effect).collect()
        };
        let mut effects = of(&self.z_and, &self.steps.and, 0);
        effects.extend(of(&self.z_or, &self.steps.or, full));
        effects
    }

    #[inline(always)]
    fn iterate(&mut self, spread: &Spread<T>) {
        reflect(&mut self.and, &self.z_and, &spread.and);
        reflect(&mut self.or, &self.z_or, &spread.or);
        T::transform::<Zeta>(&mut self.and[..self.masks]);
        T::transform::<Superset>(&mut self.or[..self.masks]);
        self.residual();
        let l = &mut self.multiplier[..self.masks];
        T::schur(self.projection).apply(l, &self.inverse, &mut self.scratch);
        self.and.copy_from_slice(&self.multiplier);
        self.or.copy_from_slice(&self.multiplier);
        T::transform::<Superset>(&mut self.and[..self.masks]);
        T::transform::<Zeta>(&mut self.or[..self.masks]);
        self.step(spread);
    }

    /// multiplier <- Z a + Z_B b - q - v at the reflected point.
    #[inline(always)]
    fn residual(&mut self) {
        vector::residual(
            &mut self.multiplier,
            [
                &self.and,
                &self.or,
                &self.z_noise,
                &self.inner_bounds,
                T::narrowed(&self.v, &self.narrow_v),
            ],
        );
        self.multiplier[self.masks..].fill(T::default());
    }

    /// z += 1.7 (y - x).
    #[inline(always)]
    fn step(&mut self, spread: &Spread<T>) {
        let all = self.and[0];
        let (z, l) = (&mut self.z_and, &self.and);
        step_effects(z, l, &spread.and, |l| l);
        let (z, l) = (&mut self.z_or, &self.or);
        step_effects(z, l, &spread.or, |l| all - l);
        step_noise(
            &mut self.z_noise,
            &self.inner_bounds,
            &self.multiplier,
            spread.noise,
        );
    }

    #[inline(always)]
    fn add_to_sums(&mut self, spread: &Spread<T>) {
        let sums = &mut self.recent;
        sums.count += 1.0;
        for (sum, l) in sums.multiplier.iter_mut().zip(self.multiplier.iter()) {
            *sum += *l;
        }
        add_prox(&mut sums.and, &self.z_and, &spread.and);
        add_prox(&mut sums.or, &self.z_or, &spread.or);
    }

    /// The lower bound of -l, of the last iteration or the mean with these weights.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    fn bound_below(&mut self, mean: Option<[T; 2]>) {
        self.load_multiplier(mean);
        let [wide_and, wide_or] = &mut self.wide;
        let and = T::widened(&mut self.and, wide_and);
        let or = T::widened(&mut self.or, wide_or);
        // The adjoint overwrites l, so its part in the value is taken before.
        let linear = linear_value(and, &self.v, &self.bounds);
        or.copy_from_slice(and);
        synthesize_adjoint(&mut and[..self.masks], &mut or[..self.masks]);
        let value = self.unit
            * if self.weights.is_curved() {
                linear - charge(and, or, &self.weights)
            } else {
                linear / largest_constraint(and, or, &self.weights)
            };
        if self.best.is_better_dual(value) {
            self.load_multiplier(mean);
            let l = T::widened(&mut self.and, &mut self.wide[0]);
            self.best.keep_dual(value, l);
        }
    }

    /// and <- l.
    #[inline(always)]
    fn load_multiplier(&mut self, mean: Option<[T; 2]>) {
        let (new, old) = (&self.recent.multiplier, &self.older.multiplier);
        match mean {
            None => self.and.copy_from_slice(&self.multiplier),
            Some(weights) => weighted_sum(&mut self.and, [new, old], weights),
        }
        T::exchange(&mut self.and);
    }

    /// The bounds of the short mean, or with the `older` sums (1) of the long one.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    fn bounds_of_mean(&mut self, older: f64) {
        let count = self.recent.count + older * self.older.count;
        if count == 0.0 {
            return;
        }
        let weights = [1.0 / count, older / count].map(T::from_f64);
        self.bound_below(Some(weights));
        let (new, old) = (&self.recent, &self.older);
        weighted_sum(&mut self.and, [&new.and, &old.and], weights);
        weighted_sum(&mut self.or, [&new.or, &old.or], weights);
        self.keep_feasible();
    }

    #[inline(always)]
    fn last_effects(&mut self, spread: &Spread<T>) {
        prox(&mut self.and, &self.z_and, &spread.and);
        prox(&mut self.or, &self.z_or, &spread.or);
        let [wide_and, wide_or] = &mut self.wide;
        let and = T::widened(&mut self.and, wide_and);
        let or = T::widened(&mut self.or, wide_or);
        self.estimate = objective_value(and, or, &self.weights);
    }

    /// Makes the effects in `and` and `or` feasible and keeps them if they are the best.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    fn keep_feasible(&mut self) {
        let [wide_and, wide_or] = &mut self.wide;
        let and_row = T::widened(&mut self.and, wide_and);
        let or_row = T::widened(&mut self.or, wide_or);
        let (and, or) = (&mut and_row[..self.masks], &mut or_row[..self.masks]);
        synthesize(and, or);
        let all = or[0];
        for or in or.iter_mut() {
            *or = all - *or;
        }
        feasible_effects(&self.v[..self.masks], &self.bounds[..self.masks], and, or);
        let primal = self.unit * objective_value(and_row, or_row, &self.weights);
        let (and, or) = (&and_row[..self.masks], &or_row[..self.masks]);
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
}

/// and <- Z and; or <- its superset sums, so that Z_B or = or(empty) - or.
#[inline(always)]
fn synthesize(and: &mut [f64], or: &mut [f64]) {
    butterfly::exchanging_transform::<Zeta, f64>(and);
    butterfly::exchanging_transform::<Superset, f64>(or);
}

/// and <- Z' and; or <- its subset sums, so that Z_B' or = and(empty) - or where both were the
/// same.
#[inline(always)]
fn synthesize_adjoint(and: &mut [f64], or: &mut [f64]) {
    butterfly::exchanging_transform::<Superset, f64>(and);
    butterfly::exchanging_transform::<Zeta, f64>(or);
}
