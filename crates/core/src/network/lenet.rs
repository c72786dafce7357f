//! LeNet-5 with ReLU and max pooling.

use std::ops::Range;

use burn::{
    module::Module,
    nn::{
        Linear, LinearConfig, Relu,
        conv::{Conv2d, Conv2dConfig},
        pool::{MaxPool2d, MaxPool2dConfig},
    },
    tensor::{Device, Tensor},
};

use super::{Initial, Network, Place};
use crate::{input::Inputs, player::Masks};

/// LeNet on one grey channel of 32x32: convolutions 1-6 and 6-16 of 5x5, each with ReLU and 2x2 max pooling, then
/// 400-120-84-10 with ReLU; 61,706 parameters.
///
/// Players are patches behind the first ReLU (ours: arXiv 2405.10262 does not say where), a feature map of 28x28.
#[derive(Module, Debug)]
pub struct LeNet {
    conv1: Conv2d,
    conv2: Conv2d,
    fc1: Linear,
    fc2: Linear,
    fc3: Linear,
    pool: MaxPool2d,
    relu: Relu,
}

impl LeNet {
    /// A LeNet on `device` whose weights are yet to be loaded.
    #[must_use]
    pub fn new(device: &Device) -> Self {
        Self {
            conv1: Conv2dConfig::new([1, 6], [5, 5]).init(device),
            conv2: Conv2dConfig::new([6, 16], [5, 5]).init(device),
            fc1: LinearConfig::new(400, 120).init(device),
            fc2: LinearConfig::new(120, 84).init(device),
            fc3: LinearConfig::new(84, 10).init(device),
            pool: MaxPool2dConfig::new([2, 2]).with_strides([2, 2]).init(),
            relu: Relu::new(),
        }
    }
}

impl LeNet {
    /// From pictures `[count, 1, 32, 32]` to the feature map that players are patches of, `[count, 6, 28, 28]`.
    fn feature_map(&self, pictures: Tensor<4>) -> Tensor<4> {
        self.relu.forward(self.conv1.forward(pictures))
    }

    /// From that feature map to logits.
    fn tail(&self, features: Tensor<4>) -> Tensor<2> {
        let x = self.pool.forward(features);
        let x = self.relu.forward(self.conv2.forward(x));
        let x = self.pool.forward(x).flatten::<2>(1, 3);
        let x = self.relu.forward(self.fc1.forward(x));
        let x = self.relu.forward(self.fc2.forward(x));
        self.fc3.forward(x)
    }
}

/// Pixels along one side of its input.
const SIDE: usize = 32;

fn pictures(inputs: &Inputs, place: &Place) -> Tensor<4> {
    let pictures = inputs.pictures().to_vec();
    let count = pictures.len() / (SIDE * SIDE);
    place.floats(pictures, [count, 1, SIDE, SIDE])
}

impl Network for LeNet {
    type Stem = Tensor<4>;

    const CHUNK: usize = 256;

    fn name(&self) -> &'static str {
        "LeNet"
    }

    fn forward(&self, inputs: &Inputs, place: &Place) -> Tensor<2> {
        self.tail(self.feature_map(pictures(inputs, place)))
    }

    fn stem(&self, input: &Inputs, place: &Place) -> Tensor<4> {
        self.feature_map(pictures(input, place))
    }

    fn masked(
        &self,
        map: &Tensor<4>,
        masks: &Masks,
        range: Range<usize>,
        place: &Place,
    ) -> Tensor<2> {
        let Masks::Patches(masks) = masks else {
            return self.tail(map.clone()).repeat_dim(0, range.len());
        };
        let (count, pixels) = (range.len(), masks.owners().len());
        let factors = range.flat_map(|mask| {
            (0..pixels).map(move |pixel| f32::from(u8::from(masks.keeps(mask as u32, pixel))))
        });
        let shape = [count, 1, masks.side(), masks.side()];
        self.tail(map.clone() * place.floats(factors.collect(), shape))
    }

    fn initial(_name: &str, shape: &[usize]) -> Initial {
        Initial::of_fan_in(shape[1..].iter().product())
    }
}
