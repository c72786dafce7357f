//! Linear layers with what follows them folded in.

use pulp::Simd;
use spindle_run::event::Tensors;

use super::{EPSILON, EdgeConvolution, SLOPE};
use crate::{
    linear::{self, Left},
    panels::{Row, WIDTH, panels},
    product::Start,
};

/// A linear layer, its normalisation folded in.
pub(super) struct Layer {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    /// `[panel of outputs][input][lane]`.
    weights: Vec<Row>,
    /// `[panel of outputs][lane]`.
    bias: Vec<Row>,
}

/// Values in and out of a layer.
#[derive(Clone, Copy)]
struct Shape {
    inputs: usize,
    outputs: usize,
}

/// y = scale * x + shift, channel by channel.
struct Affine {
    scale: Vec<f64>,
    shift: Vec<f64>,
}

impl Affine {
    /// A normalisation by its running mean and variance.
    fn of_norm(weights: &Tensors, name: &str) -> Self {
        let values = |kind: &str| {
            let data = weights[&format!("{name}.{kind}")].data.iter();
            data.map(|&value| f64::from(value))
        };
        let scale: Vec<f64> = values("weight")
            .zip(values("running_var"))
            .map(|(gamma, variance)| gamma / (variance + EPSILON).sqrt())
            .collect();
        let shift = values("bias").zip(values("running_mean")).zip(&scale);
        Self {
            shift: shift
                .map(|((beta, mean), scale)| beta - mean * scale)
                .collect(),
            scale,
        }
    }

    fn identity(channels: usize) -> Self {
        Self {
            scale: vec![1.0; channels],
            shift: vec![0.0; channels],
        }
    }
}

impl Layer {
    /// A linear layer without bias, or with one, behind which there is a normalisation.
    pub(super) fn normalised(weights: &Tensors, layer: &str, norm: &str) -> Self {
        Self::folded(weights, layer, Affine::of_norm(weights, norm))
    }

    /// A linear layer alone.
    pub(super) fn plain(weights: &Tensors, layer: &str) -> Self {
        let outputs = weights[&format!("{layer}.weight")].shape[0];
        Self::folded(weights, layer, Affine::identity(outputs))
    }

    fn folded(weights: &Tensors, layer: &str, affine: Affine) -> Self {
        let matrix = &weights[&format!("{layer}.weight")];
        let (outputs, inputs) = (matrix.shape[0], matrix.shape[1]);
        let bias = weights.get(&format!("{layer}.bias"));
        let Affine { scale, shift } = affine;
        Self::new(
            Shape { inputs, outputs },
            |output, input| scale[output] * f64::from(matrix.data[output * inputs + input]),
            |output| {
                let bias = bias.map_or(0.0, |bias| f64::from(bias.data[output]));
                shift[output] + scale[output] * bias
            },
        )
    }

    /// Both parts of an edge convolution.
    pub(super) fn of_edges(weights: &Tensors, layer: &str, norm: &str) -> EdgeConvolution {
        let matrix = &weights[&format!("{layer}.weight")];
        let (outputs, inputs) = (matrix.shape[0], matrix.shape[1] / 2);
        let Affine { scale, shift } = Affine::of_norm(weights, norm);
        let at = |output: usize, input: usize| {
            scale[output] * f64::from(matrix.data[output * 2 * inputs + input])
        };
        let shape = Shape { inputs, outputs };
        EdgeConvolution {
            there: Self::new(shape, at, |_| 0.0),
            here: Self::new(
                shape,
                |output, input| at(output, inputs + input) - at(output, input),
                |output| shift[output],
            ),
        }
    }

    fn new(
        shape: Shape,
        weight: impl Fn(usize, usize) -> f64,
        bias: impl Fn(usize) -> f64,
    ) -> Self {
        let Shape { inputs, outputs } = shape;
        let out_panels = panels(outputs);
        let lanes = |panel: usize, value: &dyn Fn(usize) -> f64| -> Row {
            std::array::from_fn(|lane| match panel * WIDTH + lane {
                output if output < outputs => value(output) as f32,
                _ => 0.0,
            })
        };
        let rows = (0..out_panels).flat_map(|panel| (0..inputs).map(move |input| (panel, input)));
        Self {
            inputs,
            outputs,
            weights: rows
                .map(|(panel, input)| lanes(panel, &|output| weight(output, input)))
                .collect(),
            bias: (0..out_panels).map(|panel| lanes(panel, &bias)).collect(),
        }
    }

    pub(super) fn in_panels(&self) -> usize {
        panels(self.inputs)
    }

    pub(super) fn out_panels(&self) -> usize {
        panels(self.outputs)
    }

    /// One panel of outputs for all rows of `out`, given input `[panel][row]`.
    #[inline(always)]
    pub(super) fn product<S: Simd>(&self, simd: S, input: &[Row], panel: usize, out: &mut [Row]) {
        let right = &self.weights[panel * self.inputs..][..self.inputs];
        let start = Start::Bias(&self.bias[panel]);
        linear::product(simd, Left::whole(input, self.inputs), right, start, out);
    }
}

/// Leaky ReLU.
#[inline(always)]
pub(super) fn leaky_relu<S: Simd>(simd: S, rows: &mut [Row]) {
    let slope = simd.splat_f32s(SLOPE as f32);
    for value in S::as_mut_simd_f32s(rows.as_flattened_mut()).0 {
        *value = simd.max_f32s(*value, simd.mul_f32s(*value, slope));
    }
}
