//! Directions in the space of a network's weights: a tensor under each weight's name.

use rand::Rng;
use spindle_run::{
    event::{Tensor, Tensors},
    random::normal,
};

/// A direction; of the weights that training moves.
#[derive(Clone, Debug)]
pub(crate) struct Direction(pub(crate) Tensors);

impl Direction {
    /// A standard normal number for every weight of `like`.
    pub(crate) fn random(like: &Self, rng: &mut impl Rng) -> Self {
        let draw = |(name, tensor): (&String, &Tensor)| {
            let data = tensor.data.iter().map(|_| normal(rng) as f32).collect();
            let shape = tensor.shape.clone();
            (name.clone(), Tensor { shape, data })
        };
        Self(like.0.iter().map(draw).collect())
    }

    pub(crate) fn dot(&self, other: &Self) -> f64 {
        let pairs = self.0.iter().map(|(name, tensor)| (tensor, &other.0[name]));
        pairs.map(|(a, b)| product(&a.data, &b.data)).sum()
    }

    pub(crate) fn norm(&self) -> f64 {
        self.dot(self).sqrt()
    }

    /// `a` times this, and `b` times another.
    pub(crate) fn combined(&self, a: f64, other: &Self, b: f64) -> Self {
        let combine = |(name, tensor): (&String, &Tensor)| {
            let values = tensor.data.iter().zip(&other.0[name].data);
            let data = values
                .map(|(&x, &y)| (a * f64::from(x) + b * f64::from(y)) as f32)
                .collect();
            let shape = tensor.shape.clone();
            (name.clone(), Tensor { shape, data })
        };
        Self(self.0.iter().map(combine).collect())
    }

    pub(crate) fn scaled(&self, factor: f64) -> Self {
        self.combined(factor, self, 0.0)
    }

    /// Every tensor with a share of the norm that it has in `weights`.
    pub(crate) fn by_tensor(&self, weights: &Tensors, share: f64) -> Self {
        let scale = |(name, tensor): (&String, &Tensor)| {
            let norm = |data: &[f32]| product(data, data).sqrt();
            let length = norm(&tensor.data);
            let factor = match length > 0.0 {
                true => share * norm(&weights[name].data) / length,
                false => 0.0,
            };
            let data = tensor.data.iter();
            let data = data.map(|&x| (factor * f64::from(x)) as f32).collect();
            let shape = tensor.shape.clone();
            (name.clone(), Tensor { shape, data })
        };
        Self(self.0.iter().map(scale).collect())
    }

    /// Weights moved by `step` times this. What training does not move stays.
    pub(crate) fn from(&self, weights: &Tensors, step: f64) -> Tensors {
        let mut moved = weights.clone();
        for (name, tensor) in &self.0 {
            if let Some(weights) = moved.get_mut(name) {
                for (weight, &x) in weights.data.iter_mut().zip(&tensor.data) {
                    *weight = (f64::from(*weight) + step * f64::from(x)) as f32;
                }
            }
        }
        moved
    }

    /// The weights that this is a direction of.
    pub(crate) fn same_of(&self, weights: &Tensors) -> Self {
        let kept = weights
            .iter()
            .filter(|(name, _)| self.0.contains_key(*name));
        let kept = kept.map(|(name, tensor)| (name.clone(), tensor.clone()));
        Self(kept.collect())
    }
}

fn product(a: &[f32], b: &[f32]) -> f64 {
    let pairs = a.iter().zip(b);
    pairs.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}
