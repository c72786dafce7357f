//! Windows laid out, for the convolutions whose inputs do not lie in runs: few channels, or strides.

use super::layer::{Layer, panels};
use crate::product::{Row, WIDTH};
use spindle_run::parallel;

/// Where a layer's input lies.
#[derive(Clone, Copy)]
pub(super) enum Input<'a> {
    /// `[picture][channel][row][column]`.
    Pictures(&'a [f32]),
    /// `[panel][row][column][picture]`.
    Map(&'a [Row]),
}

impl Input<'_> {
    #[inline(always)]
    fn value(self, layer: &Layer, channel: usize, pixel: usize, place: [usize; 2]) -> f32 {
        let [picture, count] = place;
        let area = layer.side.pow(2);
        match self {
            Self::Pictures(values) => values[(picture * layer.inputs + channel) * area + pixel],
            Self::Map(rows) => {
                rows[(channel / WIDTH * area + pixel) * count + picture][channel % WIDTH]
            }
        }
    }
}

/// The values under one position of a kernel that are not in the padding.
fn under(layer: &Layer, position: usize) -> impl Iterator<Item = (usize, usize)> + use<> {
    let [kernel, side, padding] = [layer.kernel, layer.side, layer.padding];
    let y = position / layer.map_side * layer.stride;
    let x = position % layer.map_side * layer.stride;
    (0..kernel * kernel).filter_map(move |offset| {
        let row = (y + offset / kernel).checked_sub(padding)?;
        let column = (x + offset % kernel).checked_sub(padding)?;
        (row < side && column < side).then_some((offset, row * side + column))
    })
}

/// Lays windows out: `out [panel of the window][row][column][picture]`, windows `[kernel offset][channel]`.
pub(super) fn unfold(layer: &Layer, input: Input<'_>, count: usize, out: &mut [Row]) {
    let positions = layer.map_side.pow(2);
    let mut rows: Vec<Vec<&mut [Row]>> = Vec::new();
    rows.resize_with(positions, || Vec::with_capacity(panels(layer.window())));
    for (index, part) in out.chunks_mut(count).enumerate() {
        rows[index % positions].push(part);
    }
    parallel::for_each(&mut rows, |position, out| {
        for part in out.iter_mut() {
            part.fill([0.0; WIDTH]);
        }
        for (offset, pixel) in under(layer, position) {
            for channel in 0..layer.inputs {
                let place = offset * layer.inputs + channel;
                let out = &mut out[place / WIDTH];
                for (picture, row) in out.iter_mut().enumerate() {
                    row[place % WIDTH] = input.value(layer, channel, pixel, [picture, count]);
                }
            }
        }
    });
}

/// Adds up the gradients of the laid out windows: `out [panel][row][column][picture]`.
pub(super) fn fold(layer: &Layer, windows: &[Row], count: usize, out: &mut [Row]) {
    let area = layer.side.pow(2);
    let positions = layer.map_side.pow(2);
    let mut panels: Vec<&mut [Row]> = out.chunks_mut(area * count).collect();
    parallel::for_each(&mut panels, |panel, out| {
        out.fill([0.0; WIDTH]);
        let channels = panel * WIDTH..layer.inputs.min((panel + 1) * WIDTH);
        for position in 0..positions {
            for (offset, pixel) in under(layer, position) {
                for channel in channels.clone() {
                    let place = offset * layer.inputs + channel;
                    let from = (place / WIDTH * positions + position) * count;
                    for picture in 0..count {
                        out[pixel * count + picture][channel % WIDTH] +=
                            windows[from + picture][place % WIDTH];
                    }
                }
            }
        }
    });
}
