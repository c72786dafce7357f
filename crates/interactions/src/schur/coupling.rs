//! Where the couplings of the players above the row are.

use super::{rotation::Rotation, row::Row};
use crate::{butterfly::one_by_one, float::Float};

/// One rotation of two runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coupling<T> {
    /// Row of up_m, then of the raised out_m.
    pub(super) up: u32,
    /// Row of dn_(m-1), then of the lowered out_(m-1).
    pub(super) down: u32,
    pub(super) rotation: Rotation<T>,
}

/// All couplings of one player.
#[derive(Clone, Debug)]
pub(super) struct Level<T> {
    /// Rows in each of the two runs of a coupling: one for every mask of the players between the
    /// row players and this one.
    pub(super) run: usize,
    pub(super) couplings: Vec<Coupling<T>>,
}

/// Some rows of every run: `len` of them from `start` on, and again after every `period`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns {
    pub(super) start: usize,
    pub(super) len: usize,
    pub(super) period: usize,
}

impl<T: Float> Level<T> {
    /// All rows of its runs.
    pub(super) fn all(&self) -> Columns {
        Columns {
            start: 0,
            len: self.run,
            period: self.run,
        }
    }

    /// (up, down) <- rotate(rotation, up, down), for every coupling.
    #[inline(always)]
    pub(super) fn for_each(
        &self,
        rows: &mut [Row<T>],
        columns: Columns,
        rotate: impl Fn(Rotation<T>, &mut Row<T>, &mut Row<T>),
    ) {
        for c in &self.couplings {
            for start in (columns.start..self.run).step_by(columns.period) {
                for i in start..start + columns.len {
                    let [up, down] = [c.up as usize + i, c.down as usize + i];
                    let (mut u, mut d) = (rows[up], rows[down]);
                    rotate(c.rotation, &mut u, &mut d);
                    (rows[up], rows[down]) = (u, d);
                    one_by_one();
                }
            }
        }
    }
}

/// A sequence of couplings that ends in total spin `spin`: the rows of its J+1 values.
#[derive(Clone, Debug)]
pub(super) struct Path {
    pub(super) spin: usize,
    pub(super) places: Vec<u32>,
}

/// Couples one more player, whose absence and presence are `run` rows apart.
pub(super) fn couple_player<T: Float>(paths: Vec<Path>, run: usize) -> (Level<T>, Vec<Path>) {
    let with = run as u32;
    let mut couplings = Vec::new();
    let mut longer = Vec::with_capacity(2 * paths.len());
    for Path { spin, places } in paths {
        couplings.extend((1..=spin).map(|m| Coupling {
            up: places[m],
            down: places[m - 1] + with,
            rotation: Rotation::new(spin, m),
        }));
        let mut lowered: Vec<u32> = places.iter().map(|place| place + with).collect();
        let mut raised = places;
        raised.extend(lowered.pop());
        longer.push(Path {
            spin: spin + 1,
            places: raised,
        });
        if spin > 0 {
            longer.push(Path {
                spin: spin - 1,
                places: lowered,
            });
        }
    }
    // Walking through memory in order is worth the sort.
    couplings.sort_unstable_by_key(|c| c.up);
    (Level { run, couplings }, longer)
}

/// Couples players one after the other, from the highest of `players` down to the lowest; player 0
/// is the first above the row players.
pub(super) fn couple_players<T: Float>(
    mut paths: Vec<Path>,
    players: std::ops::Range<usize>,
) -> (Vec<Level<T>>, Vec<Path>) {
    let mut levels = Vec::new();
    for player in players.rev() {
        let (level, longer) = couple_player(paths, 1 << player);
        levels.push(level);
        paths = longer;
    }
    (levels, paths)
}
