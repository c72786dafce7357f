//! Max pooling of whole rows, and the backward pass through it and through activations.

use pulp::{Simd, WithSimd};

use super::layer::Layer;
use crate::{
    activation::backward,
    panels::{Row, WIDTH, ZERO, add},
    sequential::Pool,
    simd::with_simd,
};
use spindle_run::parallel;

/// For every value of a row, which of the values under the pooling's window it was: counted row by
/// row.
pub(super) type Choice = [u8; WIDTH];

/// Largest side of a window whose places a [`Choice`] can tell apart.
pub(crate) const MOST_POOLED: usize = 16;

/// The lines of a feature map under a line of pooled positions.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) pool: Pool,
    /// `[row][column][picture]`.
    pub(super) map: &'a [Row],
    /// Columns.
    pub(super) side: usize,
    /// Pictures.
    pub(super) count: usize,
}

/// One line of pooled positions, given the lines under its windows.
#[inline(always)]
pub(super) fn pool_line(line: Line<'_>, out: &mut [Row], mut choices: Option<&mut [Choice]>) {
    let Line {
        pool,
        map,
        side,
        count,
    } = line;
    for (index, out) in out.iter_mut().enumerate() {
        let (x, picture) = (index / count, index % count);
        let first = x * pool.stride * count + picture;
        let mut largest = map[first];
        let mut choice = [0_u32; WIDTH];
        for place in 1..pool.size.pow(2) {
            let (dy, dx) = (place / pool.size, place % pool.size);
            let row = &map[first + (dy * side + dx) * count];
            for ((largest, choice), value) in largest.iter_mut().zip(&mut choice).zip(row) {
                let larger = *value > *largest;
                *largest = if larger { *value } else { *largest };
                *choice = if larger { place as u32 } else { *choice };
            }
        }
        *out = largest;
        if let Some(choices) = &mut choices {
            choices[index] = choice.map(|place| place as u8);
        }
    }
}

/// What came out of a layer, as the backward pass through its pooling and ReLU needs it.
#[derive(Clone, Copy)]
pub(super) struct Output<'a> {
    pub(super) layer: &'a Layer,
    /// What came out.
    pub(super) values: &'a [Row],
    pub(super) choices: &'a [Choice],
    /// The gradient with respect to it.
    pub(super) gradient: &'a [Row],
    pub(super) count: usize,
}

impl Output<'_> {
    /// Writes the gradient with respect to the feature map before its ReLU to
    /// `out [panel][row][column][picture]`, and adds its sums to a row for each panel of `bias`.
    pub(super) fn backward(self, out: &mut [Row], bias: &mut [Row]) {
        let side = self.layer.map_side;
        let mut lines: Vec<(&mut [Row], Row)> = out
            .chunks_mut(side * self.count)
            .map(|line| (line, ZERO))
            .collect();
        parallel::for_each(&mut lines, |index, (out, sum)| {
            with_simd(BackwardLine {
                output: self,
                panel: index / side,
                y: index % side,
                out,
                sum,
            });
        });
        for (lines, bias) in lines.chunks(side).zip(bias) {
            for (_, sum) in lines {
                add(bias, sum);
            }
        }
    }
}

/// One line of the map.
struct BackwardLine<'a, 'b> {
    output: Output<'a>,
    panel: usize,
    y: usize,
    out: &'b mut [Row],
    /// The sum over the line.
    sum: &'b mut Row,
}

impl WithSimd for BackwardLine<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let layer = self.output.layer;
        let count = self.output.count;
        let line = layer.out_side * count;
        let panel = self.panel * layer.out_side * line;
        match layer.pool {
            None => {
                let rows = panel + self.y * line..panel + (self.y + 1) * line;
                self.out
                    .copy_from_slice(&self.output.gradient[rows.clone()]);
                let values = self.output.values[rows].as_flattened();
                backward(layer.activation, values, self.out.as_flattened_mut());
            }
            Some(pool) => {
                self.out.fill(ZERO);
                for row in covering(pool, self.y, layer.out_side) {
                    let rows = panel + row * line..panel + (row + 1) * line;
                    let dy = self.y - row * pool.stride;
                    let output = Output {
                        values: &self.output.values[rows.clone()],
                        choices: &self.output.choices[rows.clone()],
                        gradient: &self.output.gradient[rows],
                        ..self.output
                    };
                    unpool_line(pool, dy, output, self.out);
                }
            }
        }
        for row in self.out.iter() {
            add(self.sum, row);
        }
    }
}

/// The pooled lines whose windows cover line `y` of the map.
fn covering(pool: Pool, y: usize, side: usize) -> std::ops::Range<usize> {
    let first = (y + 1).saturating_sub(pool.size).div_ceil(pool.stride);
    first..side.min(y / pool.stride + 1)
}

/// Adds what one pooled line gives line `dy` under its windows.
#[inline(always)]
fn unpool_line(pool: Pool, dy: usize, output: Output<'_>, out: &mut [Row]) {
    let count = output.count;
    let rows = output
        .values
        .iter()
        .zip(output.choices)
        .zip(output.gradient);
    for (index, ((values, choices), gradient)) in rows.enumerate() {
        let (x, picture) = (index / count, index % count);
        let mut given = *gradient;
        for (given, value) in given.iter_mut().zip(values) {
            *given = if *value > 0.0 { *given } else { 0.0 };
        }
        for dx in 0..pool.size {
            let place = (dy * pool.size + dx) as u8;
            let out = &mut out[(x * pool.stride + dx) * count + picture];
            for ((out, given), choice) in out.iter_mut().zip(&given).zip(choices) {
                *out += if *choice == place { *given } else { 0.0 };
            }
        }
    }
}
