//! Fused kernels in WGSL on the GPU that was opened.

use spindle_kernels::gpu::{self, Gpu};
use spindle_run::{
    device::{Backend as Name, Device},
    event::Tensors,
    modality::Modality,
};

use super::Backend;
use crate::{
    Error,
    network::{Abilities, Evaluator, Network, Snapshot, Trainer},
};

/// Whatever shaders a network brings.
pub(super) struct GpuKernels;

impl<M: Modality> Backend<M> for GpuKernels {
    fn name(&self) -> Name {
        Name::Kernels
    }

    fn device(&self) -> Device {
        Device::Gpu
    }

    fn abilities(&self, network: &dyn Network<M>) -> Abilities {
        network.gpu_kernels()
    }

    fn trainer(
        &self,
        network: &dyn Network<M>,
        from: &Snapshot,
    ) -> Result<Box<dyn Trainer<M>>, Error> {
        network.gpu_trainer(opened()?, from)
    }

    fn evaluator(
        &self,
        network: &dyn Network<M>,
        weights: &Tensors,
    ) -> Result<Box<dyn Evaluator<M>>, Error> {
        network.gpu_evaluator(opened()?, weights)
    }
}

fn opened() -> Result<&'static Gpu, Error> {
    gpu::opened().ok_or_else(|| Error::Device {
        reason: "no GPU was opened".to_owned(),
    })
}
