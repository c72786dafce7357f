//! From any effects to effects that explain every mask within the noise bound.

use crate::butterfly::{self, Moebius, SupersetMoebius};

/// From Z a and Z_B b to feasible effects next to (a, b).
///
/// What q = Z a + Z_B b - v exceeds the noise bound by is taken back from the AND part on masks of
/// at least half of the players and from the OR part on the others: a change at a mask of order k
/// moves 2^(n-k) AND effects or 2^k OR effects, whichever are fewer (ours). Takes outputs with
/// their players exchanged, as [`butterfly::exchanging_transform`] leaves them, and brings them
/// back. Overwrites `from_and` (Z a) with a, by mask, and `from_or` (Z_B b, by mask) with b, by the
/// complement of the mask.
#[inline(always)]
pub(super) fn feasible_effects(
    v: &[f64],
    bounds: &[f64],
    from_and: &mut [f64],
    from_or: &mut [f64],
) {
    let players = v.len().trailing_zeros();
    let parts = from_and.iter_mut().zip(from_or.iter_mut());
    for (s, ((a, b), (v, &bound))) in parts.zip(v.iter().zip(bounds)).enumerate() {
        let q = *a + *b - v;
        let excess = q - q.max(-bound).min(bound);
        if 2 * s.count_ones() >= players {
            *a -= excess;
        } else {
            *b -= excess;
        }
    }
    let constant = from_or[0];
    butterfly::exchanging_transform::<Moebius, f64>(from_and);
    butterfly::exchanging_transform::<SupersetMoebius, f64>(from_or);
    for b in from_or.iter_mut() {
        *b = -*b;
    }
    let full = from_or.len() - 1;
    from_or[full] = constant;
    merge_single_players(from_and, from_or, |s| full ^ s);
}

/// Adds what AND and OR share, the constant and the single players, to the AND effects. The l1 norm
/// cannot grow. `place`: where the OR effect of a mask is.
#[inline(always)]
pub(crate) fn merge_single_players(
    and: &mut [f64],
    or: &mut [f64],
    place: impl Fn(usize) -> usize,
) {
    let players = and.len().trailing_zeros() as usize;
    for s in std::iter::once(0).chain((0..players).map(|i| 1 << i)) {
        and[s] += or[place(s)];
        or[place(s)] = 0.0;
    }
}
