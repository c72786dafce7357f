//! The players that tell the masks of a row apart, coupled among themselves.

use super::rotation::Rotation;
#[cfg(feature = "single")]
use crate::butterfly::one_by_one;
use crate::float::Float;

/// Players whose masks make up one row of contiguous values.
pub(super) const ROW_PLAYERS: usize = 3;

/// Values in a row.
pub(super) const ROW: usize = 1 << ROW_PLAYERS;

pub(super) type Row<T> = [T; ROW];

/// Of each lane of a coupled row: which of the spins 3, 1 and 1 it belongs to, and how many players
/// are present.
pub(super) const LANES: [(usize, usize); ROW] = [
    (0, 0),
    (0, 1),
    (0, 2),
    (0, 3),
    (1, 0),
    (1, 1),
    (2, 0),
    (2, 1),
];

/// Couplings of the row players as weighted sums of the lanes of a row, see [`Float::WITHIN_ROWS`].
#[cfg(feature = "single")]
#[derive(Clone, Debug)]
pub(super) struct WithinRow<T> {
    /// Of the first two players: weights of a lane itself and of its partner.
    pub(super) first: [Row<T>; 2],
    /// The same of the third player.
    pub(super) third: [Row<T>; 2],
    pub(super) first_adjoint: [Row<T>; 2],
    pub(super) third_adjoint: [Row<T>; 2],
}

#[cfg(feature = "single")]
impl<T: Float> WithinRow<T> {
    pub(super) fn new() -> Self {
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
    pub(super) fn couple(&self, rows: &mut [Row<T>]) {
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
    pub(super) fn couple_adjoint(&self, rows: &mut [Row<T>]) {
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
pub(super) fn weighted<T: Float>([own, other]: [Row<T>; 2], x: Row<T>, partner: Row<T>) -> Row<T> {
    let mut sums = x;
    for lane in 0..ROW {
        sums[lane] = own[lane] * x[lane] + other[lane] * partner[lane];
    }
    sums
}

/// Couples three players between eight rows, the third only if there is one, and puts the rows in
/// the order of [`LANES`].
#[inline(always)]
pub(super) fn coupled<T: Float, const N: usize>(
    mut x: [[T; N]; ROW],
    third: bool,
) -> [[T; N]; ROW] {
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
pub(super) fn coupled_adjoint<T: Float, const N: usize>(
    rows: [[T; N]; ROW],
    third: bool,
) -> [[T; N]; ROW] {
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
