//! Layers as the products see them, and where their parameters lie.

use std::ops::Range;

use super::correlation::Correlation;
use crate::{
    product::{Row, WIDTH},
    sequential::{Pool, Sequential},
};

/// Most pictures of a micro-batch.
const MOST_PICTURES: usize = 128;
/// Bytes that the maps of a micro-batch should take at most.
const MAP_BYTES: usize = if cfg!(target_arch = "wasm32") {
    1 << 28
} else {
    1 << 30
};

/// Panels that so many channels take.
pub(crate) fn panels(channels: usize) -> usize {
    channels.div_ceil(WIDTH)
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
    pub(super) relu: bool,
    /// Whether windows are laid out before they are multiplied: for few channels, and for strides.
    pub(super) unfolded: bool,
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

    /// Its weights and biases among all parameters.
    pub(crate) fn split<'a>(&self, rows: &'a [Row]) -> (&'a [Row], &'a [Row]) {
        (&rows[self.weight_range()], &rows[self.bias_range()])
    }

    /// The same, to be written to.
    pub(super) fn split_mut<'a>(&self, rows: &'a mut [Row]) -> (&'a mut [Row], &'a mut [Row]) {
        rows[self.start..self.bias_range().end].split_at_mut(self.weight_range().len())
    }

    /// Rows of what comes in, for one picture; of the laid out windows, where they are laid out.
    pub(super) fn in_rows(&self) -> usize {
        let product = self.product();
        panels(product.inputs) * product.side.pow(2)
    }

    /// Rows before pooling, for one picture.
    pub(super) fn map_rows(&self) -> usize {
        panels(self.outputs) * self.map_side.pow(2)
    }

    /// Rows of what comes out, for one picture.
    pub(super) fn out_rows(&self) -> usize {
        panels(self.outputs) * self.out_side.pow(2)
    }

    /// What is multiplied on the way forward.
    pub(super) fn product(&self) -> Correlation {
        if self.unfolded {
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

/// All layers of a stack, convolutions first.
#[derive(Clone, Debug)]
pub(crate) struct Layers {
    pub(crate) all: Vec<Layer>,
    /// Rows of all parameters.
    pub(super) rows: usize,
}

impl Layers {
    pub(crate) fn new(stack: &Sequential) -> Self {
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
        for (index, c) in stack.convolutions.iter().enumerate() {
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
                relu: true,
                unfolded: index == 0 || c.stride > 1,
                start: 0,
            });
        }
        let mut side = stack.shape_before(stack.convolutions.len()).side;
        for (index, dense) in stack.dense.iter().enumerate() {
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
                relu: dense.relu,
                unfolded: index == 0 && stack.convolutions.is_empty(),
                start: 0,
            });
            side = 1;
        }
        Self { all, rows }
    }

    /// Pictures of a micro-batch: a number of the network's alone.
    pub(super) fn pictures(&self) -> usize {
        let rows = self.all.iter().map(|layer| {
            let unfolded = if layer.unfolded { layer.in_rows() } else { 0 };
            // What comes out, with the choices of its pooling.
            unfolded + layer.out_rows() * 5 / 4
        });
        let largest = self.all.iter().map(Layer::map_rows).max();
        // The gradients by one map, and by what comes out of it and into it.
        let rows = rows.sum::<usize>() + 3 * largest.unwrap_or(0);
        (MAP_BYTES / (rows * size_of::<Row>())).clamp(1, MOST_PICTURES)
    }

    /// Pictures of a pass forward from layer `first` on, which is not the first of all.
    pub(crate) fn pictures_behind(&self, first: usize) -> usize {
        let rows = self.all[first - 1..].iter().map(Layer::out_rows);
        let rows = rows.sum::<usize>();
        (MAP_BYTES / (rows * size_of::<Row>())).clamp(1, MOST_PICTURES)
    }

    /// From PyTorch's order, layer by layer, weight then bias.
    pub(super) fn pack(&self, values: &[f32]) -> Vec<Row> {
        let mut rows = vec![[0.0; WIDTH]; self.rows];
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
