//! LeNet-5 with ReLU and max pooling.

use burn::{
    module::Module,
    nn::{
        Linear, LinearConfig, Relu,
        conv::{Conv2d, Conv2dConfig},
        pool::{MaxPool2d, MaxPool2dConfig},
    },
    tensor::{Device, Tensor},
};

use super::Network;

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

impl Network for LeNet {
    const NAME: &'static str = "LeNet";
    const SIDE: usize = 32;

    fn stem(&self, pictures: Tensor<4>) -> Tensor<4> {
        self.relu.forward(self.conv1.forward(pictures))
    }

    fn tail(&self, features: Tensor<4>) -> Tensor<2> {
        let x = self.pool.forward(features);
        let x = self.relu.forward(self.conv2.forward(x));
        let x = self.pool.forward(x).flatten::<2>(1, 3);
        let x = self.relu.forward(self.fc1.forward(x));
        let x = self.relu.forward(self.fc2.forward(x));
        self.fc3.forward(x)
    }
}
