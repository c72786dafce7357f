//! Tables with a row for every pattern of some players, and how those of fewer players are looked
//! up.

use pulp::Simd;

use crate::rows::Epilogue;

/// For every pattern of some players, the row of a table over fewer of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lookup {
    rows: Vec<u32>,
}

impl Lookup {
    /// The rows of a table over `subset` that begins at row `first`, for every pattern of
    /// `players`; pattern bit i is the i-th player of a set.
    pub(crate) fn new(first: usize, subset: u32, players: u32) -> Self {
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
    pub(crate) fn rows(&self) -> &[u32] {
        &self.rows
    }
}

/// The players of a set, each as its bit.
pub(crate) fn bits(players: u32) -> impl Iterator<Item = u32> {
    (0..u32::BITS)
        .map(|i| 1 << i)
        .filter(move |bit| players & bit != 0)
}

/// Rows of tables, one after the other.
#[derive(Clone, Copy)]
pub(crate) struct Tables<'a> {
    pub(crate) values: &'a [f32],
    /// Values of a row, padding included.
    pub(crate) stride: usize,
}

/// `out` <- epilogue(sum over lookups of the rows that they name), for patterns from `first` on.
#[inline(always)]
pub(crate) fn add<S: Simd>(
    simd: S,
    tables: Tables<'_>,
    lookups: &[Lookup],
    first: usize,
    epilogue: Epilogue<'_>,
    out: &mut [f32],
) {
    let vectors = tables.stride / S::F32_LANES;
    let (tables, _) = S::as_simd_f32s(tables.values);
    let (out, _) = S::as_mut_simd_f32s(out);
    for (pattern, out) in (first..).zip(out.chunks_exact_mut(vectors)) {
        for (column, out) in out.iter_mut().enumerate() {
            *out = epilogue.start(simd, column);
        }
        for lookup in lookups {
            let row = &tables[lookup.rows[pattern] as usize * vectors..][..vectors];
            for (out, value) in out.iter_mut().zip(row) {
                *out = simd.add_f32s(*out, *value);
            }
        }
        for out in out {
            *out = epilogue.end(simd, *out);
        }
    }
}

/// `out` <- largest of the rows that the lookups name, for every pattern; there is at least one.
#[inline(always)]
pub(crate) fn largest<S: Simd>(simd: S, tables: Tables<'_>, lookups: &[Lookup], out: &mut [f32]) {
    let vectors = tables.stride / S::F32_LANES;
    let (tables, _) = S::as_simd_f32s(tables.values);
    let (out, _) = S::as_mut_simd_f32s(out);
    let four: Option<&[Lookup; 4]> = lookups.try_into().ok();
    for (pattern, out) in out.chunks_exact_mut(vectors).enumerate() {
        for (column, out) in out.iter_mut().enumerate() {
            let value = |lookup: &Lookup| tables[lookup.rows[pattern] as usize * vectors + column];
            *out = if let Some([a, b, c, d]) = four {
                let (ab, cd) = (
                    simd.max_f32s(value(a), value(b)),
                    simd.max_f32s(value(c), value(d)),
                );
                simd.max_f32s(ab, cd)
            } else {
                let others = lookups[1..].iter().map(value);
                others.fold(value(&lookups[0]), |a, b| simd.max_f32s(a, b))
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lookup_drops_the_players_that_a_table_does_not_know() {
        let lookup = Lookup::new(10, 0b1001, 0b1101);
        assert_eq!(lookup.rows(), [10, 11, 10, 11, 12, 13, 12, 13]);
    }
}
