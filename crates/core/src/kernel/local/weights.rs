//! A stack's weights, laid out for products of rows: once per set of weights, whatever the picture and the masks.

use super::super::{rows::Packed, stack::Stack};

/// A layer's weights `[inputs][outputs]` and its bias, padded.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub(super) weight: Packed,
    pub(super) bias: Packed,
}

/// All layers' weights. Inputs of a convolution are ordered by place under the kernel, then by channel; those of the first dense
/// layer by position of the feature map, then by channel.
#[derive(Clone, Debug)]
pub(in crate::kernel) struct PackedWeights {
    pub(super) convolutions: Vec<Layer>,
    pub(super) dense: Vec<Layer>,
}

impl PackedWeights {
    /// From all parameters in one array.
    pub(in crate::kernel) fn new(stack: &Stack, values: &[f32]) -> Self {
        let mut layers = stack.layers(values).into_iter();
        let convolutions = stack.convolutions.iter().zip(&mut layers);
        let convolutions = convolutions.map(|(layer, parameters)| {
            packed(
                parameters,
                layer.window(),
                layer.outputs,
                channels_last(layer.inputs, layer.kernel * layer.kernel),
            )
        });
        let convolutions = convolutions.collect();
        let channels = stack.convolutions.last().map_or(1, |layer| layer.outputs);
        let dense = stack.dense.iter().zip(layers).enumerate();
        let dense = dense.map(|(index, (layer, parameters))| {
            let channels = if index == 0 { channels } else { 1 };
            packed(
                parameters,
                layer.inputs,
                layer.outputs,
                channels_last(channels, layer.inputs / channels),
            )
        });
        Self {
            convolutions,
            dense: dense.collect(),
        }
    }
}

/// From input (position, channel) to where PyTorch has it, (channel, position).
fn channels_last(channels: usize, positions: usize) -> impl Fn(usize) -> usize {
    move |input| input % channels * positions + input / channels
}

/// From PyTorch's `[outputs][inputs]`.
fn packed(
    (weight, bias): (&[f32], &[f32]),
    inputs: usize,
    outputs: usize,
    place: impl Fn(usize) -> usize,
) -> Layer {
    Layer {
        weight: Packed::from_fn(inputs, outputs, |input, output| {
            weight[output * inputs + place(input)]
        }),
        bias: Packed::from_fn(1, outputs, |_, output| bias[output]),
    }
}
