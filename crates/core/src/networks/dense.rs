//! Arithmetic of the exact references: dense layers in f64, by their definition.

use spindle_run::event::Tensors;

/// A dense layer in f64: `[outputs][inputs]` weights, and biases where it has some.
pub(super) struct Dense {
    weight: Vec<f64>,
    bias: Vec<f64>,
    inputs: usize,
}

impl Dense {
    /// From `<name>.weight`, whose first axis are the outputs, and `<name>.bias` where it is there.
    pub(super) fn new(weights: &Tensors, name: &str) -> Self {
        let widened = |kind: &str| {
            let tensor = weights.get(&format!("{name}.{kind}"));
            tensor.map(|tensor| wide(&tensor.data))
        };
        let weight = widened("weight").unwrap_or_default();
        let outputs = weights
            .get(&format!("{name}.weight"))
            .map_or(1, |tensor| tensor.shape[0]);
        Self {
            inputs: weight.len() / outputs,
            bias: widened("bias").unwrap_or_else(|| vec![0.0; outputs]),
            weight,
        }
    }

    /// The layers of the first and of the second half of its inputs; without biases.
    pub(super) fn halves(&self) -> [Self; 2] {
        let half = self.inputs / 2;
        [0, half].map(|first| {
            let rows = self.weight.chunks_exact(self.inputs);
            Self {
                weight: rows
                    .flat_map(|row| row[first..first + half].to_vec())
                    .collect(),
                bias: vec![0.0; self.bias.len()],
                inputs: half,
            }
        })
    }

    /// The layer whose values are the differences of two layers'.
    pub(super) fn minus(&self, other: &Self) -> Self {
        let less = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect();
        Self {
            weight: less(&self.weight, &other.weight),
            bias: less(&self.bias, &other.bias),
            inputs: self.inputs,
        }
    }

    /// Values `[outputs]` of `[inputs]`.
    pub(super) fn apply(&self, input: &[f64]) -> Vec<f64> {
        let rows = self.weight.chunks_exact(self.inputs).zip(&self.bias);
        rows.map(|(row, bias)| bias + dot(row, input)).collect()
    }
}

/// f32 values as f64.
pub(super) fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

/// Sums that are added side by side, so that the compiler makes vectors of them.
const LANES: usize = 8;

/// Sum of the products of as many values.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a, rest_of_a) = a.as_chunks::<LANES>();
    let (b, rest_of_b) = b.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest = rest_of_a.iter().zip(rest_of_b).map(|(a, b)| a * b);
    sums.iter().sum::<f64>() + rest.sum::<f64>()
}
