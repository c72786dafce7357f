//! Paths that end in one spin, and the spins that the row players leave with it.

use super::{
    blocks::{Fanned, PathRows, multiply},
    row::{LANES, ROW_PLAYERS, Row},
};
use crate::{
    float::Float,
    mask::binomial,
    spin::{Square, clebsch_gordan},
};

/// All paths that end in the same spin once all but the row players are coupled.
#[derive(Clone, Debug)]
pub(super) struct Family {
    pub(super) spin: usize,
    /// The rows of every path, J+1 a path.
    pub(super) places: Vec<u32>,
    /// How that spin couples to those of the row players: the largest, and what two of them leave
    /// where they cancel each other.
    pub(super) couplings: [Coupled; 2],
}

impl Family {
    /// The rows of every path <- the map of `entries` of them.
    #[inline(always)]
    pub(super) fn multiply<T: Float, A: Float>(
        &self,
        rows: &mut [Row<T>],
        entries: &[Fanned<A>],
        scratch: &mut PathRows<A>,
    ) {
        for path in self.places.chunks_exact(self.spin + 1) {
            multiply(rows, path, entries, scratch);
        }
    }

    /// The map on this spin (x) the spins of the row players.
    pub(super) fn extend_blocks(&self, entries: &mut Vec<Fanned<f64>>, squares: &[Square]) {
        let [largest, other] = self.couplings.each_ref().map(|c| c.matrix(squares));
        let row_players = self.couplings[0].low;
        let entry = |to: usize, r: usize, from: usize, s: usize| {
            let ((to, m), (from, k)) = (LANES[to], LANES[from]);
            match (to, from) {
                (0, 0) => largest.at_or_0([r, m], [s, k], row_players),
                // Two players leave one spin of that kind, three leave two.
                (1, 1) if row_players < ROW_PLAYERS => 0.0,
                (1, 1) | (2, 2) => other.at_or_0([r, m], [s, k], row_players - 2),
                _ => 0.0,
            }
        };
        for r in 0..=self.spin {
            for s in 0..=self.spin {
                entries.push(Fanned([
                    std::array::from_fn(|lane| entry(lane, r, lane, s)),
                    std::array::from_fn(|lane| entry(lane, r, lane ^ 1, s)),
                    std::array::from_fn(|lane| {
                        let to = lane % 4;
                        entry(to, r, to ^ (2 + lane / 4), s)
                    }),
                ]));
            }
        }
    }
}

/// Two spins coupled, in vectors that are not normalised.
#[derive(Clone, Debug)]
pub(super) struct Coupled {
    pub(super) high: usize,
    pub(super) low: usize,
    /// For each total spin, high + low - 2 t, the Clebsch-Gordan coefficients over the lengths of
    /// the vectors that are not 0, with their places in \[high+1\]\[low+1\].
    pub(super) coefficients: Vec<Vec<(usize, f64)>>,
}

impl Coupled {
    pub(super) fn new(high: usize, low: usize) -> Self {
        let coefficients = (0..=low.min(high)).map(|lost| {
            let coefficient = |i| {
                let (r, l) = (i / (low + 1), i % (low + 1));
                if r + l < lost || r + l + lost > high + low {
                    return None;
                }
                let coefficient = clebsch_gordan([high, r], [low, l], lost)
                    / (binomial(high, r) * binomial(low, l)).sqrt();
                (coefficient != 0.0).then_some((i, coefficient))
            };
            (0..(high + 1) * (low + 1))
                .filter_map(coefficient)
                .collect()
        });
        Self {
            high,
            low,
            coefficients: coefficients.collect(),
        }
    }

    /// The map whose blocks by total spin are known.
    pub(super) fn matrix(&self, squares: &[Square]) -> Square {
        let lows = self.low + 1;
        let mut matrix = Square::from_fn((self.high + 1) * lows, |_, _| 0.0);
        for (lost, coefficients) in self.coefficients.iter().enumerate() {
            let block = &squares[(self.high + self.low - 2 * lost) / 2];
            // Of each coefficient its place, the players present less those lost, and itself.
            let acting: Vec<(usize, usize, f64)> = coefficients
                .iter()
                .map(|&(i, coefficient)| (i, i / lows + i % lows - lost, coefficient))
                .collect();
            for &(i, row, left) in &acting {
                for &(j, column, right) in &acting {
                    matrix.entries[i * matrix.size + j] += left * right * block.at(row, column);
                }
            }
        }
        matrix
    }
}
