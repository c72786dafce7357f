//! Products and sums of rows in vector registers: where the evaluation by local patterns spends its time.
//!
//! Rows are padded to whole vectors, and a product keeps a tile of its result in registers; AVX-512, AVX2, NEON or simd128 is
//! chosen by `pulp`, natively at run time. For tables this small that is faster than a general product, which
//! has to find out what it was given and to copy it first: `product` is for training, whose matrices are large.

use pulp::{Simd, WithSimd};

/// Values to which rows are padded: a multiple of the vectors of every processor.
const PADDING: usize = 16;

/// The length of a row of `columns` values with its padding.
pub(super) fn padded(columns: usize) -> usize {
    columns.next_multiple_of(PADDING)
}

/// Runs `work` with the widest vectors of this processor.
#[inline]
pub(super) fn with_simd<W: WithSimd>(work: W) -> W::Output {
    pulp::Arch::new().dispatch(work)
}

/// A matrix with padded rows.
#[derive(Clone, Debug)]
pub(super) struct Packed {
    stride: usize,
    values: Vec<f32>,
}

impl Packed {
    /// A matrix `[rows][columns]` of given entries.
    pub(super) fn from_fn(
        rows: usize,
        columns: usize,
        entry: impl Fn(usize, usize) -> f32,
    ) -> Self {
        let stride = padded(columns);
        let mut values = vec![0.0; rows * stride];
        for (row, values) in values.chunks_exact_mut(stride).enumerate() {
            for (column, value) in values[..columns].iter_mut().enumerate() {
                *value = entry(row, column);
            }
        }
        Self { stride, values }
    }

    /// Values of a row, padding included.
    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    fn vectors<S: Simd>(&self) -> &[S::f32s] {
        S::as_simd_f32s(&self.values).0
    }
}

/// A run of contiguous factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// Where the run begins in the first left row.
    pub(super) left: usize,
    /// The row of the right matrix that its first factor meets.
    pub(super) right: usize,
}

/// What is multiplied: row r of the left side consists of `len` values from `r * left_stride + run.left` on, for every run.
#[derive(Clone, Copy)]
pub(super) struct Factors<'a> {
    pub(super) left: &'a [f32],
    pub(super) left_stride: usize,
    pub(super) runs: &'a [Run],
    pub(super) len: usize,
    pub(super) right: &'a Packed,
}

/// What is done to every row of a result: a padded bias is added, then ReLU.
#[derive(Clone, Copy)]
pub(super) struct Finish<'a> {
    pub(super) bias: Option<&'a Packed>,
    pub(super) relu: bool,
}

impl Finish<'_> {
    /// Nothing.
    pub(super) const NONE: Self = Self {
        bias: None,
        relu: false,
    };

    #[inline(always)]
    fn start<S: Simd>(&self, simd: S, column: usize) -> S::f32s {
        self.bias
            .map_or(simd.splat_f32s(0.0), |bias| bias.vectors::<S>()[column])
    }

    #[inline(always)]
    fn end<S: Simd>(&self, simd: S, value: S::f32s) -> S::f32s {
        if self.relu {
            simd.max_f32s(value, simd.splat_f32s(0.0))
        } else {
            value
        }
    }
}

/// `out [rows][stride]` <- finish(left * right); as many rows as `out` has.
#[inline(always)]
pub(super) fn multiply<S: Simd>(
    simd: S,
    factors: Factors<'_>,
    finish: Finish<'_>,
    out: &mut [f32],
) {
    let vectors = factors.right.stride / S::F32_LANES;
    let rows = out.len() / factors.right.stride;
    let (out, _) = S::as_mut_simd_f32s(out);
    let mut product = RowProduct {
        simd,
        factors,
        finish,
        vectors,
        out,
    };
    // Tiles that fill, but do not overflow, the registers: 32 of AVX-512, 16 of the others.
    if S::F32_LANES == PADDING {
        product.rows::<8, 1>(rows);
    } else {
        product.rows::<4, 2>(rows);
    }
}

struct RowProduct<'a, S: Simd> {
    simd: S,
    factors: Factors<'a>,
    finish: Finish<'a>,
    /// Vectors in a row.
    vectors: usize,
    out: &'a mut [S::f32s],
}

impl<S: Simd> RowProduct<'_, S> {
    /// All rows, `ROWS` at a time, the last few in smaller tiles.
    #[inline(always)]
    fn rows<const ROWS: usize, const VECTORS: usize>(&mut self, rows: usize) {
        let mut row = 0;
        while row + ROWS <= rows {
            self.columns::<ROWS, VECTORS>(row);
            row += ROWS;
        }
        if ROWS > 4 && row + 4 <= rows {
            self.columns::<4, VECTORS>(row);
            row += 4;
        }
        if row + 2 <= rows {
            self.columns::<2, VECTORS>(row);
            row += 2;
        }
        if row < rows {
            self.columns::<1, VECTORS>(row);
        }
    }

    #[inline(always)]
    fn columns<const ROWS: usize, const VECTORS: usize>(&mut self, row: usize) {
        for column in (0..self.vectors).step_by(VECTORS) {
            self.tile::<ROWS, VECTORS>(row, column);
        }
    }

    #[inline(always)]
    fn tile<const ROWS: usize, const VECTORS: usize>(&mut self, first: usize, column: usize) {
        let (simd, vectors) = (self.simd, self.vectors);
        let Factors {
            left,
            left_stride,
            runs,
            len,
            right,
        } = self.factors;
        let right = right.vectors::<S>();
        let mut sums = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
        for vector in 0..VECTORS {
            let start = self.finish.start(simd, column + vector);
            for sums in &mut sums {
                sums[vector] = start;
            }
        }
        for run in runs {
            let rows: [&[f32]; ROWS] = std::array::from_fn(
                #[inline(always)]
                |row| &left[run.left + (first + row) * left_stride..][..len],
            );
            let right = &right[run.right * vectors..][..len * vectors];
            for (k, right) in right.chunks_exact(vectors).enumerate() {
                let right = &right[column..][..VECTORS];
                for (sums, row) in sums.iter_mut().zip(&rows) {
                    let factor = simd.splat_f32s(row[k]);
                    for (sum, right) in sums.iter_mut().zip(right) {
                        *sum = simd.mul_add_e_f32s(factor, *right, *sum);
                    }
                }
            }
        }
        for (row, sums) in sums.into_iter().enumerate() {
            let out = &mut self.out[(first + row) * vectors + column..][..VECTORS];
            for (out, sum) in out.iter_mut().zip(sums) {
                *out = self.finish.end(simd, sum);
            }
        }
    }
}

/// For every pattern of some players, the row of a table over fewer of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lookup {
    rows: Vec<u32>,
}

impl Lookup {
    /// The rows of a table over `subset` that begins at row `first`, for every pattern of `players`; pattern bit i is the i-th
    /// player of a set.
    pub(super) fn new(first: usize, subset: u32, players: u32) -> Self {
        let places: Vec<u32> = bits(players)
            .map(|bit| match subset & bit {
                0 => 0,
                _ => 1 << (subset & (bit - 1)).count_ones(),
            })
            .collect();
        let mut rows = vec![first as u32; 1 << places.len()];
        for pattern in 1..rows.len() {
            rows[pattern] =
                rows[pattern & (pattern - 1)] + places[pattern.trailing_zeros() as usize];
        }
        Self { rows }
    }

    /// The row for every pattern.
    pub(super) fn rows(&self) -> &[u32] {
        &self.rows
    }
}

/// The players of a set, each as its bit.
pub(super) fn bits(players: u32) -> impl Iterator<Item = u32> {
    (0..u32::BITS)
        .map(|i| 1 << i)
        .filter(move |bit| players & bit != 0)
}

/// `out` <- finish(sum over lookups of the rows that they name), for patterns from `first` on.
#[inline(always)]
pub(super) fn add<S: Simd>(
    simd: S,
    tables: &[f32],
    lookups: &[Lookup],
    first: usize,
    stride: usize,
    finish: Finish<'_>,
    out: &mut [f32],
) {
    let vectors = stride / S::F32_LANES;
    let (tables, _) = S::as_simd_f32s(tables);
    let (out, _) = S::as_mut_simd_f32s(out);
    for (pattern, out) in (first..).zip(out.chunks_exact_mut(vectors)) {
        for (column, out) in out.iter_mut().enumerate() {
            *out = finish.start(simd, column);
        }
        for lookup in lookups {
            let row = &tables[lookup.rows[pattern] as usize * vectors..][..vectors];
            for (out, value) in out.iter_mut().zip(row) {
                *out = simd.add_f32s(*out, *value);
            }
        }
        for out in out {
            *out = finish.end(simd, *out);
        }
    }
}

/// `out` <- largest of the rows that the lookups name, for every pattern.
#[inline(always)]
pub(super) fn largest<S: Simd>(
    simd: S,
    tables: &[f32],
    lookups: &[Lookup; 4],
    stride: usize,
    out: &mut [f32],
) {
    let vectors = stride / S::F32_LANES;
    let (tables, _) = S::as_simd_f32s(tables);
    let (out, _) = S::as_mut_simd_f32s(out);
    for (pattern, out) in out.chunks_exact_mut(vectors).enumerate() {
        for (column, out) in out.iter_mut().enumerate() {
            let value = |lookup: &Lookup| tables[lookup.rows[pattern] as usize * vectors + column];
            let [a, b, c, d] = lookups;
            let (ab, cd) = (
                simd.max_f32s(value(a), value(b)),
                simd.max_f32s(value(c), value(d)),
            );
            *out = simd.max_f32s(ab, cd);
        }
    }
}
