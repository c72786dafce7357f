//! What adapts to a game: the steps, their balance and the margin of the noise.

use super::{
    super::projection::{ByOrder, FIRST_OR_ORDER, Steps},
    MARGIN, Splitting,
    precision::Precision,
    vector::clipped,
};
use crate::mask::{self, MAX_PLAYERS};

/// Adapted steps in units of the size of the variables over that of their duals.
struct Factors {
    effects: f64,
    noise: f64,
}

/// Where two bounds are to meet; their balance does the rest.
const OF_BOUNDS: Factors = Factors {
    effects: 0.14,
    noise: 0.14,
};
/// Where the iterate itself is to settle. On games of LeNet, VGG-11, BERT-Tiny and DGCNN it was
/// within 1 % of the solution after half to a quarter of the iterations that steps for bounds take;
/// 0.6 to 1.2 did equally well, for the noise 0.5 to 5.
const OF_POINTS: Factors = Factors {
    effects: 0.8,
    noise: 1.5,
};
/// Smallest step of the noise, in units of the step of all effects together: below it H loses its
/// digits.
const SMALLEST_NOISE_STEP: f64 = 1e-4;
/// Smallest ratio of size to dual of an order, relative to that of all orders together.
const SMALLEST_RATIO: f64 = 1e-3;
/// Change of the logarithm of a step that is worth new steps.
const SMALL_CHANGE: f64 = 0.2;
/// By how much one bound may lag more than the other before the steps are balanced.
const TOLERATED_LAG: f64 = 4.0;
/// Largest change of the balance at a time.
const BALANCE_CHANGE: f64 = 1.5;
/// Growth of the number of rounds from one adaptation of the steps to the next.
pub(super) const ADAPTATION_GROWTH: f64 = 1.3;

impl<T: Precision> Splitting<'_, T> {
    /// Steps after the sizes of the effects, of their duals u = (z - x)/c, of the noise and of l. z
    /// is moved so that x and the duals stay, but for noise in the margin.
    pub(super) fn adapt_steps(&mut self) {
        if !self.weights.is_curved() {
            self.adapt_balance();
        }
        self.adapt_margin();
        let Some(new) = self.balanced_steps() else {
            return;
        };
        let old = self.steps;
        if !is_worth_changing(&old, &new, self.projection.players()) {
            return;
        }
        let Some(inverse) = self.inverse(&new) else {
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
                let exact = z.to_f64();
                let x = self.objective.shrunk(exact, old, order);
                *z = T::from_f64(x + (exact - x) * (new / old));
            }
            let z = self.z_noise[s].to_f64();
            let x = clipped(z, self.inner_bounds[s].to_f64());
            self.z_noise[s] = T::from_f64(x + (z - x) * (new.noise / old.noise));
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

    /// The margin, smaller where the noise is worth so much that giving up a part of it would cost
    /// more than intended.
    fn adapt_margin(&mut self) {
        let multipliers = self.bounds.iter().zip(self.multiplier.iter());
        let worth: f64 = multipliers.map(|(bound, l)| bound * l.to_f64().abs()).sum();
        let primal = self.best.primal / self.unit;
        let share = if worth > primal { primal / worth } else { 1.0 };
        self.set_margin(MARGIN * self.tolerance * share);
    }

    pub(super) fn set_margin(&mut self, margin: f64) {
        for (inner, bound) in self.inner_bounds.iter_mut().zip(self.bounds.iter()) {
            *inner = T::from_f64((1.0 - margin) * bound);
        }
        T::exchange(&mut self.inner_bounds);
    }

    /// `None` as long as all effects or all of their duals are 0.
    fn balanced_steps(&self) -> Option<Steps> {
        let factors = if self.weights.is_curved() {
            OF_POINTS
        } else {
            OF_BOUNDS
        };
        let (and_sizes, and_duals) = self.squares_by_order(&self.z_and, &self.steps.and, 0);
        let full = self.masks - 1;
        let (or_sizes, or_duals) = self.squares_by_order(&self.z_or, &self.steps.or, full);
        let sum = |a: &ByOrder, b: &ByOrder| a.iter().chain(b).sum::<f64>();
        let overall = (sum(&and_sizes, &or_sizes) / sum(&and_duals, &or_duals)).sqrt();
        if !(overall.is_finite() && overall > 0.0) {
            return None;
        }
        let pace = self.pace * self.balance;
        // Half-way, by ratio, between one step for all and a step after each order's own size.
        let step = |size: f64, dual: f64| {
            let ratio = if dual > 0.0 {
                (size / dual).sqrt() / overall
            } else {
                0.0
            };
            pace * factors.effects * overall * ratio.max(SMALLEST_RATIO).sqrt()
        };
        let (mut noise, mut multipliers) = (0.0, 0.0);
        for s in 0..self.masks {
            noise += clipped(self.z_noise[s], self.inner_bounds[s])
                .to_f64()
                .powi(2);
            multipliers += self.multiplier[s].to_f64().powi(2);
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
                let wanted =
                    self.pace * factors.noise * self.balance.sqrt() * (noise / multipliers).sqrt();
                wanted.max(SMALLEST_NOISE_STEP * pace * factors.effects * overall)
            } else {
                self.steps.noise
            },
        })
    }

    /// Sums of x^2 and of u^2 by order; the variable of mask s is at `s ^ flip`.
    fn squares_by_order(&self, z: &[T], steps: &ByOrder, flip: usize) -> (ByOrder, ByOrder) {
        let (mut sizes, mut duals) = ([0.0; MAX_PLAYERS + 1], [0.0; MAX_PLAYERS + 1]);
        for s in 0..self.masks {
            let order = mask::order(s as u32);
            let (z, step) = (z[s ^ flip].to_f64(), steps[order]);
            if step == 0.0 {
                continue;
            }
            let x = self.objective.shrunk(z, step, order);
            sizes[order] += x * x;
            duals[order] += ((z - x) / step).powi(2);
        }
        (sizes, duals)
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
