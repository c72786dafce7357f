//! A map in the coupled basis, and its product with the rows of a path.

use super::row::{ROW, Row};
use crate::{butterfly::one_by_one, float::Float, mask::MAX_PLAYERS};

/// A row with its lanes in the orders that [`Blocks`] need.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Fanned<A>(pub(super) [Row<A>; 3]);

/// For each pair of rows of a path the entries of the map between them: by lane of the output from
/// the same lane, from its neighbour, and, for the four lanes of spin 3, from the second next and
/// from the third.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blocks {
    pub(super) entries: Vec<Fanned<f64>>,
    /// The same in f32, see [`super::Schur::is_single`].
    #[cfg(feature = "single")]
    pub(super) single: Vec<Fanned<f32>>,
    /// Start of the entries for each spin that paths end in.
    pub(super) starts: [usize; MAX_PLAYERS + 1],
}

#[cfg(test)]
impl Blocks {
    pub(crate) fn entries(&self) -> impl Iterator<Item = &f64> {
        let rows = self.entries.iter().flat_map(|Fanned(rows)| rows);
        rows.flatten()
    }
}

/// Memory for [`super::Schur::apply`].
#[derive(Clone, Debug)]
pub(crate) struct Scratch {
    pub(super) double: PathRows<f64>,
    #[cfg(feature = "single")]
    pub(super) single: PathRows<f32>,
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
pub(super) struct PathRows<A> {
    pub(super) inputs: [Fanned<A>; MAX_PLAYERS + 1],
    /// What [`Blocks`] make of them, the part across the lanes of spin 3 apart.
    pub(super) outputs: [[Row<A>; 2]; MAX_PLAYERS + 1],
}

impl<A: Float> PathRows<A> {
    pub(super) fn new() -> Self {
        let zero = [A::default(); ROW];
        Self {
            inputs: [Fanned([zero; 3]); MAX_PLAYERS + 1],
            outputs: [[zero; 2]; MAX_PLAYERS + 1],
        }
    }
}

/// The rows of `path` <- the map of `entries` of them.
#[inline(always)]
pub(super) fn multiply<T: Float, A: Float>(
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
