//! Layers as the products see them, and where their parameters lie.

use std::ops::Range;

use spindle_run::experiment::Activation;

use super::{correlation::Correlation, tuning::WideTuning};
use crate::{
    panels::{Row, WIDTH, ZERO, panels},
    sequential::{Pool, Sequential},
};

/// A layer's parameters, as its product wants them.
#[derive(Clone, Copy)]
pub(crate) struct LayerParameters<'a> {
    /// `[panel of outputs][kernel offset][input]`.
    pub(crate) weight: &'a [Row],
    /// `[panel of outputs]`.
    pub(crate) bias: &'a [Row],
}

/// The gradients with respect to them, which lie as they do.
pub(super) struct LayerGradients<'a> {
    pub(super) weight: &'a mut [Row],
    pub(super) bias: &'a mut [Row],
}

/// A convolution, or a dense layer as the convolution that it is.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(super) kernel: usize,
    pub(super) stride: usize,
    pub(super) padding: usize,
    /// Side of what comes in.
    pub(super) side: usize,
    /// Side before pooling.
    pub(super) map_side: usize,
    pub(super) pool: Option<Pool>,
    pub(crate) out_side: usize,
    pub(super) activation: Option<Activation>,
    /// Whether windows are laid out before they are multiplied: for few channels, and for strides.
    pub(super) has_im2col: bool,
    /// Row of its first weights among all parameters; biases follow.
    start: usize,
}

impl Layer {
    /// Values under one position of the kernel.
    pub(super) fn window(&self) -> usize {
        self.inputs * self.kernel * self.kernel
    }

    /// Rows of its weights `[panel of outputs][kernel offset][input]`.
    pub(super) fn weight_range(&self) -> Range<usize> {
        self.start..self.start + panels(self.outputs) * self.window()
    }

    /// Rows of its biases.
    pub(super) fn bias_range(&self) -> Range<usize> {
        let start = self.weight_range().end;
        start..start + panels(self.outputs)
    }

    /// Its part of all parameters.
    pub(crate) fn parameters<'a>(&self, rows: &'a [Row]) -> LayerParameters<'a> {
        LayerParameters {
            weight: &rows[self.weight_range()],
            bias: &rows[self.bias_range()],
        }
    }

    /// Its part of all gradients.
    pub(super) fn gradients<'a>(&self, rows: &'a mut [Row]) -> LayerGradients<'a> {
        let both = &mut rows[self.start..self.bias_range().end];
        let (weight, bias) = both.split_at_mut(self.weight_range().len());
        LayerGradients { weight, bias }
    }

    /// Rows of what comes into its product, for one picture.
    pub(super) fn in_rows(&self) -> usize {
        let correlation = self.correlation();
        panels(correlation.inputs) * correlation.side.pow(2)
    }

    /// Rows before pooling, for one picture.
    pub(super) fn map_rows(&self) -> usize {
        panels(self.outputs) * self.map_side.pow(2)
    }

    /// Rows of what comes out, for one picture.
    pub(super) fn out_rows(&self) -> usize {
        panels(self.outputs) * self.out_side.pow(2)
    }

    /// What a forward pass multiplies.
    pub(super) fn correlation(&self) -> Correlation {
        if self.has_im2col {
            Correlation {
                inputs: self.window(),
                kernel: 1,
                padding: 0,
                side: self.map_side,
                out_side: self.map_side,
            }
        } else {
            Correlation {
                inputs: self.inputs,
                kernel: self.kernel,
                padding: self.padding as isize,
                side: self.side,
                out_side: self.map_side,
            }
        }
    }

    /// Calls `visit(row, lane, place among PyTorch's weights then biases)` for every parameter.
    fn for_each(&self, mut visit: impl FnMut(usize, usize, usize)) {
        let (window, area) = (self.window(), self.kernel.pow(2));
        for output in 0..self.outputs {
            let (panel, lane) = (output / WIDTH, output % WIDTH);
            let row = self.start + panel * window;
            for offset in 0..area {
                for input in 0..self.inputs {
                    let there = (output * self.inputs + input) * area + offset;
                    visit(row + offset * self.inputs + input, lane, there);
                }
            }
            let bias = self.bias_range().start + panel;
            visit(bias, lane, self.outputs * window + output);
        }
    }
}

/// All layers of a network, convolutions first.
#[derive(Clone, Debug)]
pub(crate) struct Layers {
    pub(crate) all: Vec<Layer>,
    /// Rows of all parameters.
    pub(super) rows: usize,
    pub(super) tuning: WideTuning,
}

impl Layers {
    pub(crate) fn new(network: &Sequential, tuning: WideTuning) -> Self {
        let mut rows = 0;
        let mut all = Vec::new();
        let mut place = |layer: Layer| {
            let layer = Layer {
                start: rows,
                ..layer
            };
            rows = layer.bias_range().end;
            all.push(layer);
        };
        for (index, c) in network.convolutions.iter().enumerate() {
            place(Layer {
                inputs: c.inputs,
                outputs: c.outputs,
                kernel: c.kernel,
                stride: c.stride,
                padding: c.padding,
                side: c.side,
                map_side: c.map_side(),
                pool: c.pool,
                out_side: c.out_side(),
                activation: Some(Activation::Relu),
                has_im2col: index == 0 || c.stride > 1,
                start: 0,
            });
        }
        let mut side = network.shape_before(network.convolutions.len()).side;
        for (index, dense) in network.dense.iter().enumerate() {
            place(Layer {
                inputs: dense.inputs / side.pow(2),
                outputs: dense.outputs,
                kernel: side,
                stride: 1,
                padding: 0,
                side,
                map_side: 1,
                pool: None,
                out_side: 1,
                activation: dense.activation,
                has_im2col: index == 0 && network.convolutions.is_empty(),
                start: 0,
            });
            side = 1;
        }
        Self { all, rows, tuning }
    }

    /// Pictures of a micro-batch: a number of the network's alone.
    pub(super) fn pictures(&self) -> usize {
        let rows = self.all.iter().map(|layer| {
            let columns = if layer.has_im2col { layer.in_rows() } else { 0 };
            // What comes out, with the choices of its pooling.
            columns + layer.out_rows() * 5 / 4
        });
        let largest = self.all.iter().map(Layer::map_rows).max();
        // The gradients with respect to one map, and to what comes out of it and into it.
        self.fitting(rows.sum::<usize>() + 3 * largest.unwrap_or(0))
    }

    /// Pictures of a pass forward from layer `first` on, which is not the first of all.
    pub(crate) fn pictures_behind(&self, first: usize) -> usize {
        let rows = self.all[first - 1..].iter().map(Layer::out_rows);
        self.fitting(rows.sum())
    }

    /// How many pictures of so many rows are computed together.
    fn fitting(&self, rows: usize) -> usize {
        let WideTuning {
            map_bytes,
            pictures,
            ..
        } = self.tuning;
        (map_bytes / (rows * size_of::<Row>())).clamp(1, pictures)
    }

    /// From PyTorch's order, layer by layer, weight then bias.
    pub(super) fn pack(&self, values: &[f32]) -> Vec<Row> {
        let mut rows = vec![ZERO; self.rows];
        self.for_each(|row, lane, there| rows[row][lane] = values[there]);
        rows
    }

    /// To PyTorch's order.
    pub(super) fn unpack(&self, rows: &[Row]) -> Vec<f32> {
        let count = self.all.iter().map(|l| l.outputs * (l.window() + 1)).sum();
        let mut values = vec![0.0; count];
        self.for_each(|row, lane, there| values[there] = rows[row][lane]);
        values
    }

    fn for_each(&self, mut visit: impl FnMut(usize, usize, usize)) {
        let mut first = 0;
        for layer in &self.all {
            layer.for_each(|row, lane, there| visit(row, lane, first + there));
            first += layer.outputs * (layer.window() + 1);
        }
    }
}
