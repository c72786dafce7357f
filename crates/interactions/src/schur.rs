//! The Schur transform: n spins 1/2 coupled one after the other, in place, in O(n 2^n).
//!
//! A linear map on arrays over masks that commutes with every permutation of the players is block diagonal
//! in the basis of total spin: for J = n, n-2, ... one block of size J+1, repeated once for every path of
//! couplings that ends in J. Here the basis of a path is not normalised, D_m = the sum of all products with m
//! players present, so that raising J is a plain addition:
//!
//! - J -> J+1: out_m = up_m + dn_(m-1)
//! - J -> J-1: out_(m-1) = (-m up_m + (J-m+1) dn_(m-1)) / sqrt(J (J+1))
//!
//! Both read the same two rows and may overwrite them, which makes the transform a butterfly network. The squared
//! length of D_m is C(J,m); the blocks carry that factor. (Clebsch-Gordan coefficients are textbook, e.g. Sakurai,
//! Modern Quantum Mechanics, section 3.8; the in-place, unnormalised form is ours.)

use crate::mask::{MAX_PLAYERS, binomial};

/// Players whose masks make up one row of contiguous values.
const ROW_PLAYERS: usize = 3;
/// Values in a row, the unit that vector instructions work on.
const ROW: usize = 1 << ROW_PLAYERS;
/// Players whose couplings are done path by path, so that a path stays in the first-level cache.
const CACHED_PLAYERS: usize = 9;
/// Values on which the players above are coupled at a time, for the same reason.
const CACHED_VALUES: usize = 1 << 12;
/// Most values of one path on the way through its row players.
const MOST_CELLS: usize = (MAX_PLAYERS - ROW_PLAYERS + 1) * ROW;

/// One value each of paths side by side.
type Cell = [f64; ROW];

/// Memory for [`Schur::apply`].
#[derive(Clone, Debug)]
pub(crate) struct Scratch {
    /// Values of a group of paths by place.
    cells: Vec<Cell>,
    /// A block times some of them.
    products: [Cell; MAX_PLAYERS + 1],
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self {
            cells: vec![[0.0; ROW]; MOST_CELLS],
            products: [[0.0; ROW]; MAX_PLAYERS + 1],
        }
    }
}

/// One rotation of two runs.
#[derive(Clone, Copy, Debug)]
struct Coupling {
    /// Place of up_m, then of the raised out_m.
    up: u32,
    /// Place of dn_(m-1), then of the lowered out_(m-1).
    down: u32,
    /// m / sqrt(J (J+1)).
    from_up: f64,
    /// (J-m+1) / sqrt(J (J+1)).
    from_down: f64,
}

/// All couplings of one player.
#[derive(Clone, Debug)]
struct Level {
    /// Values in each of the two runs of a coupling: one for every mask of the players below.
    run: usize,
    couplings: Vec<Coupling>,
}

/// Some values of every run: `len` of them from `start` on, and again after every `period`.
#[derive(Clone, Copy, Debug)]
struct Columns {
    start: usize,
    len: usize,
    period: usize,
}

impl Level {
    /// All values of its runs.
    fn all(&self) -> Columns {
        Columns {
            start: 0,
            len: self.run,
            period: self.run,
        }
    }

    /// Inner products with the raised and the lowered vectors; `values` are `LANES` arrays side by side.
    #[inline(always)]
    fn couple<const LANES: usize>(&self, values: &mut [f64], columns: Columns) {
        self.for_each::<LANES>(values, columns, |c, u, d| {
            (u + d, c.from_down * d - c.from_up * u)
        });
    }

    /// The transpose of [`Self::couple`].
    #[inline(always)]
    fn couple_adjoint<const LANES: usize>(&self, values: &mut [f64], columns: Columns) {
        self.for_each::<LANES>(values, columns, |c, u, d| {
            (u - c.from_up * d, u + c.from_down * d)
        });
    }

    /// (up, down) <- rotation(coupling, up, down), for every coupling.
    #[inline(always)]
    fn for_each<const LANES: usize>(
        &self,
        values: &mut [f64],
        columns: Columns,
        rotation: impl Fn(&Coupling, f64, f64) -> (f64, f64),
    ) {
        for c in &self.couplings {
            for start in (columns.start..self.run).step_by(columns.period) {
                let (up, down) = two_runs::<LANES>(values, c, start, columns.len);
                for (u, d) in up.iter_mut().zip(down) {
                    (*u, *d) = rotation(c, *u, *d);
                }
            }
        }
    }
}

/// A sequence of couplings that ends in total spin `spin`: the places of its J+1 values.
#[derive(Clone, Debug)]
struct Path {
    spin: usize,
    places: Vec<u32>,
}

/// All paths that begin with the same spin once the players above the row players are coupled.
#[derive(Clone, Debug)]
struct Family {
    /// First values of the rows of every path, J+1 a path.
    rows: Vec<u32>,
    /// Rows a path, J+1.
    size: usize,
    /// Couplings of the row players within a path, whose values are numbered row by row.
    levels: Vec<Level>,
    /// Where each path ends: spin, and the places of its values.
    ends: Vec<Path>,
}

/// Where every coupling and every block is; depends on n only.
///
/// Players are coupled highest first, in three stages that each take one pass over the memory: the highest players on a few columns of
/// all runs at a time, the next ones path by path, and the row players on several paths of a family side by side, with the blocks
/// applied in between.
#[derive(Clone, Debug)]
pub(crate) struct Schur {
    players: usize,
    /// Couplings of the highest players.
    high: Vec<Level>,
    /// Columns of a run that are coupled at a time.
    columns: usize,
    /// For each path that the highest players leave: couplings of the players below, down to the row players.
    middle: Vec<Vec<Level>>,
    families: Vec<Family>,
    /// Start of each block in an array of all of them, by spin.
    starts: [usize; MAX_PLAYERS + 1],
}

/// Couples one more player.
fn couple_player(paths: Vec<Path>, player: usize) -> (Level, Vec<Path>) {
    let with = 1_u32 << player;
    let mut couplings = Vec::new();
    let mut longer = Vec::with_capacity(2 * paths.len());
    for Path { spin, places } in paths {
        let norm = ((spin * (spin + 1)) as f64).sqrt();
        couplings.extend((1..=spin).map(|m| Coupling {
            up: places[m],
            down: places[m - 1] + with,
            from_up: m as f64 / norm,
            from_down: (spin - m + 1) as f64 / norm,
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
    let run = 1 << player;
    (Level { run, couplings }, longer)
}

/// Couples players one after the other.
fn couple_players(
    mut paths: Vec<Path>,
    players: impl Iterator<Item = usize>,
) -> (Vec<Level>, Vec<Path>) {
    let mut levels = Vec::new();
    for player in players {
        let (level, longer) = couple_player(paths, player);
        levels.push(level);
        paths = longer;
    }
    (levels, paths)
}

impl Family {
    fn new(spin: usize, paths: &[Path], row_players: usize) -> Self {
        let row = 1_u32 << row_players;
        let whole = vec![Path {
            spin,
            places: (0..=spin as u32).map(|m| m * row).collect(),
        }];
        let (levels, ends) = couple_players(whole, (0..row_players).rev());
        let of_spin = paths.iter().filter(|path| path.spin == spin);
        Self {
            rows: of_spin.flat_map(|path| path.places.clone()).collect(),
            size: spin + 1,
            levels,
            ends,
        }
    }
}

impl Schur {
    pub(crate) fn new(players: usize) -> Self {
        let row_players = players.min(ROW_PLAYERS);
        let cached_players = players.min(CACHED_PLAYERS);
        let whole = vec![Path {
            spin: 0,
            places: vec![0],
        }];
        let (high, ends) = couple_players(whole, (cached_players..players).rev());
        let mut middle = Vec::with_capacity(ends.len());
        let mut paths = Vec::new();
        for path in ends {
            let (levels, ends) = couple_players(vec![path], (row_players..cached_players).rev());
            middle.push(levels);
            paths.extend(ends);
        }
        paths.sort_unstable_by(|a, b| a.places.cmp(&b.places));
        let families = (0..=players - row_players)
            .map(|spin| Family::new(spin, &paths, row_players))
            .filter(|family| !family.rows.is_empty());
        let families = families.collect();
        let mut schur = Self {
            players,
            high,
            columns: (CACHED_VALUES >> (players - cached_players)).max(ROW),
            middle,
            families,
            starts: [0; MAX_PLAYERS + 1],
        };
        let mut start = 0;
        for spin in schur.spins() {
            schur.starts[spin] = start;
            start += (spin + 1) * (spin + 1);
        }
        schur
    }

    pub(crate) fn players(&self) -> usize {
        self.players
    }

    /// Values J of the blocks, ascending.
    pub(crate) fn spins(&self) -> impl Iterator<Item = usize> + use<> {
        (self.players % 2..=self.players).step_by(2)
    }

    /// values <- the map whose blocks are `blocks`, one after the other (row-major, \[J+1\]\[J+1\] for each J ascending, as
    /// [`between_unnormalised`] gives them). `values`: \[2^n\].
    #[inline(always)]
    pub(crate) fn apply(&self, values: &mut [f64], blocks: &[f64], scratch: &mut Scratch) {
        for columns in self.columns() {
            for level in &self.high {
                level.couple::<1>(values, columns);
            }
        }
        for level in self.middle.iter().flatten() {
            level.couple::<1>(values, level.all());
        }
        for family in &self.families {
            for group in family.rows.chunks(ROW * family.size) {
                if self.players < ROW_PLAYERS {
                    self.apply_within::<{ ROW / 2 }>(family, group, values, blocks, scratch);
                } else {
                    self.apply_within::<ROW>(family, group, values, blocks, scratch);
                }
            }
        }
        for path in &self.middle {
            for level in path.iter().rev() {
                level.couple_adjoint::<1>(values, level.all());
            }
        }
        for columns in self.columns() {
            for level in self.high.iter().rev() {
                level.couple_adjoint::<1>(values, columns);
            }
        }
    }

    /// The columns of the highest players, as many at a time as the cache holds.
    fn columns(&self) -> impl Iterator<Item = Columns> + use<> {
        let (period, len) = (1 << CACHED_PLAYERS, self.columns);
        let end = if self.high.is_empty() { 0 } else { period };
        (0..end).step_by(len).map(move |start| Columns {
            start,
            len: len.min(period - start),
            period,
        })
    }

    /// Couples the row players of up to [`ROW`] paths, applies the blocks and goes back. `R`: values in a row.
    #[inline(always)]
    fn apply_within<const R: usize>(
        &self,
        family: &Family,
        group: &[u32],
        values: &mut [f64],
        blocks: &[f64],
        scratch: &mut Scratch,
    ) {
        let cells = &mut scratch.cells[..family.size * R];
        for (row, cells) in cells.as_chunks_mut::<R>().0.iter_mut().enumerate() {
            let mut tile = [[0.0; ROW]; ROW];
            for (lane, path) in tile.iter_mut().zip(group.chunks_exact(family.size)) {
                lane[..R].copy_from_slice(&values[path[row] as usize..][..R]);
            }
            cells.copy_from_slice(&transposed(tile)[..R]);
        }
        for level in &family.levels {
            level.couple::<ROW>(cells.as_flattened_mut(), level.all());
        }
        for end in &family.ends {
            let size = end.spin + 1;
            let block = &blocks[self.starts[end.spin]..][..size * size];
            multiply(cells, &end.places, block, &mut scratch.products);
        }
        for level in family.levels.iter().rev() {
            level.couple_adjoint::<ROW>(cells.as_flattened_mut(), level.all());
        }
        for (row, cells) in cells.as_chunks::<R>().0.iter().enumerate() {
            let mut tile = [[0.0; ROW]; ROW];
            tile[..R].copy_from_slice(cells);
            let tile = transposed(tile);
            for (lane, path) in tile.iter().zip(group.chunks_exact(family.size)) {
                values[path[row] as usize..][..R].copy_from_slice(&lane[..R]);
            }
        }
    }
}

/// The transpose, by exchanging blocks beside the diagonal of sizes 1, 2 and 4, so that it stays in vector registers.
#[inline(always)]
fn transposed(mut tile: [Cell; ROW]) -> [Cell; ROW] {
    exchange::<1>(&mut tile);
    exchange::<2>(&mut tile);
    exchange::<4>(&mut tile);
    tile
}

#[inline(always)]
fn exchange<const SIZE: usize>(tile: &mut [Cell; ROW]) {
    for row in 0..ROW {
        if row & SIZE == 0 {
            let (upper, lower) = (tile[row], tile[row | SIZE]);
            for column in 0..ROW {
                if column & SIZE == 0 {
                    tile[row | SIZE][column] = upper[column | SIZE];
                } else {
                    tile[row][column] = lower[column & !SIZE];
                }
            }
        }
    }
}

/// The cells at `places` <- `block` times them.
#[inline(always)]
fn multiply(cells: &mut [Cell], places: &[u32], block: &[f64], products: &mut [Cell]) {
    for (product, row) in products.iter_mut().zip(block.chunks_exact(places.len())) {
        let mut sums = [0.0; ROW];
        for (&place, entry) in places.iter().zip(row) {
            let x = cells[place as usize];
            for lane in 0..ROW {
                sums[lane] += entry * x[lane];
            }
        }
        *product = sums;
    }
    for (&place, product) in places.iter().zip(products) {
        cells[place as usize] = *product;
    }
}

/// The values of the two runs from `start` on; `down` lies behind `up` or before it.
#[inline(always)]
fn two_runs<'a, const LANES: usize>(
    values: &'a mut [f64],
    coupling: &Coupling,
    start: usize,
    len: usize,
) -> (&'a mut [f64], &'a mut [f64]) {
    let [up, down] = [coupling.up, coupling.down].map(|place| LANES * (place as usize + start));
    let len = LANES * len;
    if up < down {
        let (low, high) = values.split_at_mut(down);
        (&mut low[up..up + len], &mut high[..len])
    } else {
        let (low, high) = values.split_at_mut(up);
        (&mut high[..len], &mut low[down..down + len])
    }
}

/// A square matrix, row-major.
#[derive(Clone, Debug)]
pub(crate) struct Square {
    pub(crate) size: usize,
    pub(crate) entries: Vec<f64>,
}

impl Square {
    pub(crate) fn from_fn(size: usize, entry: impl Fn(usize, usize) -> f64) -> Self {
        let entries = (0..size * size)
            .map(|i| entry(i / size, i % size))
            .collect();
        Self { size, entries }
    }

    pub(crate) fn at(&self, row: usize, column: usize) -> f64 {
        self.entries[row * self.size + column]
    }

    pub(crate) fn transposed(&self) -> Self {
        Self::from_fn(self.size, |row, column| self.at(column, row))
    }

    /// The mean of itself and its transpose.
    pub(crate) fn symmetrised(&self) -> Self {
        Self::from_fn(self.size, |i, j| 0.5 * (self.at(i, j) + self.at(j, i)))
    }

    /// X with self X = right, self symmetric, by Cholesky; `None` where self is not positive definite.
    pub(crate) fn solve(&self, right: &Self) -> Option<Self> {
        let k = self.size;
        let mut l = self.entries.clone();
        for j in 0..k {
            for i in j..k {
                let dot: f64 = (0..j).map(|m| l[i * k + m] * l[j * k + m]).sum();
                let rest = l[i * k + j] - dot;
                if i == j && (rest.is_nan() || rest <= 0.0) {
                    return None;
                }
                l[i * k + j] = if i == j {
                    rest.sqrt()
                } else {
                    rest / l[j * k + j]
                };
            }
        }
        let mut x = right.entries.clone();
        for column in 0..k {
            for i in 0..k {
                let dot: f64 = (0..i).map(|m| l[i * k + m] * x[m * k + column]).sum();
                x[i * k + column] = (x[i * k + column] - dot) / l[i * k + i];
            }
            for i in (0..k).rev() {
                let dot: f64 = (i + 1..k).map(|m| l[m * k + i] * x[m * k + column]).sum();
                x[i * k + column] = (x[i * k + column] - dot) / l[i * k + i];
            }
        }
        Some(Self {
            size: k,
            entries: x,
        })
    }
}

/// Block J of the n-fold Kronecker power of the 2x2 matrix `p` in the normalised basis: Sym^J(p) det(p)^((n-J)/2), where
/// Sym^k(p)\[m',m\] = sqrt(C(k,m)/C(k,m')) \[x^(k-m') y^m'\] (p00 x + p10 y)^(k-m) (p01 x + p11 y)^m.
pub(crate) fn kronecker_power_block(p: [[f64; 2]; 2], players: usize, spin: usize) -> Square {
    let times = |poly: &[f64], [x, y]: [f64; 2]| {
        let mut product = vec![0.0; poly.len() + 1];
        for (i, c) in poly.iter().enumerate() {
            product[i] += c * x;
            product[i + 1] += c * y;
        }
        product
    };
    let columns: Vec<Vec<f64>> = (0..=spin)
        .map(|m| {
            let mut poly = vec![1.0];
            for _ in 0..spin - m {
                poly = times(&poly, [p[0][0], p[1][0]]);
            }
            for _ in 0..m {
                poly = times(&poly, [p[0][1], p[1][1]]);
            }
            poly
        })
        .collect();
    let det = p[0][0] * p[1][1] - p[0][1] * p[1][0];
    let factor = det.powi(((players - spin) / 2) as i32);
    Square::from_fn(spin + 1, |row, m| {
        factor * (binomial(spin, m) / binomial(spin, row)).sqrt() * columns[m][row]
    })
}

/// Rewrites a block from the normalised basis to what [`Schur::apply`] takes: divided by sqrt(C(J,row) C(J,column)).
pub(crate) fn between_unnormalised(block: &Square) -> Vec<f64> {
    let spin = block.size - 1;
    (0..block.size * block.size)
        .map(|i| {
            let (row, column) = (i / block.size, i % block.size);
            block.at(row, column) / (binomial(spin, row) * binomial(spin, column)).sqrt()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let blocks: Vec<f64> = schur
            .spins()
            .flat_map(|j| between_unnormalised(&kronecker_power_block(p, players, j)))
            .collect();
        schur.apply(values, &blocks, &mut Scratch::new());
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
