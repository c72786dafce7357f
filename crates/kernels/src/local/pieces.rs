//! Which rows of what comes in meet which offset of a wide convolution's kernel.

use std::ops::Range;

use super::layout::Layout;
use crate::sequential::Convolution;

/// Rows that meet one kernel offset.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) offset: usize,
    pub(super) rows: Range<usize>,
}

/// The rows of what comes in, a few at a time, and the offsets that meet them.
#[derive(Clone, Debug)]
pub(super) struct Pieces {
    pub(super) pieces: Vec<Piece>,
    /// Rows of what comes in.
    pub(super) rows: usize,
}

impl Pieces {
    /// At most `most` rows at a time.
    pub(super) fn new(layer: &Convolution, inputs: &Layout, most: usize) -> Self {
        let mut pieces = Vec::new();
        for (y, line) in inputs.places.chunks(layer.side).enumerate() {
            let end = line.last().map_or(0, |place| place.rows().end);
            for first in (line[0].first..end).step_by(most) {
                let block = first..end.min(first + most);
                for offset in 0..layer.kernel.pow(2) {
                    let (dy, dx) = (offset / layer.kernel, offset % layer.kernel);
                    let columns = sources(layer, dx);
                    if !sources(layer, dy).contains(&y) || columns.is_empty() {
                        continue;
                    }
                    let rows = line[columns.start].first..line[columns.end - 1].rows().end;
                    let rows = rows.start.max(block.start)..rows.end.min(block.end);
                    if !rows.is_empty() {
                        pieces.push(Piece { offset, rows });
                    }
                }
            }
        }
        Self {
            pieces,
            rows: inputs.rows,
        }
    }

    /// Rows that are multiplied, with all offsets.
    pub(super) fn multiplied(&self) -> usize {
        self.pieces.iter().map(|piece| piece.rows.len()).sum()
    }
}

/// Places along one axis that an offset meets.
fn sources(layer: &Convolution, offset: usize) -> Range<usize> {
    let first = offset.saturating_sub(layer.padding);
    let end = (layer.map_side() + offset).saturating_sub(layer.padding);
    first..layer.side.min(end).max(first)
}
