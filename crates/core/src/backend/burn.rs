//! Burn: the reference for the kernels, and what trains networks that have none.

use burn::tensor::Device as BurnDevice;
use spindle_run::{
    device::{Backend as Name, Device},
    event::Tensors,
    modality::Modality,
};

use super::Backend;
#[cfg(any(feature = "burn-wgpu", feature = "burn-cuda"))]
use crate::device;
use crate::{
    Error,
    network::{Abilities, Evaluator, Network, Snapshot, Trainer},
};

/// Burn on one of its devices.
pub(super) struct Burn {
    device: Device,
    /// Burn's word for it, once it was opened.
    burn_device: fn() -> Result<BurnDevice, Error>,
}

/// Burn's flex on all cores of the CPU.
pub(super) static ON_CPU: Burn = Burn {
    device: Device::Cpu,
    burn_device: || Ok(BurnDevice::flex()),
};
/// Burn's kernels in WGSL.
#[cfg(feature = "burn-wgpu")]
pub(super) static ON_GPU: Burn = Burn {
    device: Device::Gpu,
    burn_device: || device::burn_on_gpu().cloned(),
};
/// Burn's kernels in CUDA's C++.
#[cfg(feature = "burn-cuda")]
pub(super) static ON_CUDA: Burn = Burn {
    device: Device::Cuda,
    burn_device: || device::burn_on_cuda().cloned(),
};

impl<M: Modality> Backend<M> for Burn {
    fn name(&self) -> Name {
        Name::Burn
    }

    fn device(&self) -> Device {
        self.device
    }

    fn abilities(&self, _network: &dyn Network<M>) -> Abilities {
        Abilities::TRAINING
    }

    fn trainer(
        &self,
        network: &dyn Network<M>,
        from: &Snapshot,
    ) -> Result<Box<dyn Trainer<M>>, Error> {
        network.burn_trainer(&(self.burn_device)()?, from)
    }

    fn evaluator(
        &self,
        network: &dyn Network<M>,
        weights: &Tensors,
    ) -> Result<Box<dyn Evaluator<M>>, Error> {
        network.burn_evaluator(&(self.burn_device)()?, weights)
    }
}
