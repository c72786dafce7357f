//! A network's parameters by name, and what they begin with.

use spindle_run::{
    event::{Tensor, Tensors},
    modality::Modality,
    random::{Distribution, Stream},
};

use super::Network;
use crate::Error;

/// A parameter of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name in PyTorch.
    pub name: String,
    /// Its shape in PyTorch.
    pub shape: Vec<usize>,
    /// What its first values are drawn from.
    pub initial: Distribution,
    /// Whether it has a gradient: running statistics, which move while a network trains, have none.
    pub has_gradient: bool,
}

impl Parameter {
    /// A parameter whose values are drawn as PyTorch draws those of convolutions and dense layers.
    #[must_use]
    pub fn uniform(name: impl Into<String>, shape: &[usize], fan_in: usize) -> Self {
        Self::new(name, shape, Distribution::of_fan_in(fan_in))
    }

    /// A parameter that begins with one value everywhere.
    #[must_use]
    pub fn constant(name: impl Into<String>, shape: &[usize], value: f32) -> Self {
        Self::new(name, shape, Distribution::Constant(value))
    }

    /// A running statistic, which begins with one value everywhere.
    #[must_use]
    pub fn statistic(name: impl Into<String>, shape: &[usize], value: f32) -> Self {
        Self {
            has_gradient: false,
            ..Self::constant(name, shape, value)
        }
    }

    /// A parameter.
    #[must_use]
    pub fn new(name: impl Into<String>, shape: &[usize], initial: Distribution) -> Self {
        Self {
            name: name.into(),
            shape: shape.to_vec(),
            initial,
            has_gradient: true,
        }
    }
}

/// Random first weights, the same for the same seed on every machine: each parameter has a stream
/// of random numbers of its own.
#[must_use]
pub fn initial_weights<M: Modality>(network: &dyn Network<M>, seed: u64) -> Tensors {
    let parameters = network.parameters().into_iter().zip(0..);
    let drawn = parameters.map(|(parameter, index)| {
        let mut rng = Stream::Weights.rng(seed, index);
        let count = parameter.shape.iter().product();
        let data = parameter.initial.draw(count, &mut rng);
        let shape = parameter.shape;
        (parameter.name, Tensor { shape, data })
    });
    drawn.collect()
}

/// Whether named tensors are a network's parameters, besides some that files may have.
///
/// # Errors
/// All tensors that are missing, extra or misshapen, in one error.
pub(crate) fn check<M: Modality>(network: &dyn Network<M>, tensors: &Tensors) -> Result<(), Error> {
    let parameters = network.parameters();
    let expected = parameters.iter().map(|p| (&p.name[..], &p.shape[..]));
    let is_redundant = |name: &str| network.is_redundant(name);
    Ok(spindle_kernels::check_tensors(
        network.title(),
        expected,
        tensors,
        is_redundant,
    )?)
}
