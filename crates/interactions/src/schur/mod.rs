//! The Schur transform: n spins 1/2 coupled one after the other, in place, in O(n 2^n).
//!
//! A linear map on arrays over masks that commutes with every permutation of the players is block
//! diagonal in the basis of total spin: for J = n, n-2, ... one block of size J+1, repeated once
//! for every path of couplings that ends in J. Here the basis of a path is not normalised, D_m =
//! the sum of all products with m players present, so that raising J is a plain addition:
//!
//! - J -> J+1: out_m = up_m + dn_(m-1)
//! - J -> J-1: out_(m-1) = (-m up_m + (J-m+1) dn_(m-1)) / sqrt(J (J+1))
//!
//! Both read the same two rows and may overwrite them, which makes the transform a butterfly
//! network. The squared length of D_m is C(J,m); the blocks carry that factor. (Clebsch-Gordan
//! coefficients are textbook, e.g. Sakurai, Modern Quantum Mechanics, section 3.8; the in-place,
//! unnormalised form is ours.)
//!
//! # What makes it fast (ours)
//!
//! Eight masks make a row, the unit that vector instructions work on, and the three players that
//! tell them apart are coupled among themselves only, to spins 3, 1 and 1. All other couplings are
//! then of whole rows. Where a path of the other players ends in spin j, what is left is a map on j
//! (x) (3 + 1 + 1), whose matrix is small enough to be applied as it is ([`Blocks`]): that takes
//! more multiplications than coupling to the end, but no vector is ever half empty and none is
//! taken apart.

mod blocks;
mod coupling;
mod family;
mod rotation;
mod row;

use crate::{
    butterfly::{one_by_one, transposed},
    float::Float,
    mask::MAX_PLAYERS,
    spin::Square,
};

#[cfg(feature = "single")]
use blocks::Fanned;
use coupling::{Columns, Level, Path, couple_players};
use family::{Coupled, Family};
use rotation::Rotation;
#[cfg(feature = "single")]
use row::WithinRow;
use row::{ROW, ROW_PLAYERS, Row, coupled, coupled_adjoint};

pub(crate) use blocks::{Blocks, Scratch};

/// Players whose couplings are done path by path, so that a path stays in the first-level cache.
const CACHED_PLAYERS: usize = 9;
/// Rows on which the players above are coupled at a time, for the same reason.
const CACHED_ROWS: usize = (1 << 12) / ROW;

/// Where every coupling is; depends on n only.
///
/// Players are coupled highest first, in two stages that each take one pass over the memory: the
/// highest players on a few columns of all runs at a time, the others path by path.
#[derive(Clone, Debug)]
pub(crate) struct Schur<T> {
    players: usize,
    /// Couplings of the highest players.
    high: Vec<Level<T>>,
    /// Columns of a run that are coupled at a time.
    columns: usize,
    /// For each path that the highest players leave: couplings of the players below, down to the
    /// row players.
    middle: Vec<Vec<Level<T>>>,
    families: Vec<Family>,
    #[cfg(feature = "single")]
    within_row: WithinRow<T>,
}

impl<T: Float> Schur<T> {
    pub(crate) fn new(players: usize) -> Self {
        let row_players = players.min(ROW_PLAYERS);
        let coupled = players - row_players;
        let cached = coupled.min(CACHED_PLAYERS - ROW_PLAYERS);
        let whole = vec![Path {
            spin: 0,
            places: vec![0],
        }];
        let (high, ends) = couple_players(whole, cached..coupled);
        let mut middle = Vec::with_capacity(ends.len());
        let mut paths = Vec::new();
        for path in ends {
            let (levels, ends) = couple_players(vec![path], 0..cached);
            middle.push(levels);
            paths.extend(ends);
        }
        paths.sort_unstable_by(|a, b| a.places.cmp(&b.places));
        let families = (coupled % 2..=coupled).step_by(2).map(|spin| {
            let of_spin = paths.iter().filter(|path| path.spin == spin);
            Family {
                spin,
                places: of_spin.flat_map(|path| path.places.clone()).collect(),
                couplings: [row_players, row_players - 2].map(|low| Coupled::new(spin, low)),
            }
        });
        Self {
            players,
            high,
            columns: (CACHED_ROWS >> (coupled - cached)).max(1),
            middle,
            families: families.collect(),
            #[cfg(feature = "single")]
            within_row: WithinRow::new(),
        }
    }

    pub(crate) fn players(&self) -> usize {
        self.players
    }

    /// Values J of the blocks, ascending.
    pub(crate) fn spins(&self) -> impl Iterator<Item = usize> + use<T> {
        (self.players % 2..=self.players).step_by(2)
    }

    /// The map whose blocks are `squares`, in the normalised basis, one for each of
    /// [`Self::spins`].
    pub(crate) fn blocks(&self, squares: &[Square]) -> Blocks {
        let mut blocks = Blocks {
            entries: Vec::new(),
            #[cfg(feature = "single")]
            single: Vec::new(),
            starts: [0; MAX_PLAYERS + 1],
        };
        for family in &self.families {
            blocks.starts[family.spin] = blocks.entries.len();
            family.extend_blocks(&mut blocks.entries, squares);
        }
        #[cfg(feature = "single")]
        {
            let rounded = |Fanned(rows): &Fanned<f64>| Fanned(rows.map(|row| row.map(Float::to)));
            blocks.single = blocks.entries.iter().map(rounded).collect();
        }
        blocks
    }

    /// values <- the map of `blocks`. `values`: \[2^n\].
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(crate) fn apply(&self, values: &mut [T], blocks: &Blocks, scratch: &mut Scratch) {
        if values.len() < ROW {
            let mut row = [T::default(); ROW];
            row[..values.len()].copy_from_slice(values);
            self.apply_to_rows(std::slice::from_mut(&mut row), blocks, scratch);
            values.copy_from_slice(&row[..values.len()]);
        } else {
            self.apply_to_rows(values.as_chunks_mut().0, blocks, scratch);
        }
    }

    #[inline(always)]
    fn apply_to_rows(&self, rows: &mut [Row<T>], blocks: &Blocks, scratch: &mut Scratch) {
        self.couple_row_players(rows);
        for columns in self.columns() {
            for level in &self.high {
                level.for_each(rows, columns, Rotation::couple);
            }
        }
        for level in self.middle.iter().flatten() {
            level.for_each(rows, level.all(), Rotation::couple);
        }
        for family in &self.families {
            let start = blocks.starts[family.spin];
            #[cfg(feature = "single")]
            if self.is_single(family) {
                family.multiply(rows, &blocks.single[start..], &mut scratch.single);
                continue;
            }
            family.multiply(rows, &blocks.entries[start..], &mut scratch.double);
        }
        for path in &self.middle {
            for level in path.iter().rev() {
                level.for_each(rows, level.all(), Rotation::couple_adjoint);
            }
        }
        for columns in self.columns() {
            for level in self.high.iter().rev() {
                level.for_each(rows, columns, Rotation::couple_adjoint);
            }
        }
        self.couple_row_players_adjoint(rows);
    }

    /// Whether the products of a family can be done in f32 where the rows are. The entries for
    /// large spins take differences of large sums, whose digits f32 does not have; most of the work
    /// is on paths that end in small ones.
    #[cfg(feature = "single")]
    #[inline(always)]
    fn is_single(&self, family: &Family) -> bool {
        T::WITHIN_ROWS && 2 * family.spin + ROW_PLAYERS <= self.players
    }

    /// Any three players may be the row players, since the map commutes with their permutations:
    /// where there are enough, it is those that tell the rows of a tile apart, which takes one
    /// transposition less.
    #[inline(always)]
    fn couple_row_players(&self, rows: &mut [Row<T>]) {
        let both = self.players >= ROW_PLAYERS;
        #[cfg(feature = "single")]
        if T::WITHIN_ROWS && both {
            self.within_row.couple(rows);
            return;
        }
        if rows.len() < ROW {
            for row in rows {
                *row = coupled(row.map(|x| [x]), both).map(|[x]| x);
            }
            return;
        }
        for tile in rows.as_chunks_mut::<ROW>().0 {
            *tile = transposed(coupled(*tile, both));
            one_by_one();
        }
    }

    /// The transpose of [`Self::couple_row_players`].
    #[inline(always)]
    fn couple_row_players_adjoint(&self, rows: &mut [Row<T>]) {
        let both = self.players >= ROW_PLAYERS;
        #[cfg(feature = "single")]
        if T::WITHIN_ROWS && both {
            self.within_row.couple_adjoint(rows);
            return;
        }
        if rows.len() < ROW {
            for row in rows {
                *row = coupled_adjoint(row.map(|x| [x]), both).map(|[x]| x);
            }
            return;
        }
        for tile in rows.as_chunks_mut::<ROW>().0 {
            *tile = coupled_adjoint(transposed(*tile), both);
            one_by_one();
        }
    }

    /// The columns of the highest players, as many at a time as the cache holds.
    fn columns(&self) -> impl Iterator<Item = Columns> + use<T> {
        let (period, len) = (1 << (CACHED_PLAYERS - ROW_PLAYERS), self.columns);
        let end = if self.high.is_empty() { 0 } else { period };
        (0..end).step_by(len).map(move |start| Columns {
            start,
            len: len.min(period - start),
            period,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spin::kronecker_power_block;

    fn arbitrary(len: usize) -> Vec<f64> {
        let mut state = 7_u64;
        (0..len)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) as f64 / f64::from(u32::MAX) - 0.25
            })
            .collect()
    }

    /// Applies the Kronecker power of p through the blocks.
    fn through_blocks(players: usize, p: [[f64; 2]; 2], values: &mut [f64]) {
        let schur = Schur::new(players);
        let squares: Vec<Square> = schur
            .spins()
            .map(|j| kronecker_power_block(p, players, j))
            .collect();
        schur.apply(values, &schur.blocks(&squares), &mut Scratch::new());
    }

    #[test]
    fn identity_passes_through_the_blocks_unchanged() {
        for n in 2..=11 {
            let x = arbitrary(1 << n);
            let mut y = x.clone();
            through_blocks(n, [[1.0, 0.0], [0.0, 1.0]], &mut y);
            for (x, y) in x.iter().zip(&y) {
                assert!((x - y).abs() < 1e-12, "n = {n}");
            }
        }
    }

    #[test]
    fn kronecker_power_equals_one_butterfly_a_player() {
        let p = [[0.7, 0.3], [-0.2, 1.9]];
        for n in 2..=9 {
            let mut expected = arbitrary(1 << n);
            let mut found = expected.clone();
            for player in 0..n {
                for s in (0..1 << n).filter(|s| s >> player & 1 == 0) {
                    let (x, y) = (expected[s], expected[s | 1 << player]);
                    expected[s] = p[0][0] * x + p[0][1] * y;
                    expected[s | 1 << player] = p[1][0] * x + p[1][1] * y;
                }
            }
            through_blocks(n, p, &mut found);
            for (x, y) in expected.iter().zip(&found) {
                assert!((x - y).abs() < 1e-10 * (1.0 + x.abs()), "n = {n}: {x} {y}");
            }
        }
    }
}
