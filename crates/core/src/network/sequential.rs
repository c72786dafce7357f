//! A stack of convolutions and dense layers as a Burn module: the reference for the fused kernels.

use spindle_run::modality::{Inputs, Masks};
use std::ops::Range;

use burn::{
    module::Module,
    nn::{
        Linear, LinearConfig, PaddingConfig2d,
        conv::{Conv2d, Conv2dConfig},
        pool::MaxPool2dConfig,
    },
    tensor::{Device, Tensor, activation::relu},
};

use super::{Network, Place};
use spindle_kernels::{Convolution, Masked, Sequential};

/// Any [`Sequential`]; players are patches of the picture, or of the feature map behind the ReLU of a convolution, before pooling.
#[derive(Module, Debug)]
pub struct StackNetwork {
    convolutions: Vec<Conv2d>,
    dense: Vec<Linear>,
    #[module(skip)]
    stack: Sequential,
}

impl StackNetwork {
    /// A stack on `device` whose weights are yet to be loaded.
    #[must_use]
    pub fn new(stack: Sequential, device: &Device) -> Self {
        let convolution = |layer: &Convolution| {
            let padding = layer.padding;
            Conv2dConfig::new([layer.inputs, layer.outputs], [layer.kernel; 2])
                .with_stride([layer.stride; 2])
                .with_padding(PaddingConfig2d::Explicit(
                    padding, padding, padding, padding,
                ))
                .init(device)
        };
        Self {
            convolutions: stack.convolutions.iter().map(convolution).collect(),
            dense: stack
                .dense
                .iter()
                .map(|layer| LinearConfig::new(layer.inputs, layer.outputs).init(device))
                .collect(),
            stack,
        }
    }

    fn pictures(&self, inputs: &Inputs, place: &Place) -> Tensor<4> {
        let (channels, side) = (self.stack.input.channels, self.stack.side());
        let pictures = inputs.pictures().to_vec();
        let count = pictures.len() / (channels * side * side);
        place.floats(pictures, [count, channels, side, side])
    }

    /// The feature map of a convolution behind its ReLU.
    fn map(&self, layer: usize, x: Tensor<4>) -> Tensor<4> {
        relu(self.convolutions[layer].forward(x))
    }

    /// What players are patches of, `[count, channels, side, side]`.
    fn masked_map(&self, pictures: Tensor<4>) -> Tensor<4> {
        let Masked::Convolution(masked) = self.stack.masked else {
            return pictures;
        };
        let x = (0..masked).fold(pictures, |x, layer| self.pool(layer, self.map(layer, x)));
        self.map(masked, x)
    }

    fn pool(&self, layer: usize, x: Tensor<4>) -> Tensor<4> {
        let Some(pool) = self.stack.convolutions[layer].pool else {
            return x;
        };
        MaxPool2dConfig::new([pool.size; 2])
            .with_strides([pool.stride; 2])
            .init()
            .forward(x)
    }

    /// From what players are patches of to logits.
    fn tail(&self, map: Tensor<4>) -> Tensor<2> {
        let (first, x) = match self.stack.masked {
            Masked::Input => (0, map),
            Masked::Convolution(masked) => (masked + 1, self.pool(masked, map)),
        };
        let behind = first..self.convolutions.len();
        let x = behind.fold(x, |x, layer| self.pool(layer, self.map(layer, x)));
        let layers = self.dense.iter().zip(&self.stack.dense);
        layers.fold(x.flatten(1, 3), |x, (dense, layer)| {
            let x = dense.forward(x);
            if layer.relu { relu(x) } else { x }
        })
    }
}

impl Network for StackNetwork {
    type Stem = Tensor<4>;

    const CHUNK: usize = 128;

    fn name(&self) -> &'static str {
        self.stack.name
    }

    fn forward(&self, inputs: &Inputs, place: &Place) -> Tensor<2> {
        self.tail(self.masked_map(self.pictures(inputs, place)))
    }

    fn stem(&self, input: &Inputs, place: &Place) -> Tensor<4> {
        self.masked_map(self.pictures(input, place))
    }

    fn masked(
        &self,
        map: &Tensor<4>,
        masks: &Masks,
        range: Range<usize>,
        place: &Place,
    ) -> Tensor<2> {
        let Masks::Pictures(masks) = masks else {
            return self.tail(map.clone()).repeat_dim(0, range.len());
        };
        let (count, pixels) = (range.len(), masks.owners().len());
        let factors = range.flat_map(|mask| {
            (0..pixels).map(move |pixel| f32::from(u8::from(masks.keeps(mask as u32, pixel))))
        });
        let shape = [count, 1, masks.side(), masks.side()];
        self.tail(map.clone() * place.floats(factors.collect(), shape))
    }

    fn torch_name(&self, path: &str) -> String {
        let name = |rest: &str, names: Vec<&str>| {
            let (index, kind) = rest.split_once('.')?;
            let layer = names.get(index.parse::<usize>().ok()?)?;
            Some(format!("{layer}.{kind}"))
        };
        let convolutions = || self.stack.convolutions.iter().map(|layer| &*layer.name);
        let dense = || self.stack.dense.iter().map(|layer| &*layer.name);
        let found = if let Some(rest) = path.strip_prefix("convolutions.") {
            name(rest, convolutions().collect())
        } else if let Some(rest) = path.strip_prefix("dense.") {
            name(rest, dense().collect())
        } else {
            None
        };
        found.unwrap_or_else(|| path.to_owned())
    }
}
