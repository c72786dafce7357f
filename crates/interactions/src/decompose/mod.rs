//! The sparse AND-OR decomposition, solved to a certified gap.
//!
//! # The problem
//!
//! With a = I_and, b = I_or and v(empty) subtracted from v, the published minimisation over the
//! split g and the noise q (arXiv 2401.16318, section 3.2; arXiv 2407.19198, appendix) is the
//! linear program (ours)
//!
//! ```text
//! minimise |a|_1 + |b|_1   subject to   | Z a + Z_B b - v | <= tau   at every mask,
//! ```
//!
//! with tau = 0.02 |v(N) - v(empty)| by default. Every feasible (a, b) is an upper bound of its
//! optimum. Its dual,
//!
//! ```text
//! maximise v'y - tau |y|_1   subject to   |Z' y|_inf <= 1,  |Z_B' y|_inf <= 1,
//! ```
//!
//! makes every y, divided by max(1, |Z' y|_inf, |Z_B' y|_inf), a lower bound. Both are evaluated
//! apart from the solver in [`certify`]; their relative distance is the gap that every result
//! carries.
//!
//! # The method
//!
//! Douglas-Rachford splitting between the l1 norm with the box |q| <= tau, and the affine set of
//! all (a, b, q) that reproduce v, onto which the projection is exact and costs O(n 2^n) (the
//! modules `projection` and `schur`). Step sizes differ by order and adapt per game, and bounds are
//! taken at means of the iterates (the module `splitting`). Games are spread over the cores; what a
//! game's result is does not depend on that, bit for bit.
//!
//! # One answer, and how far others may lie
//!
//! The optimum is not unique, by much: (x1 and x2) + (x1 or x2) = x1 + x2, and both sides cost 2,
//! so that orders 1 and 2 are not told apart. The answer is therefore the solution of a second,
//! strictly convex problem ([`ORDER_WEIGHT`], [`CURVATURE`]): of all sums that are nearly as sparse
//! as the sparsest, the simplest. It is unique and continuous in v; the certificate is for its
//! plain l1 norm, which exceeds the optimum by at most [`NEAR_OPTIMAL`] and the tolerance. And
//! every result says between which values the mean order and the share of high orders lie in *all*
//! decompositions that are as sparse ([`Ranges`]), proved by four more dual points.
//!
//! # How it was tuned
//!
//! Three additions to the plain iteration brought its number down to a quarter, all from watching
//! LeNet's games: steps that differ by order (the projection stays exact, since H still commutes
//! with permutations of the players), bounds taken at means of the iterates, and a margin that
//! keeps the noise strictly within its bound, so that iterates are feasible as they are. One game
//! at a time in vectors, not several side by side: its arrays stay in the nearest caches, and games
//! go to cores. Butterflies do six players' levels on 64 values in registers; the Schur transform
//! couples the three players within a row among themselves only, so that all other couplings are of
//! whole rows. The inner loops are written so that the compiler makes vector loops of them
//! (`std::array::from_fn` is not always inlined, loops over rows of 8 become gathers, which an
//! empty `black_box` prevents); look at the benchmark after touching them.
//!
//! Iterations of small games are in f32 (feature `single`, up to 12 players), half the time each;
//! every bound is computed in f64. f64 takes over from the same state below a gap of 2e-4, where a
//! game stalls, and for the last phase of an answer. Products with the blocks of H^-1 of large
//! spins stay in f64: they alone made f32 stall.
//!
//! For the canonical answer, what is converged is the iterate (its effects and their mean order
//! from look to look), not the gap, at which sparse games lag by 0.03 in mean order. Steps are
//! sized for the iterate rather than for the bounds (a quarter of the iterations), no bounds are
//! evaluated on the way, and a last phase of small steps makes the iterate feasible; without it,
//! what exceeds the noise bound is taken back by many small effects of all orders, 0.01 to 0.1 in
//! mean order. Plain elastic net and the least norm on the face were tried first: without weights
//! by order the curvature alone decides between orders 1 and 2, where it is weakest, and the answer
//! moved most with its constant. Left as well: a polish on the active set, Newton's method on the
//! dual, Halpern's iteration, Anderson acceleration.
//!
//! A variable alone is both an AND and an OR: it is kept as an AND effect, its OR effect is 0.
//! v(empty) is kept as [`Decomposition::baseline`]; `and[0]` carries nothing but noise.

mod batch;
mod canonical;
mod certificate;
mod feasible;
mod game;
mod noise;
mod objective;
mod others;
mod projection;
mod ranges;
#[cfg(feature = "single")]
mod solver;
mod splitting;

use std::ops::ControlFlow;

use crate::{
    Error,
    mask::{self, Mask},
};

pub use batch::{bar_bounds_batch, decompose_batch, others_batch};
pub use canonical::{CURVATURE, NEAR_OPTIMAL, ORDER_WEIGHT};
pub use certificate::certify;
pub use noise::{NoiseBound, NoiseRatio, NoiseScale};
pub use others::{Effects, OTHERS, TILT};
pub use ranges::{
    BARS, BarBounds, HIGH_ORDER, PROOFS, Proof, RANGE_WEIGHT, RangeBounds, Ranges, Statistic,
    value, weights,
};

pub(crate) use batch::{on_all_cores, threads};
pub(crate) use certificate::{Bound, Evaluation, evaluate, without_baseline};
pub(crate) use feasible::merge_single_players;

#[cfg(feature = "single")]
use solver::Solver;
#[cfg(not(feature = "single"))]
type Solver<'p> = splitting::Splitting<'p, f64>;

/// Where iterates begin: for checking that an answer does not depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Start {
    /// At 0.
    #[default]
    Zero,
    /// At normal effects and noise as large as the outputs, with steps between a third and three
    /// times as large as usual.
    Random(u64),
}

/// Most players of games whose ranges are proved: beyond, four more solves take minutes.
pub const MAX_RANGE_PLAYERS: usize = 14;

/// How a decomposition is computed.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct Params {
    /// Noise bound tau in units of `noise_scale`; 0 or above.
    pub noise_ratio: f64,
    /// What the noise bound is relative to.
    pub noise_scale: NoiseScale,
    /// Relative gap of the smallest norm at which a game is done; above 0, below 1. The answer does
    /// not depend on it.
    pub tolerance: f64,
    /// Iterations after which a problem of a game is given up; at least 1.
    pub max_iterations: usize,
    /// Whether ranges over all near-optimal decompositions are proved, up to [`MAX_RANGE_PLAYERS`].
    /// They take four more solves a game.
    pub ranges: bool,
    /// Where the canonical answer's iterates begin. The answer does not depend on it, beyond what
    /// is left of it when it has settled.
    pub start: Start,
    /// All iterations in f64; small games are begun in f32 otherwise. The answer does not depend on
    /// it either.
    pub double_precision: bool,
    /// Iterations between two evaluations of the gap, at least 1. Steps and averages are adapted at
    /// evaluations, ever more rarely, so that this sets their pace as well.
    pub check_every: usize,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            noise_ratio: 0.02,
            noise_scale: NoiseScale::default(),
            tolerance: 1e-3,
            max_iterations: 100_000,
            ranges: true,
            start: Start::Zero,
            double_precision: false,
            check_every: 25,
        }
    }
}

impl Params {
    /// The noise bound asked for.
    #[must_use]
    pub fn noise(&self) -> NoiseRatio {
        NoiseRatio {
            ratio: self.noise_ratio,
            scale: self.noise_scale,
        }
    }

    /// Checks every field.
    ///
    /// # Errors
    /// [`Error::Parameter`] with the first field that is out of its range.
    pub fn check(&self) -> Result<(), Error> {
        let wrong = |field, value, allowed| {
            Err(Error::Parameter {
                field,
                value,
                allowed,
            })
        };
        self.noise().check()?;
        if !(self.tolerance > 0.0 && self.tolerance < 1.0) {
            return wrong("tolerance", self.tolerance, "above 0 and below 1");
        }
        if self.max_iterations == 0 {
            return wrong("max_iterations", 0.0, "at least 1");
        }
        if self.check_every == 0 {
            return wrong("check_every", 0.0, "at least 1");
        }
        Ok(())
    }
}

/// What is known about a decomposition, evaluated in f64 apart from the solver.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Certificate {
    /// |and|_1 + |or|_1 of the decomposition, an upper bound of the optimum.
    pub primal: f64,
    /// The smallest |and|_1 + |or|_1 of any decomposition met on the way, at most `primal`.
    pub smallest_norm: f64,
    /// A lower bound of the optimum.
    pub dual: f64,
    /// (primal - dual) / primal; 0 for an all-zero decomposition.
    pub gap: f64,
    /// Iterations of the solver, on all problems of the game.
    pub iterations: usize,
    /// tau in units of v (its largest value where it differs by mask).
    pub noise_bound: f64,
    /// By how much |noise| exceeds the bound at the worst mask, in units of v: rounding only.
    pub excess: f64,
}

impl Certificate {
    /// primal - dual, in units of v.
    #[must_use]
    pub fn absolute_gap(&self) -> f64 {
        (self.primal - self.dual).max(0.0)
    }
}

/// Outputs written as AND and OR effects.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Decomposition {
    /// v(empty), which was subtracted first.
    pub baseline: f64,
    /// AND effect of every mask; \[0\] carries noise only.
    pub and: Vec<f64>,
    /// OR effect of every mask; 0 at the empty mask and at single players.
    pub or: Vec<f64>,
    /// What the effects add to v: reconstruction - v, at most tau at every mask.
    pub noise: Vec<f64>,
    /// The dual point y, within |Z' y| <= 1 and |Z_B' y| <= 1 exactly, that proves the lower bound.
    pub dual: Vec<f64>,
    /// How far all near-optimal decompositions may lie; none where it was not asked for or there
    /// are no effects.
    pub ranges: Option<Ranges>,
    /// The gap and what else is known about the result.
    pub certificate: Certificate,
}

/// What the decomposition says about one mask.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// baseline + the effects below, which is v(mask) up to the noise bound.
    pub output: f64,
    /// Masks and values of the AND effects that act: not 0 and within the mask. The empty set is
    /// the noise constant.
    pub and: Vec<(Mask, f64)>,
    /// Masks and values of the OR effects that act: not 0 and meeting the mask.
    pub or: Vec<(Mask, f64)>,
}

impl Decomposition {
    /// Number of players n.
    #[must_use]
    pub fn players(&self) -> usize {
        self.and.len().max(1).trailing_zeros() as usize
    }

    /// baseline + Z and + Z_B or: the outputs at all masks as the effects reproduce them.
    ///
    /// # Errors
    /// [`Error::Players`], [`Error::Length`] or [`Error::Mismatch`] when `and` and `or` are no
    /// arrays over the same masks.
    pub fn reconstruct(&self) -> Result<Vec<f64>, Error> {
        certificate::reconstruct(&self.and, &self.or, self.baseline)
    }

    /// The effects that act on one mask, in order of their own mask, and the output that they add
    /// up to.
    #[must_use]
    pub fn explain(&self, mask: Mask) -> Explanation {
        let acting = |effects: &[f64], acts: &dyn Fn(Mask) -> bool| -> Vec<(Mask, f64)> {
            (0..)
                .zip(effects)
                .filter(|&(s, &effect)| effect != 0.0 && acts(s))
                .map(|(s, &effect)| (s, effect))
                .collect()
        };
        let and = acting(&self.and, &|s| s & !mask == 0);
        let or = acting(&self.or, &|s| s & mask != 0);
        let output = self.baseline
            + and
                .iter()
                .chain(&or)
                .map(|&(_, effect)| effect)
                .sum::<f64>();
        Explanation { output, and, or }
    }

    /// For every interaction a bound on its size in *every* optimal decomposition: |x_j| <=
    /// (smallest norm - dual) / (1 - |k_j' y|), infinite where the dual constraint is tight (ours).
    /// AND and OR effects, each of length 2^n; where an AND and an OR effect are one and the same
    /// column (single players), the bound holds for both together.
    ///
    /// # Errors
    /// As [`Self::reconstruct`], for `dual`.
    pub fn largest_optimal_effects(&self) -> Result<(Vec<f64>, Vec<f64>), Error> {
        certificate::largest_optimal_effects(&self.dual, &self.certificate)
    }

    /// Masks of the AND and of the OR interactions that are below `threshold` in every optimal
    /// decomposition: provably not salient.
    ///
    /// # Errors
    /// As [`Self::largest_optimal_effects`].
    pub fn provably_not_salient(&self, threshold: f64) -> Result<(Vec<Mask>, Vec<Mask>), Error> {
        let (and, or) = self.largest_optimal_effects()?;
        let below = |bounds: Vec<f64>| {
            (0..)
                .zip(bounds)
                .skip(1)
                .filter(|&(_, bound)| bound < threshold)
                .map(|(s, _)| s)
                .collect()
        };
        Ok((below(and), below(or)))
    }
}

/// How far a decomposition is, handed to the progress callback at every check of the gap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Iterations of the game in hand.
    pub iterations: usize,
    /// Its relative gap.
    pub gap: f64,
    /// Games finished, failed ones included.
    pub games_done: usize,
    /// Games in all.
    pub games: usize,
}

/// Decomposes one game with the noise bound of `params`.
///
/// `v`: outputs at all masks, length 2^n, bit i of the index = player i present.
///
/// # Errors
/// [`Error::Length`], [`Error::Players`], [`Error::NotFinite`], [`Error::Parameter`];
/// [`Error::NotConverged`] with the best decomposition found when the tolerance is not reached.
pub fn decompose(v: &[f64], params: &Params) -> Result<Decomposition, Error> {
    decompose_with(v, params, NoiseBound::Ratio, &mut |_| {
        ControlFlow::Continue(())
    })
}

/// Decomposes one game with a given noise bound, and tells `progress`, which may stop it.
///
/// # Errors
/// As [`decompose`]; [`Error::Mismatch`] for a bound of the wrong length, [`Error::Parameter`] for
/// a negative one, and [`Error::Stopped`] when `progress` breaks.
pub fn decompose_with(
    v: &[f64],
    params: &Params,
    tau: NoiseBound<'_>,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Decomposition, Error> {
    params.check()?;
    let players = mask::player_count(v.len())?;
    batch::decompose_one(v, players, params, tau, progress)
}
