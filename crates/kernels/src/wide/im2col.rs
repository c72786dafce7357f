//! im2col, for the convolutions whose inputs do not lie in runs: few channels, or strides.

use super::layer::Layer;
use crate::panels::{Row, WIDTH, ZERO, panels};
use spindle_run::parallel;

/// Where a layer's input lies.
#[derive(Clone, Copy)]
pub(super) enum Input<'a> {
    /// `[picture][channel][row][column]`.
    Pictures(&'a [f32]),
    /// `[panel][row][column][picture]`.
    Map(&'a [Row]),
}

/// One of some pictures.
#[derive(Clone, Copy)]
struct Picture {
    picture: usize,
    /// How many there are.
    count: usize,
}

/// A value under one position of a kernel.
#[derive(Clone, Copy)]
struct Under {
    /// The kernel's offset.
    offset: usize,
    /// The position of what comes in.
    pixel: usize,
}

impl Input<'_> {
    #[inline(always)]
    fn value(self, layer: &Layer, channel: usize, pixel: usize, picture: Picture) -> f32 {
        let Picture { picture, count } = picture;
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
fn under(layer: &Layer, position: usize) -> impl Iterator<Item = Under> + use<> {
    let [kernel, side, padding] = [layer.kernel, layer.side, layer.padding];
    let y = position / layer.map_side * layer.stride;
    let x = position % layer.map_side * layer.stride;
    (0..kernel * kernel).filter_map(move |offset| {
        let row = (y + offset / kernel).checked_sub(padding)?;
        let column = (x + offset % kernel).checked_sub(padding)?;
        let pixel = row * side + column;
        (row < side && column < side).then_some(Under { offset, pixel })
    })
}

/// Lays windows out: `out [panel of the window][row][column][picture]`, windows
/// `[kernel offset][channel]`.
pub(super) fn im2col(layer: &Layer, input: Input<'_>, count: usize, out: &mut [Row]) {
    let positions = layer.map_side.pow(2);
    let mut rows: Vec<Vec<&mut [Row]>> = Vec::new();
    rows.resize_with(positions, || Vec::with_capacity(panels(layer.window())));
    for (index, part) in out.chunks_mut(count).enumerate() {
        rows[index % positions].push(part);
    }
    parallel::for_each(&mut rows, |position, out| {
        for part in out.iter_mut() {
            part.fill(ZERO);
        }
        for Under { offset, pixel } in under(layer, position) {
            for channel in 0..layer.inputs {
                let place = offset * layer.inputs + channel;
                let out = &mut out[place / WIDTH];
                for (picture, row) in out.iter_mut().enumerate() {
                    let picture = Picture { picture, count };
                    row[place % WIDTH] = input.value(layer, channel, pixel, picture);
                }
            }
        }
    });
}

/// Adds up the gradients with respect to im2col's columns: `out [panel][row][column][picture]`.
pub(super) fn col2im(layer: &Layer, columns: &[Row], count: usize, out: &mut [Row]) {
    let area = layer.side.pow(2);
    let positions = layer.map_side.pow(2);
    let mut panels: Vec<&mut [Row]> = out.chunks_mut(area * count).collect();
    parallel::for_each(&mut panels, |panel, out| {
        out.fill(ZERO);
        let channels = panel * WIDTH..layer.inputs.min((panel + 1) * WIDTH);
        for position in 0..positions {
            for Under { offset, pixel } in under(layer, position) {
                for channel in channels.clone() {
                    let place = offset * layer.inputs + channel;
                    let from = (place / WIDTH * positions + position) * count;
                    for picture in 0..count {
                        out[pixel * count + picture][channel % WIDTH] +=
                            columns[from + picture][place % WIDTH];
                    }
                }
            }
        }
    });
}
