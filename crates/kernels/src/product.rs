//! Products of wide matrices in vector registers.
//!
//! Every array lies in [`panels`](crate::panels). Nothing is packed or transposed: the left side is
//! read along its rows or, for gradients with respect to weights, along its columns.

use pulp::Simd;

use crate::panels::{Row, WIDTH};

/// Rows of the largest tile: 12 of two vectors each are sums in 24 of AVX-512's 32 registers, which
/// leaves some for factors.
pub(crate) const HEIGHT: usize = 12;

/// Factors that lie together on either side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Segment {
    /// The row of the left side that it begins at.
    pub(crate) left: usize,
    /// The row of the right side that it begins at.
    pub(crate) right: usize,
    /// Factors: at most [`WIDTH`] along rows.
    pub(crate) len: usize,
}

/// How the left side is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Along {
    /// Factor k of row r is `left[segment.left + r][k]`.
    Rows,
    /// Factor k of row r is `left[segment.left + k][r]`.
    Columns,
}

/// What the rows that come out begin with.
#[derive(Clone, Copy)]
pub(crate) enum Start<'a> {
    /// What they are.
    Sum,
    /// The same row for all.
    Bias(&'a Row),
}

/// A product into rows of one panel: `out[r] <- start + sum over segments and k of
/// left(r, k) * right[segment.right + k]`, then ReLU.
#[derive(Clone, Copy)]
pub(crate) struct Product<'a> {
    pub(crate) left: &'a [Row],
    pub(crate) right: &'a [Row],
    pub(crate) segments: &'a [Segment],
    pub(crate) start: Start<'a>,
    pub(crate) relu: bool,
}

/// Where a tile begins.
#[derive(Clone, Copy)]
struct Corner {
    row: usize,
    /// Group of vectors of a row.
    group: usize,
}

impl Product<'_> {
    /// For rows from `first` on, as many as `out` has; at most [`WIDTH`] along columns.
    #[inline(always)]
    pub(crate) fn rows<S: Simd>(&self, simd: S, along: Along, first: usize, out: &mut [Row]) {
        for (index, out) in out.chunks_mut(HEIGHT).enumerate() {
            let first = first + index * HEIGHT;
            match along {
                Along::Rows => self.tile::<S, false>(simd, first, out),
                Along::Columns => self.tile::<S, true>(simd, first, out),
            }
        }
    }

    /// Tiles that fill the registers and do not overflow them: 32 of AVX-512, 16 of the others.
    #[inline(always)]
    fn tile<S: Simd, const COLUMNS: bool>(&self, simd: S, first: usize, out: &mut [Row]) {
        let corner = Corner {
            row: first,
            group: 0,
        };
        match (S::F32_LANES, out.len()) {
            (16, 0..=4) => self.part::<S, COLUMNS, 4, 2>(simd, corner, out),
            (16, 5..=8) => self.part::<S, COLUMNS, 8, 2>(simd, corner, out),
            (16, _) => self.part::<S, COLUMNS, 12, 2>(simd, corner, out),
            (8, 9..) => self.parts::<S, COLUMNS, 6>(simd, first, out),
            _ => self.parts::<S, COLUMNS, 4>(simd, first, out),
        }
    }

    #[inline(always)]
    fn parts<S: Simd, const COLUMNS: bool, const ROWS: usize>(
        &self,
        simd: S,
        first: usize,
        out: &mut [Row],
    ) {
        for (index, out) in out.chunks_mut(ROWS).enumerate() {
            for pair in 0..WIDTH / S::F32_LANES / 2 {
                let corner = Corner {
                    row: first + index * ROWS,
                    group: pair,
                };
                self.part::<S, COLUMNS, ROWS, 2>(simd, corner, out);
            }
        }
    }

    /// `ROWS` rows, of which `out` may lack some, and as many vectors of each.
    #[inline(always)]
    fn part<S: Simd, const COLUMNS: bool, const ROWS: usize, const VECTORS: usize>(
        &self,
        simd: S,
        corner: Corner,
        out: &mut [Row],
    ) {
        let groups = WIDTH / S::F32_LANES / VECTORS;
        let Corner { row: first, group } = corner;
        let vectors = group * VECTORS..(group + 1) * VECTORS;
        let mut sums = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
        for (row, sums) in sums.iter_mut().enumerate() {
            let start = match self.start {
                Start::Bias(bias) => bias,
                Start::Sum => &out[row.min(out.len() - 1)],
            };
            sums.copy_from_slice(&S::as_simd_f32s(start).0[vectors.clone()]);
        }
        let (right, _) = S::as_simd_f32s(self.right.as_flattened())
            .0
            .as_chunks::<VECTORS>();
        for segment in self.segments {
            let right = &right[segment.right * groups..][..segment.len * groups];
            if COLUMNS {
                let left = &self.left[segment.left..][..segment.len];
                for (k, left) in left.iter().enumerate() {
                    let Some(left) = left[first..].first_chunk::<ROWS>() else {
                        continue;
                    };
                    let right = &right[k * groups + group];
                    for (factor, sums) in left.iter().zip(&mut sums) {
                        multiply_add(simd, *factor, right, sums);
                    }
                }
            } else {
                let rows = &self.left[segment.left + first..];
                let right = right.iter().skip(group).step_by(groups);
                if let Some(left) = rows.first_chunk::<ROWS>() {
                    multiply_rows(simd, left, right, &mut sums);
                } else {
                    // At the end of the left side a tile may be higher than what is left.
                    let mut last = [[0.0; WIDTH]; ROWS];
                    last[..rows.len()].copy_from_slice(rows);
                    multiply_rows(simd, &last, right, &mut sums);
                }
            }
        }
        let zero = simd.splat_f32s(0.0);
        for (out, sums) in out.iter_mut().zip(sums) {
            let out = &mut S::as_mut_simd_f32s(out).0[vectors.clone()];
            for (out, sum) in out.iter_mut().zip(sums) {
                *out = if self.relu {
                    simd.max_f32s(sum, zero)
                } else {
                    sum
                };
            }
        }
    }
}

#[inline(always)]
fn multiply_rows<'a, S: Simd, const ROWS: usize, const VECTORS: usize>(
    simd: S,
    left: &[Row; ROWS],
    right: impl Iterator<Item = &'a [S::f32s; VECTORS]>,
    sums: &mut [[S::f32s; VECTORS]; ROWS],
) where
    S::f32s: 'a,
{
    for (k, right) in right.take(WIDTH).enumerate() {
        for (row, sums) in left.iter().zip(&mut *sums) {
            // The remainder is k: that it is within a row is known without a check then.
            multiply_add(simd, row[k % WIDTH], right, sums);
        }
    }
}

#[inline(always)]
fn multiply_add<S: Simd, const VECTORS: usize>(
    simd: S,
    factor: f32,
    right: &[S::f32s; VECTORS],
    sums: &mut [S::f32s; VECTORS],
) {
    let factor = simd.splat_f32s(factor);
    for (sum, right) in sums.iter_mut().zip(right) {
        *sum = simd.mul_add_e_f32s(factor, *right, *sum);
    }
}

#[cfg(test)]
mod tests {
    use pulp::WithSimd;

    use super::*;
    use crate::simd::with_simd;

    struct Run<'a> {
        product: Product<'a>,
        along: Along,
        out: &'a mut [Row],
    }

    impl WithSimd for Run<'_> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            self.product.rows(simd, self.along, 0, self.out);
        }
    }

    /// Whole numbers, so that no order of additions matters.
    fn numbers(rows: usize, step: usize) -> Vec<Row> {
        let row = |row| std::array::from_fn(|lane| ((row * 5 + lane * step) % 13) as f32 - 6.0);
        (0..rows).map(row).collect()
    }

    /// One row of a product, by its definition.
    fn expected(product: &Product<'_>, along: Along, row: usize, begin: &Row) -> Row {
        std::array::from_fn(|lane| {
            let mut sum = begin[lane];
            for segment in product.segments {
                for k in 0..segment.len {
                    let factor = match along {
                        Along::Rows => product.left[segment.left + row][k],
                        Along::Columns => product.left[segment.left + k][row],
                    };
                    sum += factor * product.right[segment.right + k][lane];
                }
            }
            if product.relu { sum.max(0.0) } else { sum }
        })
    }

    fn check(product: Product<'_>, along: Along, rows: usize) {
        let before = numbers(rows, 3);
        let expected: Vec<Row> = before
            .iter()
            .enumerate()
            .map(|(row, before)| {
                let begin = match product.start {
                    Start::Sum => before,
                    Start::Bias(bias) => bias,
                };
                expected(&product, along, row, begin)
            })
            .collect();
        let check = |run: &dyn Fn(Run<'_>)| {
            let mut out = before.clone();
            let work = Run {
                product,
                along,
                out: &mut out,
            };
            run(work);
            assert_eq!(out, expected, "{rows} rows, {along:?}");
        };
        check(&|run| with_simd(run));
        check(&|run| Simd::vectorize(pulp::Scalar, run));
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = pulp::x86::V3::try_new() {
            check(&|run| Simd::vectorize(simd, run));
        }
    }

    #[test]
    fn products_are_right_on_every_kind_of_vectors_and_for_every_number_of_rows() {
        // No rows behind those of the last tile.
        let (left, right) = (numbers(64, 7), numbers(80, 11));
        let bias = numbers(1, 1)[0];
        for rows in 1..=WIDTH {
            let segment = |left, right, len| Segment { left, right, len };
            let along_rows = [segment(64 - rows, 1, WIDTH), segment(3, 40, 9)];
            let along_columns = [segment(2, 4, 50), segment(9, 70, 3)];
            for (along, segments) in [(Along::Rows, along_rows), (Along::Columns, along_columns)] {
                for (start, relu) in [(Start::Sum, false), (Start::Bias(&bias), true)] {
                    let product = Product {
                        left: &left,
                        right: &right,
                        segments: &segments,
                        start,
                        relu,
                    };
                    check(product, along, rows);
                }
            }
        }
    }
}
