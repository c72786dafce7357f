//! Max pooling of whole rows, and the way back through it and through ReLU.

use pulp::{Simd, WithSimd};

use super::layer::Layer;
use crate::{
    product::{Row, WIDTH},
    rows::with_simd,
    sequential::Pool,
};
use spindle_run::parallel;

/// For every value of a row, which of the values under the pooling's window it was: counted row by row.
pub(super) type Choice = [u8; WIDTH];

/// Largest side of a window whose places a [`Choice`] can tell apart.
pub(crate) const MOST_POOLED: usize = 16;

/// One line of pooled positions, given the lines under its windows.
#[inline(always)]
pub(super) fn pool_line(
    pool: Pool,
    map: &[Row],
    (side, count): (usize, usize),
    out: &mut [Row],
    mut choices: Option<&mut [Choice]>,
) {
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

/// What the way back through a layer's pooling and ReLU needs.
#[derive(Clone, Copy)]
pub(super) struct Passed<'a> {
    pub(super) layer: &'a Layer,
    /// What came out.
    pub(super) values: &'a [Row],
    pub(super) choices: &'a [Choice],
    /// The gradient by it.
    pub(super) gradient: &'a [Row],
    pub(super) count: usize,
}

impl Passed<'_> {
    /// Writes the gradient by the map before ReLU to `out [panel][row][column][picture]`, and its sums to a row for each panel of `bias`.
    pub(super) fn back(self, out: &mut [Row], bias: &mut [Row]) {
        let side = self.layer.map_side;
        let mut lines: Vec<(&mut [Row], Row)> = out
            .chunks_mut(side * self.count)
            .map(|line| (line, [0.0; WIDTH]))
            .collect();
        parallel::for_each(&mut lines, |index, (out, sum)| {
            with_simd(BackLine {
                passed: self,
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

#[inline(always)]
fn add(to: &mut Row, row: &Row) {
    for (to, value) in to.iter_mut().zip(row) {
        *to += value;
    }
}

/// One line of the map.
struct BackLine<'a, 'b> {
    passed: Passed<'a>,
    panel: usize,
    y: usize,
    out: &'b mut [Row],
    /// The sum over the line.
    sum: &'b mut Row,
}

impl WithSimd for BackLine<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let layer = self.passed.layer;
        let count = self.passed.count;
        let line = layer.out_side * count;
        let panel = self.panel * layer.out_side * line;
        match layer.pool {
            None => {
                let rows = panel + self.y * line..panel + (self.y + 1) * line;
                let (values, gradient) = (
                    &self.passed.values[rows.clone()],
                    &self.passed.gradient[rows],
                );
                pass_relu(layer.relu, values, gradient, self.out);
            }
            Some(pool) => {
                self.out.fill([0.0; WIDTH]);
                for row in covering(pool, self.y, layer.out_side) {
                    let rows = panel + row * line..panel + (row + 1) * line;
                    let dy = self.y - row * pool.stride;
                    let passed = Passed {
                        values: &self.passed.values[rows.clone()],
                        choices: &self.passed.choices[rows.clone()],
                        gradient: &self.passed.gradient[rows],
                        ..self.passed
                    };
                    unpool_line(pool, dy, passed, self.out);
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

#[inline(always)]
fn pass_relu(relu: bool, values: &[Row], gradient: &[Row], out: &mut [Row]) {
    for ((out, value), gradient) in out.iter_mut().zip(values).zip(gradient) {
        for ((out, value), gradient) in out.iter_mut().zip(value).zip(gradient) {
            *out = if *value > 0.0 || !relu {
                *gradient
            } else {
                0.0
            };
        }
    }
}

/// Adds what one pooled line gives line `dy` under its windows.
#[inline(always)]
fn unpool_line(pool: Pool, dy: usize, passed: Passed<'_>, out: &mut [Row]) {
    let count = passed.count;
    let rows = passed
        .values
        .iter()
        .zip(passed.choices)
        .zip(passed.gradient);
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
