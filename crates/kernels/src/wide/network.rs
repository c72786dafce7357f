//! All layers of a wide stack: passes, gradients and steps.

use super::{
    Layers,
    back::{Scratch, back},
    forward::forward,
    pooling::{Choice, Passed},
    unfold::{Input, unfold},
};
use crate::{
    Sgd,
    product::{Row, WIDTH},
    sequential::Sequential,
};
use spindle_run::parallel;

/// Rows of parameters that are moved at a time.
const UPDATED: usize = 512;

/// A wide stack with its weights.
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
    /// Gradients by what came out of a layer, and by what came in.
    gradients: [Vec<Row>; 2],
    /// The sum of the gradients by all parameters.
    sum: Vec<Row>,
}

impl WideNetwork {
    /// With weights and momentum buffers in PyTorch's order.
    pub(crate) fn new(stack: &Sequential, weights: &[f32], momentum: Option<&[f32]>) -> Self {
        let layers = Layers::new(stack);
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
            gradients: [Vec::new(), Vec::new()],
            sum: vec![[0.0; WIDTH]; self.layers.rows],
        });
        let len = pictures.len() / labels.len() * capacity;
        let parts = pictures.chunks(len).zip(labels.chunks(capacity));
        let losses = parts.enumerate().map(|(index, (pictures, part))| {
            let count = part.len();
            training
                .workspace
                .forward(self, (0, Some(pictures)), count, true);
            let (logits, loss) = self.logit_gradient(&training.workspace, part, labels.len());
            training.gradients[0].clear();
            training.gradients[0].extend(logits);
            self.back(&mut training, count, index == 0);
            loss
        });
        let loss = losses.sum();
        self.update(&training.sum, sgd);
        self.training = Some(training);
        loss
    }

    /// Softmax minus one-hot, over `batch_len`, as the logits' gradient; and the loss.
    fn logit_gradient(
        &self,
        workspace: &Workspace,
        labels: &[usize],
        batch_len: usize,
    ) -> (Vec<Row>, f32) {
        let logits = workspace.logits(&self.layers, labels.len());
        let classes = logits.len() / labels.len();
        let mut gradient = vec![[0.0; WIDTH]; labels.len() * classes.div_ceil(WIDTH)];
        let mut loss = 0.0;
        for (picture, (logits, &label)) in logits.chunks(classes).zip(labels).enumerate() {
            let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let sum: f32 = logits.iter().map(|logit| (logit - largest).exp()).sum();
            loss += sum.ln() + largest - logits[label];
            for (class, logit) in logits.iter().enumerate() {
                let there = if class == label { 1.0 } else { 0.0 };
                let place = class / WIDTH * labels.len() + picture;
                gradient[place][class % WIDTH] =
                    ((logit - largest).exp() / sum - there) / batch_len as f32;
            }
        }
        (gradient, loss / batch_len as f32)
    }

    /// The way back through all layers, from the logits' gradient.
    fn back(&self, training: &mut Training, count: usize, fresh: bool) {
        let Training {
            workspace,
            scratch,
            gradients: [gradient, input_gradient],
            sum,
        } = training;
        for (index, layer) in self.layers.all.iter().enumerate().rev() {
            let rows = match index {
                0 => 0,
                _ => self.layers.all[index - 1].out_rows() * count,
            };
            if input_gradient.len() < rows {
                input_gradient.resize(rows, [0.0; WIDTH]);
            }
            let passed = Passed {
                layer,
                values: &workspace.outputs[index],
                choices: &workspace.choices[index],
                gradient,
                count,
            };
            back(
                passed,
                (&self.parameters, workspace.input(layer, index, count)),
                scratch,
                (sum, fresh),
                (index > 0).then_some(&mut input_gradient[..rows]),
            );
            std::mem::swap(gradient, input_gradient);
        }
    }

    fn update(&mut self, gradients: &[Row], sgd: Sgd) {
        let velocity = self
            .momentum
            .get_or_insert_with(|| vec![[0.0; WIDTH]; gradients.len()]);
        let (learning_rate, momentum) = (sgd.learning_rate as f32, sgd.momentum as f32);
        let mut chunks: Vec<_> = self
            .parameters
            .chunks_mut(UPDATED)
            .zip(velocity.chunks_mut(UPDATED))
            .zip(gradients.chunks(UPDATED))
            .collect();
        parallel::for_each(&mut chunks, |_, ((weights, velocity), gradients)| {
            let weights = weights.as_flattened_mut().iter_mut();
            let velocity = velocity.as_flattened_mut().iter_mut();
            let moved = weights.zip(velocity).zip(gradients.as_flattened());
            for ((weight, velocity), gradient) in moved {
                *velocity = momentum * *velocity + gradient;
                *weight -= learning_rate * *velocity;
            }
        });
    }

    /// Logits `[count, classes]` of pictures `[count, channels, side, side]`.
    pub(crate) fn logits(&self, pictures: &[f32]) -> Vec<f32> {
        let first = &self.layers.all[0];
        let picture_len = first.inputs * first.side.pow(2);
        let mut workspace = Workspace::new(&self.layers);
        let mut logits = Vec::new();
        for part in pictures.chunks(self.layers.pictures() * picture_len) {
            let count = part.len() / picture_len;
            workspace.forward(self, (0, Some(part)), count, false);
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
        let mut out = vec![[0.0; WIDTH]; layer.map_rows()];
        let input = workspace.input(&layer, index, 1);
        forward(&layer, &self.parameters, (input, 1), &mut out, &mut []);
        let area = layer.map_side.pow(2);
        let values = (0..area * layer.outputs).map(|place| {
            let (pixel, channel) = (place / layer.outputs, place % layer.outputs);
            out[channel / WIDTH * area + pixel][channel % WIDTH]
        });
        values.collect()
    }
}

/// Buffers for passes, as large as they have to be.
pub(crate) struct Workspace {
    /// Windows that were laid out, for each layer.
    unfolded: Vec<Vec<Row>>,
    /// What comes out of each layer.
    outputs: Vec<Vec<Row>>,
    choices: Vec<Vec<Choice>>,
}

impl Workspace {
    pub(crate) fn new(layers: &Layers) -> Self {
        let count = layers.all.len();
        Self {
            unfolded: vec![Vec::new(); count],
            outputs: vec![Vec::new(); count],
            choices: vec![Vec::new(); count],
        }
    }

    /// What comes into a layer's product.
    fn input(&self, layer: &super::Layer, index: usize, count: usize) -> &[Row] {
        let rows = if layer.unfolded {
            &self.unfolded[index]
        } else {
            &self.outputs[index - 1]
        };
        &rows[..layer.in_rows() * count]
    }

    /// A pass through all layers from `first` on, given pictures or what [`Self::input_mut`] was filled with.
    pub(crate) fn forward(
        &mut self,
        network: &WideNetwork,
        (first, pictures): (usize, Option<&[f32]>),
        count: usize,
        keep_choices: bool,
    ) {
        for index in first..network.layers.all.len() {
            self.forward_one(network, index, pictures, count, keep_choices);
        }
    }

    fn forward_one(
        &mut self,
        network: &WideNetwork,
        index: usize,
        pictures: Option<&[f32]>,
        count: usize,
        keep_choices: bool,
    ) {
        let layer = &network.layers.all[index];
        self.prepare(layer, index, pictures, count);
        let rows = layer.out_rows() * count;
        let mut out = std::mem::take(&mut self.outputs[index]);
        let mut choices = std::mem::take(&mut self.choices[index]);
        out.resize(rows, [0.0; WIDTH]);
        if keep_choices && layer.pool.is_some() {
            choices.resize(rows, [0; WIDTH]);
        } else {
            choices.clear();
        }
        let input = self.input(layer, index, count);
        forward(
            layer,
            &network.parameters,
            (input, count),
            &mut out,
            &mut choices,
        );
        self.outputs[index] = out;
        self.choices[index] = choices;
    }

    /// Lays windows out where a layer wants them so.
    fn prepare(
        &mut self,
        layer: &super::Layer,
        index: usize,
        pictures: Option<&[f32]>,
        count: usize,
    ) {
        if !layer.unfolded {
            return;
        }
        let input = match (index, pictures) {
            (0, Some(pictures)) => Input::Pictures(pictures),
            (0, None) => return,
            _ => Input::Map(&self.outputs[index - 1]),
        };
        let rows = layer.in_rows() * count;
        self.unfolded[index].resize(rows, [0.0; WIDTH]);
        unfold(layer, input, count, &mut self.unfolded[index]);
    }

    /// Rows `[panel][row][column][picture]` that come into layer `first`, which is not the first of all, for `count` pictures.
    pub(crate) fn input_mut(&mut self, layers: &Layers, first: usize, count: usize) -> &mut [Row] {
        let rows = layers.all[first - 1].out_rows() * count;
        self.outputs[first - 1].resize(rows, [0.0; WIDTH]);
        &mut self.outputs[first - 1]
    }

    /// Logits `[count, classes]` of the last pass.
    pub(crate) fn logits(&self, layers: &Layers, count: usize) -> Vec<f32> {
        let last = layers.all.len() - 1;
        let (classes, rows) = (layers.all[last].outputs, &self.outputs[last]);
        let value = |place: usize| {
            let (picture, class) = (place / classes, place % classes);
            rows[class / WIDTH * count + picture][class % WIDTH]
        };
        (0..count * classes).map(value).collect()
    }
}
