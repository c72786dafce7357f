//! The two floats that the solver's loops are compiled for.

use std::{
    fmt::Debug,
    ops::{Add, AddAssign, Mul, Neg, Sub},
};

/// A float that the transforms work on: `f32` or `f64`.
pub trait Real:
    Copy + Default + Add<Output = Self> + Sub<Output = Self> + Send + Sync + 'static
{
}
impl Real for f32 {}
impl Real for f64 {}

/// A [`Real`] with what the solver needs beside sums and differences.
pub(crate) trait Float:
    Real + Debug + PartialOrd + Mul<Output = Self> + Neg<Output = Self> + AddAssign
{
    /// Whether players are told apart by the lanes of a row, with weights, rather than brought to
    /// rows by a transposition: the compiler takes a transposition of `f32` apart into single
    /// values, but makes one instruction of a permutation of a row.
    #[cfg(feature = "single")]
    const WITHIN_ROWS: bool;

    /// The nearest float.
    fn from_f64(x: f64) -> Self;
    fn to_f64(self) -> f64;

    /// In another precision.
    #[inline(always)]
    fn to<B: Float>(self) -> B {
        B::from_f64(self.to_f64())
    }
}

impl Float for f64 {
    #[cfg(feature = "single")]
    const WITHIN_ROWS: bool = false;

    #[inline(always)]
    fn from_f64(x: f64) -> Self {
        x
    }

    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }
}

#[cfg(feature = "single")]
impl Float for f32 {
    const WITHIN_ROWS: bool = true;

    #[inline(always)]
    fn from_f64(x: f64) -> Self {
        x as Self
    }

    #[inline(always)]
    fn to_f64(self) -> f64 {
        self.into()
    }
}
