//! Training and evaluation of a stack on the CPU.

use std::sync::{Arc, Mutex, PoisonError};

use spindle_run::event::Tensors;

use super::{
    local::LocalPlan,
    parameters::{ForwardWeights, Parameters},
    pass::{Network, Workspace},
    rows::without_padding,
    stack::Stack,
};
use crate::{Error, device, engine::Sgd, player::PatchMasks};

/// Pictures per micro-batch: small enough that a LeNet's activations stay in cache.
const MICRO_BATCH: usize = 32;
/// Pictures per chunk of a pass forward.
const PICTURES: usize = 64;
/// Parameters that are moved at a time.
const UPDATED: usize = 4096;

/// A stack with its weights, on all cores.
pub struct StackEngine {
    stack: Stack,
    parameters: Parameters,
    weights: Vec<f32>,
    /// The weights, for passes forward.
    forward: ForwardWeights,
    /// Momentum buffer of every parameter; absent before the first step.
    momentum: Option<Vec<f32>>,
    /// Losses of steps since they were last taken.
    losses: Vec<f32>,
    micro_batches: Vec<MicroBatch>,
    /// How the last masked outputs were evaluated.
    plan: Mutex<Option<Arc<LocalPlan>>>,
}

/// What one micro-batch needs: buffers, its gradients, its loss.
struct MicroBatch {
    workspace: Workspace,
    gradients: Vec<f32>,
    loss: f32,
}

impl StackEngine {
    /// A stack with weights and momentum buffers under PyTorch's names; no buffers before the first step.
    ///
    /// # Errors
    /// All tensors that are missing, extra or misshapen.
    pub fn new(stack: Stack, weights: &Tensors, momentum: &Tensors) -> Result<Self, Error> {
        let parameters = Parameters::new(&stack);
        let weights = parameters.pack(&stack.values(weights)?);
        let momentum = if momentum.is_empty() {
            None
        } else {
            Some(parameters.pack(&stack.values(momentum)?))
        };
        Ok(Self {
            forward: ForwardWeights::new(&parameters, &weights),
            stack,
            parameters,
            weights,
            momentum,
            losses: Vec::new(),
            micro_batches: Vec::new(),
            plan: Mutex::new(None),
        })
    }

    pub(super) fn network(&self) -> Network<'_> {
        Network {
            stack: &self.stack,
            parameters: &self.parameters,
            weights: &self.weights,
            forward: &self.forward,
        }
    }

    /// The stack.
    #[must_use]
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// Weights under PyTorch's names.
    #[must_use]
    pub fn weights(&self) -> Tensors {
        let values = self.parameters.unpack(&self.weights);
        self.stack.tensors(&values)
    }

    /// Momentum buffers under the weights' names; empty before the first step.
    #[must_use]
    pub fn momentum(&self) -> Tensors {
        self.momentum.as_ref().map_or_else(Tensors::new, |values| {
            self.stack.tensors(&self.parameters.unpack(values))
        })
    }

    /// One step of SGD on the mean cross-entropy over `pictures` `[count, 1, side, side]`.
    pub fn step(&mut self, pictures: &[f32], labels: &[usize], sgd: Sgd) {
        let picture_len = pictures.len() / labels.len();
        let count = labels.len().div_ceil(MICRO_BATCH);
        while self.micro_batches.len() < count {
            self.micro_batches.push(MicroBatch {
                workspace: Workspace::for_training(&self.stack, MICRO_BATCH),
                gradients: vec![0.0; self.weights.len()],
                loss: 0.0,
            });
        }
        let network = Network {
            stack: &self.stack,
            parameters: &self.parameters,
            weights: &self.weights,
            forward: &self.forward,
        };
        device::for_each_in_parallel(&mut self.micro_batches[..count], |index, part| {
            let first = index * MICRO_BATCH;
            let last = (first + MICRO_BATCH).min(labels.len());
            part.loss = part.workspace.loss_and_gradients(
                network,
                (
                    &pictures[first * picture_len..last * picture_len],
                    &labels[first..last],
                ),
                labels.len(),
                &mut part.gradients,
            );
        });
        let parts = &self.micro_batches[..count];
        self.losses.push(parts.iter().map(|part| part.loss).sum());
        self.update(count, sgd);
    }

    /// Moves the weights along the sum of the first micro-batches' gradients.
    fn update(&mut self, count: usize, sgd: Sgd) {
        let velocity = self
            .momentum
            .get_or_insert_with(|| vec![0.0; self.weights.len()]);
        let (learning_rate, momentum) = (sgd.learning_rate as f32, sgd.momentum as f32);
        let parts = &self.micro_batches[..count];
        let parameters = self
            .weights
            .chunks_mut(UPDATED)
            .zip(velocity.chunks_mut(UPDATED));
        let mut chunks: Vec<_> = parameters.collect();
        device::for_each_in_parallel(&mut chunks, |index, (weights, velocity)| {
            let first = index * UPDATED;
            for velocity in velocity.iter_mut() {
                *velocity *= momentum;
            }
            let mut sums = [0.0; UPDATED];
            for part in parts {
                let gradients = &part.gradients[first..first + weights.len()];
                for (sum, gradient) in sums.iter_mut().zip(gradients) {
                    *sum += gradient;
                }
            }
            let moved = weights.iter_mut().zip(velocity.iter_mut()).zip(&sums);
            for ((weight, velocity), sum) in moved {
                *velocity += sum;
                *weight -= learning_rate * *velocity;
            }
        });
        self.forward.update(&self.parameters, &self.weights);
    }

    /// Mean losses of the steps since they were last taken, in order.
    pub fn take_losses(&mut self) -> Vec<f32> {
        std::mem::take(&mut self.losses)
    }

    /// Logits `[count, classes]` of `pictures` `[count, 1, side, side]`.
    #[must_use]
    pub fn logits(&self, pictures: &[f32]) -> Vec<f32> {
        let picture_len = self.stack.convolutions[0].in_len();
        let chunks: Vec<&[f32]> = pictures.chunks(PICTURES * picture_len).collect();
        device::in_parallel(chunks.len(), |index| {
            let mut workspace = Workspace::new(&self.stack, PICTURES);
            let logits = workspace.logits(self.network(), chunks[index]);
            without_padding(logits, self.stack.classes())
        })
        .concat()
    }

    /// Logits `[2^n, classes]` of one picture under all masks of its players.
    ///
    /// The picture goes through the layers up to the masked feature map once; the rest runs for every mask.
    #[must_use]
    pub fn masked_logits(&self, picture: &[f32], masks: &PatchMasks) -> Vec<f32> {
        self.plan(masks)
            .logits(self.network(), &self.feature_map(picture))
    }

    /// The plan for these masks, made anew only where the last one was for others.
    fn plan(&self, masks: &PatchMasks) -> Arc<LocalPlan> {
        let mut last = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some(plan) if plan.is_for(masks) => plan.clone(),
            _ => last
                .insert(Arc::new(LocalPlan::new(&self.stack, masks)))
                .clone(),
        }
    }

    /// Logits `[classes]` of one picture under one mask, in f64: what [`Self::masked_logits`] rounds.
    #[must_use]
    pub fn exact_masked_logits(
        &self,
        picture: &[f32],
        masks: &PatchMasks,
        mask: usize,
    ) -> Vec<f64> {
        self.stack.exact_logits(
            &self.parameters.unpack(&self.weights),
            picture,
            Some((masks, mask)),
        )
    }

    /// The feature map that players are patches of, `[side, side, channels]`, behind its ReLU.
    pub(super) fn feature_map(&self, picture: &[f32]) -> Vec<f32> {
        let mut workspace = Workspace::new(&self.stack, 1);
        workspace.feature_map(self.network(), picture)
    }
}
