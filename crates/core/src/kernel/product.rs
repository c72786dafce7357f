//! Matrix products: the one module with `unsafe`, a checked door to the `gemm` crate.
//!
//! `gemm` picks AVX2, AVX-512, NEON or simd128 at run time and takes raw pointers with strides; here
//! every stride is checked against its slice first.
#![allow(unsafe_code)]

/// A matrix inside a slice: element (r, c) is `data[r * row_stride + c * column_stride]`.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    data: &'a [f32],
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// A matrix whose rows are contiguous, `columns` apart.
    pub(super) fn rows(data: &'a [f32], columns: usize) -> Self {
        Self {
            data,
            row_stride: columns,
            column_stride: 1,
        }
    }

    /// Its transpose.
    pub(super) fn transposed(self) -> Self {
        Self {
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }
}

/// What becomes of the values that the destination held.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Destination {
    /// They are overwritten.
    Overwrite,
    /// The product is added to them.
    Add,
}

/// `left [m, k] * right [k, n]` into `destination [m, n]`, row-major.
pub(super) fn product(
    [m, k, n]: [usize; 3],
    left: Matrix<'_>,
    right: Matrix<'_>,
    destination: &mut [f32],
    mode: Destination,
) {
    let within = |matrix: Matrix<'_>, rows: usize, columns: usize| {
        (rows - 1) * matrix.row_stride + (columns - 1) * matrix.column_stride < matrix.data.len()
    };
    if m == 0 || k == 0 || n == 0 {
        return;
    }
    assert!(
        within(left, m, k) && within(right, k, n) && m * n <= destination.len(),
        "matrices of a product must lie within their slices"
    );
    // SAFETY: the assertion keeps every element that is addressed by (rows, columns, strides) within its slice;
    // `destination` is borrowed mutably, so it overlaps neither of the others.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            destination.as_mut_ptr(),
            1,
            n as isize,
            mode == Destination::Add,
            left.data.as_ptr(),
            left.column_stride as isize,
            left.row_stride as isize,
            right.data.as_ptr(),
            right.column_stride as isize,
            right.row_stride as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_plain_and_transposed_matrices() {
        let a = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]; // 2x3
        let b = [1.0, 0.0, -1.0, 2.0, 0.5, 1.0]; // 3x2
        let mut out = [0.0; 4];
        let (left, right) = (Matrix::rows(&a, 3), Matrix::rows(&b, 2));
        product([2, 3, 2], left, right, &mut out, Destination::Overwrite);
        assert_eq!(out, [0.5, 7.0, 2.0, 16.0]);
        product([2, 3, 2], left, right, &mut out, Destination::Add);
        assert_eq!(out, [1.0, 14.0, 4.0, 32.0]);
        let mut square = [0.0; 9];
        product(
            [3, 2, 3],
            left.transposed(),
            right.transposed(),
            &mut square,
            Destination::Overwrite,
        );
        assert_eq!(square, [1.0, 7.0, 4.5, 2.0, 8.0, 6.0, 3.0, 9.0, 7.5]);
    }
}
