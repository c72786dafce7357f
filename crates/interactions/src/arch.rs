//! Run-time choice of the vector instructions.

/// Runs `work` compiled for the widest vector instructions of this processor (AVX-512, AVX2, NEON, wasm
/// simd128 or plain). All that `work` calls must be `#[inline(always)]` to be compiled with it.
///
/// No fused multiply-add is used anywhere and sums have a fixed order, so that the numbers do not depend
/// on what is chosen here.
#[inline]
pub(crate) fn vectorized<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}
