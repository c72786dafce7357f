//! A stack in f64, by the definition of each layer: what the kernels are measured against.
//!
//! Slow and plain. It tells how far f32 outputs are from exact ones, which is the floor under every interaction.

use super::sequential::{Pool, Sequential};
use spindle_run::player::PatchMasks;

impl Sequential {
    /// Logits `[classes]` of one picture under one mask, with f32 weights and everything else in f64.
    pub(super) fn exact_logits(
        &self,
        weights: &[f32],
        picture: &[f32],
        mask: Option<(&PatchMasks, usize)>,
    ) -> Vec<f64> {
        let layers = self.layers(weights);
        let mut values: Vec<f64> = picture.iter().map(|&x| f64::from(x)).collect();
        for (index, (layer, (weight, bias))) in self.convolutions.iter().zip(&layers).enumerate() {
            let (side, kernel, map_side) = (layer.side, layer.kernel, layer.map_side());
            let mut map = Vec::with_capacity(layer.map_len());
            for (channel, bias) in bias.iter().enumerate() {
                let weight = &weight[channel * layer.window()..][..layer.window()];
                for position in 0..map_side * map_side {
                    let y = position / map_side * layer.stride;
                    let x = position % map_side * layer.stride;
                    // The columns of the kernel that are not in the padding.
                    let first = layer.padding.saturating_sub(x).min(kernel);
                    let end = (side + layer.padding)
                        .saturating_sub(x)
                        .clamp(first, kernel);
                    let mut sum = f64::from(*bias);
                    for (row, weight) in weight.chunks_exact(kernel).enumerate() {
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
            if let (Some((masks, mask)), true) = (mask, index == self.masked) {
                for channel in map.chunks_exact_mut(map_side * map_side) {
                    for (pixel, value) in channel.iter_mut().enumerate() {
                        if !masks.keeps(mask as u32, pixel) {
                            *value = 0.0;
                        }
                    }
                }
            }
            values = match layer.pool {
                Some(pool) => pooled(&map, map_side, pool),
                None => map,
            };
        }
        for (layer, (weight, bias)) in self.dense.iter().zip(&layers[self.convolutions.len()..]) {
            values = weight
                .chunks_exact(layer.inputs)
                .zip(*bias)
                .map(|(row, bias)| {
                    let sum = dot(row, &values) + f64::from(*bias);
                    if layer.relu { sum.max(0.0) } else { sum }
                })
                .collect();
        }
        values
    }
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
