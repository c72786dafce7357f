//! Linear layers on rows in panels.

use pulp::{Simd, WithSimd};

use crate::panels::{Row, WIDTH};
use crate::product::{Along, Product, Segment, Start};

/// Panels of the left side that are multiplied at a time, whose segments lie on the stack: as many
/// as the widest layer of BERT-Medium has. What is wider takes several turns, each of which adds to
/// what the one before left.
const PANELS: usize = 64;

/// Where the left side of a product lies: rows `first..first + out.len()` of panels that are
/// `stride` rows apart, with `columns` columns in use.
#[derive(Clone, Copy)]
pub(crate) struct Left<'a> {
    pub(crate) rows: &'a [Row],
    pub(crate) stride: usize,
    pub(crate) first: usize,
    pub(crate) columns: usize,
}

impl<'a> Left<'a> {
    /// All rows of all panels.
    pub(crate) fn whole(rows: &'a [Row], columns: usize) -> Self {
        Self {
            rows,
            stride: rows.len() / columns.div_ceil(WIDTH),
            first: 0,
            columns,
        }
    }
}

/// One panel of a product: `out[r]` <- start + sum over columns k of `left[r][k]` * `right[k]`.
#[inline(always)]
pub(crate) fn product<S: Simd>(
    simd: S,
    left: Left<'_>,
    right: &[Row],
    start: Start<'_>,
    out: &mut [Row],
) {
    let panels = left.columns.div_ceil(WIDTH);
    for turn in 0..panels.div_ceil(PANELS) {
        let first = turn * PANELS;
        let mut segments = [Segment::default(); PANELS];
        let segments = &mut segments[..PANELS.min(panels - first)];
        for (panel, segment) in (first..).zip(segments.iter_mut()) {
            *segment = Segment {
                left: panel * left.stride + left.first,
                right: panel * WIDTH,
                len: WIDTH.min(left.columns - panel * WIDTH),
            };
        }
        let product = Product {
            left: left.rows,
            right,
            segments,
            start: if turn == 0 { start } else { Start::Sum },
            relu: false,
        };
        // A function of its own for each kind of vectors, however many places call it.
        simd.vectorize(Rows {
            product,
            along: Along::Rows,
            out: &mut *out,
        });
    }
}

/// `out[c]` <- `out[c]` + sum over rows r of `left[r][c]` * `right[r]`, for the columns of one
/// panel of the left side.
#[inline(always)]
pub(crate) fn add_outer_products<S: Simd>(simd: S, left: &[Row], right: &[Row], out: &mut [Row]) {
    let segment = Segment {
        left: 0,
        right: 0,
        len: left.len(),
    };
    let product = Product {
        left,
        right,
        segments: &[segment],
        start: Start::Sum,
        relu: false,
    };
    simd.vectorize(Rows {
        product,
        along: Along::Columns,
        out,
    });
}

/// All rows of a product.
struct Rows<'a> {
    product: Product<'a>,
    along: Along,
    out: &'a mut [Row],
}

impl WithSimd for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.product.rows(simd, self.along, 0, self.out);
    }
}
