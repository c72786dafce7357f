//! Softmax cross-entropy: the loss of a sample, and its gradient with respect to the logits.

use crate::Error;

/// Whether labels are among the classes.
///
/// # Errors
/// The first one that is not.
pub(crate) fn check_labels(
    network: &'static str,
    labels: &[usize],
    classes: usize,
) -> Result<(), Error> {
    match labels.iter().find(|&&label| label >= classes) {
        None => Ok(()),
        Some(label) => Err(Error::Input {
            network,
            reason: format!("label {label} where there are {classes} classes"),
        }),
    }
}

/// The loss of one sample, and what its gradient needs.
pub(crate) struct CrossEntropy {
    /// In nats.
    pub(crate) loss: f32,
    label: usize,
    /// e^(logit - largest logit), added up over the classes.
    sum: f32,
}

impl CrossEntropy {
    /// Given a sample's logits; writes e^(logit - largest logit) of every class to `exponentials`.
    pub(crate) fn new(logits: &[f32], label: usize, exponentials: &mut [f32]) -> Self {
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        for (exponential, logit) in exponentials.iter_mut().zip(logits) {
            *exponential = (logit - largest).exp();
        }
        let sum: f32 = exponentials.iter().sum();
        Self {
            loss: sum.ln() + largest - logits[label],
            label,
            sum,
        }
    }

    /// The exponentials become the gradient of the mean loss over `batch` samples: softmax minus
    /// one-hot, over `batch`.
    pub(crate) fn gradient(&self, batch: usize, exponentials: &mut [f32]) {
        for (class, value) in exponentials.iter_mut().enumerate() {
            let there = if class == self.label { 1.0 } else { 0.0 };
            *value = (*value / self.sum - there) / batch as f32;
        }
    }

    /// The same with one division less, which rounds otherwise: the narrow kernels' way, whose runs
    /// are to be repeated to the bit.
    pub(crate) fn gradient_by_one_division(&self, batch: usize, exponentials: &mut [f32]) {
        for value in exponentials.iter_mut() {
            *value /= self.sum * batch as f32;
        }
        exponentials[self.label] -= 1.0 / batch as f32;
    }
}

/// The log-odds of a label, z_y - ln sum over the other classes of e^z, in nats; writes their gradient
/// with respect to the logits.
pub(crate) fn log_odds(logits: &[f32], label: usize, gradient: &mut [f32]) -> f64 {
    let others = logits.iter().enumerate();
    let others = others.filter(|(class, _)| *class != label);
    let largest = others.fold(f32::NEG_INFINITY, |largest, (_, z)| largest.max(*z));
    for (exponential, logit) in gradient.iter_mut().zip(logits) {
        *exponential = (logit - largest).exp();
    }
    gradient[label] = 0.0;
    let sum: f32 = gradient.iter().sum();
    for value in gradient.iter_mut() {
        *value /= -sum;
    }
    gradient[label] = 1.0;
    f64::from(logits[label]) - f64::from(largest) - f64::from(sum).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_is_that_of_the_loss() {
        let logits = [1.5, -0.3, 0.8, 2.1];
        let mut exponentials = [0.0; 4];
        let entropy = CrossEntropy::new(&logits, 2, &mut exponentials);
        let loss = |logits: &[f32; 4]| CrossEntropy::new(logits, 2, &mut [0.0; 4]).loss;
        let mut other = exponentials;
        entropy.gradient(8, &mut exponentials);
        entropy.gradient_by_one_division(8, &mut other);
        for class in 0..4 {
            let (mut above, mut below) = (logits, logits);
            above[class] += 0.01;
            below[class] -= 0.01;
            let slope = (loss(&above) - loss(&below)) / 0.02 / 8.0;
            assert!((exponentials[class] - slope).abs() < 1e-5, "{class}");
            assert!((exponentials[class] - other[class]).abs() < 1e-8, "{class}");
        }
    }

    #[test]
    fn the_gradient_of_log_odds_is_their_slope() {
        let logits = [1.5, -0.3, 0.8, 2.1];
        let mut gradient = [0.0; 4];
        let value = log_odds(&logits, 2, &mut gradient);
        let others = [1.5_f64, -0.3, 2.1].map(f64::exp).iter().sum::<f64>().ln();
        assert!((value - (0.8 - others)).abs() < 1e-6);
        for class in 0..4 {
            let (mut above, mut below) = (logits, logits);
            above[class] += 0.01;
            below[class] -= 0.01;
            let slope =
                (log_odds(&above, 2, &mut [0.0; 4]) - log_odds(&below, 2, &mut [0.0; 4])) / 0.02;
            assert!((f64::from(gradient[class]) - slope).abs() < 1e-4, "{class}");
        }
    }

    #[test]
    fn labels_beyond_the_classes_are_refused() {
        assert!(check_labels("it", &[0, 2], 3).is_ok());
        assert!(check_labels("it", &[0, 3], 3).is_err());
    }
}
