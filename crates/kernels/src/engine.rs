//! Training and evaluation of a stack on the CPU.

use std::sync::{Arc, Mutex, PoisonError};

use spindle_run::event::Tensors;

use super::{
    local::{Kernels, LocalPlan},
    narrow::NarrowNetwork,
    pass::{Workspace, channels_last},
    reference::Mask,
    sequential::{Masked, Sequential},
    wide::WideNetwork,
};
use crate::Error;
use spindle_run::player::PatchMasks;

/// SGD with momentum, as PyTorch defines it: v <- m v + g, p <- p - lr v; no dampening, no decay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    /// Learning rate.
    pub learning_rate: f64,
    /// Momentum.
    pub momentum: f64,
}

/// A stack with its weights, on all cores.
pub struct SequentialKernels {
    stack: Sequential,
    network: Network,
    /// Losses of steps since they were last taken.
    losses: Vec<f32>,
    /// How the last masked outputs were evaluated.
    plan: Mutex<Option<Arc<LocalPlan>>>,
}

/// The weights, and the kernels that suit their shapes.
enum Network {
    Narrow(Box<NarrowNetwork>),
    Wide(Box<WideNetwork>),
}

impl SequentialKernels {
    /// A stack with weights and momentum buffers under PyTorch's names; no buffers before the first step.
    ///
    /// # Errors
    /// A network that cannot be; all tensors that are missing, extra or misshapen.
    pub fn new(stack: Sequential, weights: &Tensors, momentum: &Tensors) -> Result<Self, Error> {
        stack.check()?;
        let narrow = stack.is_narrow();
        Self::of_kind(stack, weights, momentum, narrow)
    }

    /// The same by kernels of one's own choice; narrow ones for stacks of plain convolutions only.
    pub(super) fn of_kind(
        stack: Sequential,
        weights: &Tensors,
        momentum: &Tensors,
        narrow: bool,
    ) -> Result<Self, Error> {
        let weights = stack.values(weights)?;
        let momentum = match momentum.is_empty() {
            true => None,
            false => Some(stack.values(momentum)?),
        };
        let momentum = momentum.as_deref();
        let network = if narrow {
            Network::Narrow(Box::new(NarrowNetwork::new(&stack, &weights, momentum)))
        } else {
            Network::Wide(Box::new(WideNetwork::new(&stack, &weights, momentum)))
        };
        Ok(Self {
            stack,
            network,
            losses: Vec::new(),
            plan: Mutex::new(None),
        })
    }

    /// The weights as masked outputs take them.
    pub(super) fn kernels(&self) -> Kernels<'_> {
        match &self.network {
            Network::Narrow(network) => Kernels::Narrow(network.network(&self.stack)),
            Network::Wide(network) => Kernels::Wide(network),
        }
    }

    /// The stack.
    #[must_use]
    pub fn stack(&self) -> &Sequential {
        &self.stack
    }

    /// Weights in PyTorch's order.
    fn values(&self) -> Vec<f32> {
        match &self.network {
            Network::Narrow(network) => network.weights(),
            Network::Wide(network) => network.weights(),
        }
    }

    /// Weights under PyTorch's names.
    #[must_use]
    pub fn weights(&self) -> Tensors {
        self.stack.tensors(&self.values())
    }

    /// Momentum buffers under the weights' names; empty before the first step.
    #[must_use]
    pub fn momentum(&self) -> Tensors {
        let momentum = match &self.network {
            Network::Narrow(network) => network.momentum(),
            Network::Wide(network) => network.momentum(),
        };
        momentum.map_or_else(Tensors::new, |values| self.stack.tensors(&values))
    }

    /// One step of SGD on the mean cross-entropy over `pictures` `[count, channels, side, side]`; no pictures make no step.
    ///
    /// # Errors
    /// Pictures of another size, not as many labels, or one that is no class.
    pub fn step(&mut self, pictures: &[f32], labels: &[usize], sgd: Sgd) -> Result<(), Error> {
        self.stack.check_batch(pictures, labels)?;
        if labels.is_empty() {
            return Ok(());
        }
        let loss = match &mut self.network {
            Network::Narrow(network) => network.step(&self.stack, pictures, labels, sgd),
            Network::Wide(network) => network.step(pictures, labels, sgd),
        };
        self.losses.push(loss);
        Ok(())
    }

    /// Mean losses of the steps since they were last taken, in order.
    pub fn take_losses(&mut self) -> Vec<f32> {
        std::mem::take(&mut self.losses)
    }

    /// Logits `[count, classes]` of `pictures` `[count, channels, side, side]`.
    ///
    /// # Errors
    /// Pictures of another size.
    pub fn logits(&self, pictures: &[f32]) -> Result<Vec<f32>, Error> {
        self.stack.checked_count(pictures)?;
        Ok(match &self.network {
            Network::Narrow(network) => network.logits(&self.stack, pictures),
            Network::Wide(network) => network.logits(pictures),
        })
    }

    /// Logits `[2^n, classes]` of one picture under all masks of its players.
    ///
    /// The picture goes through the layers up to what players are patches of once; the rest runs for every mask.
    ///
    /// # Errors
    /// No picture of the network's size, or masks of another size than what players are patches of.
    pub fn masked_logits(&self, picture: &[f32], masks: &PatchMasks) -> Result<Vec<f32>, Error> {
        self.stack.check_masked(picture, masks)?;
        let plan = self.plan(masks);
        Ok(plan.logits(self.kernels(), &self.masked_map(picture)))
    }

    /// The plan for these masks, made anew only where the last one was for others.
    fn plan(&self, masks: &PatchMasks) -> Arc<LocalPlan> {
        let mut last = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        let wide = matches!(self.network, Network::Wide(_));
        match &*last {
            Some(plan) if plan.is_for(masks) => plan.clone(),
            _ => last
                .insert(Arc::new(LocalPlan::new(&self.stack, masks, wide)))
                .clone(),
        }
    }

    /// Logits `[classes]` of one picture under one mask, in f64: what [`Self::masked_logits`] rounds.
    ///
    /// # Errors
    /// As [`Self::masked_logits`].
    pub fn exact_masked_logits(
        &self,
        picture: &[f32],
        masks: &PatchMasks,
        mask: usize,
    ) -> Result<Vec<f64>, Error> {
        self.stack.check_masked(picture, masks)?;
        let mask = Mask { masks, mask };
        Ok(self.stack.exact_logits(&self.values(), picture, Some(mask)))
    }

    /// What players are patches of, `[side, side, channels]`: the picture, or a feature map behind its ReLU.
    pub(super) fn masked_map(&self, picture: &[f32]) -> Vec<f32> {
        match (self.stack.masked, &self.network) {
            (Masked::Input, _) => {
                let mut map = vec![0.0; picture.len()];
                channels_last(picture, self.stack.input.channels, &mut map);
                map
            }
            (Masked::Convolution(index), Network::Narrow(network)) => {
                let mut workspace = Workspace::new(&self.stack, 1);
                workspace.feature_map(network.network(&self.stack), picture, index)
            }
            (Masked::Convolution(index), Network::Wide(network)) => {
                network.feature_map(picture, index)
            }
        }
    }
}
