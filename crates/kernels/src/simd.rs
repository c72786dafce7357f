//! Vectors of whatever processor there is, and rows that are padded to whole ones.

use pulp::WithSimd;

/// Values to which rows are padded: a multiple of every processor's vectors, or of two of the
/// browser's.
pub(crate) const PADDING: usize = if cfg!(target_arch = "wasm32") { 8 } else { 16 };

/// The length of a row of `columns` values with its padding.
pub(crate) fn padded(columns: usize) -> usize {
    columns.next_multiple_of(PADDING)
}

/// Rows of `columns` values, given padded ones.
pub(crate) fn without_padding(rows: &[f32], columns: usize) -> Vec<f32> {
    let rows = rows.chunks_exact(padded(columns));
    rows.flat_map(|row| &row[..columns]).copied().collect()
}

/// Runs `work` with the widest vectors of this processor: AVX-512, AVX2, NEON or simd128, chosen
/// natively at run time.
#[inline]
pub(crate) fn with_simd<W: WithSimd>(work: W) -> W::Output {
    // A module with simd128 runs only where there is simd128: a second copy of every kernel would
    // be dead weight for a page.
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    match pulp::wasm::Simd128::try_new() {
        Some(simd) => work.with_simd(simd),
        None => unreachable!("a module with simd128 runs only where there is simd128"),
    }
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    pulp::Arch::new().dispatch(work)
}
