//! Douglas-Rachford on several games side by side, each in its own lane.
//!
//! ```text
//! unknown x = (a, b, q' = q/sqrt(s));  shrink = soft threshold
//! prox:  a <- shrink(z_a, c) / (1 + c e), b likewise, q' <- clip(z_q, +-tau/sqrt(s))
//! proj:  l = H^-1 (Z a + Z_B b - sqrt(s) q' - v);  a -= Z' l;  b -= Z_B' l;  q' += sqrt(s) l
//! loop:  x = prox(z);  y = proj(2x - z);  z += 1.7 (y - x);  dual candidate -l/c
//! ```
//!
//! No lane reads another lane's numbers, and sums over masks have a fixed order, so that a game's result
//! does not depend on its neighbours or on the number of lanes.

use super::{
    acceleration::Anderson,
    certificate::Bound,
    feasible,
    projection::{Projection, WEIGHTS},
};
use crate::{
    arch::vectorized,
    butterfly::{self, Moebius, Superset, Zeta},
};

/// Over-relaxation of the Douglas-Rachford step, between 1 and 2.
const RELAXATION: f64 = 1.7;

/// Index of the weight s that every game starts with.
const FIRST_WEIGHT: usize = 4;

/// First prox step c in units of the mean |Moebius v|.
const FIRST_STEP: f64 = 0.25;

/// The adapted c, in units of the size of the effects over that of their duals.
const STEP_FACTOR: f64 = 0.035;

/// The adapted s, in units of the ratio of the balanced steps.
const WEIGHT_FACTOR: f64 = 4.0;

/// Change of ln c that is not worth forgetting the acceleration's memory for.
const SMALL_CHANGE: f64 = 0.2;

/// Relative gap below which e is no longer adapted.
const FREEZE_TIE_BREAK: f64 = 0.05;

/// The best bounds that a game has reached and where; its vectors are reused from game to game.
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
        if self.primal > 0.0 {
            ((self.primal - self.dual_value) / self.primal).max(0.0)
        } else {
            0.0
        }
    }
}

/// Scalars of one lane.
#[derive(Clone, Copy, Debug, Default)]
struct Steps {
    /// Prox step c.
    prox: f64,
    /// Index of s in [`WEIGHTS`].
    weight: usize,
    /// Tie-break e.
    tie_break: f64,
}

/// Scratch memory and state of `B` games.
pub(super) struct Lanes<'p, const B: usize> {
    projection: &'p Projection,
    relative_tie_break: f64,
    v: Vec<[f64; B]>,
    bound: Vec<[f64; B]>,
    /// z of the AND effects, of the OR effects and of the noise, one after the other.
    z: Vec<[f64; B]>,
    anderson: Anderson<B>,
    /// Reflected AND effects, then Z of them, then Z' l.
    and: Vec<[f64; B]>,
    /// Reflected OR effects, then Z of them, then Z l.
    or: Vec<[f64; B]>,
    /// Residual, then l.
    multiplier: Vec<[f64; B]>,
    /// H^-1 of every lane's weight.
    blocks: Vec<[f64; B]>,
    steps: [Steps; B],
    best: Vec<Best>,
}

/// Scalars of all lanes, spread for the vector loops.
struct Spread<const B: usize> {
    prox: [f64; B],
    shrink: [f64; B],
    root: [f64; B],
    inverse_root: [f64; B],
}

impl<'p, const B: usize> Lanes<'p, B> {
    pub(super) fn new(projection: &'p Projection, relative_tie_break: f64) -> Self {
        let masks = 1 << projection.schur.players();
        let zeros = || vec![[0.0; B]; masks];
        let best = Best {
            and: vec![0.0; masks],
            or: vec![0.0; masks],
            dual: vec![0.0; masks],
            ..Best::default()
        };
        let mut lanes = Self {
            projection,
            relative_tie_break,
            v: zeros(),
            bound: zeros(),
            z: vec![[0.0; B]; 3 * masks],
            anderson: Anderson::new(3 * masks),
            and: zeros(),
            or: zeros(),
            multiplier: zeros(),
            blocks: vec![[0.0; B]; projection.block_len()],
            steps: [Steps {
                prox: 1.0,
                weight: FIRST_WEIGHT,
                tie_break: 0.0,
            }; B],
            best: vec![best; B],
        };
        for lane in 0..B {
            lanes.set_weight(lane, FIRST_WEIGHT);
        }
        lanes
    }

    pub(super) fn best(&self, lane: usize) -> &Best {
        &self.best[lane]
    }

    /// Puts a game into a lane; v(empty) = 0.
    pub(super) fn load(&mut self, lane: usize, v: &[f64], bound: &Bound) {
        for (row, v) in self.v.iter_mut().zip(v) {
            row[lane] = *v;
        }
        feasible::fill_lane(&mut self.bound, lane, bound);
        self.clear(lane);

        let mut effects = v.to_vec();
        vectorized(
            #[inline(always)]
            || butterfly::transform::<Moebius, f64>(&mut effects, 1),
        );
        let mean = effects.iter().map(|x| x.abs()).sum::<f64>() / effects.len() as f64;
        self.steps[lane].prox = if mean > 0.0 { FIRST_STEP * mean } else { 1.0 };
    }

    /// Empties a lane, so that what runs on in it is harmless.
    pub(super) fn unload(&mut self, lane: usize) {
        for row in self.v.iter_mut().chain(&mut self.bound) {
            row[lane] = 0.0;
        }
        self.clear(lane);
    }

    fn clear(&mut self, lane: usize) {
        for row in &mut self.z {
            row[lane] = 0.0;
        }
        self.steps[lane] = Steps {
            prox: 1.0,
            weight: FIRST_WEIGHT,
            tie_break: 0.0,
        };
        self.set_weight(lane, FIRST_WEIGHT);
        self.anderson.reset(lane, &self.z);
        let best = &mut self.best[lane];
        best.primal = f64::INFINITY;
        best.dual_value = 0.0;
        best.iterations = 0;
        best.tie_break = 0.0;
        best.dual.fill(0.0);
    }

    fn set_weight(&mut self, lane: usize, weight: usize) {
        self.steps[lane].weight = weight;
        for (row, entry) in self.blocks.iter_mut().zip(self.projection.inverse(weight)) {
            row[lane] = *entry;
        }
    }

    /// Does `count` iterations in every lane and evaluates the bounds of the lanes that are in use.
    pub(super) fn advance(&mut self, count: usize, active: &[bool; B]) {
        let spread = self.spread();
        let dual_values = vectorized(
            #[inline(always)]
            || {
                for _ in 0..count {
                    self.iterate(&spread);
                }
                self.dual_values(&spread)
            },
        );
        for lane in (0..B).filter(|&lane| active[lane]) {
            self.best[lane].iterations += count;
            self.keep_dual(lane, dual_values[lane]);
        }
        vectorized(
            #[inline(always)]
            || {
                self.anderson.extrapolate(&mut self.z);
                self.feasible_candidates(&spread);
            },
        );
        for lane in (0..B).filter(|&lane| active[lane]) {
            self.keep_primal(lane);
            let rounds = self.best[lane].iterations / count;
            if rounds >= 2 && rounds.is_power_of_two() {
                self.adapt(lane);
            }
        }
    }

    fn spread(&self) -> Spread<B> {
        let root = self.steps.map(|s| WEIGHTS[s.weight].sqrt());
        Spread {
            prox: self.steps.map(|s| s.prox),
            shrink: self.steps.map(|s| 1.0 / (1.0 + s.prox * s.tie_break)),
            root,
            inverse_root: root.map(f64::recip),
        }
    }

    #[inline(always)]
    fn iterate(&mut self, spread: &Spread<B>) {
        let [z_and, z_or, _] = parts(&self.z);
        for (reflected, z) in [(&mut self.and, z_and), (&mut self.or, z_or)] {
            for (r, z) in reflected.iter_mut().zip(z) {
                *r = std::array::from_fn(|lane| {
                    2.0 * shrunk(z[lane], spread.prox[lane], spread.shrink[lane]) - z[lane]
                });
            }
        }
        butterfly::transform::<Zeta, f64>(self.and.as_flattened_mut(), B);
        butterfly::transform::<Zeta, f64>(self.or.as_flattened_mut(), B);
        self.residual(spread);
        self.projection.solve(&mut self.multiplier, &self.blocks);
        self.and.copy_from_slice(&self.multiplier);
        self.or.copy_from_slice(&self.multiplier);
        butterfly::transform::<Superset, f64>(self.and.as_flattened_mut(), B);
        butterfly::transform::<Zeta, f64>(self.or.as_flattened_mut(), B);
        self.step(spread);
    }

    /// multiplier <- Z a + Z_B b - sqrt(s) q' - v at the reflected point.
    #[inline(always)]
    fn residual(&mut self, spread: &Spread<B>) {
        let all = self.or[self.or.len() - 1];
        let rows = self
            .multiplier
            .iter_mut()
            .zip(&self.and)
            .zip(self.or.iter().rev());
        let [_, _, z_noise] = parts(&self.z);
        let rows = rows.zip(z_noise).zip(&self.v).zip(&self.bound);
        for (((((out, and), or), z), v), bound) in rows {
            *out = std::array::from_fn(|lane| {
                let q = clipped(z[lane], bound[lane] * spread.inverse_root[lane]);
                and[lane] + (all[lane] - or[lane])
                    - spread.root[lane] * (2.0 * q - z[lane])
                    - v[lane]
            });
        }
    }

    /// z += 1.7 (y - x).
    #[inline(always)]
    fn step(&mut self, spread: &Spread<B>) {
        let (z_and, rest) = self.z.split_at_mut(self.v.len());
        let (z_or, z_noise) = rest.split_at_mut(self.v.len());
        for (z, and) in z_and.iter_mut().zip(&self.and) {
            let old = *z;
            *z = std::array::from_fn(|lane| {
                let x = shrunk(old[lane], spread.prox[lane], spread.shrink[lane]);
                old[lane] + RELAXATION * (x - old[lane] - and[lane])
            });
        }
        let all = self.and[0];
        for (z, or) in z_or.iter_mut().zip(self.or.iter().rev()) {
            let old = *z;
            *z = std::array::from_fn(|lane| {
                let x = shrunk(old[lane], spread.prox[lane], spread.shrink[lane]);
                old[lane] + RELAXATION * (x - old[lane] - (all[lane] - or[lane]))
            });
        }
        for ((z, bound), l) in z_noise.iter_mut().zip(&self.bound).zip(&self.multiplier) {
            let old = *z;
            *z = std::array::from_fn(|lane| {
                let x = clipped(old[lane], bound[lane] * spread.inverse_root[lane]);
                old[lane] + RELAXATION * (x - old[lane] + spread.root[lane] * l[lane])
            });
        }
    }

    /// Balances the steps: c to the size of the effects over that of their duals u = (z - x)/c, and c s likewise for the
    /// noise, each times a factor found by experiment (ours). z is moved so that x and the duals stay.
    fn adapt(&mut self, lane: usize) {
        let Steps {
            prox,
            weight,
            tie_break,
        } = self.steps[lane];
        let root = WEIGHTS[weight].sqrt();
        let shrink = 1.0 / (1.0 + prox * tie_break);
        let (z_effects, z_noise) = self.z.split_at_mut(2 * self.v.len());
        let (mut effects, mut duals) = (0.0, 0.0);
        for z in z_effects.iter() {
            let x = shrunk(z[lane], prox, shrink);
            effects += x * x;
            duals += ((z[lane] - x) / prox).powi(2);
        }
        let (mut noise, mut multipliers) = (0.0, 0.0);
        for (z, bound) in z_noise.iter().zip(&self.bound) {
            let q = clipped(z[lane], bound[lane] / root);
            noise += (q * root).powi(2);
            multipliers += ((z[lane] - q) / (prox * root)).powi(2);
        }
        if effects <= 0.0 || duals <= 0.0 {
            return;
        }
        let balance = (effects / duals).sqrt();
        let new_prox = STEP_FACTOR * balance;
        let new_weight = if noise > 0.0 && multipliers > 0.0 {
            nearest_weight(WEIGHT_FACTOR * (noise / multipliers).sqrt() / balance)
        } else {
            weight
        };
        if new_weight == weight && (new_prox / prox).ln().abs() < SMALL_CHANGE {
            return;
        }
        let new_root = WEIGHTS[new_weight].sqrt();
        for z in z_effects.iter_mut() {
            let x = shrunk(z[lane], prox, shrink);
            z[lane] = x + (z[lane] - x) * (new_prox / prox);
        }
        for (z, bound) in z_noise.iter_mut().zip(&self.bound) {
            let q = clipped(z[lane], bound[lane] / root);
            let multiplier = (z[lane] - q) / (prox * root);
            z[lane] = q * root / new_root + multiplier * new_prox * new_root;
        }
        self.steps[lane].prox = new_prox;
        self.set_weight(lane, new_weight);
        self.anderson.reset(lane, &self.z);
    }

    /// Lower bounds from y = -l/c, scaled to be feasible.
    #[inline(always)]
    fn dual_values(&self, spread: &Spread<B>) -> [f64; B] {
        let mut linear = [0.0; B];
        let mut absolute = [0.0; B];
        for ((l, v), bound) in self.multiplier.iter().zip(&self.v).zip(&self.bound) {
            for lane in 0..B {
                linear[lane] -= l[lane] * v[lane];
                absolute[lane] += bound[lane] * l[lane].abs();
            }
        }
        let mut largest = [0.0_f64; B];
        let all = self.and[0];
        for (and, or) in self.and.iter().zip(&self.or) {
            for lane in 0..B {
                largest[lane] = largest[lane]
                    .max(and[lane].abs())
                    .max((all[lane] - or[lane]).abs());
            }
        }
        std::array::from_fn(|lane| {
            (linear[lane] - absolute[lane]) / largest[lane].max(spread.prox[lane])
        })
    }

    fn keep_dual(&mut self, lane: usize, value: f64) {
        let best = &mut self.best[lane];
        if value > best.dual_value {
            best.dual_value = value;
            let scale = -1.0 / self.steps[lane].prox;
            for (y, l) in best.dual.iter_mut().zip(&self.multiplier) {
                *y = scale * l[lane];
            }
        }
    }

    /// and, or <- the feasible effects next to prox(z).
    #[inline(always)]
    fn feasible_candidates(&mut self, spread: &Spread<B>) {
        let [z_and, z_or, _] = parts(&self.z);
        for (out, z) in [(&mut self.and, z_and), (&mut self.or, z_or)] {
            for (x, z) in out.iter_mut().zip(z) {
                for lane in 0..B {
                    x[lane] = shrunk(z[lane], spread.prox[lane], spread.shrink[lane]);
                }
            }
        }
        butterfly::transform::<Zeta, f64>(self.and.as_flattened_mut(), B);
        butterfly::transform::<Zeta, f64>(self.or.as_flattened_mut(), B);
        let all = self.or[self.or.len() - 1];
        self.or.reverse();
        for row in &mut self.or {
            for lane in 0..B {
                row[lane] = all[lane] - row[lane];
            }
        }
        feasible::feasible_effects(&self.v, &self.bound, &mut self.and, &mut self.or);
    }

    fn keep_primal(&mut self, lane: usize) {
        let (mut l1, mut squares) = (0.0, 0.0);
        for row in self.and.iter().chain(&self.or) {
            l1 += row[lane].abs();
            squares += row[lane] * row[lane];
        }
        let best = &mut self.best[lane];
        if l1 < best.primal {
            best.primal = l1;
            for (out, row) in best.and.iter_mut().zip(&self.and) {
                *out = row[lane];
            }
            for (out, row) in best.or.iter_mut().zip(&self.or) {
                *out = row[lane];
            }
        }
        if squares > 0.0 && best.gap() > FREEZE_TIE_BREAK {
            self.steps[lane].tie_break = self.relative_tie_break * l1 / squares;
        }
        best.tie_break = self.steps[lane].tie_break;
    }
}

/// Index of the weight nearest to `s` by ratio.
fn nearest_weight(s: f64) -> usize {
    let distance = |i: &usize| (WEIGHTS[*i] / s).ln().abs();
    (0..WEIGHTS.len())
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))
        .unwrap_or(FIRST_WEIGHT)
}

/// The AND, OR and noise parts of z.
#[inline(always)]
fn parts<const B: usize>(z: &[[f64; B]]) -> [&[[f64; B]]; 3] {
    let (and, rest) = z.split_at(z.len() / 3);
    let (or, noise) = rest.split_at(rest.len() / 2);
    [and, or, noise]
}

/// Soft threshold, scaled by the tie-break.
#[inline(always)]
fn shrunk(z: f64, prox: f64, shrink: f64) -> f64 {
    (z - clipped(z, prox)) * shrink
}

#[inline(always)]
fn clipped(z: f64, bound: f64) -> f64 {
    let below = if z < bound { z } else { bound };
    if below > -bound { below } else { -bound }
}
