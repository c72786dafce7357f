//! SGD with momentum as PyTorch defines it: v <- m v + g, p <- p - lr v, no dampening.
//!
//! Its buffers are read and restored under the parameters' own names, so that a training state is a
//! plain file of named tensors; that is why Burn's optimiser, whose record is keyed by random ids,
//! does not serve here.

use burn::{
    module::{ModuleMapper, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::Tensor,
};
use spindle_run::event::Tensors;

use super::{
    module::BurnNetwork,
    weights::{load_weights, read_weights},
};
use crate::Error;
use spindle_kernels::Sgd;

/// The momentum buffers of a network's parameters; absent ones are zero.
#[derive(Default)]
pub(super) struct Momentum {
    velocity: GradientsParams,
}

impl Momentum {
    /// The buffers from tensors under the parameters' names; none at all before the first step.
    pub(super) fn load<N: BurnNetwork>(network: &N, tensors: &Tensors) -> Result<Self, Error> {
        let mut momentum = Self::default();
        if !tensors.is_empty() {
            let buffers = load_weights(network.valid(), tensors)?;
            buffers.visit(&mut Register(&mut momentum.velocity));
        }
        Ok(momentum)
    }

    /// The buffers as tensors under the parameters' names; empty before the first step.
    pub(super) async fn read<N: BurnNetwork>(&self, network: &N) -> Result<Tensors, Error> {
        if self.velocity.is_empty() {
            return Ok(Tensors::new());
        }
        read_weights(&network.valid().map(&mut Replace(&self.velocity))).await
    }

    /// One step along the gradients.
    pub(super) fn step<N: BurnNetwork>(
        &mut self,
        network: N,
        gradients: GradientsParams,
        sgd: Sgd,
    ) -> N {
        network.map(&mut Step {
            velocity: &mut self.velocity,
            gradients,
            sgd,
        })
    }
}

/// Makes a network's parameters leaves of the graph that gradients are taken on.
pub(super) struct Track;

impl ModuleMapper for Track {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| Tensor::from_inner(tensor).require_grad())
    }
}

struct Register<'a>(&'a mut GradientsParams);

impl ModuleVisitor for Register<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.register(param.id, param.val());
    }
}

struct Replace<'a>(&'a GradientsParams);

impl ModuleMapper for Replace<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match self.0.get::<D>(param.id) {
            Some(buffer) => param.map(|_| buffer),
            None => param.map(|tensor| tensor.zeros_like()),
        }
    }
}

struct Step<'a> {
    velocity: &'a mut GradientsParams,
    gradients: GradientsParams,
    sgd: Sgd,
}

impl ModuleMapper for Step<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(gradient) = self.gradients.remove::<D>(param.id) else {
            return param;
        };
        let velocity = match self.velocity.remove::<D>(param.id) {
            Some(velocity) => velocity.mul_scalar(self.sgd.momentum).add(gradient),
            None => gradient,
        };
        self.velocity.register(param.id, velocity.clone());
        let change = velocity.mul_scalar(self.sgd.learning_rate);
        param.map(|tensor| Tensor::from_inner(tensor.inner() - change).require_grad())
    }
}
