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

use crate::{
    butterfly::{one_by_one, transposed},
    float::Float,
    mask::{MAX_PLAYERS, binomial},
    spin::{Square, clebsch_gordan},
};

/// Players whose masks make up one row of contiguous values.
const ROW_PLAYERS: usize = 3;
/// Values in a row.
const ROW: usize = 1 << ROW_PLAYERS;
/// Players whose couplings are done path by path, so that a path stays in the first-level cache.
const CACHED_PLAYERS: usize = 9;
/// Rows on which the players above are coupled at a time, for the same reason.
const CACHED_ROWS: usize = (1 << 12) / ROW;

type Row<T> = [T; ROW];

/// Of each lane of a coupled row: which of the spins 3, 1 and 1 it belongs to, and how many players
/// are present.
const LANES: [(usize, usize); ROW] = [
    (0, 0),
    (0, 1),
    (0, 2),
    (0, 3),
    (1, 0),
    (1, 1),
    (2, 0),
    (2, 1),
];

/// A row with its lanes in the orders that [`Blocks`] need.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Fanned<A>([Row<A>; 3]);

/// For each pair of rows of a path the entries of the map between them: by lane of the output from
/// the same lane, from its neighbour, and, for the four lanes of spin 3, from the second next and
/// from the third.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blocks {
    entries: Vec<Fanned<f64>>,
    /// The same in f32, see [`Schur::is_single`].
    #[cfg(feature = "single")]
    single: Vec<Fanned<f32>>,
    /// Start of the entries for each spin that paths end in.
    starts: [usize; MAX_PLAYERS + 1],
}

#[cfg(test)]
impl Blocks {
    pub(crate) fn entries(&self) -> impl Iterator<Item = &f64> {
        let rows = self.entries.iter().flat_map(|Fanned(rows)| rows);
        rows.flatten()
    }
}

/// Memory for [`Schur::apply`].
#[derive(Clone, Debug)]
pub(crate) struct Scratch {
    double: PathRows<f64>,
    #[cfg(feature = "single")]
    single: PathRows<f32>,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self {
            double: PathRows::new(),
            #[cfg(feature = "single")]
            single: PathRows::new(),
        }
    }
}

/// The rows of a path.
#[derive(Clone, Debug)]
struct PathRows<A> {
    inputs: [Fanned<A>; MAX_PLAYERS + 1],
    /// What [`Blocks`] make of them, the part across the lanes of spin 3 apart.
    outputs: [[Row<A>; 2]; MAX_PLAYERS + 1],
}

impl<A: Float> PathRows<A> {
    fn new() -> Self {
        let zero = [A::default(); ROW];
        Self {
            inputs: [Fanned([zero; 3]); MAX_PLAYERS + 1],
            outputs: [[zero; 2]; MAX_PLAYERS + 1],
        }
    }
}

/// One rotation of two runs.
#[derive(Clone, Copy, Debug)]
struct Coupling<T> {
    /// Row of up_m, then of the raised out_m.
    up: u32,
    /// Row of dn_(m-1), then of the lowered out_(m-1).
    down: u32,
    rotation: Rotation<T>,
}

/// The numbers of a rotation.
#[derive(Clone, Copy, Debug)]
struct Rotation<T> {
    /// m / sqrt(J (J+1)).
    from_up: T,
    /// (J-m+1) / sqrt(J (J+1)).
    from_down: T,
}

impl<T: Float> Rotation<T> {
    /// Of spin J with m players present.
    fn new(spin: usize, m: usize) -> Self {
        let norm = ((spin * (spin + 1)) as f64).sqrt();
        Self {
            from_up: T::from_f64(m as f64 / norm),
            from_down: T::from_f64((spin - m + 1) as f64 / norm),
        }
    }

    /// Inner products with the raised and the lowered vector.
    #[inline(always)]
    fn couple<const N: usize>(self, up: &mut [T; N], down: &mut [T; N]) {
        for (u, d) in up.iter_mut().zip(down) {
            (*u, *d) = (*u + *d, self.from_down * *d - self.from_up * *u);
        }
    }

    /// The transpose of [`Self::couple`].
    #[inline(always)]
    fn couple_adjoint<const N: usize>(self, up: &mut [T; N], down: &mut [T; N]) {
        for (u, d) in up.iter_mut().zip(down) {
            (*u, *d) = (*u - self.from_up * *d, *u + self.from_down * *d);
        }
    }
}

/// All couplings of one player.
#[derive(Clone, Debug)]
struct Level<T> {
    /// Rows in each of the two runs of a coupling: one for every mask of the players between the
    /// row players and this one.
    run: usize,
    couplings: Vec<Coupling<T>>,
}

/// Some rows of every run: `len` of them from `start` on, and again after every `period`.
#[derive(Clone, Copy, Debug)]
struct Columns {
    start: usize,
    len: usize,
    period: usize,
}

impl<T: Float> Level<T> {
    /// All rows of its runs.
    fn all(&self) -> Columns {
        Columns {
            start: 0,
            len: self.run,
            period: self.run,
        }
    }

    /// (up, down) <- rotate(rotation, up, down), for every coupling.
    #[inline(always)]
    fn for_each(
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
struct Path {
    spin: usize,
    places: Vec<u32>,
}

/// All paths that end in the same spin once all but the row players are coupled.
#[derive(Clone, Debug)]
struct Family {
    spin: usize,
    /// The rows of every path, J+1 a path.
    places: Vec<u32>,
    /// How that spin couples to those of the row players: the largest, and what two of them leave
    /// where they cancel each other.
    couplings: [Coupled; 2],
}

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

/// Couplings of the row players as weighted sums of the lanes of a row, see [`Float::WITHIN_ROWS`].
#[cfg(feature = "single")]
#[derive(Clone, Debug)]
struct WithinRow<T> {
    /// Of the first two players: weights of a lane itself and of its partner.
    first: [Row<T>; 2],
    /// The same of the third player.
    third: [Row<T>; 2],
    first_adjoint: [Row<T>; 2],
    third_adjoint: [Row<T>; 2],
}

#[cfg(feature = "single")]
impl<T: Float> WithinRow<T> {
    fn new() -> Self {
        let weights = |couplings: [(usize, usize, Rotation<T>); 2]| {
            let (mut own, mut partner) = ([T::from_f64(1.0); ROW], [T::default(); ROW]);
            let mut adjoint = [T::default(); ROW];
            for (up, down, rotation) in couplings {
                let one = T::from_f64(1.0);
                (own[up], partner[up]) = (one, one);
                (own[down], partner[down]) = (rotation.from_down, -rotation.from_up);
                (adjoint[up], adjoint[down]) = (-rotation.from_up, one);
            }
            ([own, partner], [own, adjoint])
        };
        let single = Rotation::new(1, 1);
        let (first, first_adjoint) = weights([(1, 2, single), (5, 6, single)]);
        let (third, third_adjoint) =
            weights([(1, 4, Rotation::new(2, 1)), (3, 5, Rotation::new(2, 2))]);
        Self {
            first,
            third,
            first_adjoint,
            third_adjoint,
        }
    }

    #[inline(always)]
    fn couple(&self, rows: &mut [Row<T>]) {
        let (first, third) = (self.first, self.third);
        for row in rows {
            let [a, b, c, d, e, f, g, h] = *row;
            let [a, b, c, d, e, f, g, h] = weighted(first, *row, [a, c, b, d, e, g, f, h]);
            let x = [a, b, c, d, e, f, g, h];
            let [a, b, c, d, e, f, g, h] = weighted(third, x, [a, e, c, f, b, d, g, h]);
            *row = [a, b, d, h, e, f, c, g];
            one_by_one();
        }
    }

    #[inline(always)]
    fn couple_adjoint(&self, rows: &mut [Row<T>]) {
        let (first, third) = (self.first_adjoint, self.third_adjoint);
        for row in rows {
            let [a, b, d, h, e, f, c, g] = *row;
            let x = [a, b, c, d, e, f, g, h];
            let [a, b, c, d, e, f, g, h] = weighted(third, x, [a, e, c, f, b, d, g, h]);
            let x = [a, b, c, d, e, f, g, h];
            *row = weighted(first, x, [a, c, b, d, e, g, f, h]);
            one_by_one();
        }
    }
}

#[cfg(feature = "single")]
#[inline(always)]
fn weighted<T: Float>([own, other]: [Row<T>; 2], x: Row<T>, partner: Row<T>) -> Row<T> {
    let mut sums = x;
    for lane in 0..ROW {
        sums[lane] = own[lane] * x[lane] + other[lane] * partner[lane];
    }
    sums
}

/// Couples one more player, whose absence and presence are `run` rows apart.
fn couple_player<T: Float>(paths: Vec<Path>, run: usize) -> (Level<T>, Vec<Path>) {
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
fn couple_players<T: Float>(
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

impl Family {
    /// The rows of every path <- the map of `entries` of them.
    #[inline(always)]
    fn multiply<T: Float, A: Float>(
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
    fn extend_blocks(&self, entries: &mut Vec<Fanned<f64>>, squares: &[Square]) {
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
struct Coupled {
    high: usize,
    low: usize,
    /// For each total spin, high + low - 2 t, the Clebsch-Gordan coefficients over the lengths of
    /// the vectors that are not 0, with their places in \[high+1\]\[low+1\].
    coefficients: Vec<Vec<(usize, f64)>>,
}

impl Coupled {
    fn new(high: usize, low: usize) -> Self {
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
    fn matrix(&self, squares: &[Square]) -> Square {
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

/// Couples three players between eight rows, the third only if there is one, and puts the rows in
/// the order of [`LANES`].
#[inline(always)]
fn coupled<T: Float, const N: usize>(mut x: [[T; N]; ROW], third: bool) -> [[T; N]; ROW] {
    let [first, second] = [Rotation::new(2, 1), Rotation::new(2, 2)];
    let mut couple = |up: usize, down: usize, rotation: Rotation<T>| {
        let (mut u, mut d) = (x[up], x[down]);
        rotation.couple(&mut u, &mut d);
        (x[up], x[down]) = (u, d);
    };
    couple(1, 2, Rotation::new(1, 1));
    if third {
        couple(5, 6, Rotation::new(1, 1));
        couple(1, 4, first);
        couple(3, 5, second);
    }
    let [a, b, c, d, e, f, g, h] = x;
    [a, b, d, h, e, f, c, g]
}

/// The transpose of [`coupled`].
#[inline(always)]
fn coupled_adjoint<T: Float, const N: usize>(rows: [[T; N]; ROW], third: bool) -> [[T; N]; ROW] {
    let [a, b, d, h, e, f, c, g] = rows;
    let mut x = [a, b, c, d, e, f, g, h];
    let [first, second] = [Rotation::new(2, 1), Rotation::new(2, 2)];
    let mut couple = |up: usize, down: usize, rotation: Rotation<T>| {
        let (mut u, mut d) = (x[up], x[down]);
        rotation.couple_adjoint(&mut u, &mut d);
        (x[up], x[down]) = (u, d);
    };
    if third {
        couple(3, 5, second);
        couple(1, 4, first);
        couple(5, 6, Rotation::new(1, 1));
    }
    couple(1, 2, Rotation::new(1, 1));
    x
}

/// The rows of `path` <- the map of `entries` of them.
#[inline(always)]
fn multiply<T: Float, A: Float>(
    rows: &mut [Row<T>],
    path: &[u32],
    entries: &[Fanned<A>],
    scratch: &mut PathRows<A>,
) {
    let inputs = &mut scratch.inputs[..path.len()];
    let outputs = &mut scratch.outputs[..path.len()];
    for (input, &place) in inputs.iter_mut().zip(path) {
        let x: Row<A> = rows[place as usize].map(Float::to);
        let [a, b, c, d, e, f, g, h] = x;
        *input = Fanned([x, [b, a, d, c, f, e, h, g], [c, d, a, b, d, c, b, a]]);
        one_by_one();
    }
    for (output, entries) in outputs.iter_mut().zip(entries.chunks_exact(path.len())) {
        let [mut near, mut far] = [[A::default(); ROW]; 2];
        for (Fanned(x), Fanned(entry)) in inputs.iter().zip(entries) {
            for lane in 0..ROW {
                near[lane] += entry[0][lane] * x[0][lane] + entry[1][lane] * x[1][lane];
                far[lane] += entry[2][lane] * x[2][lane];
            }
        }
        *output = [near, far];
        one_by_one();
    }
    // Apart from the sums, so that these stay in whole vectors.
    for (&place, [near, far]) in path.iter().zip(outputs) {
        let [a, b, c, d, e, f, g, h] = *far;
        let zero = A::default();
        let far = [a + e, b + f, c + g, d + h, zero, zero, zero, zero];
        let row = &mut rows[place as usize];
        for lane in 0..ROW {
            row[lane] = (near[lane] + far[lane]).to();
        }
        one_by_one();
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
