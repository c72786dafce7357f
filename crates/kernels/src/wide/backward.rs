//! The backward pass of one layer.

use super::{
    correlation::{Correlation, Operands, correlate},
    im2col::col2im,
    pooling::Output,
    tuning::WideTuning,
    weight_gradient::WeightGradient,
};
use crate::panels::{Row, WIDTH, ZERO, panels, transpose};
use spindle_run::parallel;

/// Buffers of backward passes, as large as they have to be.
#[derive(Default)]
pub(super) struct Scratch {
    /// The gradient with respect to a feature map before its ReLU.
    map: Vec<Row>,
    /// Weights with inputs and outputs exchanged.
    flipped: Vec<Row>,
    /// Gradients with respect to im2col's columns.
    columns: Vec<Row>,
}

/// What a layer's backward pass needs.
pub(super) struct Backward<'a> {
    /// What came out, and the gradient with respect to it.
    pub(super) output: Output<'a>,
    /// Those of all layers.
    pub(super) parameters: &'a [Row],
    /// What came into the layer's product.
    pub(super) input: &'a [Row],
    pub(super) scratch: &'a mut Scratch,
    /// Those with respect to the parameters of all layers.
    pub(super) gradients: &'a mut [Row],
    /// Whether the layer's gradients replace those that are there, instead of being added.
    pub(super) is_first: bool,
    pub(super) tuning: &'a WideTuning,
}

impl Backward<'_> {
    /// Writes the gradient with respect to what came in to `input_gradient`, where it is wanted.
    pub(super) fn run(self, input_gradient: Option<&mut [Row]>) {
        let Self {
            output, scratch, ..
        } = self;
        let (layer, count) = (output.layer, output.count);
        let gradients = layer.gradients(self.gradients);
        if self.is_first {
            gradients.bias.fill(ZERO);
        }
        let map = sized(&mut scratch.map, layer.map_rows() * count);
        output.backward(map, gradients.bias);
        let correlation = layer.correlation();
        let of_weight = WeightGradient {
            correlation,
            input: self.input,
            gradient: map,
            count,
            is_first: self.is_first,
            along: self.tuning.along,
        };
        of_weight.add_to(gradients.weight);
        let Some(out) = input_gradient else { return };
        let transposed = correlation.transposed(layer.outputs);
        let rows = panels(correlation.inputs) * transposed.window();
        let flipped = sized(&mut scratch.flipped, rows);
        let weights = layer.parameters(self.parameters).weight;
        flip(correlation, layer.outputs, weights, flipped);
        let operands = Operands {
            correlation: transposed,
            input: map,
            weights: flipped,
            bias: None,
            relu: false,
            count,
            tuning: self.tuning,
        };
        if layer.has_im2col {
            let columns = sized(&mut scratch.columns, layer.in_rows() * count);
            correlate(operands, columns);
            col2im(layer, columns, count, out);
        } else {
            correlate(operands, out);
        }
    }
}

/// The first rows of a buffer, which grows where it must.
fn sized(rows: &mut Vec<Row>, len: usize) -> &mut [Row] {
    if rows.len() < len {
        rows.resize(len, ZERO);
    }
    &mut rows[..len]
}

/// Weights `[panel of outputs][offset][input]` as `[panel of inputs][opposite offset][output]`.
fn flip(correlation: Correlation, outputs: usize, weights: &[Row], out: &mut [Row]) {
    let (inputs, area) = (correlation.inputs, correlation.kernel.pow(2));
    let mut parts: Vec<&mut [Row]> = out.chunks_mut(outputs).collect();
    parallel::for_each(&mut parts, |index, out| {
        let (panel, offset) = (index / area, area - 1 - index % area);
        let first = panel * WIDTH;
        let len = WIDTH.min(inputs - first);
        for (block, out) in out.chunks_mut(WIDTH).enumerate() {
            let from = (block * area + offset) * inputs + first;
            transpose(&weights[from..from + len], out);
        }
    });
}
