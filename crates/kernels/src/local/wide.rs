//! Convolutions of wide networks by patterns.
//!
//! Rows of all positions and patterns lie one after the other, so that a kernel offset is multiplied with all of them at once: products of large
//! matrices, whatever the number of patterns at a position. What is left for a position is to add the rows that its offsets name.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::{
    convolution::{Cell, ConvolutionPlan},
    layout::Layout,
    sum::Sum,
};
use crate::{
    product::{Along, Product, Row, Segment, Start, WIDTH},
    rows::{self, Finish, with_simd},
    sequential::Convolution,
    wide::{Layer, panels},
};
use spindle_run::parallel;

/// Rows that are multiplied by all kernel offsets in turn, while they are in the second-level cache.
const BLOCK: usize = 120;

/// Rows `[row][stride]` as `[panel][row]`.
pub(super) fn in_panels(rows: &[f32], stride: usize, channels: usize) -> Vec<Row> {
    let mut out = Vec::with_capacity(panels(channels) * rows.len() / stride);
    for first in (0..channels).step_by(WIDTH) {
        let lanes = first..channels.min(first + WIDTH);
        out.extend(rows.chunks_exact(stride).map(|row| {
            let mut out = [0.0; WIDTH];
            out[..lanes.len()].copy_from_slice(&row[lanes.clone()]);
            out
        }));
    }
    out
}

/// Rows that meet one kernel offset.
#[derive(Clone, Debug)]
struct Piece {
    offset: usize,
    rows: Range<usize>,
}

/// The rows of what comes in, a few at a time, and the offsets that meet them.
#[derive(Clone, Debug)]
pub(super) struct Pieces {
    pieces: Vec<Piece>,
    /// Rows of what comes in.
    rows: usize,
}

impl Pieces {
    pub(super) fn new(layer: &Convolution, inputs: &Layout) -> Self {
        let mut pieces = Vec::new();
        for (y, line) in inputs.places.chunks(layer.side).enumerate() {
            let end = line.last().map_or(0, |place| place.rows().end);
            for first in (line[0].first..end).step_by(BLOCK) {
                let block = first..end.min(first + BLOCK);
                for offset in 0..layer.kernel.pow(2) {
                    let (dy, dx) = (offset / layer.kernel, offset % layer.kernel);
                    let columns = sources(layer, dx);
                    if !sources(layer, dy).contains(&y) || columns.is_empty() {
                        continue;
                    }
                    let rows = line[columns.start].first..line[columns.end - 1].rows().end;
                    let rows = rows.start.max(block.start)..rows.end.min(block.end);
                    if !rows.is_empty() {
                        pieces.push(Piece { offset, rows });
                    }
                }
            }
        }
        Self {
            pieces,
            rows: inputs.rows,
        }
    }

    /// Rows that are multiplied, with all offsets.
    pub(super) fn multiplied(&self) -> usize {
        self.pieces.iter().map(|piece| piece.rows.len()).sum()
    }
}

/// Places along one axis that an offset meets.
fn sources(layer: &Convolution, offset: usize) -> Range<usize> {
    let first = offset.saturating_sub(layer.padding);
    let end = (layer.map_side() + offset).saturating_sub(layer.padding);
    first..layer.side.min(end).max(first)
}

impl ConvolutionPlan {
    /// The rows of what comes out, given those of what comes in, both `[panel][row]`.
    pub(super) fn wide_rows(
        &self,
        pieces: &Pieces,
        (layer, parameters): (&Layer, &[Row]),
        inputs: &[Row],
    ) -> Vec<Row> {
        let (weights, bias) = layer.split(parameters);
        let mut out = vec![[0.0; WIDTH]; self.layout.rows * bias.len()];
        let mut parts: Vec<&mut [Row]> = out.chunks_mut(self.layout.rows).collect();
        parallel::for_each(&mut parts, |panel, out| {
            let window = weights.len() / bias.len();
            with_simd(PanelRows {
                plan: self,
                pieces,
                channels: layer.inputs,
                weights: &weights[panel * window..][..window],
                bias: &bias[panel],
                inputs,
                out,
            });
        });
        out
    }
}

/// One panel of what comes out, to be computed on one core.
struct PanelRows<'a> {
    plan: &'a ConvolutionPlan,
    pieces: &'a Pieces,
    channels: usize,
    weights: &'a [Row],
    bias: &'a Row,
    inputs: &'a [Row],
    out: &'a mut [Row],
}

impl WithSimd for PanelRows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let sums = self.plan.cells.iter().flat_map(|cell| &cell.sums);
        let rows = sums.map(Sum::table_rows).max().unwrap_or(0);
        let mut tables = vec![[0.0; WIDTH]; rows];
        self.multiply(simd, &mut tables);
        let tables = tables.as_flattened_mut();
        let most = self.plan.cells.iter().map(Cell::sum_rows).max();
        let mut unpooled = vec![0.0; most.unwrap_or(0) * WIDTH];
        let finish = Finish {
            bias: Some(self.bias),
            relu: true,
        };
        for cell in &self.plan.cells {
            let out = self.out[cell.place.rows()].as_flattened_mut();
            let mut first = 0;
            for sum in &cell.sums {
                sum.merge(simd, WIDTH, tables);
                let rows = first..first + sum.patterns() * WIDTH;
                first = rows.end;
                let to = match cell.pooled {
                    Some(_) => &mut unpooled[rows],
                    None => &mut *out,
                };
                sum.finish(simd, tables, 0, WIDTH, finish, to);
            }
            if let Some(lookups) = &cell.pooled {
                rows::largest(simd, &unpooled, lookups, WIDTH, out);
            }
        }
    }
}

impl PanelRows<'_> {
    /// The tables of all offsets.
    #[inline(always)]
    fn multiply<S: Simd>(&self, simd: S, tables: &mut [Row]) {
        let rows = self.pieces.rows;
        let segments: Vec<Segment> = (0..panels(self.channels))
            .map(|panel| Segment {
                left: panel * rows,
                right: panel * WIDTH,
                len: WIDTH.min(self.channels - panel * WIDTH),
            })
            .collect();
        for piece in &self.pieces.pieces {
            let product = Product {
                left: self.inputs,
                right: &self.weights[piece.offset * self.channels..][..self.channels],
                segments: &segments,
                start: Start::Bias(&[0.0; WIDTH]),
                relu: false,
            };
            let out = &mut tables[piece.offset * rows..][piece.rows.clone()];
            product.rows(simd, Along::Rows, piece.rows.start, out);
        }
    }
}
