//! A convolution fused with bias, ReLU and 2x2 max pooling, forward and backward, one picture at a time.
//!
//! The windows of a picture are laid out as the columns of a matrix that stays in cache; the products then run at
//! the speed of dense ones. Pooling keeps, for every cell, which of its four values was largest.

use super::{
    product::{Destination, Matrix, product},
    stack::Convolution,
};

/// Buffers for one convolution.
#[derive(Clone)]
pub(super) struct Scratch {
    /// Windows as columns, `[window, map positions]`.
    columns: Vec<f32>,
    /// Feature map, `[outputs, map positions]`.
    map: Vec<f32>,
}

impl Scratch {
    pub(super) fn new(layer: &Convolution) -> Self {
        let positions = layer.map_side() * layer.map_side();
        Self {
            columns: vec![0.0; layer.window() * positions],
            map: vec![0.0; layer.map_len()],
        }
    }
}

/// From a picture to the feature map behind the ReLU, `[outputs, map side, map side]`.
pub(super) fn feature_map(
    layer: &Convolution,
    (weight, bias): (&[f32], &[f32]),
    picture: &[f32],
    scratch: &mut Scratch,
    map: &mut [f32],
) {
    convolve(layer, weight, picture, &mut scratch.columns, map);
    let positions = layer.map_side() * layer.map_side();
    for (channel, bias) in map.chunks_exact_mut(positions).zip(bias) {
        for value in channel {
            *value = (*value + bias).max(0.0);
        }
    }
}

/// From a picture to what comes out; `largest` tells, for every pooled cell, which of its four values was taken.
pub(super) fn forward(
    layer: &Convolution,
    (weight, bias): (&[f32], &[f32]),
    picture: &[f32],
    scratch: &mut Scratch,
    out: &mut [f32],
    largest: &mut [u8],
) {
    if !layer.pool {
        feature_map(layer, (weight, bias), picture, scratch, out);
        return;
    }
    convolve(
        layer,
        weight,
        picture,
        &mut scratch.columns,
        &mut scratch.map,
    );
    let (side, half) = (layer.map_side(), layer.out_side());
    for (channel, bias) in bias.iter().enumerate() {
        let map = &scratch.map[channel * side * side..][..side * side];
        let cells = channel * half * half..(channel + 1) * half * half;
        let rows = out[cells.clone()]
            .chunks_exact_mut(half)
            .zip(largest[cells].chunks_exact_mut(half));
        for (pair, (out, largest)) in map.chunks_exact(2 * side).zip(rows) {
            let (upper, lower) = pair.split_at(side);
            let quads = upper.chunks_exact(2).zip(lower.chunks_exact(2));
            for ((u, l), (out, largest)) in quads.zip(out.iter_mut().zip(largest)) {
                let (right, top) = (u8::from(u[1] > u[0]), u[0].max(u[1]));
                let (right_below, below) = (u8::from(l[1] > l[0]), l[0].max(l[1]));
                *largest = if below > top { 2 + right_below } else { right };
                *out = (top.max(below) + bias).max(0.0);
            }
        }
    }
}

/// What a forward pass saw and gave, for its way back.
pub(super) struct Passed<'a> {
    pub(super) picture: &'a [f32],
    pub(super) out: &'a [f32],
    pub(super) largest: &'a [u8],
}

/// Adds the gradients by weight and bias, given the gradient by what came out; writes the gradient by the picture
/// where it is wanted.
pub(super) fn backward(
    layer: &Convolution,
    weight: &[f32],
    passed: &Passed<'_>,
    out_gradient: &[f32],
    scratch: &mut Scratch,
    (weight_gradient, bias_gradient): (&mut [f32], &mut [f32]),
    picture_gradient: Option<&mut [f32]>,
) {
    let positions = layer.map_side() * layer.map_side();
    map_gradient(layer, passed, out_gradient, &mut scratch.map);
    for (sum, channel) in bias_gradient
        .iter_mut()
        .zip(scratch.map.chunks_exact(positions))
    {
        *sum += channel.iter().sum::<f32>();
    }
    windows(layer, passed.picture, &mut scratch.columns);
    product(
        [layer.outputs, positions, layer.window()],
        Matrix::rows(&scratch.map, positions),
        Matrix::rows(&scratch.columns, positions).transposed(),
        weight_gradient,
        Destination::Add,
    );
    if let Some(picture_gradient) = picture_gradient {
        product(
            [layer.window(), layer.outputs, positions],
            Matrix::rows(weight, layer.window()).transposed(),
            Matrix::rows(&scratch.map, positions),
            &mut scratch.columns,
            Destination::Overwrite,
        );
        add_windows(layer, &scratch.columns, picture_gradient);
    }
}

/// The gradient by the feature map: what came out passes it to the value it was taken from, if that was positive.
fn map_gradient(layer: &Convolution, passed: &Passed<'_>, out_gradient: &[f32], map: &mut [f32]) {
    let active = passed.out.iter().zip(out_gradient);
    if !layer.pool {
        for (map, (out, gradient)) in map.iter_mut().zip(active) {
            *map = if *out > 0.0 { *gradient } else { 0.0 };
        }
        return;
    }
    map.fill(0.0);
    let (side, half) = (layer.map_side(), layer.out_side());
    for (cell, ((out, gradient), largest)) in active.zip(passed.largest).enumerate() {
        if *out > 0.0 {
            let (row, column) = (cell / half, cell % half);
            let (below, right) = (usize::from(largest >> 1), usize::from(largest & 1));
            map[(2 * row + below) * side + 2 * column + right] = *gradient;
        }
    }
}

fn convolve(
    layer: &Convolution,
    weight: &[f32],
    picture: &[f32],
    columns: &mut [f32],
    map: &mut [f32],
) {
    let positions = layer.map_side() * layer.map_side();
    windows(layer, picture, columns);
    product(
        [layer.outputs, layer.window(), positions],
        Matrix::rows(weight, layer.window()),
        Matrix::rows(columns, positions),
        map,
        Destination::Overwrite,
    );
}

/// Lays the windows of a picture out as columns, `[window, map positions]`.
fn windows(layer: &Convolution, picture: &[f32], columns: &mut [f32]) {
    for_each_run(layer, |source, target, len| {
        columns[target..target + len].copy_from_slice(&picture[source..source + len]);
    });
}

/// Sums columns back to the pixels they were copied from.
fn add_windows(layer: &Convolution, columns: &[f32], picture: &mut [f32]) {
    picture.fill(0.0);
    for_each_run(layer, |source, target, len| {
        let pixels = &mut picture[source..source + len];
        for (pixel, value) in pixels.iter_mut().zip(&columns[target..target + len]) {
            *pixel += value;
        }
    });
}

/// Calls `run(first pixel, first column value, length)` for every run of pixels that is contiguous in both.
fn for_each_run(layer: &Convolution, mut run: impl FnMut(usize, usize, usize)) {
    let (side, kernel, map_side) = (layer.side, layer.kernel, layer.map_side());
    for row in 0..layer.window() {
        let (channel, within) = (row / (kernel * kernel), row % (kernel * kernel));
        let (dy, dx) = (within / kernel, within % kernel);
        for y in 0..map_side {
            let source = (channel * side + y + dy) * side + dx;
            run(source, (row * map_side + y) * map_side, map_side);
        }
    }
}
