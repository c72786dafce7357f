//! How the kernels lay a narrow network's parameters out.
//!
//! Feature maps are kept channels last, so that what lies under one row of a convolution's kernel
//! is one run of values. A layer's weights are `[outputs][runs][run]`: a run for every row of the
//! kernel, or a single one for a dense layer, each padded to whole vectors; padding stays 0.
//! Forward passes want them transposed ([`Packed`]); backward passes take them as they are.

use std::ops::Range;

use crate::{
    rows::{Matrix, Packed},
    sequential::Sequential,
    simd::padded,
};

/// A layer's gradients, which lie as its parameters do.
pub(super) struct LayerGradients<'a> {
    pub(super) weight: &'a mut [f32],
    /// Padded.
    pub(super) bias: &'a mut [f32],
}

/// Where one layer's parameters lie.
#[derive(Clone, Debug)]
pub(super) struct LayerLayout {
    pub(super) outputs: usize,
    /// Values in, all runs together.
    inputs: usize,
    /// Channels of what comes in, which are last here and first in PyTorch.
    channels: usize,
    /// Runs of an output's weights.
    runs: usize,
    start: usize,
}

impl LayerLayout {
    /// Values of a run, without padding.
    pub(super) fn run(&self) -> usize {
        self.inputs / self.runs
    }

    /// Values from one run to the next.
    pub(super) fn run_stride(&self) -> usize {
        padded(self.run())
    }

    /// Values from one output's weights to the next.
    pub(super) fn row(&self) -> usize {
        self.runs * self.run_stride()
    }

    fn weight_range(&self) -> Range<usize> {
        self.start..self.start + self.outputs * self.row()
    }

    fn bias_range(&self) -> Range<usize> {
        let start = self.weight_range().end;
        start..start + padded(self.outputs)
    }

    /// Its weights among all parameters.
    pub(super) fn weight<'a>(&self, values: &'a [f32]) -> Matrix<'a> {
        Matrix {
            values: &values[self.weight_range()],
            stride: self.row(),
        }
    }

    /// Its padded bias among all parameters.
    pub(super) fn bias<'a>(&self, values: &'a [f32]) -> &'a [f32] {
        &values[self.bias_range()]
    }

    /// Its part of all gradients.
    pub(super) fn gradients<'a>(&self, values: &'a mut [f32]) -> LayerGradients<'a> {
        let both = &mut values[self.start..self.bias_range().end];
        let (weight, bias) = both.split_at_mut(self.weight_range().len());
        LayerGradients { weight, bias }
    }

    /// Calls `visit(place here, place among PyTorch's weights then biases)` for every parameter.
    fn for_each(&self, mut visit: impl FnMut(usize, usize)) {
        let positions = self.inputs / self.channels;
        for output in 0..self.outputs {
            for input in 0..self.inputs {
                let (run, place) = (input / self.run(), input % self.run());
                let here = self.start + output * self.row() + run * self.run_stride() + place;
                let there = input % self.channels * positions + input / self.channels;
                visit(here, output * self.inputs + there);
            }
            visit(
                self.bias_range().start + output,
                self.outputs * self.inputs + output,
            );
        }
    }
}

/// Where all parameters lie, convolutions first.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) convolutions: Vec<LayerLayout>,
    pub(super) dense: Vec<LayerLayout>,
    len: usize,
}

impl Layout {
    pub(super) fn new(network: &Sequential) -> Self {
        let mut len = 0;
        let mut place = |outputs, inputs, channels, runs| {
            let layer = LayerLayout {
                outputs,
                inputs,
                channels,
                runs,
                start: len,
            };
            len = layer.bias_range().end;
            layer
        };
        let convolutions = network.convolutions.iter();
        let convolutions = convolutions.map(|c| place(c.outputs, c.window(), c.inputs, c.kernel));
        let convolutions = convolutions.collect();
        let before = network.shape_before(network.convolutions.len());
        let channels = [before.channels].into_iter().chain(std::iter::repeat(1));
        let dense = network.dense.iter().zip(channels);
        let dense = dense.map(|(d, channels)| place(d.outputs, d.inputs, channels, 1));
        Self {
            convolutions,
            dense: dense.collect(),
            len,
        }
    }

    /// From PyTorch's order, layer by layer, weight then bias.
    pub(super) fn pack(&self, values: &[f32]) -> Vec<f32> {
        let mut here = vec![0.0; self.len];
        self.for_each(|index, there| here[index] = values[there]);
        here
    }

    /// To PyTorch's order.
    pub(super) fn unpack(&self, values: &[f32]) -> Vec<f32> {
        let count = self.layers().map(|l| l.outputs * (l.inputs + 1)).sum();
        let mut there = vec![0.0; count];
        self.for_each(|here, index| there[index] = values[here]);
        there
    }

    fn layers(&self) -> impl Iterator<Item = &LayerLayout> {
        self.convolutions.iter().chain(&self.dense)
    }

    fn for_each(&self, mut visit: impl FnMut(usize, usize)) {
        let mut first = 0;
        for layer in self.layers() {
            layer.for_each(|here, there| visit(here, first + there));
            first += layer.outputs * (layer.inputs + 1);
        }
    }
}

/// A layer for passes forward.
#[derive(Clone, Debug)]
pub(crate) struct Forward {
    /// `[inputs][outputs]`.
    pub(crate) weight: Packed,
    /// Padded.
    pub(crate) bias: Vec<f32>,
}

/// All layers for passes forward.
#[derive(Clone, Debug)]
pub(crate) struct ForwardWeights {
    pub(crate) convolutions: Vec<Forward>,
    pub(crate) dense: Vec<Forward>,
}

impl ForwardWeights {
    pub(super) fn new(layout: &Layout, values: &[f32]) -> Self {
        let all = |layers: &[LayerLayout]| -> Vec<Forward> {
            let layers = layers.iter().map(|layer| Forward {
                weight: Packed::zeros(layer.inputs, layer.outputs),
                bias: vec![0.0; padded(layer.outputs)],
            });
            layers.collect()
        };
        let mut forward = Self {
            convolutions: all(&layout.convolutions),
            dense: all(&layout.dense),
        };
        forward.update(layout, values);
        forward
    }

    /// Takes new values over.
    pub(super) fn update(&mut self, layout: &Layout, values: &[f32]) {
        let layers = self.convolutions.iter_mut().chain(&mut self.dense);
        for (forward, layer) in layers.zip(layout.layers()) {
            forward.bias.copy_from_slice(layer.bias(values));
            let weight = layer.weight(values);
            for run in 0..layer.runs {
                let columns = run * layer.run_stride()..run * layer.run_stride() + layer.run();
                forward
                    .weight
                    .transpose_from(run * layer.run(), weight, columns);
            }
        }
    }
}
