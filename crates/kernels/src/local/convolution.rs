//! Layers by patterns: the masked feature map, and convolutions behind it.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::{
    Arithmetic, LocalTuning,
    layout::{Layout, Place, WindowInput, pool_cell, spread, window},
    pieces::Pieces,
    sum::{Channels, Input, Sum},
};
use crate::{
    narrow::Forward,
    rows::Epilogue,
    sequential::{Convolution, Masked, Sequential},
    simd::{padded, with_simd},
    tables::{self, Lookup, Tables},
};
use spindle_run::{parallel, player::PatchMasks};

/// The rows of what players are patches of, behind its pooling if it is a feature map; `present`
/// are those of the players with a fixed place that are there. `map`: `[side, side, channels]`,
/// behind its ReLU.
pub(super) fn masked_rows(
    network: &Sequential,
    masks: &PatchMasks,
    layout: &Layout,
    present: u32,
    map: &[f32],
) -> Vec<f32> {
    let channels = network.shape_before(network.first_behind()).channels;
    let stride = padded(channels);
    let mut rows = vec![0.0_f32; layout.rows * stride];
    for (position, place) in layout.places.iter().enumerate() {
        for (pattern, row) in place.rows().enumerate() {
            let there = spread(pattern, place.players) | present;
            let out = &mut rows[row * stride..][..channels];
            let values = |pixel: usize| &map[pixel * channels..][..channels];
            match network.masked {
                Masked::Input if masks.keeps(there, position) => {
                    out.copy_from_slice(values(position));
                }
                Masked::Input => {}
                Masked::Convolution(index) => {
                    let cell = pool_cell(&network.convolutions[index], position);
                    for pixel in cell.filter(|&pixel| masks.keeps(there, pixel)) {
                        for (out, value) in out.iter_mut().zip(values(pixel)) {
                            // An absent value is 0, and none is less behind a ReLU.
                            *out = out.max(*value);
                        }
                    }
                }
            }
        }
    }
    rows
}

/// A convolution by patterns, with its pooling.
#[derive(Clone, Debug)]
pub(super) struct ConvolutionPlan {
    layer: Convolution,
    /// Parts that it is computed in.
    parts: usize,
    /// Of what comes out.
    pub(super) layout: Layout,
    pub(super) cells: Vec<Cell>,
    /// What wide networks multiply.
    pub(super) pieces: Option<Pieces>,
}

/// A position of what comes out.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) place: Place,
    /// One sum, or those of a pooled cell.
    pub(super) sums: Vec<Sum>,
    /// For a pooled cell, where each of its sums is for every pattern.
    pub(super) pooled: Option<Vec<Lookup>>,
}

impl ConvolutionPlan {
    pub(super) fn new(
        layer: &Convolution,
        inputs: &Layout,
        is_wide: bool,
        tuning: &LocalTuning,
    ) -> Self {
        let layout = inputs.behind(layer);
        let channels = Channels {
            count: layer.inputs,
            stride: padded(layer.inputs),
        };
        let area = layer.kernel.pow(2);
        let sum = |pixel| {
            let under = window(layer, pixel);
            let under = under.map(|WindowInput { offset, position }| Input {
                weights: offset,
                place: inputs.places[position],
            });
            if is_wide {
                let tables = under.map(|Input { weights, place }| Place {
                    first: weights * inputs.rows + place.first,
                    ..place
                });
                Sum::of_tables(tables.collect(), area * inputs.rows)
            } else {
                Sum::new(under, channels)
            }
        };
        let cells = layout.places.iter().enumerate();
        let cells = cells.map(|(position, place)| {
            let sums = pool_cell(layer, position).map(sum).collect();
            Cell::new(layer, sums, *place)
        });
        Self {
            layer: layer.clone(),
            parts: tuning.parts,
            cells: cells.collect(),
            pieces: is_wide.then(|| Pieces::new(layer, inputs, tuning.rows)),
            layout,
        }
    }

    pub(super) fn arithmetic(&self) -> Arithmetic {
        let (inputs, outputs) = (self.layer.inputs, self.layer.outputs);
        let sums = self.cells.iter().flat_map(|cell| &cell.sums);
        let of_sums: Arithmetic = sums.map(|sum| sum.arithmetic(inputs, outputs)).sum();
        let multiplied = self.pieces.as_ref().map_or(0, Pieces::multiplied);
        of_sums + Arithmetic::of_products(multiplied * inputs * outputs)
    }

    /// The rows of what comes out, given those of what comes in.
    pub(super) fn rows(&self, weights: &Forward, inputs: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; self.layout.rows * weights.weight.stride()];
        let mut parts = Vec::with_capacity(self.parts);
        let mut rest = &mut out[..];
        for cells in self.parts() {
            let rows = self.cells[cells.clone()]
                .iter()
                .map(|cell| cell.place.patterns());
            let (part, tail) = rest.split_at_mut(rows.sum::<usize>() * weights.weight.stride());
            parts.push((cells, part));
            rest = tail;
        }
        parallel::for_each(&mut parts, |_, (cells, out)| {
            with_simd(Part {
                cells: &self.cells[cells.clone()],
                layer: &self.layer,
                weights,
                inputs,
                out,
            });
        });
        out
    }

    /// Ranges of cells with about equally many rows.
    fn parts(&self) -> Vec<Range<usize>> {
        let most = self.layout.rows.div_ceil(self.parts);
        let mut parts = Vec::with_capacity(self.parts);
        let mut first = 0;
        for (index, cell) in self.cells.iter().enumerate() {
            let rows = cell.place.rows().end - self.cells[first].place.first;
            if rows >= most || index + 1 == self.cells.len() {
                parts.push(first..index + 1);
                first = index + 1;
            }
        }
        parts
    }
}

impl Cell {
    fn new(layer: &Convolution, sums: Vec<Sum>, place: Place) -> Self {
        let mut first = 0;
        let lookups = sums.iter().map(|sum| {
            let lookup = Lookup::new(first, sum.players, place.players);
            first += sum.patterns();
            lookup
        });
        let pooled = layer.pool.map(|_| lookups.collect());
        Self {
            place,
            sums,
            pooled,
        }
    }
}

/// Some cells in a row, to be computed on one core.
struct Part<'a> {
    cells: &'a [Cell],
    layer: &'a Convolution,
    weights: &'a Forward,
    inputs: &'a [f32],
    out: &'a mut [f32],
}

impl WithSimd for Part<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let stride = self.weights.weight.stride();
        let sums = || self.cells.iter().flat_map(|cell| &cell.sums);
        let most = sums().map(Sum::table_rows).max().unwrap_or(0);
        let mut tables = vec![0.0; most * stride];
        let most = self.cells.iter().map(Cell::sum_rows).max().unwrap_or(0);
        let mut unpooled = vec![0.0; most * stride];
        let epilogue = Epilogue {
            bias: Some(&self.weights.bias),
            relu: true,
        };
        let channels = Channels {
            count: self.layer.inputs,
            stride: padded(self.layer.inputs),
        };
        let mut rest = self.out;
        for cell in self.cells {
            let (out, tail) = rest.split_at_mut(cell.place.patterns() * stride);
            rest = tail;
            let mut first = 0;
            for sum in &cell.sums {
                sum.fill(
                    simd,
                    self.inputs,
                    channels,
                    &self.weights.weight,
                    &mut tables,
                );
                let rows = first..first + sum.patterns() * stride;
                first = rows.end;
                let to = if cell.pooled.is_some() {
                    &mut unpooled[rows]
                } else {
                    &mut *out
                };
                let tables = Tables {
                    values: &tables,
                    stride,
                };
                sum.add_up(simd, tables, 0, epilogue, to);
            }
            if let Some(lookups) = &cell.pooled {
                let unpooled = Tables {
                    values: &unpooled,
                    stride,
                };
                tables::largest(simd, unpooled, lookups, out);
            }
        }
    }
}

impl Cell {
    /// Rows of all its sums.
    pub(super) fn sum_rows(&self) -> usize {
        self.sums.iter().map(Sum::patterns).sum()
    }
}
