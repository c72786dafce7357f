//! Sequential networks of narrow layers with their weights: steps and passes, micro-batch by
//! micro-batch on all cores.

mod convolution;
mod layout;
mod pass;

use spindle_run::parallel;

use self::layout::Layout;
pub(crate) use self::{
    layout::{Forward, ForwardWeights},
    pass::{Model, Workspace, channels_last},
};
use crate::{Penalty, Sgd, penalty::Drawn, sequential::Sequential, simd::without_padding};

/// What is a free choice in the kernels of narrow networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NarrowTuning {
    /// Pictures of a micro-batch, whose gradients are added up together: it decides in which order
    /// they are added, and so the last bits of every training. So few that a LeNet's activations
    /// stay in the second-level cache (docs/training-kernels.md).
    pub micro_batch: usize,
    /// Pictures of a pass forward without a backward one.
    pub chunk: usize,
    /// Parameters that one core moves at a time: with their velocities and gradients they should
    /// stay in the first-level cache or nearly.
    pub updated: usize,
}

impl Default for NarrowTuning {
    fn default() -> Self {
        Self {
            micro_batch: 32,
            chunk: 64,
            updated: 4096,
        }
    }
}

/// A network of narrow layers with its weights.
pub(crate) struct NarrowNetwork {
    tuning: NarrowTuning,
    layout: Layout,
    weights: Vec<f32>,
    /// The weights, for passes forward.
    forward: ForwardWeights,
    /// Momentum buffer of every parameter; absent before the first step.
    momentum: Option<Vec<f32>>,
    micro_batches: Vec<MicroBatch>,
    /// Of draws of a penalty.
    penalised: Vec<MicroBatch>,
}

/// What one micro-batch needs: buffers, its gradients, its loss.
struct MicroBatch {
    workspace: Workspace,
    gradients: Vec<f32>,
    loss: f32,
}

impl MicroBatch {
    fn new(network: &Sequential, capacity: usize, weights: usize) -> Self {
        Self {
            workspace: Workspace::for_training(network, capacity),
            gradients: vec![0.0; weights],
            loss: 0.0,
        }
    }
}

impl NarrowNetwork {
    /// With weights and momentum buffers in PyTorch's order.
    pub(crate) fn new(
        network: &Sequential,
        weights: &[f32],
        momentum: Option<&[f32]>,
        tuning: NarrowTuning,
    ) -> Self {
        let layout = Layout::new(network);
        let weights = layout.pack(weights);
        Self {
            tuning,
            forward: ForwardWeights::new(&layout, &weights),
            weights,
            momentum: momentum.map(|values| layout.pack(values)),
            layout,
            micro_batches: Vec::new(),
            penalised: Vec::new(),
        }
    }

    /// What passes take.
    pub(crate) fn model<'a>(&'a self, network: &'a Sequential) -> Model<'a> {
        Model {
            network,
            layout: &self.layout,
            weights: &self.weights,
            forward: &self.forward,
        }
    }

    /// The weights in PyTorch's order.
    pub(crate) fn weights(&self) -> Vec<f32> {
        self.layout.unpack(&self.weights)
    }

    /// The momentum buffers in PyTorch's order.
    pub(crate) fn momentum(&self) -> Option<Vec<f32>> {
        let momentum = self.momentum.as_ref();
        momentum.map(|values| self.layout.unpack(values))
    }

    /// One step of SGD on the mean cross-entropy over `pictures`, and a penalty if there is one;
    /// returns the cross-entropy before it.
    pub(crate) fn step(
        &mut self,
        network: &Sequential,
        pictures: &[f32],
        labels: &[usize],
        penalty: Option<Penalty<'_>>,
        sgd: Sgd,
    ) -> f32 {
        let (loss, parts) = self.pass(network, pictures, labels);
        let penalised = penalty.map_or(0, |penalty| self.pass_penalty(network, penalty));
        self.update([parts, penalised], sgd);
        loss
    }

    /// Gradients of the cross-entropy; returns it, and in how many micro-batches they are.
    fn pass(&mut self, network: &Sequential, pictures: &[f32], labels: &[usize]) -> (f32, usize) {
        let (len, most) = (network.input_len(), self.tuning.micro_batch);
        let count = labels.len().div_ceil(most);
        while self.micro_batches.len() < count {
            let new = MicroBatch::new(network, most, self.weights.len());
            self.micro_batches.push(new);
        }
        let model = Model {
            network,
            layout: &self.layout,
            weights: &self.weights,
            forward: &self.forward,
        };
        parallel::for_each(&mut self.micro_batches[..count], |index, part| {
            let first = index * most;
            let last = (first + most).min(labels.len());
            let batch = pass::Batch {
                pictures: &pictures[first * len..last * len],
                labels: &labels[first..last],
                of: labels.len(),
            };
            part.loss = part
                .workspace
                .loss_and_gradients(model, batch, &mut part.gradients);
        });
        let parts = &self.micro_batches[..count];
        (parts.iter().map(|part| part.loss).sum(), count)
    }

    /// Gradients of a penalty; returns in how many micro-batches they are.
    fn pass_penalty(&mut self, network: &Sequential, penalty: Penalty<'_>) -> usize {
        let drawn = penalty.drawn(network);
        let factor = penalty.weight / drawn.len().max(1) as f64;
        let most = drawn.iter().map(|one| one.draw.count()).max().unwrap_or(1);
        let capacity = self.tuning.micro_batch.max(most);
        let parts: Vec<&[Drawn<'_>]> = drawn.chunks(capacity / most).collect();
        // Another order may take more pictures of a draw at once.
        self.penalised
            .retain(|part| part.workspace.capacity() == capacity);
        while self.penalised.len() < parts.len() {
            let new = MicroBatch::new(network, capacity, self.weights.len());
            self.penalised.push(new);
        }
        let model = Model {
            network,
            layout: &self.layout,
            weights: &self.weights,
            forward: &self.forward,
        };
        parallel::for_each(&mut self.penalised[..parts.len()], |index, part| {
            let gradients = &mut part.gradients;
            part.workspace
                .penalty_gradients(model, parts[index], factor, gradients);
        });
        parts.len()
    }

    /// Moves the weights along the sum of the gradients of the first micro-batches, and of the first
    /// of a penalty.
    fn update(&mut self, [parts, penalised]: [usize; 2], sgd: Sgd) {
        let Self {
            weights, momentum, ..
        } = self;
        let parts = self.micro_batches[..parts].iter();
        let parts: Vec<&MicroBatch> = parts.chain(&self.penalised[..penalised]).collect();
        let velocity = momentum.get_or_insert_with(|| vec![0.0; weights.len()]);
        sgd.update(self.tuning.updated, weights, velocity, |first, velocity| {
            let mut sums = vec![0.0; velocity.len()];
            for part in &parts {
                let gradients = &part.gradients[first..first + sums.len()];
                for (sum, gradient) in sums.iter_mut().zip(gradients) {
                    *sum += gradient;
                }
            }
            for (velocity, sum) in velocity.iter_mut().zip(&sums) {
                *velocity += sum;
            }
        });
        self.forward.update(&self.layout, &self.weights);
    }

    /// Logits `[count, classes]` of pictures `[count, channels, side, side]`.
    pub(crate) fn logits(&self, network: &Sequential, pictures: &[f32]) -> Vec<f32> {
        let chunk = self.tuning.chunk;
        let chunks: Vec<&[f32]> = pictures.chunks(chunk * network.input_len()).collect();
        parallel::map(chunks.len(), |index| {
            let mut workspace = Workspace::new(network, chunk);
            let logits = workspace.logits(self.model(network), chunks[index]);
            without_padding(logits, network.classes())
        })
        .concat()
    }
}
