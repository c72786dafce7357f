//! Networks as Burn modules, for every device of Burn's: the reference for the fused kernels, and the networks that are no stacks.

mod bert;
mod device;
mod dgcnn;
mod engine;
mod sgd;
mod stack;
mod weights;

use std::ops::Range;

use burn::{
    module::Module,
    tensor::{DType, Device, Int, Tensor, TensorData},
};
use rand::RngExt;
use spindle_run::{
    event::{self, Tensors},
    experiment::Model,
};

use crate::{
    Error,
    architecture::Architecture,
    input::{InputShape, Inputs},
    player::Masks,
    random::{Stream, normal},
};

pub use bert::Bert;
pub(crate) use device::device;
pub use dgcnn::Dgcnn;
pub use engine::BurnEngine;
pub use stack::StackNetwork;

/// A classifier that can be masked.
pub trait Network: Module + Sync {
    /// What is computed once per sample, whatever the mask.
    type Stem: Send;

    /// Inputs per pass of an evaluation.
    const CHUNK: usize;

    /// Its name in errors.
    fn name(&self) -> &'static str;

    /// From inputs to logits `[count, classes]`.
    fn forward(&self, inputs: &Inputs, place: &Place) -> Tensor<2>;

    /// The part before the masks, for one input.
    fn stem(&self, input: &Inputs, place: &Place) -> Self::Stem;

    /// Logits `[masks, classes]` under some masks.
    fn masked(
        &self,
        stem: &Self::Stem,
        masks: &Masks,
        range: Range<usize>,
        place: &Place,
    ) -> Tensor<2>;

    /// PyTorch's name of the parameter at a path of modules.
    #[must_use]
    fn torch_name(&self, path: &str) -> String {
        path.to_owned()
    }

    /// Whether files may have a tensor of this name that says nothing of its own.
    #[must_use]
    fn is_redundant(_name: &str) -> bool {
        false
    }

    /// How a parameter begins, given PyTorch's name and shape of it.
    #[must_use]
    fn initial(_name: &str, shape: &[usize]) -> Initial {
        Initial::of_fan_in(shape.iter().skip(1).product())
    }
}

/// Where tensors are made, and of which numbers.
#[derive(Clone, Debug)]
pub struct Place {
    /// The device.
    pub device: Device,
    /// f32, or f64 for exact outputs.
    pub dtype: DType,
}

impl Place {
    fn floats<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        let data = TensorData::new(values, shape).convert_dtype(self.dtype);
        Tensor::from_data(data, (&self.device, self.dtype))
    }

    fn integers<const D: usize>(&self, values: Vec<i32>, shape: [usize; D]) -> Tensor<D, Int> {
        Tensor::from_data(TensorData::new(values, shape), &self.device)
    }
}

/// How a parameter begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Initial {
    /// All the same value.
    Constant(f32),
    /// Uniform between minus and plus this.
    Uniform(f64),
    /// Normal with this standard deviation.
    Normal(f64),
}

impl Initial {
    /// As PyTorch initialises convolutions and dense layers: weights and biases uniform within 1/sqrt(fan-in).
    #[must_use]
    pub fn of_fan_in(fan_in: usize) -> Self {
        Self::Uniform(1.0 / (fan_in as f64).sqrt())
    }

    fn values(self, count: usize, rng: &mut impl rand::Rng) -> Vec<f32> {
        let mut value = || match self {
            Self::Constant(value) => value,
            Self::Uniform(bound) => (bound * (2.0 * rng.random::<f64>() - 1.0)) as f32,
            Self::Normal(deviation) => (deviation * normal(rng)) as f32,
        };
        (0..count).map(|_| value()).collect()
    }
}

/// A network of an architecture that is no stack, and what is done with it.
macro_rules! with_network {
    ($architecture:expr, $device:expr, $network:ident => $body:expr, $otherwise:expr) => {
        match ($architecture.model, $architecture.input) {
            (Model::BertTiny | Model::BertMedium, InputShape::Tokens { vocabulary }) => {
                let $network = Bert::new(
                    $architecture.model,
                    vocabulary,
                    $architecture.classes,
                    $device,
                );
                $body
            }
            (Model::Dgcnn, InputShape::Clouds { .. }) => {
                let $network = Dgcnn::new($architecture.classes, $device);
                $body
            }
            _ => $otherwise,
        }
    };
}

/// Random weights of a network that is no stack.
pub(crate) fn initial_weights(architecture: &Architecture, seed: u64) -> Result<Tensors, Error> {
    let device = device(spindle_run::experiment::Device::Flex)?;
    with_network!(
        architecture, &device, network => Ok(drawn(&network, seed)), Err(architecture.missing())
    )
}

fn drawn<N: Network>(network: &N, seed: u64) -> Tensors {
    let mut tensors = Tensors::new();
    for (index, (name, shape)) in weights::shapes(network).into_iter().enumerate() {
        let mut rng = Stream::Weights.rng(seed, index as u64);
        let data = N::initial(&name, &shape).values(shape.iter().product(), &mut rng);
        tensors.insert(name, event::Tensor { shape, data });
    }
    tensors
}
