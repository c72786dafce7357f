//! A network as data: convolutions with ReLU and pooling, then dense layers.

use spindle_run::event::{self, Tensors};

use crate::{Error, random::Stream};
use rand::RngExt;

/// A convolution without padding, stride 1, then bias and ReLU, then perhaps 2x2 max pooling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Convolution {
    /// Name of its parameters, as PyTorch has it.
    pub name: &'static str,
    /// Channels in.
    pub inputs: usize,
    /// Channels out.
    pub outputs: usize,
    /// Side of the kernel.
    pub kernel: usize,
    /// Side of the picture that comes in.
    pub side: usize,
    /// Whether 2x2 max pooling follows; the convolution's side must then be even.
    pub pool: bool,
}

impl Convolution {
    /// Side of the feature map behind the ReLU, before pooling.
    #[must_use]
    pub fn map_side(&self) -> usize {
        self.side + 1 - self.kernel
    }

    /// Side of what comes out.
    #[must_use]
    pub fn out_side(&self) -> usize {
        if self.pool {
            self.map_side() / 2
        } else {
            self.map_side()
        }
    }

    /// Values of the feature map behind the ReLU.
    #[must_use]
    pub fn map_len(&self) -> usize {
        self.outputs * self.map_side() * self.map_side()
    }

    /// Values that come in.
    pub(super) fn in_len(&self) -> usize {
        self.inputs * self.side * self.side
    }

    /// Values that come out.
    pub(super) fn out_len(&self) -> usize {
        self.outputs * self.out_side() * self.out_side()
    }

    /// Values under one position of the kernel.
    pub(super) fn window(&self) -> usize {
        self.inputs * self.kernel * self.kernel
    }
}

/// A dense layer with bias, then perhaps ReLU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dense {
    /// Name of its parameters, as PyTorch has it.
    pub name: &'static str,
    /// Values in.
    pub inputs: usize,
    /// Values out.
    pub outputs: usize,
    /// Whether ReLU follows.
    pub relu: bool,
}

/// A network as data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    /// Its name in errors.
    pub name: &'static str,
    /// Convolutions, in order.
    pub convolutions: Vec<Convolution>,
    /// Dense layers behind them, in order.
    pub dense: Vec<Dense>,
    /// The convolution whose feature map, behind ReLU and before pooling, players are patches of.
    pub masked: usize,
}

/// Where one parameter lies among all of a stack's, which are one array: layer by layer, weight then bias, each as
/// PyTorch lays it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) shape: Vec<usize>,
    pub(super) start: usize,
    /// Values that one output of the layer depends on.
    fan_in: usize,
}

impl Parameter {
    fn len(&self) -> usize {
        self.shape.iter().product()
    }

    fn range(&self) -> std::ops::Range<usize> {
        self.start..self.start + self.len()
    }
}

impl Stack {
    /// LeNet-5 with ReLU and max pooling on one grey channel of 32x32: convolutions 1-6 and 6-16 of 5x5, then dense
    /// layers 400-120-84-10; 61,706 parameters. Players are patches behind the first ReLU (ours: arXiv 2405.10262
    /// does not say where), a feature map of 28x28.
    #[must_use]
    pub fn lenet() -> Self {
        let convolution = |name, inputs, outputs, side| Convolution {
            name,
            inputs,
            outputs,
            kernel: 5,
            side,
            pool: true,
        };
        let dense = |name, inputs, outputs, relu| Dense {
            name,
            inputs,
            outputs,
            relu,
        };
        Self {
            name: "LeNet",
            convolutions: vec![
                convolution("conv1", 1, 6, 32),
                convolution("conv2", 6, 16, 14),
            ],
            dense: vec![
                dense("fc1", 400, 120, true),
                dense("fc2", 120, 84, true),
                dense("fc3", 84, 10, false),
            ],
            masked: 0,
        }
    }

    /// Pixels along one side of a picture that comes in.
    #[must_use]
    pub fn side(&self) -> usize {
        self.convolutions[0].side
    }

    /// Side of the feature map that players are patches of.
    #[must_use]
    pub fn masked_side(&self) -> usize {
        self.convolutions[self.masked].map_side()
    }

    /// Number of classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.dense[self.dense.len() - 1].outputs
    }

    /// All parameters in the order of their places.
    pub(super) fn parameters(&self) -> Vec<Parameter> {
        let convolutions = self
            .convolutions
            .iter()
            .map(|c| (c.name, vec![c.outputs, c.inputs, c.kernel, c.kernel]));
        let dense = self
            .dense
            .iter()
            .map(|d| (d.name, vec![d.outputs, d.inputs]));
        let mut start = 0;
        let mut parameters = Vec::new();
        for (layer, shape) in convolutions.chain(dense) {
            let fan_in = shape[1..].iter().product();
            let bias = vec![shape[0]];
            for (kind, shape) in [("weight", shape), ("bias", bias)] {
                let parameter = Parameter {
                    name: format!("{layer}.{kind}"),
                    shape,
                    start,
                    fan_in,
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

    /// Random weights as PyTorch initialises convolutions and dense layers: weights and biases uniform within
    /// 1/sqrt(fan-in), the same for the same seed on every machine.
    #[must_use]
    pub fn initial_weights(&self, seed: u64) -> Tensors {
        let mut values = Vec::with_capacity(self.parameter_count());
        for (index, parameter) in self.parameters().iter().enumerate() {
            let bound = 1.0 / (parameter.fan_in as f64).sqrt();
            let mut rng = Stream::Weights.rng(seed, index as u64);
            values.extend(
                (0..parameter.len()).map(|_| (bound * (2.0 * rng.random::<f64>() - 1.0)) as f32),
            );
        }
        self.tensors(&values)
    }

    /// One array of all parameters as named tensors.
    pub(super) fn tensors(&self, values: &[f32]) -> Tensors {
        self.parameters()
            .into_iter()
            .map(|parameter| {
                let data = values[parameter.range()].to_vec();
                let shape = parameter.shape.clone();
                (parameter.name, event::Tensor { shape, data })
            })
            .collect()
    }

    /// Named tensors as one array of all parameters.
    ///
    /// # Errors
    /// All tensors that are missing, extra or misshapen, in one error.
    pub(super) fn values(&self, tensors: &Tensors) -> Result<Vec<f32>, Error> {
        let parameters = self.parameters();
        let mut values = Vec::with_capacity(self.parameter_count());
        let mut problems = Vec::new();
        for Parameter { name, shape, .. } in &parameters {
            match tensors.get(name) {
                None => problems.push(format!("{name} {shape:?} is missing")),
                Some(found) if found.shape != *shape => {
                    problems.push(format!("{name} is {:?}, expected {shape:?}", found.shape));
                }
                Some(found) => values.extend(&found.data),
            }
        }
        problems.extend(
            tensors
                .iter()
                .filter(|(name, _)| parameters.iter().all(|p| p.name != **name))
                .map(|(name, tensor)| format!("{name} {:?} is not part of it", tensor.shape)),
        );
        if problems.is_empty() {
            Ok(values)
        } else {
            Err(Error::Weights {
                network: self.name,
                problems,
            })
        }
    }

    /// Splits one array of all parameters into (weight, bias) per layer, convolutions first.
    pub(super) fn layers<'a>(&self, values: &'a [f32]) -> Vec<(&'a [f32], &'a [f32])> {
        self.parameters()
            .chunks_exact(2)
            .map(|pair| (&values[pair[0].range()], &values[pair[1].range()]))
            .collect()
    }
}
