//! Run-time choice of the vector instructions.

/// Runs `work` compiled for the widest vector instructions of this processor (AVX-512, AVX2, NEON, wasm
/// simd128 or plain). All that `work` calls must be `#[inline(always)]` to be compiled with it.
///
/// No fused multiply-add is used anywhere and sums have a fixed order, so that the numbers do not depend
/// on what is chosen here.
#[inline]
pub(crate) fn vectorized<R>(work: impl FnOnce() -> R) -> R {
    // A module with simd128 runs only where there is simd128: a second, plain copy of every loop would be dead weight for a page.
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    return work();
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    pulp::Arch::new().dispatch(work)
}

/// Values at the start of a cache line, so that no vector lies across two.
#[derive(Debug)]
pub(crate) struct Aligned {
    values: Vec<f64>,
    start: usize,
    len: usize,
}

impl Aligned {
    pub(crate) fn zeros(len: usize) -> Self {
        const LINE: usize = 64;
        let values = vec![0.0; len + LINE / size_of::<f64>()];
        let start = values.as_ptr().align_offset(LINE).min(values.len() - len);
        Self { values, start, len }
    }
}

impl std::ops::Deref for Aligned {
    type Target = [f64];
    #[inline(always)]
    fn deref(&self) -> &[f64] {
        &self.values[self.start..][..self.len]
    }
}

impl std::ops::DerefMut for Aligned {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [f64] {
        &mut self.values[self.start..][..self.len]
    }
}
