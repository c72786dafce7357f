//! Run-time choice of the vector instructions.

use crate::float::Real;

/// [`vectorized`] for rows of eight `f32`, which fill the vectors of AVX2: with those of AVX-512
/// the compiler takes two rows at a time, and spends more on putting them together than it gains.
#[cfg(feature = "single")]
#[inline]
pub(crate) fn vectorized_by_eight<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = pulp::x86::V3::try_new() {
        return pulp::Simd::vectorize(simd, work);
    }
    vectorized(work)
}

/// Runs `work` compiled for the widest vector instructions of this processor (AVX-512, AVX2, NEON,
/// wasm simd128 or plain). All that `work` calls must be `#[inline(always)]` to be compiled with
/// it; but in the browser, where nothing is chosen, what many places call is a function of its own,
/// which keeps the page small, and so is what is large: the browser compiles a function well only
/// once it has been busy, and the larger it is the longer it runs as it was compiled first.
///
/// No fused multiply-add is used anywhere and sums have a fixed order, so that the numbers do not
/// depend on what is chosen here.
#[inline]
pub(crate) fn vectorized<R>(work: impl FnOnce() -> R) -> R {
    // A module with simd128 runs only where there is simd128: a second, plain copy of every loop
    // would be dead weight for a page.
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    return work();
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    pulp::Arch::new().dispatch(work)
}

/// Values at the start of a cache line, so that no vector lies across two.
#[derive(Debug)]
pub(crate) struct Aligned<T> {
    values: Vec<T>,
    start: usize,
    len: usize,
}

impl<T: Real> Aligned<T> {
    pub(crate) fn zeros(len: usize) -> Self {
        const LINE: usize = 64;
        let values = vec![T::default(); len + LINE / size_of::<T>()];
        let start = values.as_ptr().align_offset(LINE).min(values.len() - len);
        Self { values, start, len }
    }
}

impl<T> std::ops::Deref for Aligned<T> {
    type Target = [T];
    #[inline(always)]
    fn deref(&self) -> &[T] {
        &self.values[self.start..][..self.len]
    }
}

impl<T> std::ops::DerefMut for Aligned<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.values[self.start..][..self.len]
    }
}
