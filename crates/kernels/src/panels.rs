//! Arrays in panels: cut into panels of [`WIDTH`] columns, one panel after the other,
//! `[panel][row][WIDTH]`, as products of large matrices want them.
//!
//! A tile of rows is then one run of memory on the left side of a product, rows of factors are one
//! run on the right, and what comes out of one product goes into the next as it is.

/// Columns of a panel. A tile of 12 rows by 32 columns is what AVX-512's registers hold, and the
/// halves and quarters of a row are what those of other processors do.
pub(crate) const WIDTH: usize = 32;

/// Values of one panel in one row.
pub(crate) type Row = [f32; WIDTH];

/// A row of zeros.
pub(crate) const ZERO: Row = [0.0; WIDTH];

/// Panels that so many columns take.
pub(crate) fn panels(columns: usize) -> usize {
    columns.div_ceil(WIDTH)
}

/// Values `[row][column]`, given `rows` rows `[panel][row]`.
pub(crate) fn from_panels(values: &[Row], rows: usize, columns: usize) -> Vec<f32> {
    let value = |place: usize| {
        let (row, column) = (place / columns, place % columns);
        values[column / WIDTH * rows + row][column % WIDTH]
    };
    (0..rows * columns).map(value).collect()
}

/// Values `[row][column]`, whose rows are `stride` apart, as `[panel][row]`.
pub(crate) fn to_panels(values: &[f32], stride: usize, columns: usize) -> Vec<Row> {
    let mut out = Vec::with_capacity(panels(columns) * values.len() / stride);
    for first in (0..columns).step_by(WIDTH) {
        let lanes = first..columns.min(first + WIDTH);
        out.extend(values.chunks_exact(stride).map(|row| {
            let mut out = ZERO;
            out[..lanes.len()].copy_from_slice(&row[lanes.clone()]);
            out
        }));
    }
    out
}

/// Up to [`WIDTH`] rows, transposed: lane k of row i is lane i of row k, or 0 where there is no
/// such row.
// Inlined, so that it is compiled for the vectors of whoever calls it.
#[inline(always)]
pub(crate) fn transpose(from: &[Row], to: &mut [Row]) {
    for (lane, to) in to.iter_mut().enumerate() {
        *to = ZERO;
        for (to, from) in to.iter_mut().zip(from) {
            *to = from[lane];
        }
    }
}

/// As many rows as that, whatever they hold.
pub(crate) fn room(rows: &mut Vec<Row>, len: usize) -> &mut [Row] {
    if rows.len() != len {
        rows.clear();
        rows.resize(len, ZERO);
    }
    rows
}

/// As many rows of zeros.
pub(crate) fn zeros(rows: &mut Vec<Row>, len: usize) -> &mut [Row] {
    rows.clear();
    rows.resize(len, ZERO);
    rows
}

/// `to` <- `to` + `from`.
#[inline(always)]
pub(crate) fn add(to: &mut Row, from: &Row) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += from;
    }
}

/// `to` <- `to` + `from`, row by row.
#[inline(always)]
pub(crate) fn add_all(to: &mut [Row], from: &[Row]) {
    for (to, from) in to.iter_mut().zip(from) {
        add(to, from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_give_back_what_they_took() {
        let (rows, columns, stride) = (3, 70, 80);
        let values: Vec<f32> = (0..rows * stride).map(|i| i as f32).collect();
        let panels = to_panels(&values, stride, columns);
        assert_eq!(panels.len(), 3 * rows);
        assert_eq!(panels[2 * rows + 1][5], values[stride + 69]);
        assert_eq!(panels[2 * rows + 1][6], 0.0);
        let expected = values.chunks(stride).flat_map(|row| &row[..columns]);
        let expected: Vec<f32> = expected.copied().collect();
        assert_eq!(from_panels(&panels, rows, columns), expected);
    }

    #[test]
    fn a_transposed_block_lacks_what_there_was_not() {
        let from: Vec<Row> = (0..5)
            .map(|row| std::array::from_fn(|lane| (100 * row + lane) as f32))
            .collect();
        let mut to = [[-1.0; WIDTH]; 7];
        transpose(&from, &mut to);
        assert_eq!(to[6][..6], [6.0, 106.0, 206.0, 306.0, 406.0, 0.0]);
    }
}
