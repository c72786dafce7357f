//! SGD with momentum.

use spindle_run::parallel;

/// SGD with momentum, as PyTorch defines it: v <- m v + g, p <- p - lr v; no dampening, no decay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    /// Learning rate.
    pub learning_rate: f64,
    /// Momentum.
    pub momentum: f64,
}

impl Sgd {
    /// Moves weights, `len` at a time on all cores: `add_gradient(first, velocity)` adds the
    /// gradient of the weights from `first` on to their velocity.
    pub(crate) fn update(
        self,
        len: usize,
        weights: &mut [f32],
        velocity: &mut [f32],
        add_gradient: impl Fn(usize, &mut [f32]) + Sync + Send,
    ) {
        let (learning_rate, momentum) = (self.learning_rate as f32, self.momentum as f32);
        let mut parts: Vec<_> = weights
            .chunks_mut(len)
            .zip(velocity.chunks_mut(len))
            .collect();
        parallel::for_each(&mut parts, |index, (weights, velocity)| {
            for velocity in velocity.iter_mut() {
                *velocity *= momentum;
            }
            add_gradient(index * len, velocity);
            for (weight, velocity) in weights.iter_mut().zip(velocity.iter()) {
                *weight -= learning_rate * velocity;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_pytorchs() {
        let sgd = Sgd {
            learning_rate: 0.5,
            momentum: 0.25,
        };
        let (mut weights, mut velocity) = ([1.0, 2.0, 3.0], [4.0, 8.0, 0.0]);
        sgd.update(2, &mut weights, &mut velocity, |first, velocity| {
            for (index, velocity) in (first..).zip(velocity) {
                *velocity += index as f32;
            }
        });
        assert_eq!(velocity, [1.0, 3.0, 2.0]);
        assert_eq!(weights, [0.5, 0.5, 2.0]);
    }
}
