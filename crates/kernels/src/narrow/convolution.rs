//! A convolution fused with bias, ReLU and 2x2 max pooling, forward and backward, one picture at a
//! time.
//!
//! Feature maps are channels last, `[side][side][channels]`: what lies under one row of the kernel
//! is one run of values, multiplied where it lies, without im2col. Pooling keeps, for every value,
//! the window it was taken from. Most values of a map are passed on by neither pooling nor ReLU, so
//! the backward pass visits only those that were: each adds its window to the gradient of its
//! filter, and its filter to the gradient of its window.
//!
//! Vectors may reach beyond a run, where they meet padded weights or are overwritten by what
//! follows: every map needs [`SLACK`] values behind it.

use pulp::{Simd, WithSimd};

use super::layout::{Forward, LayerGradients, LayerLayout};
use crate::{
    reference::Mask,
    rows::{Epilogue, Factors, Run, multiply},
    sequential::Convolution,
    simd::{PADDING, padded},
};

/// Values behind a map that vectors may reach.
pub(super) const SLACK: usize = PADDING;

/// Rows of a kernel whose gradients are kept in registers together, and vectors of each: the ten
/// sums, with what is added to them, are what 16 registers hold.
const TILE: [usize; 2] = [5, 2];

/// Buffers for one convolution.
#[derive(Clone)]
pub(super) struct Scratch {
    /// The runs of a window.
    runs: Vec<Run>,
    /// Rows of the map that are pooled together, `[positions][padded outputs]`.
    rows: Vec<f32>,
    /// Values of one channel that were passed on.
    passed: Vec<Passed>,
}

/// A value that was passed on.
#[derive(Clone, Copy, Default)]
struct Passed {
    /// Where its window begins in the input.
    window: u32,
    /// The gradient with respect to it.
    gradient: f32,
}

impl Scratch {
    pub(super) fn new(layer: &Convolution) -> Self {
        let runs = (0..layer.kernel).map(|row| Run {
            left: row * layer.side * layer.inputs,
            right: row * layer.kernel * layer.inputs,
        });
        let rows = if layer.pool.is_some() { 2 } else { 1 };
        Self {
            runs: runs.collect(),
            rows: vec![0.0; rows * layer.map_side() * padded(layer.outputs)],
            passed: vec![Passed::default(); layer.out_side().pow(2)],
        }
    }
}

/// What comes out of a pass forward, each value with the offset of its window from its cell's first
/// one.
pub(super) struct Output<'a> {
    pub(super) values: &'a mut [f32],
    pub(super) offsets: &'a mut [u32],
}

/// A pass forward; `offsets` are left as they are without pooling.
pub(super) struct Pass<'a> {
    pub(super) layer: &'a Convolution,
    pub(super) weights: &'a Forward,
    /// What comes in.
    pub(super) input: &'a [f32],
    pub(super) scratch: &'a mut Scratch,
    pub(super) output: Output<'a>,
    /// Players of the map, behind its ReLU and before its pooling.
    pub(super) mask: Option<Mask<'a>>,
}

impl WithSimd for Pass<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let layer = self.layer;
        for row in 0..layer.out_side() {
            if layer.pool.is_some() {
                self.convolve_row(simd, 2 * row, 0, Epilogue::NONE);
                self.convolve_row(simd, 2 * row + 1, 1, Epilogue::NONE);
                self.pool_row(simd, row);
            } else {
                let epilogue = Epilogue {
                    bias: Some(&self.weights.bias),
                    relu: true,
                };
                self.convolve_row(simd, row, 0, epilogue);
                self.keep_row(row);
            }
        }
    }
}

impl Pass<'_> {
    /// One row of the map into row `to` of the scratch rows.
    #[inline(always)]
    fn convolve_row<S: Simd>(&mut self, simd: S, row: usize, to: usize, epilogue: Epilogue<'_>) {
        let layer = self.layer;
        let factors = Factors {
            left: &self.input[row * layer.side * layer.inputs..],
            row_stride: layer.inputs,
            step: 1,
            runs: &self.scratch.runs,
            len: layer.kernel * layer.inputs,
            right: self.weights.weight.as_matrix(),
        };
        let stride = self.weights.weight.stride();
        let len = layer.map_side() * stride;
        let rows = &mut self.scratch.rows[to * len..(to + 1) * len];
        multiply(simd, factors, epilogue, rows);
        if let Some(mask) = self.mask {
            // Pooling comes before bias and ReLU, which make 0 of it.
            let absent = match layer.pool {
                Some(_) => f32::NEG_INFINITY,
                None => 0.0,
            };
            for (column, values) in rows.chunks_exact_mut(stride).enumerate() {
                if !mask.keeps(row * layer.map_side() + column) {
                    values.fill(absent);
                }
            }
        }
    }

    /// The largest of every four values of two rows, with bias and ReLU, and which it was.
    #[inline(always)]
    fn pool_row<S: Simd>(&mut self, simd: S, row: usize) {
        let layer = self.layer;
        let (rows, _) = S::as_simd_f32s(&self.scratch.rows);
        let (bias, _) = S::as_simd_f32s(&self.weights.bias);
        let vectors = self.weights.weight.stride() / S::F32_LANES;
        let (upper, lower) = rows.split_at(layer.map_side() * vectors);
        let zero = simd.splat_f32s(0.0);
        let [right, below] = [layer.inputs, layer.side * layer.inputs].map(|offset| offset as u32);
        let offsets = [0, right, below, below + right].map(|offset| simd.splat_u32s(offset));
        for cell in 0..layer.out_side() {
            for vector in 0..layer.outputs.div_ceil(S::F32_LANES) {
                let place = 2 * cell * vectors + vector;
                let [a, b] = [upper[place], upper[place + vectors]];
                let [c, d] = [lower[place], lower[place + vectors]];
                let upper_right = simd.greater_than_f32s(b, a);
                let lower_right = simd.greater_than_f32s(d, c);
                let (top, bottom) = (simd.max_f32s(a, b), simd.max_f32s(c, d));
                let is_lower = simd.greater_than_f32s(bottom, top);
                let offset = simd.select_u32s(
                    is_lower,
                    simd.select_u32s(lower_right, offsets[3], offsets[2]),
                    simd.select_u32s(upper_right, offsets[1], offsets[0]),
                );
                let largest = simd.max_f32s(top, bottom);
                let value = simd.max_f32s(simd.add_f32s(largest, bias[vector]), zero);
                let to = (row * layer.out_side() + cell) * layer.outputs + vector * S::F32_LANES;
                let places = to..to + S::F32_LANES;
                S::as_mut_simd_f32s(&mut self.output.values[places.clone()]).0[0] = value;
                S::as_mut_simd_u32s(&mut self.output.offsets[places]).0[0] = offset;
            }
        }
    }

    /// The scratch row without its padding.
    fn keep_row(&mut self, row: usize) {
        let (outputs, side) = (self.layer.outputs, self.layer.map_side());
        let to = self.output.values[row * side * outputs..].chunks_exact_mut(outputs);
        let from = self.scratch.rows.chunks_exact(self.weights.weight.stride());
        for (to, from) in to.zip(from) {
            to.copy_from_slice(&from[..outputs]);
        }
    }
}

/// The backward pass of one picture. Gradients with respect to weights and bias are added to what
/// is there; so is the one with respect to the input, where it is wanted.
pub(super) struct Backward<'a, 'b> {
    pub(super) layer: &'a Convolution,
    pub(super) layout: &'a LayerLayout,
    /// Weights `[outputs][kernel][padded run]`.
    pub(super) weight: &'a [f32],
    pub(super) input: &'a [f32],
    /// What came out, and from which windows.
    pub(super) values: &'a [f32],
    pub(super) offsets: &'a [u32],
    /// The gradient with respect to what came out.
    pub(super) gradient: &'a [f32],
    pub(super) scratch: &'a mut Scratch,
    pub(super) gradients: &'a mut LayerGradients<'b>,
    pub(super) input_gradient: Option<&'a mut [f32]>,
}

impl WithSimd for Backward<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let row = self.layout.row();
        for output in 0..self.layer.outputs {
            let count = self.collect_passed(output);
            let passed = &self.scratch.passed[..count];
            self.gradients.bias[output] += passed.iter().map(|value| value.gradient).sum::<f32>();
            let mut window = Window {
                simd,
                passed,
                input_row: self.layer.side * self.layer.inputs,
                run: self.layout.run_stride(),
            };
            let weights = output * row..(output + 1) * row;
            let vectors = self.layout.run().div_ceil(S::F32_LANES);
            let add = AddWindows {
                input: self.input,
                sums: &mut self.gradients.weight[weights.clone()],
            };
            window.tiles(self.layer.kernel, vectors, add);
            if let Some(gradient) = &mut self.input_gradient {
                let add = AddWeights {
                    weights: &self.weight[weights],
                    gradient,
                };
                window.tiles(self.layer.kernel, vectors, add);
            }
        }
    }
}

impl Backward<'_, '_> {
    /// Gathers what was passed on of one channel; returns how many values that is.
    #[inline(always)]
    fn collect_passed(&mut self, output: usize) -> usize {
        let (layer, side) = (self.layer, self.layer.out_side());
        let step = if layer.pool.is_some() { 2 } else { 1 } * layer.inputs;
        let mut count = 0;
        for row in 0..side {
            for column in 0..side {
                let index = (row * side + column) * layer.outputs + output;
                let offset = if layer.pool.is_some() {
                    self.offsets[index]
                } else {
                    0
                };
                let window = ((row * layer.side + column) * step) as u32 + offset;
                self.scratch.passed[count] = Passed {
                    window,
                    gradient: self.gradient[index],
                };
                // Without a branch, which would be taken at random.
                count += usize::from(self.values[index] > 0.0);
            }
        }
        count
    }
}

/// Windows of values that were passed on.
struct Window<'a, S: Simd> {
    simd: S,
    passed: &'a [Passed],
    /// Values from one row of the input to the next.
    input_row: usize,
    /// Values from one run of the weights to the next.
    run: usize,
}

/// Where a tile begins.
#[derive(Clone, Copy)]
struct Corner {
    /// In a window of the input.
    input: usize,
    /// In a filter.
    weight: usize,
}

/// What is done with a few rows and vectors of every window, from one corner on.
trait Add {
    fn add<S: Simd, const ROWS: usize, const VECTORS: usize>(
        &mut self,
        window: &Window<'_, S>,
        corner: Corner,
    );
}

impl<S: Simd> Window<'_, S> {
    /// All rows and vectors of the windows, tile by tile.
    #[inline(always)]
    fn tiles(&mut self, kernel: usize, vectors: usize, mut add: impl Add) {
        for row in (0..kernel).step_by(TILE[0]) {
            for vector in (0..vectors).step_by(TILE[1]) {
                let column = vector * S::F32_LANES;
                let corner = Corner {
                    input: row * self.input_row + column,
                    weight: row * self.run + column,
                };
                let vectors = TILE[1].min(vectors - vector);
                match (TILE[0].min(kernel - row), vectors) {
                    (1, 1) => add.add::<S, 1, 1>(self, corner),
                    (2, 1) => add.add::<S, 2, 1>(self, corner),
                    (3, 1) => add.add::<S, 3, 1>(self, corner),
                    (4, 1) => add.add::<S, 4, 1>(self, corner),
                    (_, 1) => add.add::<S, 5, 1>(self, corner),
                    (1, _) => add.add::<S, 1, 2>(self, corner),
                    (2, _) => add.add::<S, 2, 2>(self, corner),
                    (3, _) => add.add::<S, 3, 2>(self, corner),
                    (4, _) => add.add::<S, 4, 2>(self, corner),
                    (_, _) => add.add::<S, 5, 2>(self, corner),
                }
            }
        }
    }
}

/// The gradient with respect to the weights: windows, each times its gradient, are added up.
struct AddWindows<'a> {
    input: &'a [f32],
    sums: &'a mut [f32],
}

impl Add for AddWindows<'_> {
    #[inline(always)]
    fn add<S: Simd, const ROWS: usize, const VECTORS: usize>(
        &mut self,
        window: &Window<'_, S>,
        corner: Corner,
    ) {
        let simd = window.simd;
        let mut sums = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
        for value in window.passed {
            let gradient = simd.splat_f32s(value.gradient);
            let first = value.window as usize + corner.input;
            let input = &self.input[first..];
            for (row, sums) in sums.iter_mut().enumerate() {
                let row = &input[row * window.input_row..][..VECTORS * S::F32_LANES];
                for (sum, value) in sums.iter_mut().zip(S::as_simd_f32s(row).0) {
                    *sum = simd.mul_add_e_f32s(gradient, *value, *sum);
                }
            }
        }
        for (row, sums) in sums.into_iter().enumerate() {
            let to = &mut self.sums[corner.weight + row * window.run..][..VECTORS * S::F32_LANES];
            for (to, sum) in S::as_mut_simd_f32s(to).0.iter_mut().zip(sums) {
                *to = simd.add_f32s(*to, sum);
            }
        }
    }
}

/// The gradient with respect to the input: weights, times a value's gradient, are added to its
/// window.
struct AddWeights<'a, 'b> {
    weights: &'a [f32],
    gradient: &'a mut &'b mut [f32],
}

impl Add for AddWeights<'_, '_> {
    #[inline(always)]
    fn add<S: Simd, const ROWS: usize, const VECTORS: usize>(
        &mut self,
        window: &Window<'_, S>,
        corner: Corner,
    ) {
        let simd = window.simd;
        let mut kernel = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
        for (row, kernel) in kernel.iter_mut().enumerate() {
            let from = &self.weights[corner.weight + row * window.run..][..VECTORS * S::F32_LANES];
            kernel.copy_from_slice(S::as_simd_f32s(from).0);
        }
        for value in window.passed {
            let factor = simd.splat_f32s(value.gradient);
            let first = value.window as usize + corner.input;
            let gradient = &mut self.gradient[first..];
            for (row, kernel) in kernel.iter().enumerate() {
                let row = &mut gradient[row * window.input_row..][..VECTORS * S::F32_LANES];
                for (sum, weight) in S::as_mut_simd_f32s(row).0.iter_mut().zip(kernel) {
                    *sum = simd.mul_add_e_f32s(factor, *weight, *sum);
                }
            }
        }
    }
}
