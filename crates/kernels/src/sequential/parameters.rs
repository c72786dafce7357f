//! The parameters of a sequential network: all in one array, under PyTorch's names.

use std::ops::Range;

use spindle_run::{
    event::{Tensor, Tensors},
    random::Distribution,
};

use super::{Initial, Sequential};
use crate::{Error, tensors::check_tensors};

/// Where one parameter lies among all of a network's, which are one array: layer by layer, weight
/// then bias, each as PyTorch lays it out.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name in PyTorch.
    pub name: String,
    /// Its shape in PyTorch.
    pub shape: Vec<usize>,
    /// What its first values are drawn from.
    pub initial: Distribution,
    pub(crate) start: usize,
}

impl Parameter {
    fn len(&self) -> usize {
        self.shape.iter().product()
    }

    fn range(&self) -> Range<usize> {
        self.start..self.start + self.len()
    }
}

/// The parameters of a layer, as PyTorch lays them out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LayerParameters<'a> {
    /// `[outputs, inputs, kernel, kernel]`, or `[outputs, inputs]`.
    pub(crate) weight: &'a [f32],
    /// `[outputs]`.
    pub(crate) bias: &'a [f32],
}

impl Sequential {
    /// All parameters in the order of their places.
    #[must_use]
    pub fn parameters(&self) -> Vec<Parameter> {
        let convolutions = self
            .convolutions
            .iter()
            .map(|c| (&c.name, vec![c.outputs, c.inputs, c.kernel, c.kernel]));
        let dense = self
            .dense
            .iter()
            .map(|d| (&d.name, vec![d.outputs, d.inputs]));
        let mut start = 0;
        let mut parameters = Vec::new();
        for (index, (layer, shape)) in convolutions.chain(dense).enumerate() {
            let fan_in = shape[1..].iter().product();
            let bias = vec![shape[0]];
            for (kind, shape) in [("weight", shape), ("bias", bias)] {
                let parameter = Parameter {
                    name: format!("{layer}.{kind}"),
                    initial: self.distribution(index, &shape, fan_in),
                    shape,
                    start,
                };
                start += parameter.len();
                parameters.push(parameter);
            }
        }
        parameters
    }

    /// Number of parameters.
    #[must_use]
    pub fn parameter_count(&self) -> usize {
        self.parameters().last().map_or(0, |last| last.range().end)
    }

    /// What a parameter of a layer is drawn from.
    fn distribution(&self, layer: usize, shape: &[usize], fan_in: usize) -> Distribution {
        let is_dense = layer >= self.convolutions.len();
        let is_bias = shape.len() == 1;
        match self.initial {
            Initial::Uniform => Distribution::of_fan_in(fan_in),
            _ if is_bias => Distribution::Constant(0.0),
            Initial::FanIn => Distribution::Normal((2.0 / fan_in as f64).sqrt()),
            Initial::FanOut if is_dense => Distribution::Normal(0.01),
            Initial::FanOut => {
                let area: usize = shape.iter().skip(2).product();
                Distribution::Normal((2.0 / (shape[0] * area) as f64).sqrt())
            }
        }
    }

    /// Random weights as [`Initial`] has them.
    #[cfg(test)]
    pub(crate) fn initial_weights(&self, seed: u64) -> Tensors {
        let mut values = Vec::with_capacity(self.parameter_count());
        for (index, parameter) in self.parameters().iter().enumerate() {
            let mut rng = spindle_run::random::Stream::Weights.rng(seed, index as u64);
            values.extend(parameter.initial.draw(parameter.len(), &mut rng));
        }
        self.tensors(&values)
    }

    /// One array of all parameters as named tensors.
    pub(crate) fn tensors(&self, values: &[f32]) -> Tensors {
        self.parameters()
            .into_iter()
            .map(|parameter| {
                let data = values[parameter.range()].to_vec();
                let shape = parameter.shape.clone();
                (parameter.name, Tensor { shape, data })
            })
            .collect()
    }

    /// Named tensors as one array of all parameters.
    ///
    /// # Errors
    /// All tensors that are missing, extra or misshapen, in one error.
    pub fn values(&self, tensors: &Tensors) -> Result<Vec<f32>, Error> {
        let parameters = self.parameters();
        let expected = parameters.iter().map(|p| (&p.name[..], &p.shape[..]));
        check_tensors(self.name, expected, tensors, |_| false)?;
        let all = parameters.iter().flat_map(|p| &tensors[&p.name].data);
        Ok(all.copied().collect())
    }

    /// The parameters of each layer among one array of all, convolutions first.
    pub(crate) fn layers<'a>(&self, values: &'a [f32]) -> Vec<LayerParameters<'a>> {
        self.parameters()
            .chunks_exact(2)
            .map(|pair| LayerParameters {
                weight: &values[pair[0].range()],
                bias: &values[pair[1].range()],
            })
            .collect()
    }
}
