//! What the last layer sees, and how spread out it is.

use spindle_run::{
    analysis::landscape::BINS,
    event::{Tensor, Tensors},
};

use crate::network::Parameter;

/// Most features that are looked at, evenly among all.
const FEATURES: usize = 128;

/// The last layer of a network, which is dense: `classes` sums over `features`.
pub(super) struct LastLayer {
    weight: String,
    bias: String,
    classes: usize,
    features: usize,
}

impl LastLayer {
    /// Of a network with these parameters; `None` where it does not end with a dense layer.
    pub(super) fn of(parameters: &[Parameter]) -> Option<Self> {
        let [.., weight, bias] = parameters else {
            return None;
        };
        let (&[classes, features], &[biases]) = (&weight.shape[..], &bias.shape[..]) else {
            return None;
        };
        (classes == biases).then(|| Self {
            weight: weight.name.clone(),
            bias: bias.name.clone(),
            classes,
            features,
        })
    }

    /// Features that are looked at.
    fn chosen(&self) -> Vec<usize> {
        let count = self.features.min(FEATURES);
        (0..count)
            .map(|index| index * self.features / count)
            .collect()
    }

    /// Weights with which the network answers features, as many at a time as it has classes.
    pub(super) fn answering<'a>(
        &'a self,
        weights: &'a Tensors,
    ) -> impl Iterator<Item = Tensors> + 'a {
        let chosen = self.chosen();
        let groups: Vec<Vec<usize>> = chosen.chunks(self.classes).map(<[usize]>::to_vec).collect();
        groups.into_iter().map(move |group| {
            let mut data = vec![0.0; self.classes * self.features];
            for (class, feature) in group.into_iter().enumerate() {
                data[class * self.features + feature] = 1.0;
            }
            let mut changed = weights.clone();
            let shape = vec![self.classes, self.features];
            changed.insert(self.weight.clone(), Tensor { shape, data });
            let none = Tensor {
                shape: vec![self.classes],
                data: vec![0.0; self.classes],
            };
            changed.insert(self.bias.clone(), none);
            changed
        })
    }

    /// Mean entropy of the features over samples, nats, from the answers of all of these weights in
    /// order, each `[samples, classes]`.
    pub(super) fn bin_entropy(&self, answers: &[Vec<f32>]) -> f64 {
        let count = self.chosen().len();
        let entropies = (0..count).map(|index| {
            let (answer, class) = (&answers[index / self.classes], index % self.classes);
            let values = answer.iter().skip(class).step_by(self.classes);
            entropy(&values.copied().collect::<Vec<_>>())
        });
        entropies.sum::<f64>() / count.max(1) as f64
    }
}

/// Entropy of values in [`BINS`] bins, evenly from the lowest to the highest, nats.
fn entropy(values: &[f32]) -> f64 {
    let ends = values
        .iter()
        .fold((f32::INFINITY, f32::NEG_INFINITY), |ends, &value| {
            (ends.0.min(value), ends.1.max(value))
        });
    let width = f64::from(ends.1) - f64::from(ends.0);
    if width <= 0.0 {
        return 0.0;
    }
    let mut counts = [0usize; BINS];
    for &value in values {
        let place = (f64::from(value) - f64::from(ends.0)) / width * BINS as f64;
        counts[(place as usize).min(BINS - 1)] += 1;
    }
    let shares = counts.iter().filter(|&&count| count > 0);
    let shares = shares.map(|&count| count as f64 / values.len() as f64);
    shares.map(|share| -share * share.ln()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_that_of_the_bins() {
        assert_eq!(entropy(&[1.0; 8]), 0.0);
        let spread: Vec<f32> = (0..60).map(|value| value as f32).collect();
        assert!((entropy(&spread) - (BINS as f64).ln()).abs() < 1e-12);
        assert!((entropy(&[0.0, 0.0, 1.0, 1.0]) - 2f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn a_dense_last_layer_answers_its_features() {
        let parameters = [
            Parameter::constant("first.weight", &[5, 2], 0.0),
            Parameter::constant("last.weight", &[2, 5], 0.0),
            Parameter::constant("last.bias", &[2], 0.0),
        ];
        let last = LastLayer::of(&parameters).expect("a dense layer");
        let weights = Tensors::new();
        let rows: Vec<Vec<f32>> = last
            .answering(&weights)
            .map(|changed| changed["last.weight"].data.clone())
            .collect();
        let one = |places: &[usize]| {
            let mut row = vec![0.0; 10];
            places.iter().for_each(|&place| row[place] = 1.0);
            row
        };
        assert_eq!(rows, [one(&[0, 6]), one(&[2, 8]), one(&[4])]);
        assert!(LastLayer::of(&parameters[..2]).is_none());
    }
}
