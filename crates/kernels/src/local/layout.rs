//! Which players every position of a feature map sees, and where its values for all their patterns
//! lie.

use crate::{
    sequential::{Convolution, Masked, Pool, Sequential},
    tables::bits,
};
use spindle_run::player::PatchMasks;

/// A position of a feature map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The free players in its receptive field, as bits of a mask.
    pub(super) players: u32,
    /// Row of its first pattern.
    pub(super) first: usize,
}

impl Place {
    /// Number of its patterns.
    pub(super) fn patterns(&self) -> usize {
        1 << self.players.count_ones()
    }

    /// Its rows.
    pub(super) fn rows(&self) -> std::ops::Range<usize> {
        self.first..self.first + self.patterns()
    }
}

/// A feature map by patterns: for each position one row of all channels per pattern of the players
/// it sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) places: Vec<Place>,
    /// Rows of all positions.
    pub(super) rows: usize,
}

impl Layout {
    fn new(players: impl Iterator<Item = u32>) -> Self {
        let mut rows = 0;
        let places = players.map(|players| {
            let place = Place {
                players,
                first: rows,
            };
            rows += place.patterns();
            place
        });
        Self {
            places: places.collect(),
            rows,
        }
    }

    /// What players are patches of, behind its pooling if it is a feature map; players that are not
    /// `free` have their places fixed.
    pub(super) fn masked(network: &Sequential, masks: &PatchMasks, free: u32) -> Self {
        let layer = match network.masked {
            Masked::Input => return Self::new(masks.owners().iter().map(|owner| owner & free)),
            Masked::Convolution(index) => &network.convolutions[index],
        };
        let cells = (0..layer.out_side().pow(2)).map(|position| {
            pool_cell(layer, position)
                .map(|pixel| masks.owners()[pixel] & free)
                .fold(0, |players, owner| players | owner)
        });
        Self::new(cells)
    }

    /// What comes out of `layer`, behind its pooling, given what comes in.
    pub(super) fn behind(&self, layer: &Convolution) -> Self {
        let cells = (0..layer.out_side().pow(2)).map(|position| {
            pool_cell(layer, position)
                .flat_map(|pixel| window(layer, pixel))
                .fold(0, |players, input| {
                    players | self.places[input.position].players
                })
        });
        Self::new(cells)
    }
}

/// The positions of a convolution's map that one position behind its pooling is the largest of.
pub(super) fn pool_cell(
    layer: &Convolution,
    position: usize,
) -> impl Iterator<Item = usize> + use<> {
    let (side, out_side) = (layer.map_side(), layer.out_side());
    let Pool { size, stride } = layer.pool.unwrap_or(Pool { size: 1, stride: 1 });
    let first = stride * (position / out_side) * side + stride * (position % out_side);
    (0..size).flat_map(move |row| (0..size).map(move |column| first + row * side + column))
}

/// What lies under a kernel's offset.
#[derive(Clone, Copy, Debug)]
pub(super) struct WindowInput {
    /// The kernel's offset, row by row.
    pub(super) offset: usize,
    /// The position of the feature map that comes in.
    pub(super) position: usize,
}

/// What lies under the kernel at one position of the map, in the order of the kernel's rows;
/// nothing for what lies in the padding.
pub(super) fn window(
    layer: &Convolution,
    position: usize,
) -> impl Iterator<Item = WindowInput> + use<> {
    let [side, kernel, padding] = [layer.side, layer.kernel, layer.padding];
    let y = position / layer.map_side() * layer.stride;
    let x = position % layer.map_side() * layer.stride;
    (0..kernel * kernel).filter_map(move |offset| {
        let row = (y + offset / kernel).checked_sub(padding)?;
        let column = (x + offset % kernel).checked_sub(padding)?;
        let position = row * side + column;
        (row < side && column < side).then_some(WindowInput { offset, position })
    })
}

/// Spreads the bits of a pattern over the players of a set: the i-th bit goes to the i-th player.
pub(super) fn spread(pattern: usize, players: u32) -> u32 {
    bits(players)
        .enumerate()
        .filter(|(i, _)| pattern >> i & 1 == 1)
        .fold(0, |mask, (_, bit)| mask | bit)
}
