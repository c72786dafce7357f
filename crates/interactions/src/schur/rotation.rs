//! One player more or less: the rotation of two vectors that couples it.

use crate::float::Float;

/// The numbers of a rotation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rotation<T> {
    /// m / sqrt(J (J+1)).
    pub(super) from_up: T,
    /// (J-m+1) / sqrt(J (J+1)).
    pub(super) from_down: T,
}

impl<T: Float> Rotation<T> {
    /// Of spin J with m players present.
    pub(super) fn new(spin: usize, m: usize) -> Self {
        let norm = ((spin * (spin + 1)) as f64).sqrt();
        Self {
            from_up: T::from_f64(m as f64 / norm),
            from_down: T::from_f64((spin - m + 1) as f64 / norm),
        }
    }

    /// Inner products with the raised and the lowered vector.
    #[inline(always)]
    pub(super) fn couple<const N: usize>(self, up: &mut [T; N], down: &mut [T; N]) {
        for (u, d) in up.iter_mut().zip(down) {
            (*u, *d) = (*u + *d, self.from_down * *d - self.from_up * *u);
        }
    }

    /// The transpose of [`Self::couple`].
    #[inline(always)]
    pub(super) fn couple_adjoint<const N: usize>(self, up: &mut [T; N], down: &mut [T; N]) {
        for (u, d) in up.iter_mut().zip(down) {
            (*u, *d) = (*u - self.from_up * *d, *u + self.from_down * *d);
        }
    }
}
