//! The small matrices behind the Schur transform: blocks of Kronecker powers by total spin,
//! Clebsch-Gordan coefficients.

use crate::mask::binomial;

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

    /// The entry between two states of a pair of spins, the second `low`; 0 where it has no such
    /// state.
    pub(crate) fn at_or_0(&self, [r, m]: [usize; 2], [s, k]: [usize; 2], low: usize) -> f64 {
        if m > low || k > low {
            return 0.0;
        }
        self.at(r * (low + 1) + m, s * (low + 1) + k)
    }

    pub(crate) fn transposed(&self) -> Self {
        Self::from_fn(self.size, |row, column| self.at(column, row))
    }

    /// The mean of itself and its transpose.
    pub(crate) fn symmetrised(&self) -> Self {
        Self::from_fn(self.size, |i, j| 0.5 * (self.at(i, j) + self.at(j, i)))
    }

    /// X with self X = right, self symmetric, by Cholesky; `None` where self is not positive
    /// definite.
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

/// Block J of the n-fold Kronecker power of the 2x2 matrix `p` in the normalised basis: Sym^J(p)
/// det(p)^((n-J)/2), where Sym^k(p)\[m',m\] = sqrt(C(k,m)/C(k,m')) \[x^(k-m') y^m'\] (p00 x + p10
/// y)^(k-m) (p01 x + p11 y)^m.
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

/// The Clebsch-Gordan coefficient of spins `high` and `low` at `r` and `l` players present, for the
/// total spin high + low - 2 `lost`, in which r + l - lost players are present (Racah's formula).
pub(crate) fn clebsch_gordan([high, r]: [usize; 2], [low, l]: [usize; 2], lost: usize) -> f64 {
    let spin = high + low - 2 * lost;
    let present = r + l - lost;
    let terms = (0..=lost.min(r).min(low - l)).filter(|k| high - r + k >= lost && l + k >= lost);
    let sum: f64 = terms
        .map(|k| {
            let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
            let below = [k, lost - k, r - k, low - l - k];
            let above = [high - r + k - lost, l + k - lost];
            sign / below
                .into_iter()
                .chain(above)
                .map(factorial)
                .product::<f64>()
        })
        .sum();
    let above = [
        high - lost,
        low - lost,
        lost,
        spin - present,
        present,
        r,
        high - r,
        l,
        low - l,
    ];
    let square = above.into_iter().map(factorial).product::<f64>() * (spin + 1) as f64;
    sum * (square / factorial(high + low - lost + 1)).sqrt()
}

fn factorial(k: usize) -> f64 {
    (2..=k).fold(1.0, |product, i| product * i as f64)
}
