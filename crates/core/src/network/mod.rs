//! Networks as Burn modules, for every device of Burn's: the reference for the fused kernels, and the networks that are no stacks.

mod bert;
mod device;
mod dgcnn;
mod engine;
mod sequential;
mod sgd;
mod weights;

use spindle_run::modality::{Inputs, Masks};
use std::{ops::Range, sync::Arc};

use burn::{
    module::Module,
    tensor::{DType, Device, Int, Tensor, TensorData},
};
use spindle_run::event::{self, Tensors};

use crate::{Error, architecture::Architecture};
use spindle_run::random::{Distribution, Stream};

pub use bert::Bert;
pub(crate) use bert::size as bert_size;
pub(crate) use device::device;
pub use dgcnn::Dgcnn;
pub use engine::BurnEngine;
pub use sequential::StackNetwork;

/// A classifier that can be masked.
pub trait Network: Module + Sync {
    /// What is computed once per sample, whatever the mask.
    type Stem: Send;

    /// Inputs per pass of an evaluation.
    const CHUNK: usize;

    /// Kernels of its own for evaluation on the CPU, made from all of its weights.
    const KERNELS: Option<MakeKernels> = None;

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

    /// What a parameter begins with, given PyTorch's name and shape of it.
    #[must_use]
    fn initial(_name: &str, shape: &[usize]) -> Distribution {
        Distribution::of_fan_in(shape.iter().skip(1).product())
    }
}

/// Kernels from all of a network's weights.
pub type MakeKernels = fn(&Tensors) -> Result<Arc<dyn Kernels>, Error>;

/// Evaluation of a network without Burn.
pub trait Kernels: Send + Sync {
    /// Logits `[count, classes]` of `inputs`.
    ///
    /// # Errors
    /// Inputs that do not fit the network.
    fn logits(&self, inputs: &Inputs) -> Result<Vec<f32>, Error>;

    /// Logits `[2^n, classes]` of one input under all masks of its players.
    ///
    /// # Errors
    /// An input or masks that do not fit the network.
    fn masked_logits(&self, input: &Inputs, masks: &Masks) -> Result<Vec<f32>, Error>;
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

/// A network of an architecture that is no stack, and what is done with it.
macro_rules! with_network {
    ($architecture:expr, $device:expr, $network:ident => $body:expr, $otherwise:expr) => {
        match ($architecture.model, $architecture.input) {
            (
                spindle_run::experiment::Model::BertTiny
                | spindle_run::experiment::Model::BertMedium,
                spindle_run::modality::InputShape::Texts(spindle_run::input::TextShape {
                    vocabulary,
                }),
            ) => {
                let $network = $crate::network::Bert::new(
                    $architecture.model,
                    vocabulary,
                    $architecture.classes,
                    $device,
                );
                $body
            }
            (
                spindle_run::experiment::Model::Dgcnn,
                spindle_run::modality::InputShape::Clouds(spindle_run::input::CloudShape {
                    ..
                }),
            ) => {
                let $network = $crate::network::Dgcnn::new($architecture.classes, $device);
                $body
            }
            _ => $otherwise,
        }
    };
}

pub(crate) use with_network;

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
        let data = N::initial(&name, &shape).draw(shape.iter().product(), &mut rng);
        tensors.insert(name, event::Tensor { shape, data });
    }
    tensors
}
