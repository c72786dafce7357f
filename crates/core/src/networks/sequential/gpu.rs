//! A sequential network by the fused GPU kernels; outputs on masks by those of the CPU, which hold
//! the same weights: so few pictures at a time keep no GPU busy.

use std::{cell::RefCell, rc::Rc};

use spindle_kernels::{
    Sequential, SequentialKernels, Sgd,
    gpu::{Gpu, GpuSequentialKernels},
};
use spindle_run::{event::Tensors, modality::Pictures, player::PatchMasks};

use crate::{
    Error,
    network::{Answer, Evaluator, Snapshot, Trainer},
};

/// Pictures per pass of an evaluation, which the kernels divide further.
const CHUNK: usize = 512;

/// A sequential network on a GPU.
pub(super) struct GpuSequential {
    kernels: GpuSequentialKernels,
    /// The same on the CPU, from the first masked outputs behind a step on.
    on_cpu: RefCell<Option<Rc<SequentialKernels>>>,
}

impl GpuSequential {
    pub(super) fn new(gpu: &Gpu, sequential: &Sequential, from: &Snapshot) -> Result<Self, Error> {
        let kernels = GpuSequentialKernels::new(
            &gpu.device,
            &gpu.queue,
            sequential.clone(),
            &from.weights,
            &from.momentum,
        )?;
        Ok(Self {
            kernels,
            on_cpu: RefCell::new(None),
        })
    }

    async fn on_cpu(&self) -> Result<Rc<SequentialKernels>, Error> {
        if let Some(kernels) = &*self.on_cpu.borrow() {
            return Ok(kernels.clone());
        }
        let weights = self.kernels.weights().await?;
        let sequential = self.kernels.network().clone();
        let kernels = SequentialKernels::new(sequential, &weights, &Tensors::new())?;
        let kernels = Rc::new(kernels);
        self.on_cpu.replace(Some(kernels.clone()));
        Ok(kernels)
    }
}

impl Trainer<Pictures> for GpuSequential {
    fn describe(&self) -> String {
        self.kernels.describe()
    }

    fn step(&mut self, pictures: &Vec<f32>, labels: &[usize], sgd: Sgd) -> Result<(), Error> {
        self.on_cpu.replace(None);
        Ok(self.kernels.step(pictures, labels, sgd)?)
    }

    fn take_losses(&mut self) -> Answer<'_, Vec<f32>> {
        Box::pin(async { Ok(self.kernels.take_losses().await?) })
    }

    fn snapshot(&self) -> Answer<'_, Snapshot> {
        Box::pin(async {
            Ok(Snapshot {
                weights: self.kernels.weights().await?,
                momentum: self.kernels.momentum().await?,
            })
        })
    }

    fn evaluator(&self) -> &dyn Evaluator<Pictures> {
        self
    }
}

impl Evaluator<Pictures> for GpuSequential {
    fn describe(&self) -> String {
        self.kernels.describe()
    }

    fn chunk(&self) -> usize {
        CHUNK
    }

    fn logits<'a>(&'a self, pictures: &'a Vec<f32>) -> Answer<'a, Vec<f32>> {
        Box::pin(async { Ok(self.kernels.logits(pictures).await?) })
    }

    fn masked_logits<'a>(
        &'a self,
        picture: &'a Vec<f32>,
        masks: &'a PatchMasks,
    ) -> Answer<'a, Vec<f32>> {
        Box::pin(async { Ok(self.on_cpu().await?.masked_logits(picture, masks)?) })
    }
}
