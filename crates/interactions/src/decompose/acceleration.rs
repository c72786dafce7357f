//! Anderson acceleration of the Douglas-Rachford iteration, lane by lane.
//!
//! A round of iterations maps z to g(z); f = g(z) - z is 0 at a solution. From the differences of the last
//! rounds the combination with the smallest |f| is extrapolated (Walker and Ni, SIAM J. Numer. Anal. 49, 2011, type II).
//! A round whose |f| has grown too much takes the extrapolation back and forgets the differences,
//! so that the guarantee of the plain iteration stays. It halves the iterations to a gap of 1e-3.

/// Rounds remembered.
const MEMORY: usize = 5;

/// Growth of |f| at which an extrapolation is taken back.
const SAFEGUARD: f64 = 2.0;

/// Regularisation of the normal equations, relative to their trace.
const REGULARISATION: f64 = 1e-10;

/// Rounds of `B` lanes; all arrays \[rows\]\[B\].
pub(super) struct Anderson<const B: usize> {
    /// z at the start of the round.
    start: Vec<[f64; B]>,
    last_f: Vec<[f64; B]>,
    last_g: Vec<[f64; B]>,
    /// Differences of f and of g between successive rounds, newest at `newest`, older ones behind it.
    f_differences: [Vec<[f64; B]>; MEMORY],
    g_differences: [Vec<[f64; B]>; MEMORY],
    newest: usize,
    /// Inner products of the differences of f, by slot.
    gram: [[[f64; B]; MEMORY]; MEMORY],
    rounds: [Rounds; B],
}

/// What one lane remembers.
#[derive(Clone, Copy, Debug, Default)]
struct Rounds {
    /// Rounds since the lane was reset.
    count: usize,
    /// |f| of the last round.
    norm: f64,
    /// Whether this round started from an extrapolation.
    extrapolated: bool,
}

impl<const B: usize> Anderson<B> {
    pub(super) fn new(rows: usize) -> Self {
        let zeros = || vec![[0.0; B]; rows];
        Self {
            start: zeros(),
            last_f: zeros(),
            last_g: zeros(),
            f_differences: std::array::from_fn(|_| zeros()),
            g_differences: std::array::from_fn(|_| zeros()),
            newest: 0,
            gram: [[[0.0; B]; MEMORY]; MEMORY],
            rounds: [Rounds::default(); B],
        }
    }

    /// Forgets a lane; its next round starts at `z`.
    pub(super) fn reset(&mut self, lane: usize, z: &[[f64; B]]) {
        self.rounds[lane] = Rounds::default();
        for (start, z) in self.start.iter_mut().zip(z) {
            start[lane] = z[lane];
        }
        for differences in self.f_differences.iter_mut().chain(&mut self.g_differences) {
            for row in differences {
                row[lane] = 0.0;
            }
        }
        for products in self.gram.as_flattened_mut() {
            products[lane] = 0.0;
        }
    }

    /// Ends a round at `z` and moves it to where the next round starts.
    #[inline(always)]
    pub(super) fn extrapolate(&mut self, z: &mut [[f64; B]]) {
        let norm = self.residual_norms(z);
        for lane in 0..B {
            let rounds = self.rounds[lane];
            if rounds.extrapolated && norm[lane] > SAFEGUARD * rounds.norm {
                for (z, g) in z.iter_mut().zip(&self.last_g) {
                    z[lane] = g[lane];
                }
                self.reset(lane, z);
            }
        }
        self.remember(z);
        let coefficients = self.coefficients();
        for (age, coefficients) in coefficients.iter().enumerate() {
            let differences = &self.g_differences[(self.newest + age) % MEMORY];
            for (z, g) in z.iter_mut().zip(differences) {
                for lane in 0..B {
                    z[lane] -= coefficients[lane] * g[lane];
                }
            }
        }
        for lane in 0..B {
            let rounds = &mut self.rounds[lane];
            *rounds = Rounds {
                count: rounds.count + 1,
                norm: norm[lane],
                extrapolated: rounds.count > 0,
            };
        }
        self.start.copy_from_slice(z);
    }

    #[inline(always)]
    fn residual_norms(&self, z: &[[f64; B]]) -> [f64; B] {
        let mut squares = [0.0; B];
        for (z, start) in z.iter().zip(&self.start) {
            for lane in 0..B {
                let f = z[lane] - start[lane];
                squares[lane] += f * f;
            }
        }
        squares.map(f64::sqrt)
    }

    /// Adds the differences to the last round as the newest ones; a lane's first round has none, and leaves zeros.
    #[inline(always)]
    fn remember(&mut self, z: &[[f64; B]]) {
        self.newest = (self.newest + MEMORY - 1) % MEMORY;
        let known = self.rounds.map(|r| if r.count > 0 { 1.0 } else { 0.0 });
        let differences = self.f_differences[self.newest]
            .iter_mut()
            .zip(&mut self.g_differences[self.newest]);
        let last = self.last_f.iter_mut().zip(&mut self.last_g);
        for (((df, dg), (last_f, last_g)), (z, start)) in
            differences.zip(last).zip(z.iter().zip(&self.start))
        {
            for lane in 0..B {
                let (g, f) = (z[lane], z[lane] - start[lane]);
                df[lane] = known[lane] * (f - last_f[lane]);
                dg[lane] = known[lane] * (g - last_g[lane]);
                last_f[lane] = f;
                last_g[lane] = g;
            }
        }
        for slot in 0..MEMORY {
            let products =
                inner_products(&self.f_differences[self.newest], &self.f_differences[slot]);
            self.gram[self.newest][slot] = products;
            self.gram[slot][self.newest] = products;
        }
    }

    /// Coefficients of the differences, newest first, that make |f| smallest.
    #[inline(always)]
    fn coefficients(&self) -> [[f64; B]; MEMORY] {
        let slots: [usize; MEMORY] = std::array::from_fn(|age| (self.newest + age) % MEMORY);
        let right = slots.map(|slot| inner_products(&self.f_differences[slot], &self.last_f));
        let mut coefficients = [[0.0; B]; MEMORY];
        for lane in 0..B {
            let used = self.rounds[lane].count.min(MEMORY);
            let gram = slots.map(|i| slots.map(|j| self.gram[i][j][lane]));
            let solution = regularised_solution(gram, right.map(|r| r[lane]), used);
            for (age, x) in solution.into_iter().enumerate() {
                coefficients[age][lane] = x;
            }
        }
        coefficients
    }
}

#[inline(always)]
fn inner_products<const B: usize>(a: &[[f64; B]], b: &[[f64; B]]) -> [f64; B] {
    let mut sums = [0.0; B];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..B {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums
}

/// Solves the first `used` equations by Cholesky; all zeros when that breaks down.
fn regularised_solution(
    mut a: [[f64; MEMORY]; MEMORY],
    mut x: [f64; MEMORY],
    used: usize,
) -> [f64; MEMORY] {
    x[used..].fill(0.0);
    let trace: f64 = (0..used).map(|j| a[j][j]).sum();
    for j in 0..used {
        a[j][j] += REGULARISATION * trace;
        for i in j..used {
            let dot: f64 = (0..j).map(|m| a[i][m] * a[j][m]).sum();
            let rest = a[i][j] - dot;
            if i == j && (rest.is_nan() || rest <= 0.0) {
                return [0.0; MEMORY];
            }
            a[i][j] = if i == j { rest.sqrt() } else { rest / a[j][j] };
        }
    }
    for i in 0..used {
        let dot: f64 = (0..i).map(|m| a[i][m] * x[m]).sum();
        x[i] = (x[i] - dot) / a[i][i];
    }
    for i in (0..used).rev() {
        let dot: f64 = (i + 1..used).map(|m| a[m][i] * x[m]).sum();
        x[i] = (x[i] - dot) / a[i][i];
    }
    if x.iter().all(|x| x.is_finite()) {
        x
    } else {
        [0.0; MEMORY]
    }
}
