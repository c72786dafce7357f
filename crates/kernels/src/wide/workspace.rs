//! Buffers for passes through a wide network.

use super::{
    Layer, Layers, WideNetwork,
    forward::Forward,
    im2col::{Input, im2col},
    pooling::Choice,
};
use crate::panels::{Row, WIDTH, ZERO, from_panels};

/// What a pass begins with.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    /// Pictures `[count, channels, side, side]`, from the first layer on.
    Pictures(&'a [f32]),
    /// What [`Workspace::input_mut`] was filled with, from this layer on, which is not the first.
    Layer(usize),
}

/// Buffers for passes, as large as they have to be.
pub(crate) struct Workspace {
    /// im2col's columns, for each layer that has some.
    columns: Vec<Vec<Row>>,
    /// What comes out of each layer.
    outputs: Vec<Vec<Row>>,
    choices: Vec<Vec<Choice>>,
}

impl Workspace {
    pub(crate) fn new(layers: &Layers) -> Self {
        let count = layers.all.len();
        Self {
            columns: vec![Vec::new(); count],
            outputs: vec![Vec::new(); count],
            choices: vec![Vec::new(); count],
        }
    }

    /// What comes into a layer's product.
    pub(super) fn input(&self, layer: &Layer, index: usize, count: usize) -> &[Row] {
        let rows = if layer.has_im2col {
            &self.columns[index]
        } else {
            &self.outputs[index - 1]
        };
        &rows[..layer.in_rows() * count]
    }

    /// What came out of a layer.
    pub(super) fn output(&self, index: usize) -> &[Row] {
        &self.outputs[index]
    }

    /// What its pooling chose.
    pub(super) fn choices(&self, index: usize) -> &[Choice] {
        &self.choices[index]
    }

    /// A pass through all layers that are left, for `count` pictures.
    pub(crate) fn forward(
        &mut self,
        network: &WideNetwork,
        source: Source<'_>,
        count: usize,
        keep_choices: bool,
    ) {
        let (first, pictures) = match source {
            Source::Pictures(pictures) => (0, Some(pictures)),
            Source::Layer(first) => (first, None),
        };
        for index in first..network.layers.all.len() {
            self.forward_one(network, index, pictures, count, keep_choices);
        }
    }

    pub(super) fn forward_one(
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
        out.resize(rows, ZERO);
        if keep_choices && layer.pool.is_some() {
            choices.resize(rows, [0; WIDTH]);
        } else {
            choices.clear();
        }
        let forward = Forward {
            layer,
            parameters: &network.parameters,
            input: self.input(layer, index, count),
            count,
            tuning: &network.layers.tuning,
        };
        forward.run(&mut out, &mut choices);
        self.outputs[index] = out;
        self.choices[index] = choices;
    }

    /// Lays windows out where a layer wants them so.
    pub(super) fn prepare(
        &mut self,
        layer: &Layer,
        index: usize,
        pictures: Option<&[f32]>,
        count: usize,
    ) {
        if !layer.has_im2col {
            return;
        }
        let input = match (index, pictures) {
            (0, Some(pictures)) => Input::Pictures(pictures),
            (0, None) => return,
            _ => Input::Map(&self.outputs[index - 1]),
        };
        let rows = layer.in_rows() * count;
        self.columns[index].resize(rows, ZERO);
        im2col(layer, input, count, &mut self.columns[index]);
    }

    /// Rows `[panel][row][column][picture]` that come into layer `first`, which is not the first of
    /// all, for `count` pictures.
    pub(crate) fn input_mut(&mut self, layers: &Layers, first: usize, count: usize) -> &mut [Row] {
        let rows = layers.all[first - 1].out_rows() * count;
        self.outputs[first - 1].resize(rows, ZERO);
        &mut self.outputs[first - 1]
    }

    /// Logits `[count, classes]` of the last pass.
    pub(crate) fn logits(&self, layers: &Layers, count: usize) -> Vec<f32> {
        let last = layers.all.len() - 1;
        from_panels(&self.outputs[last], count, layers.all[last].outputs)
    }
}
