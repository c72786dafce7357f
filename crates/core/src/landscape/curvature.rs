//! The largest eigenvalue of a Hessian that is known by its products only.

use spindle_run::analysis::landscape::Curvature;

use crate::Error;
use crate::around::Direction;

/// Most products.
const PRODUCTS: usize = 40;
/// It is found where what is left of H v - lambda v is this share of lambda: its own error is then
/// of the order of the square.
const TOLERANCE: f64 = 0.01;

/// The largest eigenvalue of H, by Lanczos' iteration from a direction. Directions are not made
/// orthogonal again: of what comes first that gives copies, and the largest is right all the same
/// (Paige 1980), with two directions in memory.
pub(super) async fn largest(
    start: &Direction,
    product: impl AsyncFn(&Direction) -> Result<Direction, Error>,
) -> Result<Curvature, Error> {
    let mut reduced = Tridiagonal::default();
    let mut direction = start.scaled(1.0 / start.norm());
    let mut before = direction.scaled(0.0);
    loop {
        let image = product(&direction).await?;
        let value = direction.dot(&image);
        let beta = reduced.beside.last().copied().unwrap_or(0.0);
        let next = image
            .combined(1.0, &direction, -value)
            .combined(1.0, &before, -beta);
        let length = next.norm();
        reduced.diagonal.push(value);
        let (eigenvalue, last) = reduced.largest();
        let found = Curvature {
            eigenvalue,
            residual: length * last,
            products: reduced.diagonal.len(),
        };
        if found.residual <= TOLERANCE * eigenvalue.abs() || found.products == PRODUCTS {
            return Ok(found);
        }
        reduced.beside.push(length);
        before = direction;
        direction = next.scaled(1.0 / length);
    }
}

/// A symmetric matrix with nothing but its diagonal and what lies beside it.
#[derive(Default)]
struct Tridiagonal {
    diagonal: Vec<f64>,
    /// One less.
    beside: Vec<f64>,
}

impl Tridiagonal {
    /// The largest eigenvalue, and the absolute value of the last entry of its unit eigenvector.
    fn largest(&self) -> (f64, f64) {
        let beside = |at: usize| self.beside.get(at).copied().unwrap_or(0.0).abs();
        let reach = |at: usize| beside(at) + at.checked_sub(1).map_or(0.0, beside);
        let rows = self.diagonal.iter().enumerate();
        let (mut low, mut high) = rows.fold(
            (f64::INFINITY, f64::NEG_INFINITY),
            |(low, high), (at, &value)| (low.min(value - reach(at)), high.max(value + reach(at))),
        );
        // Halves until neighbouring numbers are reached.
        loop {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            match self.reaches_above(middle) {
                true => low = middle,
                false => high = middle,
            }
        }
        (high, self.last_entry(high))
    }

    /// Whether an eigenvalue is larger than `value`: one of the pivots of T - value is positive
    /// (Sturm).
    fn reaches_above(&self, value: f64) -> bool {
        let mut pivot = 1.0;
        for (at, diagonal) in self.diagonal.iter().enumerate() {
            let beside = at.checked_sub(1).map_or(0.0, |before| self.beside[before]);
            pivot = diagonal - value - beside * beside / pivot;
            if pivot > 0.0 {
                return true;
            }
            if pivot == 0.0 {
                pivot = -f64::MIN_POSITIVE;
            }
        }
        false
    }

    /// From the last entry backwards, the way in which entries grow.
    fn last_entry(&self, eigenvalue: f64) -> f64 {
        let (mut entry, mut after) = (1.0f64, 0.0);
        let mut squares = 1.0;
        for at in (1..self.diagonal.len()).rev() {
            let beside = self.beside.get(at).copied().unwrap_or(0.0);
            let before =
                ((eigenvalue - self.diagonal[at]) * entry - beside * after) / self.beside[at - 1];
            (after, entry) = (entry, before);
            squares += entry * entry;
        }
        1.0 / f64::sqrt(squares)
    }
}

#[cfg(test)]
mod tests {
    use spindle_run::event::{Tensor, Tensors};

    use super::*;

    /// A direction of these numbers.
    fn direction(values: &[f32]) -> Direction {
        let tensor = Tensor {
            shape: vec![values.len()],
            data: values.to_vec(),
        };
        Direction(Tensors::from([("w".to_owned(), tensor)]))
    }

    fn of_diagonal(values: &[f32]) -> Curvature {
        let product = async |v: &Direction| {
            let image: Vec<f32> = v.0["w"]
                .data
                .iter()
                .zip(values)
                .map(|(v, d)| v * d)
                .collect();
            Ok(direction(&image))
        };
        let start = direction(&vec![1.0; values.len()]);
        pollster::block_on(largest(&start, product)).expect("finite")
    }

    #[test]
    fn the_largest_eigenvalue_is_found_beside_a_more_negative_one() {
        let found = of_diagonal(&[5.0, 1.0, 0.5, -2.0]);
        assert!((found.eigenvalue - 5.0).abs() < 0.01, "{found:?}");
        assert!(found.residual <= 0.05, "{found:?}");
        let found = of_diagonal(&[-9.0, 3.0, 1.0, 0.0]);
        assert!((found.eigenvalue - 3.0).abs() < 0.01, "{found:?}");
        // Flat, and downwards everywhere.
        assert_eq!(of_diagonal(&[0.0, 0.0]).eigenvalue, 0.0);
        let found = of_diagonal(&[-4.0, -1.0]);
        assert!((found.eigenvalue + 1.0).abs() < 0.01, "{found:?}");
    }

    #[test]
    fn one_among_thousands_close_together_is_found_in_few_products() {
        let mut values: Vec<f32> = (0..3_000).map(|at| (at as f32 / 300.0).sin()).collect();
        values[1_234] = 1.5;
        let found = of_diagonal(&values);
        assert!((found.eigenvalue - 1.5).abs() < 1e-3, "{found:?}");
        assert!(found.products < PRODUCTS, "{found:?}");
    }
}
