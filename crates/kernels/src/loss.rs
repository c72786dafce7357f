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
    fn labels_beyond_the_classes_are_refused() {
        assert!(check_labels("it", &[0, 2], 3).is_ok());
        assert!(check_labels("it", &[0, 3], 3).is_err());
    }
}
