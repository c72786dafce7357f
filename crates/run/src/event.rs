//! What a training tells while it works, and what is measured of it. Progress bars, the page's
//! messages and tests consume the same stream.

use std::collections::BTreeMap;

use crate::record::LossRecord;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Training went on.
    Progress {
        /// Steps done.
        step: usize,
        /// Mean training loss of the last steps, in nats.
        loss: f64,
    },
    /// An epoch ended (or, at epoch 0, training is about to begin).
    Epoch(LossRecord),
    /// Weights to keep so that training can go on from here.
    State(TrainingState),
    /// A checkpoint to be measured was reached.
    Checkpoint {
        /// Losses there.
        losses: LossRecord,
        /// Every sample's loss there.
        sample_losses: SampleLosses,
        /// Weights there.
        weights: Tensors,
    },
    /// Nothing is left to do.
    Finished,
}

/// f32 tensors by name, in PyTorch's names and shapes, row-major.
pub type Tensors = BTreeMap<String, Tensor>;

/// A f32 tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Lengths of the axes.
    pub shape: Vec<usize>,
    /// Values, row-major.
    pub data: Vec<f32>,
}

/// Cross-entropy of every sample at one checkpoint, in nats: what the interval of the loss gap is
/// drawn from.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleLosses {
    /// The checkpoint's step.
    pub step: usize,
    /// Of the training samples in use, with their label in use, ascending by position.
    pub train: Vec<f32>,
    /// Which of the training samples have a reset label; empty in files that do not say.
    pub is_reset: Vec<bool>,
    /// Of the test samples, by position.
    pub test: Vec<f32>,
}

impl SampleLosses {
    /// Losses of the training samples whose label is right; of all of them where the file does not
    /// say which these are.
    pub fn rightly_labelled(&self) -> impl Iterator<Item = f32> {
        let is_reset = self
            .is_reset
            .iter()
            .copied()
            .chain(std::iter::repeat(false));
        let labelled = self.train.iter().zip(is_reset);
        labelled.filter_map(|(&loss, is_reset)| (!is_reset).then_some(loss))
    }
}

/// All that training needs to go on to the same numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingState {
    /// Steps done.
    pub step: usize,
    /// Weights.
    pub weights: Tensors,
    /// Momentum buffers, under the weights' names; empty before the first step.
    pub momentum: Tensors,
}

/// Masked outputs of all samples at one checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Outputs {
    /// The checkpoint's step.
    pub step: usize,
    /// n.
    pub players: usize,
    /// Number of classes.
    pub classes: usize,
    /// Logits, [samples, 2^n, classes] row-major; mask bit i = player i present.
    pub logits: Vec<f32>,
    /// Log-odds of each sample's label, [samples, 2^n] row-major, nats.
    pub values: Vec<f64>,
    /// Rounding noise of `values` (standard deviation, nats).
    pub noise_floor: f64,
}

impl Outputs {
    /// Outputs of all samples from those of some at a time, in order; `None` without parts or where
    /// they are not of one checkpoint.
    ///
    /// The noise floor is the root of the parts' mean square, each with the weight of its samples.
    #[must_use]
    pub fn joined(parts: Vec<Self>) -> Option<Self> {
        let mut parts = parts.into_iter();
        let mut all = parts.next()?;
        let samples = |outputs: &Self| (outputs.values.len() >> outputs.players) as f64;
        let mut square = all.noise_floor.powi(2) * samples(&all);
        for part in parts {
            if (part.step, part.players, part.classes) != (all.step, all.players, all.classes) {
                return None;
            }
            square += part.noise_floor.powi(2) * samples(&part);
            all.logits.extend(part.logits);
            all.values.extend(part.values);
        }
        all.noise_floor = (square / samples(&all)).sqrt();
        Some(all)
    }
}
