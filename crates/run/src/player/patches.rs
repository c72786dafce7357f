//! Patches of a feature map as players of a picture.
//!
//! A player is a cell of an 8x8 grid laid over the feature map behind a ReLU, or over the picture
//! itself; an absent player's cell is set to 0 on all channels. What is no player's stays as it is.
//! Players are drawn from the central 6x6 cells (Two-Phase Dynamics, arXiv 2405.10262, and its
//! sequel, arXiv 2407.19198).

use rand::{Rng, seq::SliceRandom};
use spindle_interactions::mask::checked_players;

use crate::Error;

/// Cells along one side of the grid.
pub const GRID: usize = 8;
/// Cells left free at each border when players are drawn.
const MARGIN: usize = 1;

/// Draws `count` distinct cells `[row, column]` of the central 6x6, in the order of their player
/// bits (row-major).
pub fn draw_patches(count: usize, rng: &mut impl Rng) -> Vec<[usize; 2]> {
    let central = MARGIN..GRID - MARGIN;
    let mut cells: Vec<[usize; 2]> = central
        .clone()
        .flat_map(|row| central.clone().map(move |column| [row, column]))
        .collect();
    cells.shuffle(rng);
    cells.truncate(count);
    cells.sort_unstable();
    cells
}

/// Checks players given from outside: 2 to 20 distinct cells of the grid.
///
/// # Errors
/// The first one that is a duplicate or lies beyond the grid, or a number of players that is not
/// possible.
pub fn check_patches(grid: [usize; 2], patches: &[[usize; 2]]) -> Result<(), Error> {
    let wrong = |value: String, allowed: &str| {
        Err(Error::Field {
            field: "players",
            value,
            allowed: allowed.to_owned(),
        })
    };
    if grid != [GRID, GRID] {
        return wrong(format!("a grid of {grid:?}"), "the grid is [8, 8]");
    }
    checked_players(patches.len())?;
    for (index, patch) in patches.iter().enumerate() {
        if patch.iter().any(|&i| i >= GRID) {
            return wrong(format!("{patch:?}"), "rows and columns are 0 to 7");
        }
        if patches[..index].contains(patch) {
            return wrong(format!("{patch:?} twice"), "every patch is one player");
        }
    }
    Ok(())
}

/// All 2^n masks of a sample's players, laid over a feature map; bit i of a mask is player i.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchMasks {
    /// For every pixel of the feature map, the bit of the player it belongs to, or 0.
    owners: Vec<u32>,
    players: usize,
    side: usize,
}

impl PatchMasks {
    /// Lays the 8x8 grid over a feature map of `side` x `side`; where it does not divide the map it
    /// is stretched by nearest neighbour, so that pixel row r lies in grid row floor(8 r / side).
    #[must_use]
    pub fn new(players: &[[usize; 2]], side: usize) -> Self {
        let owners = (0..side * side)
            .map(|pixel| {
                let cell = [pixel / side * GRID / side, pixel % side * GRID / side];
                let player = players.iter().position(|player| *player == cell);
                player.map_or(0, |player| 1 << player)
            })
            .collect();
        Self {
            owners,
            players: players.len(),
            side,
        }
    }

    /// Number of masks, 2^n.
    #[must_use]
    pub fn count(&self) -> usize {
        1 << self.players
    }

    /// Pixels along one side of the feature map.
    #[must_use]
    pub fn side(&self) -> usize {
        self.side
    }

    /// For every pixel of the feature map, row by row, the bit of the player it belongs to, or 0.
    #[must_use]
    pub fn owners(&self) -> &[u32] {
        &self.owners
    }

    /// Whether a pixel of the feature map stays as it is under `mask`: its player is present, or it
    /// is no player's.
    pub fn keeps(&self, mask: u32, pixel: usize) -> bool {
        self.owners[pixel] & !mask == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn patches_are_distinct_central_cells() {
        let cells = draw_patches(20, &mut ChaCha8Rng::seed_from_u64(3));
        assert_eq!(cells.len(), 20);
        assert!(cells.is_sorted() && cells.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(cells.iter().flatten().all(|i| (1..7).contains(i)));
    }

    #[test]
    fn a_mask_zeroes_the_absent_players_cells_only() {
        // 16x16 under an 8x8 grid: cells of 2x2 pixels.
        let masks = PatchMasks::new(&[[1, 1], [3, 2]], 16);
        let zeros = |mask| -> Vec<usize> {
            (0..256)
                .filter(|&pixel| !masks.keeps(mask, pixel))
                .collect()
        };
        let (first, second) = (vec![34, 35, 50, 51], vec![100, 101, 116, 117]);
        assert_eq!(zeros(0b11), Vec::<usize>::new());
        assert_eq!(zeros(0b01), second);
        assert_eq!(zeros(0b10), first);
        assert_eq!(zeros(0b00), [first, second].concat());
    }

    #[test]
    fn a_grid_that_does_not_divide_is_stretched_over_all_pixels() {
        let row: Vec<[usize; 2]> = (0..GRID).map(|column| [0, column]).collect();
        let masks = PatchMasks::new(&row, 28);
        let counts: Vec<usize> = (0..GRID)
            .map(|player| {
                masks
                    .owners()
                    .iter()
                    .filter(|owner| **owner == 1 << player)
                    .count()
            })
            .collect();
        assert!(counts.iter().all(|count| [12, 16].contains(count)));
        assert_eq!(counts.iter().sum::<usize>(), 4 * 28);
    }
}
