//! Passes through a stack, forward and backward, for a few pictures at a time.

use super::{
    convolution::{Backward, Outcome, Pass, SLACK, Scratch},
    parameters::{ForwardWeights, Parameters},
    rows::{Factors, Finish, Matrix, Product, WHOLE, padded, with_simd},
    sequential::{Convolution, Dense, Sequential},
};

/// Values of some pictures at one place of a stack, a padded row each.
struct Rows<T = f32> {
    values: Vec<T>,
    stride: usize,
}

impl<T: Clone + Default> Rows<T> {
    fn new(capacity: usize, len: usize) -> Self {
        let stride = padded(len);
        Self {
            values: vec![T::default(); capacity * stride + SLACK],
            stride,
        }
    }

    /// From a picture on, what is behind its row included.
    fn behind(&self, picture: usize) -> &[T] {
        &self.values[picture * self.stride..]
    }

    fn behind_mut(&mut self, picture: usize) -> &mut [T] {
        &mut self.values[picture * self.stride..]
    }

    /// The first pictures.
    fn first(&self, count: usize) -> &[T] {
        &self.values[..count * self.stride]
    }

    fn first_mut(&mut self, count: usize) -> &mut [T] {
        &mut self.values[..count * self.stride]
    }
}

/// What a pass needs to know of the network.
#[derive(Clone, Copy)]
pub(super) struct Network<'a> {
    pub(super) stack: &'a Sequential,
    pub(super) parameters: &'a Parameters,
    /// All parameters, as `parameters` lays them out.
    pub(super) weights: &'a [f32],
    /// The same, for passes forward.
    pub(super) forward: &'a ForwardWeights,
}

/// Buffers for passes of up to `capacity` pictures, so that no pass allocates.
pub(super) struct Workspace {
    /// What comes into the first convolution, then what comes out of each, channels last.
    maps: Vec<Rows>,
    /// For every value behind a pooling, the offset of the window it was taken from.
    offsets: Vec<Rows<u32>>,
    /// What comes out of each dense layer.
    activations: Vec<Rows>,
    scratch: Vec<Scratch>,
    /// Gradients by what came out of the convolutions and dense layers, in the shape of `maps` and `activations`.
    map_gradients: Vec<Rows>,
    gradients: Vec<Rows>,
}

impl Workspace {
    /// For passes forward.
    pub(super) fn new(stack: &Sequential, capacity: usize) -> Self {
        let rows = |len| Rows::new(capacity, len);
        let maps = stack.convolutions.iter().map(|c| rows(c.out_len()));
        Self {
            maps: [rows(stack.input_len())].into_iter().chain(maps).collect(),
            offsets: stack
                .convolutions
                .iter()
                .map(|c| Rows::new(capacity, c.out_len()))
                .collect(),
            activations: stack.dense.iter().map(|d| rows(d.outputs)).collect(),
            scratch: stack.convolutions.iter().map(Scratch::new).collect(),
            map_gradients: Vec::new(),
            gradients: Vec::new(),
        }
    }

    /// For passes forward and back.
    pub(super) fn for_training(stack: &Sequential, capacity: usize) -> Self {
        let rows = |len| Rows::new(capacity, len);
        Self {
            map_gradients: stack
                .convolutions
                .iter()
                .map(|c| rows(c.out_len()))
                .collect(),
            gradients: stack.dense.iter().map(|d| rows(d.outputs)).collect(),
            ..Self::new(stack, capacity)
        }
    }

    /// Logits of `pictures` `[count, channels, side, side]`, as padded rows.
    pub(super) fn logits(&mut self, network: Network<'_>, pictures: &[f32]) -> &[f32] {
        let pictures = pictures.chunks_exact(network.stack.input_len());
        let count = pictures.len();
        self.take(network.stack, pictures);
        self.logits_behind(network, 0, count)
    }

    /// Takes pictures `[channels, side, side]` in.
    fn take<'a>(&mut self, stack: &Sequential, pictures: impl Iterator<Item = &'a [f32]>) {
        let channels = stack.input.channels;
        for (index, picture) in pictures.enumerate() {
            let to = &mut self.maps[0].behind_mut(index)[..picture.len()];
            channels_last(picture, channels, to);
        }
    }

    /// The feature map of convolution `index` for one picture, `[side, side, channels]`, behind its ReLU and before pooling.
    pub(super) fn feature_map(
        &mut self,
        network: Network<'_>,
        picture: &[f32],
        index: usize,
    ) -> Vec<f32> {
        let stack = network.stack;
        self.take(stack, [picture].into_iter());
        for before in 0..index {
            self.convolve(network, before, 1);
        }
        let layer = Convolution {
            pool: None,
            ..stack.convolutions[index].clone()
        };
        let mut map = Rows::new(1, layer.map_len());
        with_simd(Pass {
            layer: &layer,
            weights: &network.forward.convolutions[index],
            input: self.maps[index].behind(0),
            scratch: &mut Scratch::new(&layer),
            outcome: Outcome {
                values: map.behind_mut(0),
                offsets: &mut [],
            },
        });
        map.values.truncate(layer.map_len());
        map.values
    }

    /// Logits from convolution `first` on, or from the dense layers where there are no more, as padded rows: `fill(index, input)`
    /// writes what comes in, channels last.
    pub(super) fn logits_from(
        &mut self,
        network: Network<'_>,
        first: usize,
        count: usize,
        fill: impl Fn(usize, &mut [f32]),
    ) -> &[f32] {
        let shape = network.stack.shape_before(first);
        let len = shape.channels * shape.side.pow(2);
        for index in 0..count {
            fill(index, &mut self.maps[first].behind_mut(index)[..len]);
        }
        self.logits_behind(network, first, count)
    }

    fn logits_behind(&mut self, network: Network<'_>, first: usize, count: usize) -> &[f32] {
        for index in first..network.stack.convolutions.len() {
            self.convolve(network, index, count);
        }
        for index in 0..network.stack.dense.len() {
            self.dense_forward(network, index, count);
        }
        self.activations
            .last()
            .map_or(&[], |logits| logits.first(count))
    }

    /// One convolution for all pictures.
    fn convolve(&mut self, network: Network<'_>, index: usize, count: usize) {
        let (inputs, outputs) = self.maps.split_at_mut(index + 1);
        for picture in 0..count {
            with_simd(Pass {
                layer: &network.stack.convolutions[index],
                weights: &network.forward.convolutions[index],
                input: inputs[index].behind(picture),
                scratch: &mut self.scratch[index],
                outcome: Outcome {
                    values: outputs[0].behind_mut(picture),
                    offsets: self.offsets[index].behind_mut(picture),
                },
            });
        }
    }

    /// One dense layer for all pictures.
    fn dense_forward(&mut self, network: Network<'_>, index: usize, count: usize) {
        let layer = &network.forward.dense[index];
        let (before, after) = self.activations.split_at_mut(index);
        let inputs = before.last().unwrap_or(&self.maps[self.maps.len() - 1]);
        with_simd(Product {
            factors: Factors {
                left: inputs.first(count),
                row_stride: inputs.stride,
                step: 1,
                runs: WHOLE,
                len: network.stack.dense[index].inputs,
                right: layer.weight.as_matrix(),
            },
            finish: Finish {
                bias: Some(&layer.bias),
                relu: network.stack.dense[index].relu,
            },
            out: after[0].first_mut(count),
        });
    }

    /// Writes the gradients of sum(cross-entropy) / `batch_len` over these pictures to `gradients`, which lie as the parameters
    /// do; returns that sum.
    pub(super) fn loss_and_gradients(
        &mut self,
        network: Network<'_>,
        (pictures, labels): (&[f32], &[usize]),
        batch_len: usize,
        gradients: &mut [f32],
    ) -> f32 {
        self.logits(network, pictures);
        let loss = self.logit_gradient(network.stack.classes(), labels, batch_len);
        for index in (0..network.stack.dense.len()).rev() {
            self.dense_backward(network, index, labels.len(), gradients);
        }
        for index in (0..network.stack.convolutions.len()).rev() {
            self.convolution_backward(network, index, labels.len(), gradients);
        }
        loss
    }

    /// Writes softmax minus one-hot, over `batch_len`, as the logits' gradient; returns the loss.
    fn logit_gradient(&mut self, classes: usize, labels: &[usize], batch_len: usize) -> f32 {
        let (Some(logits), Some(gradients)) = (self.activations.last(), self.gradients.last_mut())
        else {
            return 0.0;
        };
        let mut loss = 0.0;
        for (picture, &label) in labels.iter().enumerate() {
            let logits = &logits.behind(picture)[..classes];
            let gradient = &mut gradients.behind_mut(picture)[..classes];
            let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            for (gradient, logit) in gradient.iter_mut().zip(logits) {
                *gradient = (logit - largest).exp();
            }
            let sum: f32 = gradient.iter().sum();
            loss += sum.ln() + largest - logits[label];
            for gradient in gradient.iter_mut() {
                *gradient /= sum * batch_len as f32;
            }
            gradient[label] -= 1.0 / batch_len as f32;
        }
        loss / batch_len as f32
    }

    /// One dense layer's way back.
    fn dense_backward(
        &mut self,
        network: Network<'_>,
        index: usize,
        count: usize,
        gradients: &mut [f32],
    ) {
        let layer = &network.stack.dense[index];
        let place = &network.parameters.dense[index];
        let (weight_gradient, bias_gradient) = place.split_mut(gradients);
        let (before, after) = self.gradients.split_at_mut(index);
        let gradient = &mut after[0];
        let outputs = &self.activations[index];
        pass_relu(layer, outputs.first(count), gradient.first_mut(count));
        bias_gradient.fill(0.0);
        for row in gradient.first(count).chunks_exact(gradient.stride) {
            for (sum, value) in bias_gradient.iter_mut().zip(row) {
                *sum += value;
            }
        }
        let inputs = self.activations[..index].last();
        let inputs = inputs.unwrap_or(&self.maps[self.maps.len() - 1]);
        with_simd(Product {
            factors: Factors {
                left: gradient.first(count),
                row_stride: 1,
                step: gradient.stride,
                runs: WHOLE,
                len: count,
                right: Matrix {
                    values: inputs.first(count),
                    stride: inputs.stride,
                },
            },
            finish: Finish::NONE,
            out: weight_gradient,
        });
        // No gradient is wanted by a picture.
        let input_gradient = before.last_mut().or(self.map_gradients.last_mut());
        let Some(input_gradient) = input_gradient else {
            return;
        };
        with_simd(Product {
            factors: Factors {
                left: gradient.first(count),
                row_stride: gradient.stride,
                step: 1,
                runs: WHOLE,
                len: layer.outputs,
                right: place.weight(network.weights),
            },
            finish: Finish::NONE,
            out: input_gradient.first_mut(count),
        });
    }

    /// One convolution's way back, picture by picture.
    fn convolution_backward(
        &mut self,
        network: Network<'_>,
        index: usize,
        count: usize,
        gradients: &mut [f32],
    ) {
        let place = &network.parameters.convolutions[index];
        let (weight_gradient, bias_gradient) = place.split_mut(gradients);
        weight_gradient.fill(0.0);
        bias_gradient.fill(0.0);
        let (before, after) = self.map_gradients.split_at_mut(index);
        let mut input_gradients = before.last_mut();
        if let Some(gradients) = &mut input_gradients {
            gradients.first_mut(count).fill(0.0);
        }
        for picture in 0..count {
            let input_gradient = input_gradients.as_mut();
            with_simd(Backward {
                layer: &network.stack.convolutions[index],
                place,
                weight: place.weight(network.weights).values,
                input: self.maps[index].behind(picture),
                values: self.maps[index + 1].behind(picture),
                offsets: self.offsets[index].behind(picture),
                gradient: after[0].behind(picture),
                scratch: &mut self.scratch[index],
                weight_gradient,
                bias_gradient,
                input_gradient: input_gradient.map(|gradients| gradients.behind_mut(picture)),
            });
        }
        // Vectors reached beyond the runs of the windows.
        for run in weight_gradient.chunks_exact_mut(place.run_stride()) {
            run[place.run()..].fill(0.0);
        }
    }
}

/// The gradient by what came in, given that by what came out of the layer's ReLU, if it has one.
fn pass_relu(layer: &Dense, outputs: &[f32], gradient: &mut [f32]) {
    if layer.relu {
        for (gradient, out) in gradient.iter_mut().zip(outputs) {
            *gradient = if *out > 0.0 { *gradient } else { 0.0 };
        }
    }
}

/// From `[channels, positions]` to `[positions, channels]`.
pub(super) fn channels_last(picture: &[f32], channels: usize, to: &mut [f32]) {
    for (channel, values) in picture.chunks_exact(picture.len() / channels).enumerate() {
        for (to, value) in to[channel..].iter_mut().step_by(channels).zip(values) {
            *to = *value;
        }
    }
}
