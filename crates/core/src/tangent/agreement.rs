//! How alike gradients of batches are.

use spindle_interactions::{bootstrap::Estimate, jackknife};
use spindle_run::analysis::tangent::Agreement;

use crate::around::Direction;

/// The mean of gradients; there is at least one.
pub(super) fn mean(gradients: &[Direction]) -> Direction {
    let sum = gradients[1..]
        .iter()
        .fold(gradients[0].clone(), |sum, next| {
            sum.combined(1.0, next, 1.0)
        });
    sum.scaled(1.0 / gradients.len() as f64)
}

/// Mean cosines of pairs, from gradients of batches of training and of test samples.
pub(super) fn of(batch: usize, gradients: &[Vec<Direction>; 2]) -> Agreement {
    let cosines = Cosines::of(gradients);
    let estimate = |statistic: fn(&Cosines, Option<usize>) -> f64, range: [f64; 2]| {
        let [train, test] = cosines.strata(|out| statistic(&cosines, Some(out)));
        let finite = |without: Vec<f64>| match without.iter().all(|value| value.is_finite()) {
            true => without,
            false => Vec::new(),
        };
        let strata = [finite(train), finite(test)];
        jackknife::estimate(statistic(&cosines, None), &strata, range)
    };
    let found: [Estimate; 3] = [
        estimate(Cosines::train, [-1.0, 1.0]),
        estimate(Cosines::test, [-1.0, 1.0]),
        estimate(|all, out| all.train(out) - all.test(out), [-2.0, 2.0]),
    ];
    Agreement {
        batch,
        train: found[0],
        test: found[1],
        difference: found[2],
    }
}

/// Cosines of all pairs of gradients; training first.
struct Cosines {
    train: usize,
    all: Vec<Vec<f64>>,
}

impl Cosines {
    fn of([train, test]: &[Vec<Direction>; 2]) -> Self {
        let both: Vec<&Direction> = train.iter().chain(test).collect();
        let cosine = |a: &Direction, b: &Direction| {
            let norms = a.norm() * b.norm();
            if norms > 0.0 { a.dot(b) / norms } else { 0.0 }
        };
        let row = |a: &&Direction| both.iter().map(|b| cosine(a, b)).collect();
        Self {
            train: train.len(),
            all: both.iter().map(row).collect(),
        }
    }

    /// A value for each training batch, and for each test batch.
    fn strata(&self, value: impl Fn(usize) -> f64) -> [Vec<f64>; 2] {
        let all = self.all.len();
        [
            (0..self.train).map(&value).collect(),
            (self.train..all).map(&value).collect(),
        ]
    }

    /// Mean over pairs of two training batches, but for those of one batch. 1 where there is only one:
    /// it is like itself.
    fn train(&self, out: Option<usize>) -> f64 {
        let pairs = (0..self.train).flat_map(|a| (0..a).map(move |b| (a, b)));
        self.mean(pairs, out).unwrap_or(1.0)
    }

    /// Mean over pairs of a training and a test batch.
    fn test(&self, out: Option<usize>) -> f64 {
        let pairs = (0..self.train).flat_map(|a| (self.train..self.all.len()).map(move |b| (a, b)));
        self.mean(pairs, out).unwrap_or(f64::NAN)
    }

    fn mean(&self, pairs: impl Iterator<Item = (usize, usize)>, out: Option<usize>) -> Option<f64> {
        let left = pairs.filter(|(a, b)| out.is_none_or(|out| out != *a && out != *b));
        let values: Vec<f64> = left.map(|(a, b)| self.all[a][b]).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    }
}

#[cfg(test)]
mod tests {
    use spindle_run::event::{Tensor, Tensors};

    use super::*;

    fn direction(data: [f32; 2]) -> Direction {
        let tensor = Tensor {
            shape: vec![2],
            data: data.to_vec(),
        };
        Direction(Tensors::from([("weight".to_owned(), tensor)]))
    }

    #[test]
    fn cosines_are_those_of_the_pairs() {
        let train = [[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]].map(direction);
        let test = [[0.0, 1.0], [0.0, -4.0]].map(direction);
        let found = of(8, &[train.to_vec(), test.to_vec()]);
        assert!((found.train.value - 1.0 / 3.0).abs() < 1e-9);
        assert!(found.test.value.abs() < 1e-9);
        assert!((found.difference.value - 1.0 / 3.0).abs() < 1e-9);
        assert!(found.train.low < found.train.value && found.train.low >= -1.0);
        assert_eq!(mean(&train).0["weight"].data, [4.0 / 3.0, 2.0 / 3.0]);
    }

    #[test]
    fn one_batch_is_like_itself_and_nothing_is_known_of_its_interval() {
        let one = [direction([1.0, 1.0])];
        let found = of(8, &[one.to_vec(), one.to_vec()]);
        assert_eq!((found.train.value, found.train.low), (1.0, -1.0));
        assert!((found.test.value - 1.0).abs() < 1e-9);
        assert!(found.difference.low.is_finite() && found.difference.high.is_finite());
    }
}
