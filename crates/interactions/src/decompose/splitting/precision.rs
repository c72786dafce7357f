//! What the iterations can be done in.

use super::super::projection::Projection;
use crate::{
    arch::vectorized,
    butterfly::{Step, exchanging_transform},
    float::Float,
    float::Real,
    schur::Schur,
};
#[cfg(feature = "single")]
use crate::{
    arch::vectorized_by_eight,
    butterfly::{exchange_players, transform_within_rows},
};

/// A float that the iterations can be done in. Bounds are evaluated in f64 whatever it is, with the
/// players of outputs exchanged.
pub(in crate::decompose) trait Precision: Float {
    /// Length of the copies that are needed beside arrays of length `len` where iterations and
    /// evaluation do not share them.
    fn copied(len: usize) -> usize;

    /// `values` for the evaluation: where they are, or copied to `wide`.
    fn widened<'a>(values: &'a mut [Self], wide: &'a mut [f64]) -> &'a mut [f64];

    /// What the iterations read of `exact`: itself, or its rounded copy.
    fn narrowed<'a>(exact: &'a [f64], copy: &'a [Self]) -> &'a [Self];

    /// The Schur transform of the projection.
    fn schur(projection: &Projection) -> &Schur<Self>;

    /// All levels of `S`, from effects to outputs as the iterations have them and the other way
    /// round.
    fn transform<S: Step>(values: &mut [Self]);

    /// Exchanges the players of outputs unless the iterations have them exchanged as well.
    fn exchange<R: Real>(outputs: &mut [R]);

    /// Runs iterations compiled for vectors of these floats.
    fn vectorized<R>(iterations: impl FnOnce() -> R) -> R;
}

impl Precision for f64 {
    fn copied(_: usize) -> usize {
        0
    }

    #[inline(always)]
    fn widened<'a>(values: &'a mut [Self], _: &'a mut [f64]) -> &'a mut [f64] {
        values
    }

    #[inline(always)]
    fn narrowed<'a>(exact: &'a [f64], _: &'a [Self]) -> &'a [Self] {
        exact
    }

    #[inline(always)]
    fn schur(projection: &Projection) -> &Schur<Self> {
        &projection.schur
    }

    #[inline(always)]
    fn transform<S: Step>(values: &mut [Self]) {
        exchanging_transform::<S, Self>(values);
    }

    #[inline(always)]
    fn exchange<R: Real>(_: &mut [R]) {}

    #[inline(always)]
    fn vectorized<R>(iterations: impl FnOnce() -> R) -> R {
        vectorized(iterations)
    }
}

#[cfg(feature = "single")]
impl Precision for f32 {
    fn copied(len: usize) -> usize {
        len
    }

    #[inline(always)]
    fn widened<'a>(values: &'a mut [Self], wide: &'a mut [f64]) -> &'a mut [f64] {
        for (wide, value) in wide.iter_mut().zip(values) {
            *wide = value.to_f64();
        }
        wide
    }

    #[inline(always)]
    fn narrowed<'a>(_: &'a [f64], copy: &'a [Self]) -> &'a [Self] {
        copy
    }

    #[inline(always)]
    fn schur(projection: &Projection) -> &Schur<Self> {
        projection.single()
    }

    #[inline(always)]
    fn transform<S: Step>(values: &mut [Self]) {
        transform_within_rows::<S, Self>(values);
    }

    #[inline(always)]
    fn exchange<R: Real>(outputs: &mut [R]) {
        exchange_players(outputs);
    }

    #[inline(always)]
    fn vectorized<R>(iterations: impl FnOnce() -> R) -> R {
        vectorized_by_eight(iterations)
    }
}
