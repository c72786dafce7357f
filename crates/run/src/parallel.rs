//! Work over all cores natively, one piece after another in the browser.

/// Computes `work(0), ..., work(count - 1)`, on all cores natively, one after the other in the
/// browser; results come in order either way.
#[cfg(not(target_arch = "wasm32"))]
pub fn map<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    use rayon::prelude::*;
    (0..count).into_par_iter().map(work).collect()
}

/// Computes `work(0), ..., work(count - 1)`, on all cores natively, one after the other in the
/// browser; results come in order either way.
#[cfg(target_arch = "wasm32")]
pub fn map<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    (0..count).map(work).collect()
}

/// Does `work` on every part, given its index, on all cores natively, one after the other in the
/// browser.
#[cfg(not(target_arch = "wasm32"))]
pub fn for_each<T: Send>(parts: &mut [T], work: impl Fn(usize, &mut T) + Sync + Send) {
    use rayon::prelude::*;
    parts
        .par_iter_mut()
        .enumerate()
        .for_each(|(index, part)| work(index, part));
}

/// Does `work` on every part, given its index, on all cores natively, one after the other in the
/// browser.
#[cfg(target_arch = "wasm32")]
pub fn for_each<T: Send>(parts: &mut [T], work: impl Fn(usize, &mut T) + Sync + Send) {
    for (index, part) in parts.iter_mut().enumerate() {
        work(index, part);
    }
}

/// What this code runs on, in words.
#[must_use]
pub fn description() -> String {
    #[cfg(not(target_arch = "wasm32"))]
    return format!("{} threads", rayon::current_num_threads());
    #[cfg(target_arch = "wasm32")]
    return "WebAssembly, one thread".to_owned();
}
