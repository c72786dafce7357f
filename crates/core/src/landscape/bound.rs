//! A PAC-Bayes bound, over a few widths of the noise on the weights.

use spindle_run::analysis::landscape::{BOUND_CONFIDENCE, Bound};

/// Standard deviations of the noise that are tried, from wide to narrow.
pub(super) const DEVIATIONS: [f64; 7] = [0.1, 0.05, 0.025, 0.0125, 0.00625, 0.003125, 0.0015625];
/// Draws of the noise at each.
pub(super) const DRAWS: u64 = 3;

/// The best bound: `errors` is the share of wrong answers at each of [`DEVIATIONS`], `distance` how
/// far the weights are from those before training, `training` the number of training samples.
pub(super) fn best(errors: &[f64], distance: f64, training: usize) -> Bound {
    let bounds = errors.iter().zip(DEVIATIONS).map(|(&error, deviation)| {
        let divergence = 0.5 * (distance / deviation).powi(2);
        let samples = training as f64;
        let part = (1.0 - BOUND_CONFIDENCE) / DEVIATIONS.len() as f64;
        let slack = divergence + (2.0 * samples.sqrt() / part).ln();
        Bound {
            value: error + (slack / (2.0 * samples)).sqrt(),
            error,
            divergence,
            deviation,
        }
    });
    let least = |a: Bound, b: Bound| if b.value < a.value { b } else { a };
    bounds.reduce(least).expect("deviations are tried")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_the_stated_form_at_its_best() {
        // By hand: KL = 0.5 (1 / 0.1)^2 = 50; ln(2 * 100 / (0.05 / 7)) = 10.2400; / 20,000.
        let found = best(&[0.2; 7], 1.0, 10_000);
        assert_eq!(found.deviation, 0.1);
        assert!((found.divergence - 50.0).abs() < 1e-9);
        assert!((found.value - (0.2 + (60.240_0_f64 / 20_000.0).sqrt())).abs() < 1e-6);
        // Noise that ruins the network is no bargain.
        let found = best(&[0.9, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1], 1.0, 100_000);
        assert_eq!((found.deviation, found.error), (0.025, 0.1));
        // Before training there is no distance, and chance is all.
        let first = best(&[0.9; 7], 0.0, 10_000);
        assert!(first.divergence == 0.0 && first.value > 0.9);
    }
}
