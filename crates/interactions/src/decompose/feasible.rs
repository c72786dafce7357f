//! From any effects to effects that explain every mask within the noise bound.

use super::certificate::Bound;
use crate::butterfly::{self, Moebius};

/// From Z a and Z_B b to the feasible effects next to (a, b).
///
/// q = Z a + Z_B b - v is clipped to the noise bound, the split g = (Z a - Z_B b)/2 is kept, and
/// a = A((v+q)/2 + g), b = OR((v+q)/2 - g) reproduce v + q exactly. Overwrites `from_and` (Z a) with a
/// and `from_or` (Z_B b) with b; all arrays \[2^n\]\[lanes\].
#[inline(always)]
pub(super) fn feasible_effects<const B: usize>(
    v: &[[f64; B]],
    bound: &[[f64; B]],
    from_and: &mut [[f64; B]],
    from_or: &mut [[f64; B]],
) {
    for (((a, b), v), bound) in from_and
        .iter_mut()
        .zip(from_or.iter_mut())
        .zip(v)
        .zip(bound)
    {
        for lane in 0..B {
            let q = (a[lane] + b[lane] - v[lane])
                .max(-bound[lane])
                .min(bound[lane]);
            let half = 0.5 * (v[lane] + q);
            let g = 0.5 * (a[lane] - b[lane]);
            a[lane] = half + g;
            b[lane] = half - g;
        }
    }
    let constant = from_or[0];
    from_or.reverse();
    butterfly::transform::<Moebius, f64>(from_and.as_flattened_mut(), B);
    butterfly::transform::<Moebius, f64>(from_or.as_flattened_mut(), B);
    for b in from_or.as_flattened_mut() {
        *b = -*b;
    }
    from_or[0] = constant;
    merge_single_players::<B>(from_and, from_or);
}

/// Adds what AND and OR share, the constant and the single players, to the AND effects. The l1 norm cannot grow.
#[inline(always)]
pub(crate) fn merge_single_players<const B: usize>(and: &mut [[f64; B]], or: &mut [[f64; B]]) {
    let masks = and.len();
    let singles = std::iter::successors(Some(1), |s| Some(s << 1)).take_while(|&s| s < masks);
    for s in std::iter::once(0).chain(singles) {
        for lane in 0..B {
            and[s][lane] += or[s][lane];
            or[s][lane] = 0.0;
        }
    }
}

/// Writes the bound of one game into its lane.
pub(super) fn fill_lane<const B: usize>(rows: &mut [[f64; B]], lane: usize, bound: &Bound) {
    for (mask, row) in rows.iter_mut().enumerate() {
        row[lane] = bound.at(mask);
    }
}
