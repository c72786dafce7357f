//! What computes a network: fused kernels on the CPU or the GPU, or Burn on one of its devices.

use spindle_run::{
    event::Tensors,
    experiment::{self, Model},
};

#[cfg(feature = "burn")]
use crate::network::{self, BurnEngine, LeNet};
use crate::{
    Error, device,
    kernel::{Stack, StackEngine},
    player::PatchMasks,
};
#[cfg(feature = "webgpu")]
use crate::{gpu, kernel::GpuStackEngine};

/// SGD with momentum, as PyTorch defines it: v <- m v + g, p <- p - lr v; no dampening, no decay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    /// Learning rate.
    pub learning_rate: f64,
    /// Momentum.
    pub momentum: f64,
}

/// A network on what computes it.
pub enum Engine {
    /// The fused CPU kernels.
    Kernels(Box<StackEngine>),
    /// The fused GPU kernels.
    #[cfg(feature = "webgpu")]
    GpuKernels(Box<GpuStackEngine>),
    /// Burn.
    #[cfg(feature = "burn")]
    Burn(Box<BurnEngine<LeNet>>),
}

/// The network of a model as data.
#[must_use]
pub fn stack(model: Model) -> Stack {
    match model {
        Model::Lenet => Stack::lenet(1, 10),
    }
}

impl Engine {
    /// A model with weights and momentum buffers under PyTorch's names.
    ///
    /// # Errors
    /// All tensors that are missing, extra or misshapen.
    pub fn new(
        model: Model,
        device: experiment::Device,
        weights: &Tensors,
        momentum: &Tensors,
    ) -> Result<Self, Error> {
        match device {
            experiment::Device::Cpu => StackEngine::new(stack(model), weights, momentum)
                .map(|engine| Self::Kernels(Box::new(engine))),
            #[cfg(feature = "webgpu")]
            experiment::Device::Webgpu => {
                let gpu = gpu::opened()?;
                GpuStackEngine::new(&gpu.device, &gpu.queue, stack(model), weights, momentum)
                    .map(|engine| Self::GpuKernels(Box::new(engine)))
            }
            #[cfg(feature = "burn")]
            device => {
                let device = network::device(device)?;
                let Model::Lenet = model;
                let engine = BurnEngine::new(LeNet::new(&device), &device, weights, momentum)?;
                Ok(Self::Burn(Box::new(engine)))
            }
            #[cfg(not(feature = "burn"))]
            device => Err(Error::no_device(device)),
        }
    }

    /// What computes, in words, for a run's provenance.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Kernels(_) => format!("fused CPU kernels, {}", device::description()),
            #[cfg(feature = "webgpu")]
            Self::GpuKernels(engine) => engine.describe(),
            #[cfg(feature = "burn")]
            Self::Burn(engine) => engine.describe(),
        }
    }

    /// One step of SGD on the mean cross-entropy over `pictures` `[count, 1, side, side]`.
    pub fn step(&mut self, pictures: &[f32], labels: &[usize], sgd: Sgd) {
        match self {
            Self::Kernels(engine) => engine.step(pictures, labels, sgd),
            #[cfg(feature = "webgpu")]
            Self::GpuKernels(engine) => engine.step(pictures, labels, sgd),
            #[cfg(feature = "burn")]
            Self::Burn(engine) => engine.step(pictures, labels, sgd),
        }
    }

    /// Mean losses of the steps since they were last taken, in order.
    ///
    /// # Errors
    /// The device failed.
    pub async fn take_losses(&mut self) -> Result<Vec<f32>, Error> {
        match self {
            Self::Kernels(engine) => Ok(engine.take_losses()),
            #[cfg(feature = "webgpu")]
            Self::GpuKernels(engine) => engine.take_losses().await,
            #[cfg(feature = "burn")]
            Self::Burn(engine) => engine.take_losses().await,
        }
    }

    /// Logits `[count, classes]` of `pictures` `[count, 1, side, side]`.
    ///
    /// # Errors
    /// The device failed.
    pub async fn logits(&self, pictures: &[f32]) -> Result<Vec<f32>, Error> {
        match self {
            Self::Kernels(engine) => Ok(engine.logits(pictures)),
            #[cfg(feature = "webgpu")]
            Self::GpuKernels(engine) => engine.logits(pictures).await,
            #[cfg(feature = "burn")]
            Self::Burn(engine) => engine.logits(pictures).await,
        }
    }

    /// Logits `[2^n, classes]` of one picture under all masks of its players.
    ///
    /// # Errors
    /// The device failed.
    pub async fn masked_logits(
        &self,
        picture: &[f32],
        masks: &PatchMasks,
    ) -> Result<Vec<f32>, Error> {
        match self {
            Self::Kernels(engine) => Ok(engine.masked_logits(picture, masks)),
            #[cfg(feature = "webgpu")]
            Self::GpuKernels(engine) => engine.masked_logits(picture, masks).await,
            #[cfg(feature = "burn")]
            Self::Burn(engine) => engine.masked_logits(picture, masks).await,
        }
    }

    /// The same weights on the kernels, whatever computes the network: for what needs f64.
    ///
    /// # Errors
    /// The device failed.
    pub async fn kernels(&self, model: Model) -> Result<StackEngine, Error> {
        StackEngine::new(stack(model), &self.weights().await?, &Tensors::new())
    }

    /// Weights under PyTorch's names.
    ///
    /// # Errors
    /// The device failed.
    pub async fn weights(&self) -> Result<Tensors, Error> {
        match self {
            Self::Kernels(engine) => Ok(engine.weights()),
            #[cfg(feature = "webgpu")]
            Self::GpuKernels(engine) => engine.weights().await,
            #[cfg(feature = "burn")]
            Self::Burn(engine) => engine.weights().await,
        }
    }

    /// Momentum buffers under the weights' names; empty before the first step.
    ///
    /// # Errors
    /// The device failed.
    pub async fn momentum(&self) -> Result<Tensors, Error> {
        match self {
            Self::Kernels(engine) => Ok(engine.momentum()),
            #[cfg(feature = "webgpu")]
            Self::GpuKernels(engine) => engine.momentum().await,
            #[cfg(feature = "burn")]
            Self::Burn(engine) => engine.momentum().await,
        }
    }
}
