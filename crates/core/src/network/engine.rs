//! Training and evaluation of a Burn network on any of Burn's devices.

use spindle_run::modality::{Inputs, Masks};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use burn::{
    module::{ModuleMapper, Param},
    optim::GradientsParams,
    tensor::{DType, Device, Tensor, activation::log_softmax},
};
use spindle_run::event::Tensors;

use super::{
    Kernels, MakeKernels, Network, Place,
    sgd::{Momentum, Track},
    weights::{load_weights, read, read_weights},
};
use crate::Error;
use spindle_kernels::Sgd;
use spindle_run::parallel;

/// A Burn network in training.
pub struct BurnEngine<N: Network> {
    network: N,
    momentum: Momentum,
    device: Device,
    /// Losses of steps since they were last taken, still on the device.
    losses: Vec<Tensor<1>>,
    /// What makes kernels of the network's own from its weights; `None` where Burn evaluates.
    make_kernels: Option<MakeKernels>,
    /// The kernels, from the first evaluation behind a step on.
    kernels: Mutex<Option<Arc<dyn Kernels>>>,
}

impl<N: Network> BurnEngine<N> {
    /// A network on `device` with weights and momentum buffers under PyTorch's names.
    ///
    /// # Errors
    /// All tensors that are missing, extra or misshapen.
    pub fn new(
        blank: N,
        device: &Device,
        weights: &Tensors,
        momentum: &Tensors,
    ) -> Result<Self, Error> {
        let network = load_weights(blank, weights)?.map(&mut Track);
        let momentum = Momentum::load(&network, momentum)?;
        Ok(Self {
            network,
            momentum,
            device: device.clone(),
            losses: Vec::new(),
            make_kernels: None,
            kernels: Mutex::new(None),
        })
    }

    /// Evaluates by kernels of the network's own where it has some; they run on the CPU.
    #[must_use]
    pub fn with_kernels(self) -> Self {
        Self {
            make_kernels: N::KERNELS,
            ..self
        }
    }

    /// What computes, in words.
    #[must_use]
    pub fn describe(&self) -> String {
        let device = format!("Burn on {:?}, {}", self.device, parallel::description());
        match self.make_kernels {
            Some(_) => format!("{device}; outputs by fused CPU kernels"),
            None => device,
        }
    }

    fn last_kernels(&self) -> MutexGuard<'_, Option<Arc<dyn Kernels>>> {
        self.kernels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn kernels(&self) -> Result<Option<Arc<dyn Kernels>>, Error> {
        let Some(make) = self.make_kernels else {
            return Ok(None);
        };
        if let Some(kernels) = &*self.last_kernels() {
            return Ok(Some(kernels.clone()));
        }
        let kernels = make(&self.weights().await?)?;
        *self.last_kernels() = Some(kernels.clone());
        Ok(Some(kernels))
    }

    /// Weights under PyTorch's names.
    ///
    /// # Errors
    /// The device failed.
    pub async fn weights(&self) -> Result<Tensors, Error> {
        read_weights(&self.network).await
    }

    /// Momentum buffers under the weights' names; empty before the first step.
    ///
    /// # Errors
    /// The device failed.
    pub async fn momentum(&self) -> Result<Tensors, Error> {
        self.momentum.read(&self.network).await
    }

    fn place(&self) -> Place {
        Place {
            device: self.device.clone(),
            dtype: DType::F32,
        }
    }

    /// One step of SGD on the mean cross-entropy over `inputs`; the device may still be at it when this returns.
    pub fn step(&mut self, inputs: &Inputs, labels: &[usize], sgd: Sgd) {
        *self.last_kernels() = None;
        let place = Place {
            device: self.device.clone().autodiff(),
            dtype: DType::F32,
        };
        let classes: Vec<i32> = labels.iter().map(|&label| label as i32).collect();
        let classes = place.integers(classes, [labels.len(), 1]);
        let log_probabilities = log_softmax(self.network.forward(inputs, &place), 1);
        let loss = -log_probabilities.gather(1, classes).mean();
        let gradients = GradientsParams::from_grads(loss.backward(), &self.network);
        self.losses.push(loss.inner());
        self.network = self.momentum.step(self.network.clone(), gradients, sgd);
    }

    /// Mean losses of the steps since they were last taken, in order.
    ///
    /// # Errors
    /// The device failed.
    pub async fn take_losses(&mut self) -> Result<Vec<f32>, Error> {
        if self.losses.is_empty() {
            return Ok(Vec::new());
        }
        read(Tensor::cat(std::mem::take(&mut self.losses), 0)).await
    }

    /// Logits `[count, classes]` of `inputs`.
    ///
    /// # Errors
    /// The device failed.
    pub async fn logits(&self, inputs: &Inputs) -> Result<Vec<f32>, Error> {
        if let Some(kernels) = self.kernels().await? {
            return kernels.logits(inputs);
        }
        read(self.network.valid().forward(inputs, &self.place())).await
    }

    /// Inputs per pass forward that fit well into memory.
    #[must_use]
    pub fn chunk(&self) -> usize {
        N::CHUNK
    }

    /// Logits `[2^n, classes]` of one input under all masks of its players.
    ///
    /// # Errors
    /// The device failed.
    pub async fn masked_logits(&self, input: &Inputs, masks: &Masks) -> Result<Vec<f32>, Error> {
        if let Some(kernels) = self.kernels().await? {
            return kernels.masked_logits(input, masks);
        }
        let (network, place) = (self.network.valid(), self.place());
        let stem = network.stem(input, &place);
        let mut logits = Vec::new();
        for first in (0..masks.count()).step_by(N::CHUNK) {
            let range = first..masks.count().min(first + N::CHUNK);
            let rows = network.masked(&stem, masks, range, &place);
            logits.extend(read::<f32, _>(rows).await?);
        }
        Ok(logits)
    }

    /// Logits `[classes]` of one input under each of some masks, in f64: what [`Self::masked_logits`] rounds.
    ///
    /// # Errors
    /// The device failed, or has no f64.
    pub async fn exact_masked_logits(
        &self,
        input: &Inputs,
        masks: &Masks,
        of: &[usize],
    ) -> Result<Vec<Vec<f64>>, Error> {
        let network = self.network.valid().map(&mut Widen);
        let place = Place {
            device: self.device.clone(),
            dtype: DType::F64,
        };
        let stem = network.stem(input, &place);
        let mut logits = Vec::with_capacity(of.len());
        for &mask in of {
            let row = network.masked(&stem, masks, mask..mask + 1, &place);
            logits.push(read(row).await?);
        }
        Ok(logits)
    }
}

/// Makes a network's parameters f64.
struct Widen;

impl ModuleMapper for Widen {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| tensor.cast(DType::F64))
    }
}
