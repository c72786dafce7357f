//! Training and evaluation of a stack on the CPU.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use spindle_run::event::Tensors;

use super::{
    convolution,
    local::{LocalPlan, PackedWeights},
    pass::Workspace,
    stack::Stack,
};
use crate::{Error, device, engine::Sgd, player::PatchMasks};

/// Pictures per micro-batch: small enough that a LeNet's activations stay in cache.
const MICRO_BATCH: usize = 32;
/// Masks per chunk of a tail.
const MASKS: usize = 64;

/// A stack with its weights, on all cores.
pub struct StackEngine {
    stack: Stack,
    weights: Vec<f32>,
    /// Momentum buffer of every parameter; absent before the first step.
    momentum: Option<Vec<f32>>,
    /// Losses of steps since they were last taken.
    losses: Vec<f32>,
    micro_batches: Vec<MicroBatch>,
    /// The weights as masked outputs need them, once they do.
    packed: OnceLock<PackedWeights>,
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
        let values = stack.values(weights)?;
        let momentum = if momentum.is_empty() {
            None
        } else {
            Some(stack.values(momentum)?)
        };
        Ok(Self {
            stack,
            weights: values,
            momentum,
            losses: Vec::new(),
            micro_batches: Vec::new(),
            packed: OnceLock::new(),
            plan: Mutex::new(None),
        })
    }

    /// The stack.
    #[must_use]
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// Weights under PyTorch's names.
    #[must_use]
    pub fn weights(&self) -> Tensors {
        self.stack.tensors(&self.weights)
    }

    /// Momentum buffers under the weights' names; empty before the first step.
    #[must_use]
    pub fn momentum(&self) -> Tensors {
        self.momentum
            .as_ref()
            .map_or_else(Tensors::new, |values| self.stack.tensors(values))
    }

    /// One step of SGD on the mean cross-entropy over `pictures` `[count, 1, side, side]`.
    pub fn step(&mut self, pictures: &[f32], labels: &[usize], sgd: Sgd) {
        let picture_len = pictures.len() / labels.len();
        let count = labels.len().div_ceil(MICRO_BATCH);
        while self.micro_batches.len() < count {
            self.micro_batches.push(MicroBatch {
                workspace: Workspace::new(&self.stack, MICRO_BATCH),
                gradients: vec![0.0; self.weights.len()],
                loss: 0.0,
            });
        }
        let (stack, weights) = (&self.stack, &self.weights);
        device::for_each_in_parallel(&mut self.micro_batches[..count], |index, part| {
            let first = index * MICRO_BATCH;
            let last = (first + MICRO_BATCH).min(labels.len());
            part.gradients.fill(0.0);
            part.loss = part.workspace.loss_and_gradients(
                stack,
                weights,
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
        let velocity = self
            .momentum
            .get_or_insert_with(|| vec![0.0; self.weights.len()]);
        let (learning_rate, momentum) = (sgd.learning_rate as f32, sgd.momentum as f32);
        for (index, (weight, velocity)) in self.weights.iter_mut().zip(velocity).enumerate() {
            let gradient: f32 = parts.iter().map(|part| part.gradients[index]).sum();
            *velocity = momentum * *velocity + gradient;
            *weight -= learning_rate * *velocity;
        }
        self.packed.take();
    }

    /// Mean losses of the steps since they were last taken, in order.
    pub fn take_losses(&mut self) -> Vec<f32> {
        std::mem::take(&mut self.losses)
    }

    /// Logits `[count, classes]` of `pictures` `[count, 1, side, side]`.
    #[must_use]
    pub fn logits(&self, pictures: &[f32]) -> Vec<f32> {
        let picture_len = self.stack.side() * self.stack.side();
        let chunks: Vec<&[f32]> = pictures.chunks(MASKS * picture_len).collect();
        device::in_parallel(chunks.len(), |index| {
            Workspace::new(&self.stack, MASKS)
                .logits(&self.stack, &self.weights, chunks[index])
                .to_vec()
        })
        .concat()
    }

    /// Logits `[2^n, classes]` of one picture under all masks of its players.
    ///
    /// The picture goes through the layers up to the masked feature map once; the rest runs for every mask.
    #[must_use]
    pub fn masked_logits(&self, picture: &[f32], masks: &PatchMasks) -> Vec<f32> {
        let packed = self
            .packed
            .get_or_init(|| PackedWeights::new(&self.stack, &self.weights));
        let plan = self.plan(masks);
        plan.logits(&self.weights, packed, &self.feature_map(picture))
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
        self.stack
            .exact_logits(&self.weights, picture, Some((masks, mask)))
    }

    /// The feature map that players are patches of, `[channels, side, side]`, behind its ReLU.
    pub(super) fn feature_map(&self, picture: &[f32]) -> Vec<f32> {
        let mut input = picture.to_vec();
        let layers = self.stack.layers(&self.weights);
        for (index, layer) in self.stack.convolutions[..=self.stack.masked]
            .iter()
            .enumerate()
        {
            let mut scratch = convolution::Scratch::new(layer);
            if index == self.stack.masked {
                let mut map = vec![0.0; layer.map_len()];
                convolution::feature_map(layer, layers[index], &input, &mut scratch, &mut map);
                return map;
            }
            let mut out = vec![0.0; layer.out_len()];
            let mut largest = vec![0; layer.out_len()];
            convolution::forward(
                layer,
                layers[index],
                &input,
                &mut scratch,
                &mut out,
                &mut largest,
            );
            input = out;
        }
        input
    }
}
