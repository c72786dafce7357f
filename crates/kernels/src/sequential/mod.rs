//! Sequential networks as data: convolutions with ReLU and pooling, then dense layers. With no
//! convolutions at all they are multilayer perceptrons.

mod check;
mod layer;
mod parameters;
mod presets;
mod tuning;

use spindle_run::input::PictureShape;

pub use self::{
    layer::{Convolution, Dense, Pool},
    parameters::Parameter,
    tuning::SequentialTuning,
};

/// A network as data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequential {
    /// Its name in errors.
    pub name: &'static str,
    /// The pictures that come in, `[channels, side, side]`.
    pub input: PictureShape,
    /// Convolutions, in order; none in a multilayer perceptron.
    pub convolutions: Vec<Convolution>,
    /// Dense layers behind them, in order; at least one.
    pub dense: Vec<Dense>,
    /// Where players are patches that are set to 0 while they are absent.
    pub masked: Masked,
    /// How its weights are drawn.
    pub initial: Initial,
}

/// What players of a picture are patches of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Masked {
    /// The picture that comes in.
    Input,
    /// The feature map of this convolution, behind its ReLU and before its pooling.
    Convolution(usize),
}

/// How a network's weights are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initial {
    /// As PyTorch does it: weights and biases uniform within 1/sqrt(fan-in).
    Uniform,
    /// Every layer keeps the size of what comes in: normal with variance 2/fan-in, biases 0
    /// (Kaiming He et al. 2015; ours for small pictures, where torchvision's choice starts so small
    /// that hundreds of steps pass before a loss moves).
    FanIn,
    /// As torchvision's VGG has it: convolutions normal with variance 2/fan-out, dense layers with
    /// standard deviation 0.01, biases 0.
    FanOut,
}

impl Sequential {
    /// Whether the kernels for few channels run it: LeNet and its like, whose windows are
    /// multiplied where they lie.
    pub(crate) fn is_narrow(&self, tuning: &SequentialTuning) -> bool {
        let few = |c: &Convolution| c.is_plain() && c.outputs < tuning.narrow_channels;
        let small = |d: &Dense| d.inputs * d.outputs < tuning.narrow_weights;
        self.convolutions.iter().all(few) && self.dense.iter().all(small)
    }

    /// Pixels along one side of a picture that comes in.
    #[must_use]
    pub fn side(&self) -> usize {
        self.input.side
    }

    /// Values of a picture that comes in.
    #[must_use]
    pub fn input_len(&self) -> usize {
        self.input.channels * self.input.side.pow(2)
    }

    /// Side of what players are patches of.
    #[must_use]
    pub fn masked_side(&self) -> usize {
        match self.masked {
            Masked::Input => self.input.side,
            Masked::Convolution(index) => self.convolutions[index].map_side(),
        }
    }

    /// Number of classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.dense[self.dense.len() - 1].outputs
    }

    /// The number of the first convolution behind what is masked.
    pub(crate) fn first_behind(&self) -> usize {
        match self.masked {
            Masked::Input => 0,
            Masked::Convolution(index) => index + 1,
        }
    }

    /// The shape of what comes into convolution `index`, or into the dense layers if there are no
    /// more convolutions.
    pub(crate) fn shape_before(&self, index: usize) -> PictureShape {
        match index.checked_sub(1) {
            None => self.input,
            Some(before) => PictureShape {
                channels: self.convolutions[before].outputs,
                side: self.convolutions[before].out_side(),
            },
        }
    }
}
