//! A sequential network in f64, by the definition of each layer: what the kernels are measured
//! against.
//!
//! Slow and plain. It tells how far f32 outputs are from exact ones, which is the floor under every
//! interaction. It knows a network as data and nothing of the kernels, so that a mistake in their
//! geometry shows as well.

use spindle_run::{event::Tensors, experiment::Activation, player::PatchMasks};

use super::sequential::{Convolution, Masked, Pool, Sequential};
use crate::Error;

/// A mask of a picture's players.
#[derive(Clone, Copy)]
pub(super) struct Mask<'a> {
    pub(super) masks: &'a PatchMasks,
    /// Its number.
    pub(super) mask: usize,
}

impl Mask<'_> {
    /// Whether a pixel stays as it is.
    pub(super) fn keeps(self, pixel: usize) -> bool {
        self.masks.keeps(self.mask as u32, pixel)
    }

    /// Sets absent players' patches to 0 in `map` `[channels, side, side]`.
    fn apply(self, map: &mut [f64]) {
        for channel in map.chunks_exact_mut(self.masks.owners().len()) {
            for (pixel, value) in channel.iter_mut().enumerate() {
                if !self.keeps(pixel) {
                    *value = 0.0;
                }
            }
        }
    }
}

/// A sequential network in f64, with f32 weights.
#[derive(Clone, Debug)]
pub struct ExactSequential {
    sequential: Sequential,
    /// In PyTorch's order.
    weights: Vec<f32>,
}

impl ExactSequential {
    /// With weights under PyTorch's names.
    ///
    /// # Errors
    /// All tensors that are missing, extra or misshapen.
    pub fn new(sequential: &Sequential, weights: &Tensors) -> Result<Self, Error> {
        sequential.check()?;
        Ok(Self {
            weights: sequential.values(weights)?,
            sequential: sequential.clone(),
        })
    }

    /// Logits `[classes]` of one picture under one mask of its players.
    ///
    /// # Errors
    /// A picture or masks that do not fit the network.
    pub fn masked_logits(
        &self,
        picture: &[f32],
        masks: &PatchMasks,
        mask: usize,
    ) -> Result<Vec<f64>, Error> {
        self.sequential.check_masked(picture, masks)?;
        let mask = Mask { masks, mask };
        let logits = self
            .sequential
            .exact_logits(&self.weights, picture, Some(mask));
        Ok(logits)
    }
}

impl Sequential {
    /// Logits `[classes]` of one picture under one mask, with f32 weights and everything else in
    /// f64.
    pub(super) fn exact_logits(
        &self,
        weights: &[f32],
        picture: &[f32],
        mask: Option<Mask<'_>>,
    ) -> Vec<f64> {
        let layers = self.layers(weights);
        let mask_behind = |masked: Masked, map: &mut [f64]| {
            if let Some(mask) = mask.filter(|_| self.masked == masked) {
                mask.apply(map);
            }
        };
        let mut values: Vec<f64> = picture.iter().map(|&x| f64::from(x)).collect();
        mask_behind(Masked::Input, &mut values);
        for (index, (layer, parameters)) in self.convolutions.iter().zip(&layers).enumerate() {
            let mut map = feature_map(layer, parameters.weight, parameters.bias, &values);
            mask_behind(Masked::Convolution(index), &mut map);
            values = match layer.pool {
                Some(pool) => pooled(&map, map_side(layer), pool),
                None => map,
            };
        }
        let parameters = &layers[self.convolutions.len()..];
        for (layer, parameters) in self.dense.iter().zip(parameters) {
            values = parameters
                .weight
                .chunks_exact(layer.inputs)
                .zip(parameters.bias)
                .map(|(row, bias)| {
                    let sum = dot(row, &values) + f64::from(*bias);
                    match layer.activation {
                        None => sum,
                        Some(Activation::Relu) => sum.max(0.0),
                        Some(Activation::Tanh) => sum.tanh(),
                    }
                })
                .collect();
        }
        values
    }
}

fn map_side(layer: &Convolution) -> usize {
    (layer.side + 2 * layer.padding - layer.kernel) / layer.stride + 1
}

/// The feature map `[channels, side, side]` behind the ReLU.
fn feature_map(layer: &Convolution, weight: &[f32], bias: &[f32], values: &[f64]) -> Vec<f64> {
    let (side, kernel, map_side) = (layer.side, layer.kernel, map_side(layer));
    let mut map = Vec::with_capacity(layer.outputs * map_side * map_side);
    let filters = weight.chunks_exact(layer.inputs * kernel * kernel);
    for (filter, bias) in filters.zip(bias) {
        for position in 0..map_side * map_side {
            let y = position / map_side * layer.stride;
            let x = position % map_side * layer.stride;
            // The columns of the kernel that are not in the padding.
            let first = layer.padding.saturating_sub(x).min(kernel);
            let end = (side + layer.padding)
                .saturating_sub(x)
                .clamp(first, kernel);
            let mut sum = f64::from(*bias);
            for (row, weight) in filter.chunks_exact(kernel).enumerate() {
                let (input, dy) = (row / kernel, row % kernel);
                let line = (y + dy).checked_sub(layer.padding);
                if let Some(line) = line.filter(|&line| line < side && first < end) {
                    let column = x + first - layer.padding;
                    let values = &values[(input * side + line) * side + column..];
                    sum += dot(&weight[first..end], values);
                }
            }
            map.push(sum.max(0.0));
        }
    }
    map
}

/// Sum of the products of weights and as many values.
fn dot(weights: &[f32], values: &[f64]) -> f64 {
    let products = weights.iter().zip(values).map(|(w, x)| f64::from(*w) * x);
    products.sum()
}

fn pooled(map: &[f64], side: usize, pool: Pool) -> Vec<f64> {
    let across = (side - pool.size) / pool.stride + 1;
    let cells = (0..map.len() / (side * side) * across * across).map(|cell| {
        let (channel, row, column) = (
            cell / (across * across),
            cell / across % across,
            cell % across,
        );
        let first = (channel * side + pool.stride * row) * side + pool.stride * column;
        let window = (0..pool.size.pow(2))
            .map(|place| map[first + place / pool.size * side + place % pool.size]);
        window.fold(f64::NEG_INFINITY, f64::max)
    });
    cells.collect()
}
