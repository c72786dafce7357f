//! The canonical answer: of all sums that are nearly as sparse as the sparsest, the simplest
//! (ours).
//!
//! The sparsest sum is far from unique: (x1 and x2) + (x1 or x2) = x1 + x2, and both sides cost 2.
//! The canonical one minimises
//!
//! ```text
//! sum over S of (1 + d |S|) |x_S| + (e/2) |x|^2,   d = 0.1,   e = 0.1 / max |v - v(empty)|,
//! ```
//!
//! under the same constraints. The objective is strictly convex, so that the answer is unique,
//! whatever the solver, its start and its tolerance, and continuous in v. It scales with v and
//! moves with relabelled players. Between sums of one norm it takes lower orders, and within an
//! order it shares strength out evenly. d and e are constants: small enough that the answer's norm
//! is within [`NEAR_OPTIMAL`] of the smallest one (at most 0.46 % above it on 2,600 games of 2 to 8
//! players: noise, random networks, planted effects), large enough that the solver settles. Where a
//! game made for the purpose has it above that, the gap of its certificate says so, and its ranges
//! reach up to the answer's norm.

use super::{Solver, objective::Objective};
use crate::mask;

/// What an order more costs, relative to an effect of order 0: d.
pub const ORDER_WEIGHT: f64 = 0.1;
/// The curvature e in units of 1 / max |v - v(empty)|.
pub const CURVATURE: f64 = 0.1;
/// By how much, relative to the smallest L1 norm, a decomposition may exceed it and still counts as
/// sparse: the canonical answer stays within it, and the certified ranges are over all
/// decompositions that do.
pub const NEAR_OPTIMAL: f64 = 5e-3;

/// Iterations between two rounds.
pub(super) const ROUND: usize = 50;
/// Relative gap of the canonical objective that an answer must reach beside having settled.
const OBJECTIVE_GAP: f64 = 1e-2;
/// Most players of games that are cheap enough to be solved to six digits.
const SMALL_PLAYERS: usize = 7;
/// Largest change of the iterate's mean order from one look to the next, in units of that of its
/// effects.
const DRIFT: f64 = 0.5;
/// Iterations at the first look.
const FIRST_LOOK: usize = 200;
/// Growth of their number from one look to the next.
const LOOK_GROWTH: f64 = 1.2;
/// Largest difference of mean orders between an iterate that has settled and the feasible answer
/// next to it, in units of that of the iterate's effects. What an iterate lacks of explaining the
/// outputs is repaired by many small effects of all orders: after 150 iterations of the last phase
/// answers were up to 0.004 off in mean order where the iterate was 0.0004 off.
const REPAIR: f64 = 0.25;
/// Most iterations in which what has settled becomes feasible.
const LAST_ITERATIONS: usize = 1000;

/// The canonical objective.
pub(super) fn objective() -> Objective {
    Objective {
        curvature: CURVATURE,
        ..Objective::weighted(|order| 1.0 + ORDER_WEIGHT * order as f64)
    }
}

/// How exactly the answer is computed, by number of players. Not by `Params::tolerance`, on which
/// it must not depend.
#[derive(Clone, Copy, Debug)]
pub(super) struct Accuracy {
    /// Largest change of the iterate, relative in L1, from one look to the next at which it has
    /// settled. It is no bound on the distance to the solution: with 2e-3, answers from different
    /// starts lay up to 7.1e-3 apart on 80 games of LeNet, and their mean orders 1.7e-3.
    settled: f64,
    /// What the noise's margin may cost, see `splitting`.
    pub(super) tolerance: f64,
}

impl Accuracy {
    pub(super) fn of(players: usize) -> Self {
        if players <= SMALL_PLAYERS {
            Self {
                settled: 5e-7,
                tolerance: 1e-7,
            }
        } else {
            Self {
                settled: 2e-3,
                tolerance: 1e-3,
            }
        }
    }
}

/// Watches the iterate until it no longer moves, and then until it explains the outputs.
pub(super) struct Settling {
    accuracy: Accuracy,
    next_look: usize,
    seen: Vec<f64>,
    /// Iterations at which the answer is taken at the latest.
    end: Option<usize>,
}

impl Settling {
    pub(super) fn new(accuracy: Accuracy) -> Self {
        Self {
            accuracy,
            next_look: FIRST_LOOK,
            seen: Vec::new(),
            end: None,
        }
    }

    /// After a round: whether the solver's best is the answer.
    pub(super) fn is_over(&mut self, solver: &mut Solver<'_>) -> bool {
        let iterations = solver.best().iterations;
        match self.end {
            None if iterations >= self.next_look => {
                self.next_look = (LOOK_GROWTH * iterations as f64).ceil() as usize;
                if self.has_settled(solver) {
                    self.end = Some(iterations + LAST_ITERATIONS);
                    solver.slow_down();
                }
                false
            }
            None => false,
            Some(end) => {
                solver.evaluate();
                solver.best().gap() <= OBJECTIVE_GAP
                    && (iterations >= end || self.is_explained(solver))
            }
        }
    }

    /// Whether the answer, which explains the outputs, has kept the iterate's mean order.
    fn is_explained(&self, solver: &Solver<'_>) -> bool {
        let best = solver.best();
        let by_complement = best.or.iter().rev();
        let answer: Vec<f64> = best.and.iter().chain(by_complement).copied().collect();
        let moved = mean_order(&answer) - mean_order(&solver.iterate_effects());
        moved.abs() <= REPAIR * self.accuracy.settled
    }

    /// Compares the iterate with that of the last look: its effects, and their mean order, to which
    /// those of high orders matter most.
    fn has_settled(&mut self, solver: &Solver<'_>) -> bool {
        let effects = solver.iterate_effects();
        let pairs = self.seen.iter().zip(&effects);
        let change: f64 = pairs.map(|(a, b)| (a - b).abs()).sum();
        let norm: f64 = effects.iter().map(|x| x.abs()).sum();
        let drift = (mean_order(&effects) - mean_order(&self.seen)).abs();
        let is_still = !self.seen.is_empty()
            && change <= self.accuracy.settled * norm
            && drift <= DRIFT * self.accuracy.settled;
        self.seen = effects;
        is_still
    }
}

/// Of AND effects by mask, followed by OR effects by its complement; 0 where there are none.
fn mean_order(effects: &[f64]) -> f64 {
    let (and, or) = effects.split_at(effects.len() / 2);
    let full = and.len().saturating_sub(1);
    let (mut weighted, mut norm) = (0.0, 0.0);
    for (s, (and, or)) in and.iter().zip(or).enumerate() {
        let [of_and, of_or] = [s, full ^ s].map(|mask| mask::order(mask as u32) as f64);
        weighted += of_and * and.abs() + of_or * or.abs();
        norm += and.abs() + or.abs();
    }
    if norm > 0.0 { weighted / norm } else { 0.0 }
}
