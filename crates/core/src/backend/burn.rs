//! Burn: the reference for the kernels, and what trains networks that have none.

use burn::tensor::Device as BurnDevice;
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

/// Burn's flex on all cores of the CPU.
pub(super) struct BurnOnCpu;

impl<M: Modality> Backend<M> for BurnOnCpu {
    fn name(&self) -> Name {
        Name::Burn
    }

    fn device(&self) -> Device {
        Device::Cpu
    }

    fn abilities(&self, _network: &dyn Network<M>) -> Abilities {
        Abilities {
            trains: true,
            evaluates: true,
        }
    }

    fn trainer(
        &self,
        network: &dyn Network<M>,
        from: &Snapshot,
    ) -> Result<Box<dyn Trainer<M>>, Error> {
        network.burn_trainer(&BurnDevice::flex(), from)
    }

    fn evaluator(
        &self,
        network: &dyn Network<M>,
        weights: &Tensors,
    ) -> Result<Box<dyn Evaluator<M>>, Error> {
        network.burn_evaluator(&BurnDevice::flex(), weights)
    }
}
