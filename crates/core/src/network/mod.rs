//! Networks as Burn modules, for every device of Burn's; the reference for the fused kernels.

mod device;
mod engine;
mod lenet;
mod sgd;
mod weights;

use burn::{module::Module, tensor::Tensor};

pub(crate) use device::device;
pub use engine::BurnEngine;
pub use lenet::LeNet;

/// A classifier of pictures that can be masked at a feature map.
pub trait Network: Module + Sync {
    /// Its name in errors.
    const NAME: &'static str;
    /// Pixels along one side of its input.
    const SIDE: usize;

    /// From pictures `[batch, channels, SIDE, SIDE]` to the feature map that players are patches of,
    /// `[batch, channels, side, side]`, behind its ReLU.
    fn stem(&self, pictures: Tensor<4>) -> Tensor<4>;

    /// From that feature map to logits `[batch, classes]`.
    fn tail(&self, features: Tensor<4>) -> Tensor<2>;

    /// From pictures to logits `[batch, classes]`.
    fn forward(&self, pictures: Tensor<4>) -> Tensor<2> {
        self.tail(self.stem(pictures))
    }
}
