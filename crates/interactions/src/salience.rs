//! Which interactions are salient.

/// tau_s = `factor` * mean of `outputs`, the |v(N) - v(empty)| of all samples of a checkpoint
/// (arXiv 2407.19198; factor 0.03 there). An interaction I(S) is salient when |I(S)| >= tau_s. In
/// units of v; 0 without samples.
#[must_use]
pub fn threshold(outputs: impl IntoIterator<Item = f64>, factor: f64) -> f64 {
    let (count, sum) = outputs
        .into_iter()
        .fold((0_usize, 0.0), |(count, sum), x| (count + 1, sum + x));
    if count == 0 {
        0.0
    } else {
        factor * sum / count as f64
    }
}

/// |v(N) - v(empty)| of one sample from its outputs at all masks; `None` without outputs.
#[must_use]
pub fn output_range(outputs: &[f64]) -> Option<f64> {
    Some((outputs.last()? - outputs.first()?).abs())
}

/// Whether an effect is salient at this threshold; an effect of 0 never is.
#[must_use]
pub fn is_salient(effect: f64, threshold: f64) -> bool {
    effect != 0.0 && effect.abs() >= threshold
}
