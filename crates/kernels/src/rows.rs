//! Products of rows in vector registers: where the kernels of narrow networks spend their time.
//!
//! Rows are padded to whole vectors, and a product keeps a tile of its result in registers. For
//! matrices this small that is faster than a general product, which has to find out what it was
//! given and to copy it first; and the left side need not be a matrix: windows of a feature map are
//! multiplied where they lie.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use crate::simd::padded;

/// Padded rows in a slice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrix<'a> {
    pub(crate) values: &'a [f32],
    /// Values of a row, padding included.
    pub(crate) stride: usize,
}

/// A matrix with padded rows.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    stride: usize,
    values: Vec<f32>,
}

impl Packed {
    /// A matrix `[rows][columns]` of zeros.
    pub(crate) fn zeros(rows: usize, columns: usize) -> Self {
        let stride = padded(columns);
        Self {
            stride,
            values: vec![0.0; rows * stride],
        }
    }

    /// Its rows from `first` on become some columns of another matrix, which has as many rows as
    /// this one has columns.
    pub(crate) fn transpose_from(&mut self, first: usize, from: Matrix<'_>, columns: Range<usize>) {
        let sources: Vec<&[f32]> = from
            .values
            .chunks_exact(from.stride)
            .map(|row| &row[columns.clone()])
            .collect();
        let rows = self.values[first * self.stride..].chunks_exact_mut(self.stride);
        for (column, row) in rows.take(columns.len()).enumerate() {
            for (value, source) in row.iter_mut().zip(&sources) {
                *value = source[column];
            }
        }
    }

    /// Values of a row, padding included.
    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    pub(crate) fn as_matrix(&self) -> Matrix<'_> {
        Matrix {
            values: &self.values,
            stride: self.stride,
        }
    }
}

/// A run of factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// Where the run begins in the first left row.
    pub(crate) left: usize,
    /// The row of the right matrix that its first factor meets.
    pub(crate) right: usize,
}

/// What is multiplied: the factors of left row r are `left[run.left + r * row_stride + k * step]`,
/// k < `len`, for every run; they meet rows `run.right + k` of the right side.
#[derive(Clone, Copy)]
pub(crate) struct Factors<'a> {
    pub(crate) left: &'a [f32],
    pub(crate) row_stride: usize,
    pub(crate) step: usize,
    pub(crate) runs: &'a [Run],
    pub(crate) len: usize,
    pub(crate) right: Matrix<'a>,
}

/// The one run of plain matrices.
pub(crate) const WHOLE: &[Run] = &[Run { left: 0, right: 0 }];

/// What is done to every row of a result: a padded bias is added, then ReLU.
#[derive(Clone, Copy)]
pub(crate) struct Epilogue<'a> {
    pub(crate) bias: Option<&'a [f32]>,
    pub(crate) relu: bool,
}

impl Epilogue<'_> {
    /// Nothing.
    pub(crate) const NONE: Self = Self {
        bias: None,
        relu: false,
    };

    #[inline(always)]
    pub(crate) fn start<S: Simd>(&self, simd: S, column: usize) -> S::f32s {
        self.bias
            .map_or(simd.splat_f32s(0.0), |bias| S::as_simd_f32s(bias).0[column])
    }

    #[inline(always)]
    pub(crate) fn end<S: Simd>(&self, simd: S, value: S::f32s) -> S::f32s {
        if self.relu {
            simd.max_f32s(value, simd.splat_f32s(0.0))
        } else {
            value
        }
    }
}

/// `out [rows][stride]` <- epilogue(left * right), rows as long as those of the right side; as many
/// of them as `out` has.
#[inline(always)]
pub(crate) fn multiply<S: Simd>(
    simd: S,
    factors: Factors<'_>,
    epilogue: Epilogue<'_>,
    out: &mut [f32],
) {
    // A function of its own for each kind of vectors, however many places call it.
    simd.vectorize(Product {
        factors,
        epilogue,
        out,
    });
}

/// See [`multiply`].
pub(crate) struct Product<'a> {
    pub(crate) factors: Factors<'a>,
    pub(crate) epilogue: Epilogue<'a>,
    pub(crate) out: &'a mut [f32],
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let vectors = self.factors.right.stride / S::F32_LANES;
        let rows = self.out.len() / self.factors.right.stride;
        let mut tiles = Tiles {
            simd,
            factors: self.factors,
            right: S::as_simd_f32s(self.factors.right.values).0,
            epilogue: self.epilogue,
            vectors,
            out: S::as_mut_simd_f32s(self.out).0,
        };
        // Tiles that fill the registers and do not overflow them: 32 of AVX-512, 16 of the others.
        match S::F32_LANES {
            16 => tiles.all::<1>(rows, 12),
            8 => tiles.all::<2>(rows, 6),
            _ => tiles.all::<2>(rows, 5),
        }
    }
}

struct Tiles<'a, S: Simd> {
    simd: S,
    factors: Factors<'a>,
    right: &'a [S::f32s],
    epilogue: Epilogue<'a>,
    /// Vectors in a row.
    vectors: usize,
    out: &'a mut [S::f32s],
}

impl<S: Simd> Tiles<'_, S> {
    /// All rows in tiles of at most `most`, about equally high, since a low one waits for its
    /// additions.
    #[inline(always)]
    fn all<const VECTORS: usize>(&mut self, rows: usize, most: usize) {
        let tiles = rows.div_ceil(most);
        let mut first = 0;
        for tile in 0..tiles {
            let height = (rows - first) / (tiles - tile);
            match height {
                1 => self.columns::<1, VECTORS>(first),
                2 => self.columns::<2, VECTORS>(first),
                3 => self.columns::<3, VECTORS>(first),
                4 => self.columns::<4, VECTORS>(first),
                5 => self.columns::<5, VECTORS>(first),
                6 if most > 5 => self.columns::<6, VECTORS>(first),
                7 if most > 6 => self.columns::<7, VECTORS>(first),
                8 if most > 6 => self.columns::<8, VECTORS>(first),
                9 if most > 6 => self.columns::<9, VECTORS>(first),
                10 if most > 6 => self.columns::<10, VECTORS>(first),
                11 if most > 6 => self.columns::<11, VECTORS>(first),
                _ if most > 6 => self.columns::<12, VECTORS>(first),
                _ => {}
            }
            first += height;
        }
    }

    #[inline(always)]
    fn columns<const ROWS: usize, const VECTORS: usize>(&mut self, first: usize) {
        for column in (0..self.vectors).step_by(VECTORS) {
            self.tile::<ROWS, VECTORS>(first, column);
        }
    }

    #[inline(always)]
    fn tile<const ROWS: usize, const VECTORS: usize>(&mut self, first: usize, column: usize) {
        let (simd, vectors) = (self.simd, self.vectors);
        let Factors {
            left,
            row_stride,
            step,
            runs,
            len,
            ..
        } = self.factors;
        let mut sums = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
        for vector in 0..VECTORS {
            let start = self.epilogue.start(simd, column + vector);
            for sums in &mut sums {
                sums[vector] = start;
            }
        }
        for run in runs {
            let right = &self.right[run.right * vectors..][..len * vectors];
            let left = &left[run.left + first * row_stride..];
            let left = &left[..(ROWS - 1) * row_stride + (len - 1) * step + 1];
            for (k, right) in right.chunks_exact(vectors).enumerate() {
                let right = &right[column..][..VECTORS];
                for (row, sums) in sums.iter_mut().enumerate() {
                    let factor = simd.splat_f32s(left[k * step + row * row_stride]);
                    for (sum, right) in sums.iter_mut().zip(right) {
                        *sum = simd.mul_add_e_f32s(factor, *right, *sum);
                    }
                }
            }
        }
        for (row, sums) in sums.into_iter().enumerate() {
            let out = &mut self.out[(first + row) * vectors + column..][..VECTORS];
            for (out, sum) in out.iter_mut().zip(sums) {
                *out = self.epilogue.end(simd, sum);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{PADDING, with_simd};

    /// A product whose left rows overlap, in two runs, and a plain one of a transposed left side.
    fn products(right: Matrix<'_>) -> [Factors<'_>; 2] {
        const LEFT: &[f32] = &{
            let mut left = [0.0; 400];
            let mut i = 0;
            while i < left.len() {
                left[i] = ((i * 29) % 31) as f32 - 15.0;
                i += 1;
            }
            left
        };
        const RUNS: &[Run] = &[Run { left: 3, right: 0 }, Run { left: 40, right: 5 }];
        let windows = Factors {
            left: LEFT,
            row_stride: 2,
            step: 1,
            runs: RUNS,
            len: 5,
            right,
        };
        let transposed = Factors {
            row_stride: 1,
            step: 33,
            runs: WHOLE,
            len: 10,
            ..windows
        };
        [windows, transposed]
    }

    /// What a product should be, by its definition; whole numbers, so that no order of additions
    /// matters.
    fn expected(factors: Factors<'_>, bias: &[f32], rows: usize) -> Vec<f32> {
        let stride = factors.right.stride;
        let entry = |i: usize| {
            let (row, column) = (i / stride, i % stride);
            let products = factors.runs.iter().flat_map(|run| {
                (0..factors.len).map(move |k| {
                    let left = run.left + row * factors.row_stride + k * factors.step;
                    factors.left[left] * factors.right.values[(run.right + k) * stride + column]
                })
            });
            (products.sum::<f32>() + bias[column]).max(0.0)
        };
        (0..rows * stride).map(entry).collect()
    }

    #[test]
    fn products_are_right_on_every_kind_of_vectors_and_for_every_number_of_rows() {
        let stride = 2 * PADDING;
        let right: Vec<f32> = (0..10 * stride)
            .map(|i| ((i * 7) % 13) as f32 - 6.0)
            .collect();
        let right = Matrix {
            values: &right,
            stride,
        };
        let bias: Vec<f32> = (0..stride).map(|i| i as f32 - 9.0).collect();
        let epilogue = Epilogue {
            bias: Some(&bias),
            relu: true,
        };
        for (factors, rows) in products(right)
            .into_iter()
            .flat_map(|factors| (1..=30).map(move |rows| (factors, rows)))
        {
            let expected = expected(factors, &bias, rows);
            let check = |run: &dyn Fn(Product<'_>)| {
                let mut out = vec![0.0; rows * stride];
                run(Product {
                    factors,
                    epilogue,
                    out: &mut out,
                });
                assert_eq!(out, expected, "{rows} rows");
            };
            check(&|product| with_simd(product));
            check(&|product| Simd::vectorize(pulp::Scalar, product));
            #[cfg(target_arch = "x86_64")]
            if let Some(simd) = pulp::x86::V3::try_new() {
                check(&|product| Simd::vectorize(simd, product));
            }
        }
    }
}
