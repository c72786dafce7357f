//! Fused kernels on all cores of the CPU.

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

/// Whatever kernels a network brings.
pub(super) struct CpuKernels;

impl<M: Modality> Backend<M> for CpuKernels {
    fn name(&self) -> Name {
        Name::Kernels
    }

    fn device(&self) -> Device {
        Device::Cpu
    }

    fn abilities(&self, network: &dyn Network<M>) -> Abilities {
        network.cpu_kernels()
    }

    fn trainer(
        &self,
        network: &dyn Network<M>,
        from: &Snapshot,
    ) -> Result<Box<dyn Trainer<M>>, Error> {
        network.cpu_trainer(from)
    }

    fn evaluator(
        &self,
        network: &dyn Network<M>,
        weights: &Tensors,
    ) -> Result<Box<dyn Evaluator<M>>, Error> {
        network.cpu_evaluator(weights)
    }
}
