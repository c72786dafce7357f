//! What trains a network and what evaluates one.

use std::pin::Pin;

pub use spindle_kernels::{Draw, Sgd};
use spindle_run::{event::Tensors, modality::Modality};

use crate::Error;

/// What is known once the device is done.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + 'a>>;

/// A network in training.
pub trait Trainer<M: Modality> {
    /// What computes, in words, for a run's provenance.
    fn describe(&self) -> String;

    /// One step of SGD on the mean cross-entropy over `inputs`; the device may still be at it when
    /// this returns, and what goes wrong on it is told by the next answer.
    ///
    /// # Errors
    /// Inputs or labels that do not fit the network.
    fn step(&mut self, inputs: &M::Batch, labels: &[usize], sgd: Sgd) -> Result<(), Error>;

    /// Whether it knows penalties.
    fn penalises(&self) -> bool {
        false
    }

    /// As [`Self::step`], with a penalty added to the loss.
    ///
    /// # Errors
    /// As [`Self::step`]; whoever knows no penalties.
    fn step_penalised(
        &mut self,
        _inputs: &M::Batch,
        _labels: &[usize],
        _penalty: &Penalty<M>,
        _sgd: Sgd,
    ) -> Result<(), Error> {
        Err(Error::Device {
            reason: format!("{} knows no penalties", self.describe()),
        })
    }

    /// Mean losses of the steps since they were last taken, in order.
    fn take_losses(&mut self) -> Answer<'_, Vec<f32>>;

    /// Weights and momentum as they are now.
    fn snapshot(&self) -> Answer<'_, Snapshot>;

    /// The network as it is now, to be evaluated.
    fn evaluator(&self) -> &dyn Evaluator<M>;
}

/// A penalty on some samples of a step: see [`spindle_kernels::Penalty`].
pub struct Penalty<M: Modality> {
    /// An input a draw.
    pub inputs: M::Batch,
    /// Their labels.
    pub labels: Vec<usize>,
    /// What is compared of each.
    pub draws: Vec<Draw<M::Masks>>,
    /// What the mean square is multiplied by, in 1/nats.
    pub weight: f64,
}

/// Weights, and the momentum buffers under the weights' names; no buffers before the first step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// Under PyTorch's names.
    pub weights: Tensors,
    /// Under the same names.
    pub momentum: Tensors,
}

/// A network of fixed weights.
pub trait Evaluator<M: Modality> {
    /// What computes, in words.
    fn describe(&self) -> String;

    /// Inputs per pass forward that fit well into memory.
    fn chunk(&self) -> usize;

    /// Logits `[count, classes]` of `inputs`.
    fn logits<'a>(&'a self, inputs: &'a M::Batch) -> Answer<'a, Vec<f32>>;

    /// Logits `[2^n, classes]` of one input under all masks of its players.
    fn masked_logits<'a>(
        &'a self,
        input: &'a M::Batch,
        masks: &'a M::Masks,
    ) -> Answer<'a, Vec<f32>>;
}

/// A network in f64, by the definition of each layer: what [`Evaluator::masked_logits`] rounds.
///
/// Always on the CPU, whatever trains.
pub trait Exact<M: Modality>: Send + Sync {
    /// Logits `[classes]` of one input under one mask.
    ///
    /// # Errors
    /// An input or masks that do not fit the network.
    fn masked_logits(
        &self,
        input: &M::Batch,
        masks: &M::Masks,
        mask: usize,
    ) -> Result<Vec<f64>, Error>;
}

/// What a backend can do with a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abilities {
    /// It trains it.
    pub trains: bool,
    /// It trains it against interactions too.
    pub penalises: bool,
    /// It evaluates it.
    pub evaluates: bool,
}

impl Abilities {
    /// Training, without penalties, and evaluation.
    pub const TRAINING: Self = Self {
        trains: true,
        penalises: false,
        evaluates: true,
    };
    /// Evaluation only.
    pub const EVALUATION: Self = Self {
        trains: false,
        penalises: false,
        evaluates: true,
    };
    /// Nothing.
    pub const NONE: Self = Self {
        trains: false,
        penalises: false,
        evaluates: false,
    };
}
