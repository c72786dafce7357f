//! A network as data: convolutions with ReLU and pooling, then dense layers.

use spindle_run::event::{self, Tensors};

use super::product::WIDTH;
use crate::Error;
use spindle_run::random::{Distribution, Stream};

/// Max pooling without padding; what does not fill a window at the far borders is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Side of a window.
    pub size: usize,
    /// From one window to the next.
    pub stride: usize,
}

impl Pool {
    /// Windows of 2x2 side by side.
    pub const HALVES: Self = Self { size: 2, stride: 2 };
}

/// A convolution, then bias and ReLU, then perhaps max pooling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Convolution {
    /// Name of its parameters, as PyTorch has it.
    pub name: &'static str,
    /// Channels in.
    pub inputs: usize,
    /// Channels out.
    pub outputs: usize,
    /// Side of the kernel; at most that of the picture with its padding.
    pub kernel: usize,
    /// Positions from one window to the next.
    pub stride: usize,
    /// Zeros around the picture.
    pub padding: usize,
    /// Side of the picture that comes in.
    pub side: usize,
    /// The pooling that follows, if any; its windows are at most as large as the convolution's map.
    pub pool: Option<Pool>,
}

impl Convolution {
    /// Side of the feature map behind the ReLU, before pooling.
    #[must_use]
    pub fn map_side(&self) -> usize {
        (self.side + 2 * self.padding - self.kernel) / self.stride + 1
    }

    /// Side of what comes out.
    #[must_use]
    pub fn out_side(&self) -> usize {
        self.pool.map_or(self.map_side(), |pool| {
            (self.map_side() - pool.size) / pool.stride + 1
        })
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

    /// Products of one pass; those with padding are left out.
    pub(super) fn products(&self) -> usize {
        let met: usize = (0..self.map_side())
            .map(|place| {
                let first = self.padding.saturating_sub(place * self.stride);
                let end = (self.side + self.padding).saturating_sub(place * self.stride);
                end.min(self.kernel).saturating_sub(first)
            })
            .sum();
        met.pow(2) * self.inputs * self.outputs
    }

    /// Whether its windows lie one beside the other in the picture, and its pooling is none or of whole 2x2 cells.
    pub(super) fn is_plain(&self) -> bool {
        let halves = self.map_side().is_multiple_of(2);
        let pooled = match self.pool {
            None => true,
            Some(pool) => pool == Pool::HALVES && halves,
        };
        self.stride == 1 && self.padding == 0 && pooled
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
pub struct Sequential {
    /// Its name in errors.
    pub name: &'static str,
    /// Convolutions, in order.
    pub convolutions: Vec<Convolution>,
    /// Dense layers behind them, in order.
    pub dense: Vec<Dense>,
    /// The convolution whose feature map, behind ReLU and before pooling, players are patches of.
    pub masked: usize,
    /// How its weights are drawn.
    pub initial: Initial,
}

/// How a stack's weights are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initial {
    /// As PyTorch does it: weights and biases uniform within 1/sqrt(fan-in).
    Uniform,
    /// Every layer keeps the size of what comes in: normal with variance 2/fan-in, biases 0 (Kaiming He et al. 2015; ours for small pictures, where
    /// torchvision's choice starts so small that hundreds of steps pass before a loss moves).
    FanIn,
    /// As torchvision's VGG has it: convolutions normal with variance 2/fan-out, dense layers with standard deviation 0.01, biases 0.
    FanOut,
}

/// Number of layers of a VGG.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VggDepth {
    /// Configuration A.
    Eleven,
    /// Configuration B.
    Thirteen,
    /// Configuration D.
    Sixteen,
}

/// Side of a VGG's pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VggSide {
    /// 32x32, with a head 512-512-512-classes.
    Small,
    /// 224x224, with ImageNet's head 25088-4096-4096-classes.
    Large,
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

/// Names of the layers of `torch.nn.Sequential` that VGG and AlexNet have their convolutions in.
const FEATURES: [&str; 29] = [
    "features.0",
    "features.1",
    "features.2",
    "features.3",
    "features.4",
    "features.5",
    "features.6",
    "features.7",
    "features.8",
    "features.9",
    "features.10",
    "features.11",
    "features.12",
    "features.13",
    "features.14",
    "features.15",
    "features.16",
    "features.17",
    "features.18",
    "features.19",
    "features.20",
    "features.21",
    "features.22",
    "features.23",
    "features.24",
    "features.25",
    "features.26",
    "features.27",
    "features.28",
];

/// Weights of a dense layer from which on it is a product of large matrices.
const NARROW_WEIGHTS: usize = 1 << 17;

/// Dense layers from one width to the next, ReLU behind all but the last.
fn dense_layers(names: [&'static str; 3], widths: [usize; 4]) -> Vec<Dense> {
    let layer = |(index, name)| Dense {
        name,
        inputs: widths[index],
        outputs: widths[index + 1],
        relu: index < 2,
    };
    names.into_iter().enumerate().map(layer).collect()
}

impl Sequential {
    /// LeNet-5 with ReLU and max pooling on pictures of 32x32: convolutions channels-6 and 6-16 of 5x5, then dense
    /// layers 400-120-84-classes; 61,706 parameters with one channel and ten classes. Players are patches behind the first ReLU (ours: arXiv
    /// 2405.10262 does not say where), a feature map of 28x28.
    #[must_use]
    pub fn lenet(channels: usize, classes: usize) -> Self {
        let convolution = |name, inputs, outputs, side| Convolution {
            name,
            inputs,
            outputs,
            kernel: 5,
            stride: 1,
            padding: 0,
            side,
            pool: Some(Pool::HALVES),
        };
        Self {
            name: "LeNet",
            convolutions: vec![
                convolution("conv1", channels, 6, 32),
                convolution("conv2", 6, 16, 14),
            ],
            dense: dense_layers(["fc1", "fc2", "fc3"], [400, 120, 84, classes]),
            masked: 0,
            initial: Initial::Uniform,
        }
    }

    /// VGG without batch norm, as torchvision has it (arXiv 1409.1556), without dropout (ours). On 32x32 the head is 512-512-512-classes (ours).
    /// Players are patches behind the second ReLU, as arXiv 2405.10262 has it.
    #[must_use]
    pub fn vgg(depth: VggDepth, channels: usize, side: VggSide, classes: usize) -> Self {
        let (name, blocks) = match depth {
            VggDepth::Eleven => ("VGG-11", [1, 1, 2, 2, 2]),
            VggDepth::Thirteen => ("VGG-13", [2, 2, 2, 2, 2]),
            VggDepth::Sixteen => ("VGG-16", [2, 2, 3, 3, 3]),
        };
        let (mut side, head, initial) = match side {
            VggSide::Small => (32, [512, 512, 512], Initial::FanIn),
            VggSide::Large => (224, [25_088, 4096, 4096], Initial::FanOut),
        };
        let mut convolutions = Vec::new();
        let (mut inputs, mut feature) = (channels, 0);
        for (outputs, length) in [64, 128, 256, 512, 512].into_iter().zip(blocks) {
            for place in 1..=length {
                let pooled = place == length;
                convolutions.push(Convolution {
                    name: FEATURES[feature],
                    inputs,
                    outputs,
                    kernel: 3,
                    stride: 1,
                    padding: 1,
                    side,
                    pool: pooled.then_some(Pool::HALVES),
                });
                inputs = outputs;
                feature += if pooled { 3 } else { 2 };
            }
            side /= 2;
        }
        let names = ["classifier.0", "classifier.3", "classifier.6"];
        Self {
            name,
            convolutions,
            dense: dense_layers(names, [head[0], head[1], head[2], classes]),
            masked: 1,
            initial,
        }
    }

    /// AlexNet on pictures of 224x224, as torchvision has it (arXiv 1404.5997), without dropout (ours). Players are patches behind the
    /// first ReLU (ours), a feature map of 55x55.
    #[must_use]
    pub fn alexnet(channels: usize, classes: usize) -> Self {
        const POOL: Option<Pool> = Some(Pool { size: 3, stride: 2 });
        let convolution = |feature, inputs, outputs, kernel, side, pool| Convolution {
            name: FEATURES[feature],
            inputs,
            outputs,
            kernel,
            stride: 1,
            padding: kernel / 2,
            side,
            pool,
        };
        let first = Convolution {
            stride: 4,
            padding: 2,
            ..convolution(0, channels, 64, 11, 224, POOL)
        };
        let names = ["classifier.1", "classifier.4", "classifier.6"];
        Self {
            name: "AlexNet",
            convolutions: vec![
                first,
                convolution(3, 64, 192, 5, 27, POOL),
                convolution(6, 192, 384, 3, 13, None),
                convolution(8, 384, 256, 3, 13, None),
                convolution(10, 256, 256, 3, 13, POOL),
            ],
            dense: dense_layers(names, [9216, 4096, 4096, classes]),
            masked: 0,
            initial: Initial::Uniform,
        }
    }

    /// Whether the kernels for few channels run it: LeNet and its like, whose windows are multiplied where they lie.
    pub(super) fn is_narrow(&self) -> bool {
        let few = |c: &Convolution| c.is_plain() && c.outputs < WIDTH;
        let small = |d: &Dense| d.inputs * d.outputs < NARROW_WEIGHTS;
        self.convolutions.iter().all(few) && self.dense.iter().all(small)
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

    /// Random weights as [`Initial`] has them, the same for the same seed on every machine.
    #[must_use]
    pub fn initial_weights(&self, seed: u64) -> Tensors {
        let mut values = Vec::with_capacity(self.parameter_count());
        for (index, parameter) in self.parameters().iter().enumerate() {
            let mut rng = Stream::Weights.rng(seed, index as u64);
            let distribution = self.distribution(index / 2, parameter);
            values.extend(distribution.draw(parameter.len(), &mut rng));
        }
        self.tensors(&values)
    }

    /// What a parameter of a layer is drawn from.
    fn distribution(&self, layer: usize, parameter: &Parameter) -> Distribution {
        let is_dense = layer >= self.convolutions.len();
        let is_bias = parameter.shape.len() == 1;
        match self.initial {
            Initial::Uniform => Distribution::of_fan_in(parameter.fan_in),
            _ if is_bias => Distribution::Constant(0.0),
            Initial::FanIn => Distribution::Normal((2.0 / parameter.fan_in as f64).sqrt()),
            Initial::FanOut if is_dense => Distribution::Normal(0.01),
            Initial::FanOut => {
                let area: usize = parameter.shape.iter().skip(2).product();
                Distribution::Normal((2.0 / (parameter.shape[0] * area) as f64).sqrt())
            }
        }
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
        let expected = parameters.iter().map(|p| (&p.name[..], &p.shape[..]));
        super::check_tensors(self.name, expected, tensors, |_| false)?;
        let all = parameters.iter().flat_map(|p| &tensors[&p.name].data);
        Ok(all.copied().collect())
    }

    /// Splits one array of all parameters into (weight, bias) per layer, convolutions first.
    pub(super) fn layers<'a>(&self, values: &'a [f32]) -> Vec<(&'a [f32], &'a [f32])> {
        self.parameters()
            .chunks_exact(2)
            .map(|pair| (&values[pair[0].range()], &values[pair[1].range()]))
            .collect()
    }
}
