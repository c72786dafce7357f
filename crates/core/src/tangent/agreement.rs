//! How alike gradients of batches are.

use std::collections::BTreeMap;

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

/// What means of cosines over pairs follow from. Of vectors of length 1 the squared length of their
/// sum is the sum over all their pairs: so each gradient is multiplied with two sums, and not with
/// every other one.
struct Cosines {
    train: Vec<Unit>,
    test: Vec<Unit>,
    /// The sum of training batches with itself, and with that of test batches.
    sums: [f64; 2],
}

/// A gradient of length 1; one without length is like none, itself included.
struct Unit {
    /// 1, or 0 where the gradient has no length.
    square: f64,
    /// Its products with the sums of training and of test batches.
    with: [f64; 2],
}

impl Cosines {
    fn of([train, test]: &[Vec<Direction>; 2]) -> Self {
        let factors =
            [train, test].map(|gradients| gradients.iter().map(factor).collect::<Vec<_>>());
        let sums = [
            UnitSum::of(train, &factors[0]),
            UnitSum::of(test, &factors[1]),
        ];
        let units = |gradients: &[Direction], factors: &[f64]| {
            let unit = |(gradient, &factor): (&Direction, &f64)| Unit {
                square: f64::from(factor > 0.0),
                with: [0, 1].map(|at: usize| factor * sums[at].dot(gradient)),
            };
            gradients.iter().zip(factors).map(unit).collect()
        };
        let (train, test): (Vec<Unit>, Vec<Unit>) =
            (units(train, &factors[0]), units(test, &factors[1]));
        let total = |at: usize| train.iter().map(|unit| unit.with[at]).sum();
        Self {
            sums: [total(0), total(1)],
            train,
            test,
        }
    }

    /// A value for each training batch, and for each test batch.
    fn strata(&self, value: impl Fn(usize) -> f64) -> [Vec<f64>; 2] {
        let train = self.train.len();
        let all = train + self.test.len();
        [
            (0..train).map(&value).collect(),
            (train..all).map(&value).collect(),
        ]
    }

    /// The batch that is left out: of training, or of test.
    fn left_out(&self, out: Option<usize>) -> [Option<&Unit>; 2] {
        let test = out.and_then(|out| self.test.get(out.checked_sub(self.train.len())?));
        [out.and_then(|out| self.train.get(out)), test]
    }

    /// Mean over pairs of two training batches, but for those of one batch. 1 where there is only one:
    /// it is like itself.
    fn train(&self, out: Option<usize>) -> f64 {
        let [left_out, _] = self.left_out(out);
        let squares: f64 = self.train.iter().map(|unit| unit.square).sum();
        let (count, pairs) = match left_out {
            // Without a vector u, the squared length of a sum S is S.S - 2 u.S + u.u.
            Some(unit) => {
                let length = self.sums[0] - 2.0 * unit.with[0] + unit.square;
                (self.train.len() - 1, length - (squares - unit.square))
            }
            None => (self.train.len(), self.sums[0] - squares),
        };
        match count {
            0 | 1 => 1.0,
            _ => pairs / (count * (count - 1)) as f64,
        }
    }

    /// Mean over pairs of a training and a test batch; NaN where there is none.
    fn test(&self, out: Option<usize>) -> f64 {
        let left_out = self.left_out(out);
        let less = |at: usize| usize::from(left_out[at].is_some());
        let pairs = (self.train.len() - less(0)) * (self.test.len() - less(1));
        let without = match left_out {
            [Some(unit), _] => unit.with[1],
            [None, Some(unit)] => unit.with[0],
            [None, None] => 0.0,
        };
        match pairs {
            0 => f64::NAN,
            _ => (self.sums[1] - without) / pairs as f64,
        }
    }
}

/// What gives a gradient the length 1; 0 where it has none.
fn factor(gradient: &Direction) -> f64 {
    let norm = gradient.norm();
    if norm > 0.0 { 1.0 / norm } else { 0.0 }
}

/// The sum of gradients of length 1.
struct UnitSum<'a>(BTreeMap<&'a str, Vec<f64>>);

impl<'a> UnitSum<'a> {
    fn of(gradients: &'a [Direction], factors: &[f64]) -> Self {
        let mut sum = BTreeMap::<&str, Vec<f64>>::new();
        for (gradient, factor) in gradients.iter().zip(factors) {
            for (name, tensor) in &gradient.0 {
                let sum = sum
                    .entry(name)
                    .or_insert_with(|| vec![0.0; tensor.data.len()]);
                for (sum, &value) in sum.iter_mut().zip(&tensor.data) {
                    *sum += factor * f64::from(value);
                }
            }
        }
        Self(sum)
    }

    fn dot(&self, gradient: &Direction) -> f64 {
        let tensors = self
            .0
            .iter()
            .filter_map(|(name, sum)| Some((sum, gradient.0.get(*name)?)));
        let products = tensors.map(|(sum, tensor)| {
            let pairs = sum.iter().zip(&tensor.data);
            pairs
                .map(|(sum, &value)| sum * f64::from(value))
                .sum::<f64>()
        });
        products.sum()
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
    fn means_are_those_over_all_pairs_whoever_is_left_out() {
        let numbers = |seed: u32, count: u32| -> Vec<Direction> {
            let value = |at: u32| f64::from((at * 37 + seed * 11) % 23) - 11.0;
            let drawn = |at| direction([value(2 * at) as f32, value(2 * at + 1) as f32]);
            (0..count).map(drawn).collect()
        };
        let mut gradients = [numbers(1, 5), numbers(2, 4)];
        gradients[0][3] = direction([0.0, 0.0]);
        let both: Vec<&Direction> = gradients.iter().flatten().collect();
        let cosine = |a: usize, b: usize| {
            let norms = both[a].norm() * both[b].norm();
            if norms > 0.0 {
                both[a].dot(both[b]) / norms
            } else {
                0.0
            }
        };
        let mean = |pairs: Vec<(usize, usize)>, out: Option<usize>| {
            let left = pairs
                .into_iter()
                .filter(|(a, b)| out.is_none_or(|out| out != *a && out != *b));
            let values: Vec<f64> = left.map(|(a, b)| cosine(a, b)).collect();
            values.iter().sum::<f64>() / values.len() as f64
        };
        let found = Cosines::of(&gradients);
        for out in [None].into_iter().chain((0..9).map(Some)) {
            let train = (0..5).flat_map(|a| (0..a).map(move |b| (a, b))).collect();
            let test = (0..5).flat_map(|a| (5..9).map(move |b| (a, b))).collect();
            assert!(
                (found.train(out) - mean(train, out)).abs() < 1e-12,
                "{out:?}"
            );
            assert!((found.test(out) - mean(test, out)).abs() < 1e-12, "{out:?}");
        }
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
