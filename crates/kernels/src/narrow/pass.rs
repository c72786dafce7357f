//! Passes through a narrow network, forward and backward, for a few pictures at a time.

use std::iter;

use super::{
    convolution::{Backward, Output, Pass, SLACK, Scratch},
    layout::{ForwardWeights, Layout},
};
use crate::{
    activation::{backward, finish, is_relu},
    loss::CrossEntropy,
    penalty::Drawn,
    reference::Mask,
    rows::{Epilogue, Factors, Matrix, Product, WHOLE},
    sequential::{Convolution, Masked, Sequential},
    simd::{padded, with_simd},
};

/// Values of some pictures at one place of a network, a padded row each.
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

/// A network with its weights, as passes take it.
#[derive(Clone, Copy)]
pub(crate) struct Model<'a> {
    pub(crate) network: &'a Sequential,
    pub(super) layout: &'a Layout,
    /// All parameters, as `layout` has them.
    pub(super) weights: &'a [f32],
    /// The same, for passes forward.
    pub(crate) forward: &'a ForwardWeights,
}

/// Some pictures of a batch.
#[derive(Clone, Copy)]
pub(super) struct Batch<'a> {
    /// `[count, channels, side, side]`.
    pub(super) pictures: &'a [f32],
    pub(super) labels: &'a [usize],
    /// Pictures of the whole batch, over which losses are averaged.
    pub(super) of: usize,
}

/// Buffers for passes of up to `capacity` pictures, so that no pass allocates.
pub(crate) struct Workspace {
    capacity: usize,
    /// What comes into the first convolution, then what comes out of each, channels last.
    maps: Vec<Rows>,
    /// For every value behind a pooling, the offset of the window it was taken from.
    offsets: Vec<Rows<u32>>,
    /// What comes out of each dense layer.
    activations: Vec<Rows>,
    scratch: Vec<Scratch>,
    /// Gradients with respect to what came out of the convolutions and dense layers, in the shape
    /// of `maps` and `activations`.
    map_gradients: Vec<Rows>,
    gradients: Vec<Rows>,
}

impl Workspace {
    /// For passes forward.
    pub(crate) fn new(network: &Sequential, capacity: usize) -> Self {
        let rows = |len| Rows::new(capacity, len);
        let maps = network.convolutions.iter().map(|c| rows(c.out_len()));
        Self {
            capacity,
            maps: [rows(network.input_len())]
                .into_iter()
                .chain(maps)
                .collect(),
            offsets: network
                .convolutions
                .iter()
                .map(|c| Rows::new(capacity, c.out_len()))
                .collect(),
            activations: network.dense.iter().map(|d| rows(d.outputs)).collect(),
            scratch: network.convolutions.iter().map(Scratch::new).collect(),
            map_gradients: Vec::new(),
            gradients: Vec::new(),
        }
    }

    /// For forward and backward passes.
    pub(super) fn for_training(network: &Sequential, capacity: usize) -> Self {
        let rows = |len| Rows::new(capacity, len);
        Self {
            map_gradients: network
                .convolutions
                .iter()
                .map(|c| rows(c.out_len()))
                .collect(),
            gradients: network.dense.iter().map(|d| rows(d.outputs)).collect(),
            ..Self::new(network, capacity)
        }
    }

    /// Pictures that it has room for.
    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Logits of `pictures` `[count, channels, side, side]`, as padded rows.
    pub(super) fn logits(&mut self, model: Model<'_>, pictures: &[f32]) -> &[f32] {
        let pictures = pictures.chunks_exact(model.network.input_len());
        let count = pictures.len();
        self.take(model.network, pictures);
        self.logits_behind(model, 0, count, &[])
    }

    /// Takes pictures `[channels, side, side]` in.
    fn take<'a>(&mut self, network: &Sequential, pictures: impl Iterator<Item = &'a [f32]>) {
        let channels = network.input.channels;
        for (index, picture) in pictures.enumerate() {
            let to = &mut self.maps[0].behind_mut(index)[..picture.len()];
            channels_last(picture, channels, to);
        }
    }

    /// The feature map of convolution `index` for one picture, `[side, side, channels]`, behind its
    /// ReLU and before pooling.
    pub(crate) fn feature_map(
        &mut self,
        model: Model<'_>,
        picture: &[f32],
        index: usize,
    ) -> Vec<f32> {
        let network = model.network;
        self.take(network, [picture].into_iter());
        for before in 0..index {
            self.convolve(model, before, 1, &[]);
        }
        let layer = Convolution {
            pool: None,
            ..network.convolutions[index].clone()
        };
        let mut map = Rows::new(1, layer.map_len());
        with_simd(Pass {
            layer: &layer,
            weights: &model.forward.convolutions[index],
            input: self.maps[index].behind(0),
            scratch: &mut Scratch::new(&layer),
            output: Output {
                values: map.behind_mut(0),
                offsets: &mut [],
            },
            mask: None,
        });
        map.values.truncate(layer.map_len());
        map.values
    }

    /// Logits from convolution `first` on, or from the dense layers where there are no more, as
    /// padded rows: `fill(index, input)` writes what comes in, channels last.
    pub(crate) fn logits_from(
        &mut self,
        model: Model<'_>,
        first: usize,
        count: usize,
        fill: impl Fn(usize, &mut [f32]),
    ) -> &[f32] {
        let shape = model.network.shape_before(first);
        let len = shape.channels * shape.side.pow(2);
        for index in 0..count {
            fill(index, &mut self.maps[first].behind_mut(index)[..len]);
        }
        self.logits_behind(model, first, count, &[])
    }

    /// `masks`: of the players of each picture, or none at all.
    fn logits_behind(
        &mut self,
        model: Model<'_>,
        first: usize,
        count: usize,
        masks: &[Mask<'_>],
    ) -> &[f32] {
        for index in first..model.network.convolutions.len() {
            let is_masked = model.network.masked == Masked::Convolution(index);
            self.convolve(model, index, count, if is_masked { masks } else { &[] });
        }
        for index in 0..model.network.dense.len() {
            self.dense_forward(model, index, count);
        }
        self.activations
            .last()
            .map_or(&[], |logits| logits.first(count))
    }

    /// One convolution for all pictures.
    fn convolve(&mut self, model: Model<'_>, index: usize, count: usize, masks: &[Mask<'_>]) {
        let (inputs, outputs) = self.maps.split_at_mut(index + 1);
        for picture in 0..count {
            with_simd(Pass {
                layer: &model.network.convolutions[index],
                weights: &model.forward.convolutions[index],
                input: inputs[index].behind(picture),
                scratch: &mut self.scratch[index],
                output: Output {
                    values: outputs[0].behind_mut(picture),
                    offsets: self.offsets[index].behind_mut(picture),
                },
                mask: masks.get(picture).copied(),
            });
        }
    }

    /// One dense layer for all pictures.
    fn dense_forward(&mut self, model: Model<'_>, index: usize, count: usize) {
        let layer = &model.forward.dense[index];
        let (before, after) = self.activations.split_at_mut(index);
        let inputs = before.last().unwrap_or(&self.maps[self.maps.len() - 1]);
        let activation = model.network.dense[index].activation;
        with_simd(Product {
            factors: Factors {
                left: inputs.first(count),
                row_stride: inputs.stride,
                step: 1,
                runs: WHOLE,
                len: model.network.dense[index].inputs,
                right: layer.weight.as_matrix(),
            },
            epilogue: Epilogue {
                bias: Some(&layer.bias),
                relu: is_relu(activation),
            },
            out: after[0].first_mut(count),
        });
        finish(activation, after[0].first_mut(count));
    }

    /// Writes the gradients of the sum of these pictures' cross-entropies, over the number of
    /// pictures of the whole batch, to `gradients`, which lie as the parameters do; returns that
    /// sum.
    pub(super) fn loss_and_gradients(
        &mut self,
        model: Model<'_>,
        batch: Batch<'_>,
        gradients: &mut [f32],
    ) -> f32 {
        self.logits(model, batch.pictures);
        let loss = self.logit_gradient(model.network.classes(), batch);
        self.backward(model, batch.labels.len(), gradients);
        loss
    }

    /// Writes the gradients of a penalty on these draws, each times `factor`, to `gradients`.
    pub(super) fn penalty_gradients(
        &mut self,
        model: Model<'_>,
        drawn: &[Drawn<'_>],
        factor: f64,
        gradients: &mut [f32],
    ) {
        let network = model.network;
        let pictures = drawn.iter();
        let pictures = pictures.flat_map(|one| iter::repeat_n(one.picture, one.draw.count()));
        self.take(network, pictures);
        let masks: Vec<Mask<'_>> = drawn.iter().flat_map(|one| one.draw.masks()).collect();
        if network.masked == Masked::Input {
            self.mask_pictures(network, &masks);
        }
        self.logits_behind(model, 0, masks.len(), &masks);
        self.penalty_logit_gradient(network.classes(), drawn, factor);
        self.backward(model, masks.len(), gradients);
    }

    /// Sets absent players' pixels of the pictures that were taken in to 0.
    fn mask_pictures(&mut self, network: &Sequential, masks: &[Mask<'_>]) {
        let (len, channels) = (network.input_len(), network.input.channels);
        for (index, mask) in masks.iter().enumerate() {
            let picture = &mut self.maps[0].behind_mut(index)[..len];
            for (pixel, values) in picture.chunks_exact_mut(channels).enumerate() {
                if !mask.keeps(pixel) {
                    values.fill(0.0);
                }
            }
        }
    }

    /// Writes the gradient of a penalty with respect to the logits.
    fn penalty_logit_gradient(&mut self, classes: usize, drawn: &[Drawn<'_>], factor: f64) {
        let (Some(logits), Some(gradients)) = (self.activations.last(), self.gradients.last_mut())
        else {
            return;
        };
        let mut first = 0;
        for one in drawn {
            let rows = first * logits.stride..(first + one.draw.count()) * logits.stride;
            let shape = [classes, logits.stride];
            let to = &mut gradients.values[rows.clone()];
            one.draw
                .gradient(one.label, factor, shape, &logits.values[rows], to);
            first += one.draw.count();
        }
    }

    /// From the gradient with respect to the logits of the first pictures to those with respect to
    /// the parameters.
    fn backward(&mut self, model: Model<'_>, count: usize, gradients: &mut [f32]) {
        for index in (0..model.network.dense.len()).rev() {
            self.dense_backward(model, index, count, gradients);
        }
        for index in (0..model.network.convolutions.len()).rev() {
            self.convolution_backward(model, index, count, gradients);
        }
    }

    /// Writes the gradient with respect to the logits; returns the loss.
    fn logit_gradient(&mut self, classes: usize, batch: Batch<'_>) -> f32 {
        let (Some(logits), Some(gradients)) = (self.activations.last(), self.gradients.last_mut())
        else {
            return 0.0;
        };
        let mut loss = 0.0;
        for (picture, &label) in batch.labels.iter().enumerate() {
            let logits = &logits.behind(picture)[..classes];
            let gradient = &mut gradients.behind_mut(picture)[..classes];
            let entropy = CrossEntropy::new(logits, label, gradient);
            entropy.gradient_by_one_division(batch.of, gradient);
            loss += entropy.loss;
        }
        loss / batch.of as f32
    }

    /// The backward pass of one dense layer.
    fn dense_backward(
        &mut self,
        model: Model<'_>,
        index: usize,
        count: usize,
        gradients: &mut [f32],
    ) {
        let layer = &model.network.dense[index];
        let layout = &model.layout.dense[index];
        let parameter_gradients = layout.gradients(gradients);
        let (before, after) = self.gradients.split_at_mut(index);
        let gradient = &mut after[0];
        let outputs = &self.activations[index];
        backward(
            layer.activation,
            outputs.first(count),
            gradient.first_mut(count),
        );
        let bias_gradient = parameter_gradients.bias;
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
            epilogue: Epilogue::NONE,
            out: parameter_gradients.weight,
        });
        // No gradient with respect to pictures is wanted.
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
                right: layout.weight(model.weights),
            },
            epilogue: Epilogue::NONE,
            out: input_gradient.first_mut(count),
        });
    }

    /// The backward pass of one convolution, picture by picture.
    fn convolution_backward(
        &mut self,
        model: Model<'_>,
        index: usize,
        count: usize,
        gradients: &mut [f32],
    ) {
        let layout = &model.layout.convolutions[index];
        let mut parameter_gradients = layout.gradients(gradients);
        parameter_gradients.weight.fill(0.0);
        parameter_gradients.bias.fill(0.0);
        let (before, after) = self.map_gradients.split_at_mut(index);
        let mut input_gradients = before.last_mut();
        if let Some(gradients) = &mut input_gradients {
            gradients.first_mut(count).fill(0.0);
        }
        for picture in 0..count {
            let input_gradient = input_gradients.as_mut();
            with_simd(Backward {
                layer: &model.network.convolutions[index],
                layout,
                weight: layout.weight(model.weights).values,
                input: self.maps[index].behind(picture),
                values: self.maps[index + 1].behind(picture),
                offsets: self.offsets[index].behind(picture),
                gradient: after[0].behind(picture),
                scratch: &mut self.scratch[index],
                gradients: &mut parameter_gradients,
                input_gradient: input_gradient.map(|gradients| gradients.behind_mut(picture)),
            });
        }
        // Vectors reached beyond the runs of the windows.
        for run in parameter_gradients
            .weight
            .chunks_exact_mut(layout.run_stride())
        {
            run[layout.run()..].fill(0.0);
        }
    }
}

/// From `[channels, positions]` to `[positions, channels]`.
pub(crate) fn channels_last(picture: &[f32], channels: usize, to: &mut [f32]) {
    for (channel, values) in picture.chunks_exact(picture.len() / channels).enumerate() {
        for (to, value) in to[channel..].iter_mut().step_by(channels).zip(values) {
            *to = *value;
        }
    }
}
