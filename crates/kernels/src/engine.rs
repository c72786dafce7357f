//! Training and evaluation of a sequential network on the CPU.

use std::sync::{Arc, Mutex, PoisonError};

use spindle_run::{event::Tensors, player::PatchMasks};

use crate::{
    Error, Penalty, Sgd,
    local::{Kernels, LocalPlan, Problem},
    narrow::{NarrowNetwork, Workspace, channels_last},
    sequential::{Masked, Sequential, SequentialTuning},
    wide::WideNetwork,
};

/// A sequential network with its weights, on all cores.
pub struct SequentialKernels {
    network: Sequential,
    tuning: SequentialTuning,
    kernels: OwnKernels,
    /// Losses of steps since they were last taken.
    losses: Vec<f32>,
    /// How the last masked outputs were evaluated.
    plan: Mutex<Option<Arc<LocalPlan>>>,
}

/// The weights, and the kernels that suit their shapes.
enum OwnKernels {
    Narrow(Box<NarrowNetwork>),
    Wide(Box<WideNetwork>),
}

impl SequentialKernels {
    /// A network with weights and momentum buffers under PyTorch's names; no buffers before the
    /// first step.
    ///
    /// # Errors
    /// A network that cannot be; all tensors that are missing, extra or misshapen.
    pub fn new(network: Sequential, weights: &Tensors, momentum: &Tensors) -> Result<Self, Error> {
        Self::with_tuning(network, weights, momentum, SequentialTuning::default())
    }

    /// The same with a tuning of one's own.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_tuning(
        network: Sequential,
        weights: &Tensors,
        momentum: &Tensors,
        tuning: SequentialTuning,
    ) -> Result<Self, Error> {
        network.check()?;
        let values = network.values(weights)?;
        let momentum = match momentum.is_empty() {
            true => None,
            false => Some(network.values(momentum)?),
        };
        let momentum = momentum.as_deref();
        let kernels = match network.is_narrow(&tuning) {
            true => OwnKernels::Narrow(Box::new(NarrowNetwork::new(
                &network,
                &values,
                momentum,
                tuning.narrow,
            ))),
            false => OwnKernels::Wide(Box::new(WideNetwork::new(
                &network,
                &values,
                momentum,
                tuning.wide,
            ))),
        };
        Ok(Self {
            network,
            tuning,
            kernels,
            losses: Vec::new(),
            plan: Mutex::new(None),
        })
    }

    /// The weights as masked outputs take them.
    pub(crate) fn kernels(&self) -> Kernels<'_> {
        match &self.kernels {
            OwnKernels::Narrow(narrow) => Kernels::Narrow(narrow.model(&self.network)),
            OwnKernels::Wide(wide) => Kernels::Wide(wide),
        }
    }

    /// The network as data.
    #[must_use]
    pub fn network(&self) -> &Sequential {
        &self.network
    }

    /// Weights in PyTorch's order.
    fn values(&self) -> Vec<f32> {
        match &self.kernels {
            OwnKernels::Narrow(narrow) => narrow.weights(),
            OwnKernels::Wide(wide) => wide.weights(),
        }
    }

    /// Weights under PyTorch's names.
    #[must_use]
    pub fn weights(&self) -> Tensors {
        self.network.tensors(&self.values())
    }

    /// Momentum buffers under the weights' names; empty before the first step.
    #[must_use]
    pub fn momentum(&self) -> Tensors {
        let momentum = match &self.kernels {
            OwnKernels::Narrow(narrow) => narrow.momentum(),
            OwnKernels::Wide(wide) => wide.momentum(),
        };
        momentum.map_or_else(Tensors::new, |values| self.network.tensors(&values))
    }

    /// One step of SGD on the mean cross-entropy over `pictures` `[count, channels, side, side]`;
    /// no pictures make no step.
    ///
    /// # Errors
    /// Pictures of another size, not as many labels, or one that is no class.
    pub fn step(&mut self, pictures: &[f32], labels: &[usize], sgd: Sgd) -> Result<(), Error> {
        self.network.check_batch(pictures, labels)?;
        if labels.is_empty() {
            return Ok(());
        }
        let loss = match &mut self.kernels {
            OwnKernels::Narrow(narrow) => narrow.step(&self.network, pictures, labels, None, sgd),
            OwnKernels::Wide(wide) => wide.step(pictures, labels, sgd),
        };
        self.losses.push(loss);
        Ok(())
    }

    /// Whether these kernels know penalties: those of narrow layers do.
    #[must_use]
    pub fn penalises(&self) -> bool {
        matches!(self.kernels, OwnKernels::Narrow(_))
    }

    /// As [`Self::step`], on the mean cross-entropy and a penalty together; the loss that is kept is
    /// the cross-entropy.
    ///
    /// # Errors
    /// As [`Self::step`]; draws that do not fit, kernels that know no penalties.
    pub fn step_penalised(
        &mut self,
        pictures: &[f32],
        labels: &[usize],
        penalty: Penalty<'_>,
        sgd: Sgd,
    ) -> Result<(), Error> {
        self.network.check_batch(pictures, labels)?;
        penalty.check(&self.network)?;
        let OwnKernels::Narrow(narrow) = &mut self.kernels else {
            return Err(Error::Network {
                network: self.network.name,
                reason: "its kernels, of wide layers, know no penalties".to_owned(),
            });
        };
        let loss = narrow.step(&self.network, pictures, labels, Some(penalty), sgd);
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
        self.network.checked_count(pictures)?;
        Ok(match &self.kernels {
            OwnKernels::Narrow(narrow) => narrow.logits(&self.network, pictures),
            OwnKernels::Wide(wide) => wide.logits(pictures),
        })
    }

    /// Logits `[2^n, classes]` of one picture under all masks of its players.
    ///
    /// The picture goes through the layers up to what players are patches of once; the rest runs
    /// for every mask.
    ///
    /// # Errors
    /// No picture of the network's size, or masks of another size than what players are patches of.
    pub fn masked_logits(&self, picture: &[f32], masks: &PatchMasks) -> Result<Vec<f32>, Error> {
        self.network.check_masked(picture, masks)?;
        let plan = self.plan(masks);
        Ok(plan.logits(self.kernels(), &self.masked_map(picture)))
    }

    /// What is to be evaluated for these masks.
    pub(crate) fn problem<'a>(&'a self, masks: &'a PatchMasks) -> Problem<'a> {
        Problem {
            network: &self.network,
            masks,
            is_wide: matches!(self.kernels, OwnKernels::Wide(_)),
            tuning: &self.tuning.local,
        }
    }

    /// The plan for these masks, made anew only where the last one was for others.
    fn plan(&self, masks: &PatchMasks) -> Arc<LocalPlan> {
        let mut last = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some(plan) if plan.is_for(masks) => plan.clone(),
            _ => last
                .insert(Arc::new(LocalPlan::new(self.problem(masks))))
                .clone(),
        }
    }

    /// Logits `[classes]` of one picture under one mask, in f64: what [`Self::masked_logits`]
    /// rounds.
    ///
    /// # Errors
    /// As [`Self::masked_logits`].
    #[cfg(test)]
    pub(crate) fn exact_masked_logits(
        &self,
        picture: &[f32],
        masks: &PatchMasks,
        mask: usize,
    ) -> Result<Vec<f64>, Error> {
        self.network.check_masked(picture, masks)?;
        let mask = Some(crate::reference::Mask { masks, mask });
        Ok(self.network.exact_logits(&self.values(), picture, mask))
    }

    /// What players are patches of, `[side, side, channels]`: the picture, or a feature map behind
    /// its ReLU.
    pub(crate) fn masked_map(&self, picture: &[f32]) -> Vec<f32> {
        match (self.network.masked, &self.kernels) {
            (Masked::Input, _) => {
                let mut map = vec![0.0; picture.len()];
                channels_last(picture, self.network.input.channels, &mut map);
                map
            }
            (Masked::Convolution(index), OwnKernels::Narrow(narrow)) => {
                let mut workspace = Workspace::new(&self.network, 1);
                workspace.feature_map(narrow.model(&self.network), picture, index)
            }
            (Masked::Convolution(index), OwnKernels::Wide(wide)) => {
                wide.feature_map(picture, index)
            }
        }
    }
}
