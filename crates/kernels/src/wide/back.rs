//! The way back through one layer.

use super::{
    correlation::{Correlation, Operands, correlate, correlate_back},
    layer::panels,
    pooling::Passed,
    unfold::fold,
};
use crate::product::{Row, WIDTH};
use spindle_run::parallel;

/// Buffers of the way back, as large as they have to be.
#[derive(Default)]
pub(super) struct Scratch {
    /// The gradient by a map before ReLU.
    map: Vec<Row>,
    /// Weights with inputs and outputs exchanged.
    flipped: Vec<Row>,
    /// Gradients of windows that were laid out.
    windows: Vec<Row>,
}

/// Adds a layer's gradients to those of all parameters, or replaces them where `fresh`; writes the gradient by what came in to
/// `input_gradient`, where it is wanted. `input` is what came into the layer's product.
pub(super) fn back(
    passed: Passed<'_>,
    (parameters, input): (&[Row], &[Row]),
    scratch: &mut Scratch,
    (gradients, fresh): (&mut [Row], bool),
    input_gradient: Option<&mut [Row]>,
) {
    let (layer, count) = (passed.layer, passed.count);
    let (weight_gradient, bias_gradient) = layer.split_mut(gradients);
    if fresh {
        bias_gradient.fill([0.0; WIDTH]);
    }
    let map = sized(&mut scratch.map, layer.map_rows() * count);
    passed.back(map, bias_gradient);
    let correlation = layer.product();
    correlate_back(correlation, input, map, (count, fresh), weight_gradient);
    let Some(out) = input_gradient else { return };
    let rows = panels(correlation.inputs) * correlation.flipped(layer.outputs).window();
    let flipped = sized(&mut scratch.flipped, rows);
    flip(
        correlation,
        layer.outputs,
        layer.split(parameters).0,
        flipped,
    );
    let operands = Operands {
        correlation: correlation.flipped(layer.outputs),
        input: map,
        weights: flipped,
        bias: None,
        relu: false,
        count,
    };
    if layer.unfolded {
        let windows = sized(&mut scratch.windows, layer.in_rows() * count);
        correlate(operands, windows);
        fold(layer, windows, count, out);
    } else {
        correlate(operands, out);
    }
}

/// The first rows of a buffer, which grows where it must.
fn sized(rows: &mut Vec<Row>, len: usize) -> &mut [Row] {
    if rows.len() < len {
        rows.resize(len, [0.0; WIDTH]);
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

/// Rows become lanes.
fn transpose(from: &[Row], to: &mut [Row]) {
    for (lane, to) in to.iter_mut().enumerate() {
        *to = [0.0; WIDTH];
        for (to, from) in to.iter_mut().zip(from) {
            *to = from[lane];
        }
    }
}
