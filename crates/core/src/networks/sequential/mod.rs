//! Networks that are a sequence of convolutions and dense layers, as data: LeNet, MLP, VGG and
//! AlexNet.

#[cfg(feature = "burn")]
mod burn;
mod cpu;
#[cfg(feature = "webgpu")]
mod gpu;

use std::sync::Arc;

#[cfg(feature = "burn")]
use ::burn::tensor::Device as BurnDevice;
#[cfg(feature = "webgpu")]
use spindle_kernels::gpu::Gpu;
use spindle_kernels::{ExactSequential, Sequential, SequentialKernels};
use spindle_run::{
    event::Tensors,
    input::FeatureMap,
    modality::{NetworkShape, Pictures},
    player::PatchMasks,
};

use crate::{
    Error,
    network::{Abilities, Evaluator, Exact, Network, NoiseProbes, Parameter, Snapshot, Trainer},
};

/// Whether the masked feature map lies over the frame of zeros around a small picture too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// It does, as where filters are padded.
    Covered,
    /// It lies over the picture itself.
    LeftOut,
}

/// A sequential network.
struct SequentialNetwork {
    sequential: Sequential,
    frame: Frame,
}

/// A sequential network from what it is.
pub(crate) fn network(sequential: Sequential, frame: Frame) -> Arc<dyn Network<Pictures>> {
    Arc::new(SequentialNetwork { sequential, frame })
}

impl Network<Pictures> for SequentialNetwork {
    fn title(&self) -> &'static str {
        self.sequential.name
    }

    fn classes(&self) -> usize {
        self.sequential.classes()
    }

    fn parameters(&self) -> Vec<Parameter> {
        let parameters = self.sequential.parameters().into_iter();
        let parameter = |p: spindle_kernels::Parameter| Parameter::new(p.name, &p.shape, p.initial);
        parameters.map(parameter).collect()
    }

    fn shape(&self) -> NetworkShape<Pictures> {
        NetworkShape {
            input: self.sequential.input,
            masked: FeatureMap {
                side: self.sequential.masked_side(),
                is_framed: self.frame == Frame::Covered,
            },
        }
    }

    fn noise_probes(&self) -> NoiseProbes {
        // Feature maps from this side on have few probes.
        const LARGE_MAP: usize = 50;
        if self.sequential.masked_side() < LARGE_MAP {
            NoiseProbes::MANY
        } else {
            NoiseProbes::FEW
        }
    }

    fn exact(&self, weights: &Tensors) -> Result<Box<dyn Exact<Pictures>>, Error> {
        Ok(Box::new(ExactSequential::new(&self.sequential, weights)?))
    }

    fn cpu_kernels(&self) -> Abilities {
        Abilities {
            penalises: self.sequential.knows_penalties(),
            ..Abilities::TRAINING
        }
    }

    fn cpu_trainer(&self, from: &Snapshot) -> Result<Box<dyn Trainer<Pictures>>, Error> {
        Ok(Box::new(self.kernels(&from.weights, &from.momentum)?))
    }

    fn cpu_evaluator(&self, weights: &Tensors) -> Result<Box<dyn Evaluator<Pictures>>, Error> {
        Ok(Box::new(self.kernels(weights, &Tensors::new())?))
    }

    fn gpu_kernels(&self) -> Abilities {
        match self.sequential.runs_on_gpu() {
            true => Abilities::TRAINING,
            false => Abilities::NONE,
        }
    }

    #[cfg(feature = "webgpu")]
    fn gpu_trainer(&self, gpu: &Gpu, from: &Snapshot) -> Result<Box<dyn Trainer<Pictures>>, Error> {
        Ok(Box::new(gpu::GpuSequential::new(
            gpu,
            &self.sequential,
            from,
        )?))
    }

    #[cfg(feature = "webgpu")]
    fn gpu_evaluator(
        &self,
        gpu: &Gpu,
        weights: &Tensors,
    ) -> Result<Box<dyn Evaluator<Pictures>>, Error> {
        let from = Snapshot {
            weights: weights.clone(),
            momentum: Tensors::new(),
        };
        Ok(Box::new(gpu::GpuSequential::new(
            gpu,
            &self.sequential,
            &from,
        )?))
    }

    #[cfg(feature = "burn")]
    fn burn_trainer(
        &self,
        device: &BurnDevice,
        from: &Snapshot,
    ) -> Result<Box<dyn Trainer<Pictures>>, Error> {
        burn::trainer(&self.sequential, device, from)
    }

    #[cfg(feature = "burn")]
    fn burn_evaluator(
        &self,
        device: &BurnDevice,
        weights: &Tensors,
    ) -> Result<Box<dyn Evaluator<Pictures>>, Error> {
        burn::evaluator(&self.sequential, device, weights)
    }
}

impl SequentialNetwork {
    fn kernels(&self, weights: &Tensors, momentum: &Tensors) -> Result<SequentialKernels, Error> {
        Ok(SequentialKernels::new(
            self.sequential.clone(),
            weights,
            momentum,
        )?)
    }
}

impl Exact<Pictures> for ExactSequential {
    fn masked_logits(
        &self,
        picture: &Vec<f32>,
        masks: &PatchMasks,
        mask: usize,
    ) -> Result<Vec<f64>, Error> {
        Ok(self.masked_logits(picture, masks, mask)?)
    }
}
