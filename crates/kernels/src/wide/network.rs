//! All layers of a wide network with their weights: passes, gradients and steps.

use super::{
    Layers, WideTuning,
    backward::{Backward, Scratch},
    forward::Forward,
    pooling::Output,
    workspace::{Source, Workspace},
};
use crate::{
    Sgd,
    loss::CrossEntropy,
    panels::{Row, WIDTH, ZERO, from_panels, to_panels},
    sequential::Sequential,
};

/// A wide network with its weights.
pub(crate) struct WideNetwork {
    pub(crate) layers: Layers,
    /// All parameters.
    pub(crate) parameters: Vec<Row>,
    /// Momentum buffer of every parameter; absent before the first step.
    momentum: Option<Vec<Row>>,
    /// Present from the first step on.
    training: Option<Training>,
}

/// What a step needs.
struct Training {
    workspace: Workspace,
    scratch: Scratch,
    /// The gradient with respect to what came out of a layer.
    gradient: Vec<Row>,
    /// The one with respect to what came in.
    input_gradient: Vec<Row>,
    /// The sum of the gradients with respect to all parameters.
    sum: Vec<Row>,
}

/// Some pictures of a batch.
#[derive(Clone, Copy)]
struct Batch<'a> {
    labels: &'a [usize],
    /// Pictures of the whole batch, over which losses are averaged.
    of: usize,
}

impl WideNetwork {
    /// With weights and momentum buffers in PyTorch's order.
    pub(crate) fn new(
        network: &Sequential,
        weights: &[f32],
        momentum: Option<&[f32]>,
        tuning: WideTuning,
    ) -> Self {
        let layers = Layers::new(network, tuning);
        Self {
            parameters: layers.pack(weights),
            momentum: momentum.map(|values| layers.pack(values)),
            layers,
            training: None,
        }
    }

    /// The weights in PyTorch's order.
    pub(crate) fn weights(&self) -> Vec<f32> {
        self.layers.unpack(&self.parameters)
    }

    /// The momentum buffers in PyTorch's order.
    pub(crate) fn momentum(&self) -> Option<Vec<f32>> {
        let momentum = self.momentum.as_ref();
        momentum.map(|rows| self.layers.unpack(rows))
    }

    /// One step of SGD on the mean cross-entropy over `pictures`; returns the loss before it.
    pub(crate) fn step(&mut self, pictures: &[f32], labels: &[usize], sgd: Sgd) -> f32 {
        let capacity = self.layers.pictures().min(labels.len());
        let mut training = self.training.take().unwrap_or_else(|| Training {
            workspace: Workspace::new(&self.layers),
            scratch: Scratch::default(),
            gradient: Vec::new(),
            input_gradient: Vec::new(),
            sum: vec![ZERO; self.layers.rows],
        });
        let len = pictures.len() / labels.len() * capacity;
        let parts = pictures.chunks(len).zip(labels.chunks(capacity));
        let losses = parts.enumerate().map(|(index, (pictures, part))| {
            let count = part.len();
            training
                .workspace
                .forward(self, Source::Pictures(pictures), count, true);
            let batch = Batch {
                labels: part,
                of: labels.len(),
            };
            let loss = self.logit_gradient(&mut training, batch);
            self.backward(&mut training, count, index == 0);
            loss
        });
        let loss = losses.sum();
        self.update(&training.sum, sgd);
        self.training = Some(training);
        loss
    }

    /// Writes the gradient with respect to the logits; returns the loss.
    fn logit_gradient(&self, training: &mut Training, batch: Batch<'_>) -> f32 {
        let mut logits = training.workspace.logits(&self.layers, batch.labels.len());
        let classes = logits.len() / batch.labels.len();
        let mut exponentials = vec![0.0; classes];
        let mut loss = 0.0;
        for (logits, &label) in logits.chunks_mut(classes).zip(batch.labels) {
            let entropy = CrossEntropy::new(logits, label, &mut exponentials);
            entropy.gradient(batch.of, &mut exponentials);
            loss += entropy.loss;
            logits.copy_from_slice(&exponentials);
        }
        training.gradient.clear();
        training
            .gradient
            .extend(to_panels(&logits, classes, classes));
        loss / batch.of as f32
    }

    /// The backward pass through all layers, from the logits' gradient; gradients with respect to
    /// parameters replace those of the batch before where it is the first one of a batch.
    fn backward(&self, training: &mut Training, count: usize, is_first: bool) {
        let Training {
            workspace,
            scratch,
            gradient,
            input_gradient,
            sum,
        } = training;
        for (index, layer) in self.layers.all.iter().enumerate().rev() {
            let rows = match index {
                0 => 0,
                _ => self.layers.all[index - 1].out_rows() * count,
            };
            if input_gradient.len() < rows {
                input_gradient.resize(rows, ZERO);
            }
            let backward = Backward {
                output: Output {
                    layer,
                    values: workspace.output(index),
                    choices: workspace.choices(index),
                    gradient,
                    count,
                },
                parameters: &self.parameters,
                input: workspace.input(layer, index, count),
                scratch,
                gradients: sum,
                is_first,
                tuning: &self.layers.tuning,
            };
            backward.run((index > 0).then_some(&mut input_gradient[..rows]));
            std::mem::swap(gradient, input_gradient);
        }
    }

    fn update(&mut self, gradients: &[Row], sgd: Sgd) {
        let velocity = self
            .momentum
            .get_or_insert_with(|| vec![ZERO; gradients.len()]);
        let len = self.layers.tuning.updated * WIDTH;
        let gradients = gradients.as_flattened();
        let weights = self.parameters.as_flattened_mut();
        sgd.update(
            len,
            weights,
            velocity.as_flattened_mut(),
            |first, velocity| {
                for (velocity, gradient) in velocity.iter_mut().zip(&gradients[first..]) {
                    *velocity += gradient;
                }
            },
        );
    }

    /// Logits `[count, classes]` of pictures `[count, channels, side, side]`.
    pub(crate) fn logits(&self, pictures: &[f32]) -> Vec<f32> {
        let first = &self.layers.all[0];
        let picture_len = first.inputs * first.side.pow(2);
        let mut workspace = Workspace::new(&self.layers);
        let mut logits = Vec::new();
        for part in pictures.chunks(self.layers.pictures() * picture_len) {
            let count = part.len() / picture_len;
            workspace.forward(self, Source::Pictures(part), count, false);
            logits.extend(workspace.logits(&self.layers, count));
        }
        logits
    }

    /// What comes out of a convolution, before its pooling: `[side, side, channels]`.
    pub(crate) fn feature_map(&self, picture: &[f32], index: usize) -> Vec<f32> {
        let mut workspace = Workspace::new(&self.layers);
        for before in 0..index {
            workspace.forward_one(self, before, Some(picture), 1, false);
        }
        let mut layer = self.layers.all[index].clone();
        layer.pool = None;
        layer.out_side = layer.map_side;
        workspace.prepare(&layer, index, Some(picture), 1);
        let mut out = vec![ZERO; layer.map_rows()];
        let forward = Forward {
            layer: &layer,
            parameters: &self.parameters,
            input: workspace.input(&layer, index, 1),
            count: 1,
            tuning: &self.layers.tuning,
        };
        forward.run(&mut out, &mut []);
        from_panels(&out, layer.map_side.pow(2), layer.outputs)
    }
}
