//! The scalar output v that is decomposed: the log-odds of a class.

/// log p/(1-p) of class `label`, computed stably from logits as z_y - log sum_{c != y} exp z_c, in
/// nats (arXiv 2405.10262, equation 1).
#[must_use]
pub fn log_odds<T: Copy + Into<f64>>(logits: &[T], label: usize) -> f64 {
    let others = logits
        .iter()
        .enumerate()
        .filter(|(class, _)| *class != label)
        .map(|(_, z)| *z);
    logits[label].into() - log_sum_exp(others)
}

/// log sum exp of the values, without overflow.
pub(crate) fn log_sum_exp<T: Into<f64>>(values: impl Iterator<Item = T> + Clone) -> f64 {
    let values = values.map(Into::into);
    let largest = values.clone().fold(f64::NEG_INFINITY, f64::max);
    largest + values.map(|z: f64| (z - largest).exp()).sum::<f64>().ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_the_definition_and_stays_finite_for_large_logits() {
        let logits = [0.5f32, -1.25, 2.0];
        let weights: Vec<f64> = logits.iter().map(|&z| f64::from(z).exp()).collect();
        let p = weights[2] / weights.iter().sum::<f64>();
        assert!((log_odds(&logits, 2) - (p / (1.0 - p)).ln()).abs() < 1e-12);
        assert!((log_odds(&[1e4f32, -1e4], 0) - 2e4).abs() < 1e-9);
    }

    #[test]
    fn a_diverged_network_is_not_hidden() {
        assert!(!log_odds(&[f32::NAN, 0.0], 0).is_finite());
        assert!(!log_odds(&[f32::INFINITY, 0.0], 0).is_finite());
    }
}
