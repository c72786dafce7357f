//! The linear maps between outputs and effects, in place, in O(n 2^n).
//!
//! Every function takes an array of the layout \[2^n\]\[lanes\]: `lanes` games side by side, one
//! game for `lanes` = 1. None builds a matrix.
//!
//! | map | formula | inverse | adjoint |
//! |---|---|---|---|
//! | [`zeta`] Z | (Zu)(S) = sum over T in S of u(T) | [`moebius`] | [`superset_zeta`] |
//! | [`moebius`] A | sum over T in S of (-1)^(\|S\|-\|T\|) u(T) | [`zeta`] | [`superset_moebius`] |
//! | [`complement`] R | (Ru)(S) = u(N\\S) | itself | itself |
//! | [`or_synthesis`] Z_B | sum over T that meet S of b(T) | [`or_analysis`] | [`or_synthesis_adjoint`] |
//! | [`or_analysis`] | b(S) = -(A R u)(S), b(empty) = u(empty) | [`or_synthesis`] | [`or_analysis_adjoint`] |
//!
//! AND synthesis is [`zeta`] and AND analysis is [`moebius`] (the Harsanyi dividend; arXiv
//! 2111.06206). The OR maps are those of arXiv 2401.16318, eq. (4), written through the reversal R.
//!
//! # Errors
//! Every function returns [`Error::Players`], [`Error::Length`] or, for `lanes` = 0,
//! [`Error::Mismatch`] when `values` is no array of that layout, and leaves it unchanged then.

use crate::{
    Error,
    arch::vectorized,
    butterfly::{self, Moebius, Step, Superset, SupersetMoebius, Zeta},
    mask,
};

pub use crate::float::Real;

/// Checks the layout \[2^n\]\[lanes\] and returns 2^n.
fn masks(len: usize, lanes: usize) -> Result<usize, Error> {
    if lanes == 0 || !len.is_multiple_of(lanes) {
        return Err(Error::Mismatch {
            what: "an array of [2^n][lanes]",
            found: len,
            expected: lanes,
        });
    }
    mask::player_count(len / lanes)?;
    Ok(len / lanes)
}

fn apply<S: Step, T: Real>(values: &mut [T], lanes: usize) -> Result<(), Error> {
    masks(values.len(), lanes)?;
    vectorized(
        #[inline(always)]
        || butterfly::transform::<S, T>(values, lanes),
    );
    Ok(())
}

/// Z: sums over subsets; AND synthesis.
pub fn zeta<T: Real>(values: &mut [T], lanes: usize) -> Result<(), Error> {
    apply::<Zeta, T>(values, lanes)
}

/// A = Z^-1: alternating sums over subsets; AND analysis.
pub fn moebius<T: Real>(values: &mut [T], lanes: usize) -> Result<(), Error> {
    apply::<Moebius, T>(values, lanes)
}

/// Z': sums over supersets; adjoint of [`zeta`].
pub fn superset_zeta<T: Real>(values: &mut [T], lanes: usize) -> Result<(), Error> {
    apply::<Superset, T>(values, lanes)
}

/// A': alternating sums over supersets; adjoint of [`moebius`] and inverse of [`superset_zeta`].
pub fn superset_moebius<T: Real>(values: &mut [T], lanes: usize) -> Result<(), Error> {
    apply::<SupersetMoebius, T>(values, lanes)
}

/// R: the array read by complements, (Ru)(S) = u(N\\S).
pub fn complement<T: Real>(values: &mut [T], lanes: usize) -> Result<(), Error> {
    masks(values.len(), lanes)?;
    reverse(values, lanes);
    Ok(())
}

/// The complement of mask S is 2^n - 1 - S: the order of the rows is reversed, lanes stay in place.
pub(crate) fn reverse<T: Real>(values: &mut [T], lanes: usize) {
    if lanes == 1 {
        values.reverse();
        return;
    }
    let half = values.len() / lanes / 2 * lanes;
    let middle = values.len() - half;
    let (front, back) = values.split_at_mut(middle);
    for (a, b) in front
        .chunks_exact_mut(lanes)
        .zip(back.chunks_exact_mut(lanes).rev())
    {
        a.swap_with_slice(b);
    }
}

/// Z_B: what the OR effects b add to each output, sum over T that meet S of b(T). b(empty) meets
/// nothing and has no part in it; the result is 0 at the empty mask.
pub fn or_synthesis<T: Real>(values: &mut [T], lanes: usize) -> Result<(), Error> {
    // sum over T meeting S = sum over all T - sum over T in N\S
    zeta(values, lanes)?;
    reverse(values, lanes);
    subtract_from_first(values, lanes);
    Ok(())
}

/// Z_B': adjoint of [`or_synthesis`], (Z_B' y)(S) = sum over all T of y(T) - sum over T in N\\S of
/// y(T). Whether two sets meet does not depend on their order, so that Z_B is its own adjoint.
pub fn or_synthesis_adjoint<T: Real>(values: &mut [T], lanes: usize) -> Result<(), Error> {
    or_synthesis(values, lanes)
}

/// values(S) <- values(empty) - values(S) in every lane.
fn subtract_from_first<T: Real>(values: &mut [T], lanes: usize) {
    for lane in 0..lanes {
        let total = values[lane];
        for value in values.iter_mut().skip(lane).step_by(lanes) {
            *value = total - *value;
        }
    }
}

/// OR effects of a set function u: b(S) = - sum over T in S of (-1)^(|S|-|T|) u(N\\T), and
/// b(empty) = u(empty), so that u = u(empty) + Z_B b.
pub fn or_analysis<T: Real>(values: &mut [T], lanes: usize) -> Result<(), Error> {
    masks(values.len(), lanes)?;
    let empty: Vec<T> = values[..lanes].to_vec();
    reverse(values, lanes);
    moebius(values, lanes)?;
    negate(values);
    values[..lanes].copy_from_slice(&empty);
    Ok(())
}

/// Adjoint of [`or_analysis`].
pub fn or_analysis_adjoint<T: Real>(values: &mut [T], lanes: usize) -> Result<(), Error> {
    masks(values.len(), lanes)?;
    let empty: Vec<T> = values[..lanes].to_vec();
    values[..lanes].fill(T::default());
    superset_moebius(values, lanes)?;
    reverse(values, lanes);
    negate(values);
    for (value, empty) in values.iter_mut().zip(empty) {
        *value = *value + empty;
    }
    Ok(())
}

/// Co-Moebius transform, sum over T in S of (-1)^|T| u(N\\T). The OR effect of a set S that is not
/// empty is (-1)^(|S|+1) times it.
pub fn co_moebius<T: Real>(values: &mut [T], lanes: usize) -> Result<(), Error> {
    masks(values.len(), lanes)?;
    reverse(values, lanes);
    moebius(values, lanes)?;
    for (set, row) in values.chunks_exact_mut(lanes).enumerate() {
        if set.count_ones() % 2 == 1 {
            negate(row);
        }
    }
    Ok(())
}

/// The dual game, u(N) - u(N\\S). Its AND effects are the OR effects of u.
pub fn dual_game<T: Real>(values: &mut [T], lanes: usize) -> Result<(), Error> {
    masks(values.len(), lanes)?;
    reverse(values, lanes);
    subtract_from_first(values, lanes);
    Ok(())
}

fn negate<T: Real>(values: &mut [T]) {
    for value in values {
        *value = T::default() - *value;
    }
}
