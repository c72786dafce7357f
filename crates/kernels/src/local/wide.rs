//! Convolutions of wide networks by patterns.
//!
//! Rows of all positions and patterns lie one after the other, so that a kernel offset is
//! multiplied with all of them at once: products of large matrices, whatever the number of patterns
//! at a position. What is left for a position is to add the rows that its offsets name.

use pulp::{Simd, WithSimd};

use super::{
    convolution::{Cell, ConvolutionPlan},
    pieces::Pieces,
    sum::Sum,
};
use crate::{
    panels::{Row, WIDTH, ZERO, panels},
    product::{Along, Product, Segment, Start},
    rows::Epilogue,
    simd::with_simd,
    tables::{self, Tables},
    wide::{Layer, LayerParameters},
};
use spindle_run::parallel;

impl ConvolutionPlan {
    /// The rows of what comes out, given those of what comes in, both `[panel][row]`.
    pub(super) fn wide_rows(
        &self,
        pieces: &Pieces,
        layer: &Layer,
        parameters: LayerParameters<'_>,
        inputs: &[Row],
    ) -> Vec<Row> {
        let LayerParameters {
            weight: weights,
            bias,
        } = parameters;
        let mut out = vec![ZERO; self.layout.rows * bias.len()];
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
        let mut tables = vec![ZERO; rows];
        self.multiply(simd, &mut tables);
        let table_values = tables.as_flattened_mut();
        let most = self.plan.cells.iter().map(Cell::sum_rows).max();
        let mut unpooled = vec![0.0; most.unwrap_or(0) * WIDTH];
        let epilogue = Epilogue {
            bias: Some(self.bias),
            relu: true,
        };
        for cell in &self.plan.cells {
            let out = self.out[cell.place.rows()].as_flattened_mut();
            let mut first = 0;
            for sum in &cell.sums {
                sum.merge(simd, WIDTH, table_values);
                let rows = first..first + sum.patterns() * WIDTH;
                first = rows.end;
                let to = match cell.pooled {
                    Some(_) => &mut unpooled[rows],
                    None => &mut *out,
                };
                let tables = Tables {
                    values: table_values,
                    stride: WIDTH,
                };
                sum.add_up(simd, tables, 0, epilogue, to);
            }
            if let Some(lookups) = &cell.pooled {
                let unpooled = Tables {
                    values: &unpooled,
                    stride: WIDTH,
                };
                tables::largest(simd, unpooled, lookups, out);
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
                start: Start::Bias(&ZERO),
                relu: false,
            };
            let out = &mut tables[piece.offset * rows..][piece.rows.clone()];
            product.rows(simd, Along::Rows, piece.rows.start, out);
        }
    }
}
