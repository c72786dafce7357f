//! A stack of narrow layers with its weights: steps and passes, micro-batch by micro-batch on all cores.

use super::{
    parameters::{ForwardWeights, Parameters},
    pass::{Network, Workspace},
    rows::without_padding,
    sequential::Sequential,
};
use crate::Sgd;
use spindle_run::parallel;

/// Pictures per micro-batch: small enough that a LeNet's activations stay in cache.
const MICRO_BATCH: usize = 32;
/// Pictures per chunk of a pass forward.
const PICTURES: usize = 64;
/// Parameters that are moved at a time.
const UPDATED: usize = 4096;

/// A narrow stack with its weights.
pub(super) struct NarrowNetwork {
    parameters: Parameters,
    weights: Vec<f32>,
    /// The weights, for passes forward.
    forward: ForwardWeights,
    /// Momentum buffer of every parameter; absent before the first step.
    momentum: Option<Vec<f32>>,
    micro_batches: Vec<MicroBatch>,
}

/// What one micro-batch needs: buffers, its gradients, its loss.
struct MicroBatch {
    workspace: Workspace,
    gradients: Vec<f32>,
    loss: f32,
}

impl NarrowNetwork {
    /// With weights and momentum buffers in PyTorch's order.
    pub(super) fn new(stack: &Sequential, weights: &[f32], momentum: Option<&[f32]>) -> Self {
        let parameters = Parameters::new(stack);
        let weights = parameters.pack(weights);
        Self {
            forward: ForwardWeights::new(&parameters, &weights),
            weights,
            momentum: momentum.map(|values| parameters.pack(values)),
            parameters,
            micro_batches: Vec::new(),
        }
    }

    pub(super) fn network<'a>(&'a self, stack: &'a Sequential) -> Network<'a> {
        Network {
            stack,
            parameters: &self.parameters,
            weights: &self.weights,
            forward: &self.forward,
        }
    }

    /// The weights in PyTorch's order.
    pub(super) fn weights(&self) -> Vec<f32> {
        self.parameters.unpack(&self.weights)
    }

    /// The momentum buffers in PyTorch's order.
    pub(super) fn momentum(&self) -> Option<Vec<f32>> {
        let momentum = self.momentum.as_ref();
        momentum.map(|values| self.parameters.unpack(values))
    }

    /// One step of SGD on the mean cross-entropy over `pictures`; returns the loss before it.
    pub(super) fn step(
        &mut self,
        stack: &Sequential,
        pictures: &[f32],
        labels: &[usize],
        sgd: Sgd,
    ) -> f32 {
        let picture_len = pictures.len() / labels.len();
        let count = labels.len().div_ceil(MICRO_BATCH);
        while self.micro_batches.len() < count {
            self.micro_batches.push(MicroBatch {
                workspace: Workspace::for_training(stack, MICRO_BATCH),
                gradients: vec![0.0; self.weights.len()],
                loss: 0.0,
            });
        }
        let network = Network {
            stack,
            parameters: &self.parameters,
            weights: &self.weights,
            forward: &self.forward,
        };
        parallel::for_each(&mut self.micro_batches[..count], |index, part| {
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
        let loss = parts.iter().map(|part| part.loss).sum();
        self.update(count, sgd);
        loss
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
        parallel::for_each(&mut chunks, |index, (weights, velocity)| {
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

    /// Logits `[count, classes]` of pictures `[count, channels, side, side]`.
    pub(super) fn logits(&self, stack: &Sequential, pictures: &[f32]) -> Vec<f32> {
        let picture_len = stack.input_len();
        let chunks: Vec<&[f32]> = pictures.chunks(PICTURES * picture_len).collect();
        parallel::map(chunks.len(), |index| {
            let mut workspace = Workspace::new(stack, PICTURES);
            let logits = workspace.logits(self.network(stack), chunks[index]);
            without_padding(logits, stack.classes())
        })
        .concat()
    }
}
