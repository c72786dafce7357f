//! What can be wrong with an input, and what a solver that was cut short has reached.

use crate::{
    decompose::{Decomposition, NEAR_OPTIMAL},
    mask,
};

/// Errors of this crate. The offending value is in the text.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A number of players outside [`mask::MIN_PLAYERS`]`..=`[`mask::MAX_PLAYERS`].
    #[error(
        "{0} players; n must be {min}..={max}",
        min = mask::MIN_PLAYERS,
        max = mask::MAX_PLAYERS
    )]
    Players(usize),
    /// An array over masks whose length is no power of two.
    #[error("{0} values; an array over the masks of n players has 2^n of them")]
    Length(usize),
    /// Two arrays that must agree in length do not.
    #[error("{what} has {found} values, {expected} are needed")]
    Mismatch {
        /// The array at fault.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length it should have.
        expected: usize,
    },
    /// An output that is NaN or infinite.
    #[error("output of mask {mask} is {value}; every output must be finite")]
    NotFinite {
        /// Mask, the index into the array.
        mask: usize,
        /// The value found there.
        value: f64,
    },
    /// A parameter outside its range.
    #[error("{field} is {value}; it must be {allowed}")]
    Parameter {
        /// Name of the field.
        field: &'static str,
        /// The value it has.
        value: f64,
        /// What it may be, in words.
        allowed: &'static str,
    },
    /// The iteration limit was reached before the tolerance, or before the canonical answer had
    /// settled. Carries the best decomposition found: it explains every mask, only its L1 norm may
    /// be above the optimum by the stated gap.
    #[error(
        "after {iterations} iterations the smallest norm is known to a relative gap of {smallest_gap:.2e}, asked for are {tolerance:.2e}, \
         and the answer, whose norm may exceed it by {NEAR_OPTIMAL}, {} with a gap of {gap:.2e}; allow more iterations or a larger tolerance",
        if *has_settled { "has settled" } else { "has not settled" }
    )]
    NotConverged {
        /// Relative gap of the answer.
        gap: f64,
        /// Relative gap of the smallest norm found.
        smallest_gap: f64,
        /// What that was to be.
        tolerance: f64,
        /// Whether the canonical answer has settled.
        has_settled: bool,
        /// Iterations done.
        iterations: usize,
        /// The best decomposition found, with its certificate.
        decomposition: Box<Decomposition>,
    },
    /// The progress callback stopped the work before this game was done.
    #[error("stopped by the caller before the decomposition was done")]
    Stopped,
}
