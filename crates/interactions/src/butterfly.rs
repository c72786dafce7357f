//! The in-place butterflies behind every transform.
//!
//! One level i of a transform over masks pairs every mask without player i with the mask with it:
//! two runs of 2^i contiguous values, times the lanes. A batch laid out as \[2^n\]\[lanes\] is
//! therefore the same loop with longer runs. A single game's six lowest levels are done on tiles in
//! registers; of the others three are fused per pass over the memory, and arrays that do not fit
//! the cache are first brought down to blocks that do.

#[cfg(feature = "single")]
use crate::float::Float;
use crate::float::Real;

/// What one level does to the values (without, with) a player.
pub(crate) trait Step {
    fn step<T: Real>(without: T, with: T) -> (T, T);
}

/// Sums over subsets.
pub(crate) struct Zeta;
/// Inverse of [`Zeta`].
pub(crate) struct Moebius;
/// Sums over supersets, the adjoint of [`Zeta`].
pub(crate) struct Superset;
/// Inverse of [`Superset`], the adjoint of [`Moebius`].
pub(crate) struct SupersetMoebius;

impl Step for Zeta {
    #[inline(always)]
    fn step<T: Real>(without: T, with: T) -> (T, T) {
        (without, with + without)
    }
}
impl Step for Moebius {
    #[inline(always)]
    fn step<T: Real>(without: T, with: T) -> (T, T) {
        (without, with - without)
    }
}
impl Step for Superset {
    #[inline(always)]
    fn step<T: Real>(without: T, with: T) -> (T, T) {
        (without + with, with)
    }
}
impl Step for SupersetMoebius {
    #[inline(always)]
    fn step<T: Real>(without: T, with: T) -> (T, T) {
        (without - with, with)
    }
}

/// Values in a row, the unit that vector instructions work on.
const ROW: usize = 8;
/// Values of a tile of eight rows, all of whose levels are done in registers.
const TILE: usize = ROW * ROW;
/// Values of a block that stays in the first-level cache.
const CACHED: usize = 1 << 12;

/// Applies all levels of `S` to `values`, laid out as \[2^n\]\[lanes\], in place.
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
pub(crate) fn transform<S: Step, T: Real>(values: &mut [T], lanes: usize) {
    all_levels::<S, T, false>(values, lanes.max(1));
}

/// Applies all levels of `S` to one game and leaves it with its players exchanged as by
/// [`exchange_players`], which saves a transposition of every tile. Of two such transforms the
/// second brings the players back.
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
pub(crate) fn exchanging_transform<S: Step, T: Real>(values: &mut [T]) {
    all_levels::<S, T, true>(values, 1);
}

/// Applies all levels of `S` to one game of at least four players, the lowest three by weighted
/// sums within a row. The compiler takes a transposition of `f32` apart into single values, but
/// makes one instruction of a permutation of a row.
#[cfg(feature = "single")]
#[inline(always)]
pub(crate) fn transform_within_rows<S: Step, T: Float>(values: &mut [T]) {
    // Unknown to the compiler, or it would treat lanes of weight 0 apart.
    let weights =
        std::hint::black_box([0, 1, 2].map(|player| partner_weights::<S, T>(1 << player)));
    for row in values.as_chunks_mut::<ROW>().0 {
        let [a, b, c, d, e, f, g, h] = *row;
        let x = plus(*row, weights[0], [b, a, d, c, f, e, h, g]);
        let [a, b, c, d, e, f, g, h] = x;
        let x = plus(x, weights[1], [c, d, a, b, g, h, e, f]);
        let [a, b, c, d, e, f, g, h] = x;
        *row = plus(x, weights[2], [e, f, g, h, a, b, c, d]);
        one_by_one();
    }
    for pair in values.as_chunks_mut::<{ 2 * ROW }>().0 {
        let mut rows = [[T::default(); ROW]; 2];
        rows.copy_from_slice(pair.as_chunks().0);
        pair.as_chunks_mut()
            .0
            .copy_from_slice(&between::<S, T, 2>(rows));
        one_by_one();
    }
    from_runs::<S, T>(values, 2 * ROW);
}

#[cfg(feature = "single")]
#[inline(always)]
fn plus<T: Float>(mut x: [T; ROW], weights: [T; ROW], partner: [T; ROW]) -> [T; ROW] {
    for lane in 0..ROW {
        x[lane] += weights[lane] * partner[lane];
    }
    x
}

/// What each lane of a row is to have of the lane that differs in `bit`.
#[cfg(feature = "single")]
#[inline(always)]
fn partner_weights<S: Step, T: Float>(bit: usize) -> [T; ROW] {
    let (zero, one) = (T::default(), T::from_f64(1.0));
    std::array::from_fn(|lane| {
        if lane & bit == 0 {
            S::step(zero, one).0
        } else {
            S::step(one, zero).1
        }
    })
}

/// Exchanges players 0, 1 and 2 with 3, 4 and 5, where there are so many.
pub(crate) fn exchange_players<T: Real>(values: &mut [T]) {
    for tile in values.as_chunks_mut::<TILE>().0 {
        let mut rows = [[T::default(); ROW]; ROW];
        rows.copy_from_slice(tile.as_chunks().0);
        tile.as_chunks_mut().0.copy_from_slice(&transposed(rows));
    }
}

#[inline(always)]
fn all_levels<S: Step, T: Real, const EXCHANGE: bool>(values: &mut [T], lanes: usize) {
    let mut block = values.len();
    // High levels first, on runs longer than the cache; the levels commute.
    while block > CACHED && block >= 16 * lanes {
        for part in values.chunks_exact_mut(block) {
            eight::<S, T>(part);
        }
        block /= 8;
    }
    for part in values.chunks_exact_mut(block) {
        cached::<S, T, EXCHANGE>(part, lanes);
    }
}

/// All levels of a block that fits the cache, lowest first.
#[inline(always)]
fn cached<S: Step, T: Real, const EXCHANGE: bool>(values: &mut [T], lanes: usize) {
    let mut run = lanes;
    if lanes == 1 && values.len() >= TILE {
        for tile in values.as_chunks_mut::<TILE>().0 {
            six_levels::<S, T, EXCHANGE>(tile);
            one_by_one();
        }
        run = TILE;
    }
    from_runs::<S, T>(values, run);
}

/// All levels from that of runs of length `run` on.
#[inline(always)]
fn from_runs<S: Step, T: Real>(values: &mut [T], mut run: usize) {
    while 8 * run <= values.len() {
        for part in values.chunks_exact_mut(8 * run) {
            eight::<S, T>(part);
        }
        run *= 8;
    }
    while 2 * run <= values.len() {
        for part in values.chunks_exact_mut(2 * run) {
            let (without, with) = part.split_at_mut(run);
            for (a, b) in without.iter_mut().zip(with) {
                (*a, *b) = S::step(*a, *b);
            }
        }
        run *= 2;
    }
}

/// At the end of a loop's body keeps the compiler from running several passes side by side, with
/// gathers, where one fills the vectors.
#[inline(always)]
pub(crate) fn one_by_one() {
    std::hint::black_box(());
}

/// Levels of the six lowest players, on the masks of these.
#[inline(always)]
fn six_levels<S: Step, T: Real, const EXCHANGE: bool>(tile: &mut [T; TILE]) {
    let mut rows = [[T::default(); ROW]; ROW];
    rows.copy_from_slice(tile.as_chunks().0);
    rows = transposed(between::<S, T, ROW>(rows));
    if !EXCHANGE {
        rows = transposed(between::<S, T, ROW>(rows));
    }
    tile.as_chunks_mut().0.copy_from_slice(&rows);
    if EXCHANGE {
        // As a loop of a length that the compiler does not know: else it takes the rows apart and
        // does one value at a time.
        eight::<S, T>(&mut tile[..std::hint::black_box(TILE)]);
    }
}

/// Three levels at once over eight runs.
#[inline(always)]
fn eight<S: Step, T: Real>(values: &mut [T]) {
    let (low, high) = values.split_at_mut(values.len() / 2);
    let (a, c) = low.split_at_mut(low.len() / 2);
    let (e, g) = high.split_at_mut(high.len() / 2);
    let (a, b) = a.split_at_mut(a.len() / 2);
    let (c, d) = c.split_at_mut(c.len() / 2);
    let (e, f) = e.split_at_mut(e.len() / 2);
    let (g, h) = g.split_at_mut(g.len() / 2);
    eight_runs::<S, T>(a, b, c, d, e, f, g, h);
}

/// Function parameters tell the compiler that the runs do not overlap.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "eight runs")]
fn eight_runs<S: Step, T: Real>(
    a: &mut [T],
    b: &mut [T],
    c: &mut [T],
    d: &mut [T],
    e: &mut [T],
    f: &mut [T],
    g: &mut [T],
    h: &mut [T],
) {
    let len = a.len();
    let (b, c, d) = (&mut b[..len], &mut c[..len], &mut d[..len]);
    let (e, f, g, h) = (&mut e[..len], &mut f[..len], &mut g[..len], &mut h[..len]);
    for i in 0..len {
        [a[i], b[i], c[i], d[i], e[i], f[i], g[i], h[i]] =
            three::<S, T>([a[i], b[i], c[i], d[i], e[i], f[i], g[i], h[i]]);
    }
}

/// Three levels on eight values.
#[inline(always)]
fn three<S: Step, T: Real>([a, b, c, d, e, f, g, h]: [T; 8]) -> [T; 8] {
    let ((a, b), (c, d)) = (S::step(a, b), S::step(c, d));
    let ((e, f), (g, h)) = (S::step(e, f), S::step(g, h));
    let ((a, c), (b, d)) = (S::step(a, c), S::step(b, d));
    let ((e, g), (f, h)) = (S::step(e, g), S::step(f, h));
    let ((a, e), (b, f)) = (S::step(a, e), S::step(b, f));
    let ((c, g), (d, h)) = (S::step(c, g), S::step(d, h));
    [a, b, c, d, e, f, g, h]
}

/// All levels between `COUNT` rows.
#[inline(always)]
fn between<S: Step, T: Real, const COUNT: usize>(mut rows: [[T; ROW]; COUNT]) -> [[T; ROW]; COUNT] {
    let mut bit = 1;
    while bit < COUNT {
        for k in 0..COUNT {
            if k & bit == 0 {
                for lane in 0..ROW {
                    (rows[k][lane], rows[k | bit][lane]) =
                        S::step(rows[k][lane], rows[k | bit][lane]);
                }
            }
        }
        bit *= 2;
    }
    rows
}

/// The transpose, by exchanging blocks beside the diagonal of sizes 1, 2 and 4, so that it stays in
/// vector registers.
#[inline(always)]
pub(crate) fn transposed<T: Real>(mut tile: [[T; ROW]; ROW]) -> [[T; ROW]; ROW] {
    exchange::<T, 1>(&mut tile);
    exchange::<T, 2>(&mut tile);
    exchange::<T, 4>(&mut tile);
    tile
}

#[inline(always)]
fn exchange<T: Real, const SIZE: usize>(tile: &mut [[T; ROW]; ROW]) {
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
