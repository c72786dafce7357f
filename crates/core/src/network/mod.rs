//! What a network is to those who use it, and what computes it: interfaces that `networks` and
//! backends fill in.

mod computing;
mod parameter;

#[cfg(feature = "burn")]
use burn::tensor::Device as BurnDevice;
#[cfg(feature = "webgpu")]
use spindle_kernels::gpu::Gpu;
use spindle_run::{
    event::Tensors,
    modality::{Modality, NetworkShape},
};

use crate::Error;

pub use computing::{Abilities, Answer, Draw, Evaluator, Exact, Penalty, Sgd, Snapshot, Trainer};
pub(crate) use parameter::check;
pub use parameter::{Parameter, initial_weights};

/// A network for inputs of one shape and a number of classes, without weights.
pub trait Network<M: Modality>: Send + Sync {
    /// Its name as the papers write it.
    fn title(&self) -> &'static str;

    /// Number of classes.
    fn classes(&self) -> usize;

    /// All parameters, in PyTorch's names and shapes, in the order in which they are drawn.
    fn parameters(&self) -> Vec<Parameter>;

    /// Whether files may have a tensor of this name that says nothing of its own.
    fn is_redundant(&self, _name: &str) -> bool {
        false
    }

    /// What of it decides how samples are prepared: the shape of its inputs, and what is masked.
    fn shape(&self) -> NetworkShape<M>;

    /// On how many of a checkpoint's outputs rounding noise is measured.
    fn noise_probes(&self) -> NoiseProbes {
        NoiseProbes::MANY
    }

    /// The network in f64.
    ///
    /// # Errors
    /// Tensors that are missing, extra or misshapen.
    fn exact(&self, weights: &Tensors) -> Result<Box<dyn Exact<M>>, Error>;

    /// What the fused CPU kernels can do.
    fn cpu_kernels(&self) -> Abilities;

    /// In training by the fused CPU kernels.
    ///
    /// # Errors
    /// Tensors that do not fit, or no such kernels.
    fn cpu_trainer(&self, from: &Snapshot) -> Result<Box<dyn Trainer<M>>, Error>;

    /// Evaluated by the fused CPU kernels.
    ///
    /// # Errors
    /// Tensors that do not fit, or no such kernels.
    fn cpu_evaluator(&self, weights: &Tensors) -> Result<Box<dyn Evaluator<M>>, Error>;

    /// What the fused GPU kernels can do, in builds that have them.
    fn gpu_kernels(&self) -> Abilities {
        Abilities::NONE
    }

    /// In training by the fused GPU kernels.
    ///
    /// # Errors
    /// Tensors that do not fit, or no such kernels.
    #[cfg(feature = "webgpu")]
    fn gpu_trainer(&self, _gpu: &Gpu, _from: &Snapshot) -> Result<Box<dyn Trainer<M>>, Error> {
        Err(Error::no_kernels(self.title()))
    }

    /// Evaluated by the fused GPU kernels.
    ///
    /// # Errors
    /// Tensors that do not fit, or no such kernels.
    #[cfg(feature = "webgpu")]
    fn gpu_evaluator(
        &self,
        _gpu: &Gpu,
        _weights: &Tensors,
    ) -> Result<Box<dyn Evaluator<M>>, Error> {
        Err(Error::no_kernels(self.title()))
    }

    /// In training by Burn.
    ///
    /// # Errors
    /// Tensors that do not fit.
    #[cfg(feature = "burn")]
    fn burn_trainer(
        &self,
        device: &BurnDevice,
        from: &Snapshot,
    ) -> Result<Box<dyn Trainer<M>>, Error>;

    /// Evaluated by Burn.
    ///
    /// # Errors
    /// Tensors that do not fit.
    #[cfg(feature = "burn")]
    fn burn_evaluator(
        &self,
        device: &BurnDevice,
        weights: &Tensors,
    ) -> Result<Box<dyn Evaluator<M>>, Error>;
}

/// On how many outputs rounding noise is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoiseProbes {
    /// Samples.
    pub samples: usize,
    /// Masks of each, evenly spaced.
    pub masks: usize,
}

impl NoiseProbes {
    /// Enough for a deviation to two digits.
    pub const MANY: Self = Self {
        samples: 10,
        masks: 8,
    };
    /// For networks of which one exact output takes as long as many others: pictures of 224x224.
    pub const FEW: Self = Self {
        samples: 1,
        masks: 2,
    };
}
