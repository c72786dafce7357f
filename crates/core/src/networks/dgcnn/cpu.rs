//! DGCNN evaluated by the fused CPU kernels.

use std::future::ready;

use spindle_kernels::DgcnnKernels;
use spindle_run::{event::Tensors, input::Points, modality::Clouds, player::ClusterMasks};

use crate::{
    Error,
    network::{Answer, Evaluator},
    networks::cpu_kernels_in_words,
};

/// Clouds per pass of an evaluation.
const CHUNK: usize = 32;

/// A DGCNN of fixed weights.
pub(super) struct CpuDgcnn(DgcnnKernels);

impl CpuDgcnn {
    /// From weights under PyTorch's names.
    ///
    /// # Errors
    /// All tensors that are missing, extra or misshapen.
    pub(super) fn new(weights: &Tensors) -> Result<Self, Error> {
        Ok(Self(DgcnnKernels::new(weights)?))
    }
}

impl Evaluator<Clouds> for CpuDgcnn {
    fn describe(&self) -> String {
        cpu_kernels_in_words()
    }

    fn chunk(&self) -> usize {
        CHUNK
    }

    fn logits<'a>(&'a self, clouds: &'a Points) -> Answer<'a, Vec<f32>> {
        Box::pin(ready(
            self.0
                .clouds(&clouds.values, clouds.points)
                .map_err(Error::from),
        ))
    }

    fn masked_logits<'a>(
        &'a self,
        cloud: &'a Points,
        masks: &'a ClusterMasks,
    ) -> Answer<'a, Vec<f32>> {
        Box::pin(ready(
            self.0.masked(&cloud.values, masks).map_err(Error::from),
        ))
    }
}
