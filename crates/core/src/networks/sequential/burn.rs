//! A sequential network as a Burn module: the reference for the fused kernels.

use std::ops::Range;

use burn::{
    module::Module,
    nn::{
        Linear, LinearConfig, PaddingConfig2d,
        conv::{Conv2d, Conv2dConfig},
        pool::MaxPool2dConfig,
    },
    tensor::{
        Device, Tensor,
        activation::{relu, tanh},
    },
};

use spindle_kernels::{Convolution, Masked, Sequential};
use spindle_run::{
    event::Tensors, experiment::Activation, input::PictureShape, modality::Pictures,
    player::PatchMasks,
};

use crate::{
    Error,
    burn_engine::{BurnEngine, BurnNetwork, Numbers},
    network::{Evaluator, Snapshot, Trainer},
};

/// In training on a device.
pub(super) fn trainer(
    sequential: &Sequential,
    device: &Device,
    from: &Snapshot,
) -> Result<Box<dyn Trainer<Pictures>>, Error> {
    let blank = SequentialModule::new(sequential.clone(), device);
    Ok(Box::new(BurnEngine::new(blank, device, from)?))
}

/// Evaluated on a device.
pub(super) fn evaluator(
    sequential: &Sequential,
    device: &Device,
    weights: &Tensors,
) -> Result<Box<dyn Evaluator<Pictures>>, Error> {
    let blank = SequentialModule::new(sequential.clone(), device);
    Ok(Box::new(BurnEngine::of_weights(blank, device, weights)?))
}

/// Any [`Sequential`]; players are patches of the feature map behind the ReLU of its masked
/// convolution, before pooling.
#[derive(Module, Debug)]
pub(super) struct SequentialModule {
    convolutions: Vec<Conv2d>,
    dense: Vec<Linear>,
    #[module(skip)]
    sequential: Sequential,
}

impl SequentialModule {
    /// A network on `device` whose weights are yet to be loaded.
    fn new(sequential: Sequential, device: &Device) -> Self {
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
            convolutions: sequential.convolutions.iter().map(convolution).collect(),
            dense: sequential
                .dense
                .iter()
                .map(|layer| LinearConfig::new(layer.inputs, layer.outputs).init(device))
                .collect(),
            sequential,
        }
    }

    fn pictures(&self, pictures: &[f32], numbers: &Numbers) -> Tensor<4> {
        let PictureShape { channels, side } = self.sequential.input;
        let count = pictures.len() / (channels * side * side);
        numbers.floats(pictures.to_vec(), [count, channels, side, side])
    }

    /// The feature map of a convolution behind its ReLU.
    fn map(&self, layer: usize, x: Tensor<4>) -> Tensor<4> {
        relu(self.convolutions[layer].forward(x))
    }

    /// What is masked, `[count, channels, side, side]`: the pictures, or a feature map behind its
    /// ReLU.
    fn masked_map(&self, pictures: Tensor<4>) -> Tensor<4> {
        let Masked::Convolution(masked) = self.sequential.masked else {
            return pictures;
        };
        let x = (0..masked).fold(pictures, |x, layer| self.pool(layer, self.map(layer, x)));
        self.map(masked, x)
    }

    fn pool(&self, layer: usize, x: Tensor<4>) -> Tensor<4> {
        let Some(pool) = self.sequential.convolutions[layer].pool else {
            return x;
        };
        MaxPool2dConfig::new([pool.size; 2])
            .with_strides([pool.stride; 2])
            .init()
            .forward(x)
    }

    /// From what is masked to logits.
    fn tail(&self, map: Tensor<4>) -> Tensor<2> {
        let (x, first) = match self.sequential.masked {
            Masked::Input => (map, 0),
            Masked::Convolution(masked) => (self.pool(masked, map), masked + 1),
        };
        let behind = first..self.convolutions.len();
        let x = behind.fold(x, |x, layer| self.pool(layer, self.map(layer, x)));
        let layers = self.dense.iter().zip(&self.sequential.dense);
        layers.fold(x.flatten(1, 3), |x, (dense, layer)| {
            let x = dense.forward(x);
            match layer.activation {
                None => x,
                Some(Activation::Relu) => relu(x),
                Some(Activation::Tanh) => tanh(x),
            }
        })
    }
}

impl BurnNetwork for SequentialModule {
    type Kind = Pictures;

    type Stem = Tensor<4>;

    const CHUNK: usize = 128;

    fn title(&self) -> &'static str {
        self.sequential.name
    }

    fn forward(&self, pictures: &Vec<f32>, numbers: &Numbers) -> Tensor<2> {
        self.tail(self.masked_map(self.pictures(pictures, numbers)))
    }

    fn stem(&self, picture: &Vec<f32>, numbers: &Numbers) -> Tensor<4> {
        self.masked_map(self.pictures(picture, numbers))
    }

    fn masked(
        &self,
        map: &Tensor<4>,
        masks: &PatchMasks,
        range: Range<usize>,
        numbers: &Numbers,
    ) -> Tensor<2> {
        let (count, pixels) = (range.len(), masks.owners().len());
        let factors = range.flat_map(|mask| {
            (0..pixels).map(move |pixel| f32::from(u8::from(masks.keeps(mask as u32, pixel))))
        });
        let shape = [count, 1, masks.side(), masks.side()];
        self.tail(map.clone() * numbers.floats(factors.collect(), shape))
    }

    fn torch_name(&self, path: &str) -> String {
        let found = || {
            let mut parts = path.splitn(3, '.');
            let (field, index, kind) = (parts.next()?, parts.next()?, parts.next()?);
            let index: usize = index.parse().ok()?;
            let layer = match field {
                "convolutions" => &self.sequential.convolutions.get(index)?.name,
                _ => &self.sequential.dense.get(index)?.name,
            };
            Some(format!("{layer}.{kind}"))
        };
        found().unwrap_or_else(|| path.to_owned())
    }
}
