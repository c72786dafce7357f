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

/// One rotation of two rows.
#[derive(Clone, Copy, Debug)]
struct Coupling {
    /// Row of up_m, then of the raised out_m.
    up: u32,
    /// Row of dn_(m-1), then of the lowered out_(m-1).
    down: u32,
    /// m / sqrt(J (J+1)).
    from_up: f64,
    /// (J-m+1) / sqrt(J (J+1)).
    from_down: f64,
}

/// Where every coupling and every block is; depends on n only.
#[derive(Clone, Debug)]
pub(crate) struct Schur {
    players: usize,
    /// Couplings of the players, highest player first.
    levels: Vec<Vec<Coupling>>,
    /// (J, rows of all its paths, J+1 rows a path), J ascending.
    blocks: Vec<(usize, Vec<u32>)>,
}

impl Schur {
    pub(crate) fn new(players: usize) -> Self {
        let mut paths: Vec<(usize, Vec<u32>)> = vec![(0, vec![0])];
        let mut levels = Vec::with_capacity(players);
        for player in (0..players).rev() {
            let with = 1_u32 << player;
            let mut level = Vec::new();
            let mut longer = Vec::with_capacity(2 * paths.len());
            for (spin, rows) in paths {
                let norm = ((spin * (spin + 1)) as f64).sqrt();
                level.extend((1..=spin).map(|m| Coupling {
                    up: rows[m],
                    down: rows[m - 1] + with,
                    from_up: m as f64 / norm,
                    from_down: (spin - m + 1) as f64 / norm,
                }));
                let mut lowered: Vec<u32> = rows.iter().map(|r| r + with).collect();
                let mut raised = rows;
                raised.extend(lowered.pop());
                longer.push((spin + 1, raised));
                if spin > 0 {
                    longer.push((spin - 1, lowered));
                }
            }
            // Walking through memory in order is worth the sort.
            level.sort_unstable_by_key(|c| c.up);
            levels.push(level);
            paths = longer;
        }
        let mut blocks: Vec<(usize, Vec<u32>)> =
            (0..=players).map(|spin| (spin, Vec::new())).collect();
        paths.sort_unstable_by(|a, b| a.1.cmp(&b.1));
        for (spin, rows) in paths {
            blocks[spin].1.extend(rows);
        }
        blocks.retain(|(_, rows)| !rows.is_empty());
        Self {
            players,
            levels,
            blocks,
        }
    }

    pub(crate) fn players(&self) -> usize {
        self.players
    }

    /// Values J of the blocks, ascending.
    pub(crate) fn spins(&self) -> impl Iterator<Item = usize> {
        self.blocks.iter().map(|(spin, _)| *spin)
    }

    /// Inner products with the basis of every path, in place; values \[2^n\]\[lanes\].
    #[inline(always)]
    pub(crate) fn couple<const B: usize>(&self, values: &mut [[f64; B]]) {
        for (level, couplings) in self.levels.iter().enumerate() {
            let run = 1 << (self.players - 1 - level);
            for c in couplings {
                let (up, down) = two_runs(values, c, run);
                for (u, d) in up.iter_mut().zip(down) {
                    // Whole rows are read before any is written, or the compiler sees no vectors here.
                    let (x, y) = (*u, *d);
                    *u = std::array::from_fn(|lane| x[lane] + y[lane]);
                    *d = std::array::from_fn(|lane| c.from_down * y[lane] - c.from_up * x[lane]);
                }
            }
        }
    }

    /// The transpose of [`Self::couple`].
    #[inline(always)]
    pub(crate) fn couple_adjoint<const B: usize>(&self, values: &mut [[f64; B]]) {
        for (level, couplings) in self.levels.iter().enumerate().rev() {
            let run = 1 << (self.players - 1 - level);
            for c in couplings {
                let (up, down) = two_runs(values, c, run);
                for (u, d) in up.iter_mut().zip(down) {
                    let (x, y) = (*u, *d);
                    *u = std::array::from_fn(|lane| x[lane] - c.from_up * y[lane]);
                    *d = std::array::from_fn(|lane| x[lane] + c.from_down * y[lane]);
                }
            }
        }
    }

    /// Applies the blocks, one after the other in `blocks` (column-major, \[J+1\]\[J+1\]\[lanes\] for each J
    /// ascending), to every path.
    #[inline(always)]
    pub(crate) fn multiply<const B: usize>(&self, values: &mut [[f64; B]], blocks: &[[f64; B]]) {
        let mut blocks = blocks;
        for (spin, rows) in &self.blocks {
            let size = spin + 1;
            let (block, rest) = blocks.split_at(size * size);
            blocks = rest;
            for path in rows.chunks_exact(size) {
                let mut out = [[0.0; B]; MAX_PLAYERS + 1];
                let out = &mut out[..size];
                for (&row, column) in path.iter().zip(block.chunks_exact(size)) {
                    let x = values[row as usize];
                    for (o, c) in out.iter_mut().zip(column) {
                        let sum = *o;
                        *o = std::array::from_fn(|lane| sum[lane] + c[lane] * x[lane]);
                    }
                }
                for (&row, o) in path.iter().zip(out) {
                    values[row as usize] = *o;
                }
            }
        }
    }
}

/// The two runs of a coupling; `down` lies behind `up` or before it.
#[inline(always)]
fn two_runs<'a, const B: usize>(
    values: &'a mut [[f64; B]],
    coupling: &Coupling,
    run: usize,
) -> (&'a mut [[f64; B]], &'a mut [[f64; B]]) {
    let (up, down) = (coupling.up as usize, coupling.down as usize);
    if up < down {
        let (low, high) = values.split_at_mut(down);
        (&mut low[up..up + run], &mut high[..run])
    } else {
        let (low, high) = values.split_at_mut(up);
        (&mut high[..run], &mut low[down..down + run])
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

    /// X with self X = right, self symmetric positive definite, by Cholesky.
    pub(crate) fn solve(&self, right: &Self) -> Self {
        let k = self.size;
        let mut l = self.entries.clone();
        for j in 0..k {
            for i in j..k {
                let dot: f64 = (0..j).map(|m| l[i * k + m] * l[j * k + m]).sum();
                let rest = l[i * k + j] - dot;
                l[i * k + j] = if i == j {
                    rest.max(f64::MIN_POSITIVE).sqrt()
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
        Self {
            size: k,
            entries: x,
        }
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

/// Rewrites a block from the normalised basis to what stands between [`Schur::couple`] and its adjoint: divided by
/// sqrt(C(J,row) C(J,column)); column-major.
pub(crate) fn between_unnormalised(block: &Square) -> Vec<f64> {
    let spin = block.size - 1;
    (0..block.size * block.size)
        .map(|i| {
            let (column, row) = (i / block.size, i % block.size);
            block.at(row, column) / (binomial(spin, row) * binomial(spin, column)).sqrt()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arbitrary(len: usize) -> Vec<[f64; 1]> {
        let mut state = 7_u64;
        (0..len)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                [(state >> 33) as f64 / f64::from(u32::MAX) - 0.25]
            })
            .collect()
    }

    /// Applies the Kronecker power of p through the blocks.
    fn through_blocks(schur: &Schur, p: [[f64; 2]; 2], values: &mut [[f64; 1]]) {
        let blocks: Vec<[f64; 1]> = schur
            .spins()
            .flat_map(|j| between_unnormalised(&kronecker_power_block(p, schur.players(), j)))
            .map(|x| [x])
            .collect();
        schur.couple(values);
        schur.multiply(values, &blocks);
        schur.couple_adjoint(values);
    }

    #[test]
    fn identity_passes_through_the_blocks_unchanged() {
        for n in 2..=9 {
            let x = arbitrary(1 << n);
            let mut y = x.clone();
            through_blocks(&Schur::new(n), [[1.0, 0.0], [0.0, 1.0]], &mut y);
            for (x, y) in x.iter().zip(&y) {
                assert!((x[0] - y[0]).abs() < 1e-12, "n = {n}");
            }
        }
    }

    #[test]
    fn kronecker_power_equals_one_butterfly_a_player() {
        let p = [[0.7, 0.3], [-0.2, 1.9]];
        for n in 2..=8 {
            let mut expected = arbitrary(1 << n);
            let mut found = expected.clone();
            for player in 0..n {
                for s in (0..1 << n).filter(|s| s >> player & 1 == 0) {
                    let (x, y) = (expected[s][0], expected[s | 1 << player][0]);
                    expected[s] = [p[0][0] * x + p[0][1] * y];
                    expected[s | 1 << player] = [p[1][0] * x + p[1][1] * y];
                }
            }
            through_blocks(&Schur::new(n), p, &mut found);
            for (x, y) in expected.iter().zip(&found) {
                assert!(
                    (x[0] - y[0]).abs() < 1e-10 * (1.0 + x[0].abs()),
                    "n = {n}: {x:?} {y:?}"
                );
            }
        }
    }
}
