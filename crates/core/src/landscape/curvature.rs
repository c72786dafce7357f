//! The largest eigenvalue of a Hessian that is known by its products only.

use spindle_run::analysis::landscape::Curvature;

use super::direction::Direction;
use crate::Error;

/// Most products.
const PRODUCTS: usize = 40;
/// It is found where what is left of H v - lambda v is this share of lambda: its own error is then
/// of the order of the square.
const TOLERANCE: f64 = 0.02;

/// The largest eigenvalue of H by power iteration from a direction. Where another one is larger in
/// absolute value and negative, the iteration goes on with H plus that value.
pub(super) async fn largest(
    start: &Direction,
    product: impl AsyncFn(&Direction) -> Result<Direction, Error>,
) -> Result<Curvature, Error> {
    let mut direction = normalised(start);
    let mut shift = 0.0;
    let mut found = Curvature {
        eigenvalue: 0.0,
        residual: 0.0,
        products: 0,
    };
    while found.products < PRODUCTS {
        let image = product(&direction).await?;
        let value = direction.dot(&image);
        found = Curvature {
            eigenvalue: value,
            residual: image.combined(1.0, &direction, -value).norm(),
            products: found.products + 1,
        };
        let is_found = found.residual <= TOLERANCE * value.abs();
        if is_found && (value >= 0.0 || shift > 0.0) {
            break;
        }
        if shift == 0.0 && value < 0.0 && (is_found || found.products >= PRODUCTS / 2) {
            shift = value.abs();
            direction = normalised(start);
            continue;
        }
        let next = image.combined(1.0, &direction, shift);
        if next.norm() == 0.0 {
            break;
        }
        direction = normalised(&next);
    }
    Ok(found)
}

fn normalised(direction: &Direction) -> Direction {
    direction.scaled(1.0 / direction.norm())
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
        assert!(found.residual < 0.1);
        let found = of_diagonal(&[-9.0, 3.0, 1.0, 0.0]);
        assert!((found.eigenvalue - 3.0).abs() < 0.01, "{found:?}");
        // Flat, and downwards everywhere.
        assert_eq!(of_diagonal(&[0.0, 0.0]).eigenvalue, 0.0);
        let found = of_diagonal(&[-4.0, -1.0]);
        assert!((found.eigenvalue + 1.0).abs() < 0.01, "{found:?}");
    }
}
