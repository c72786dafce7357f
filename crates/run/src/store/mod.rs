//! Where a run is kept while it grows: a folder on disk, or memory.

mod memory;

use spindle_interactions::decompose::Decomposition;

use crate::{
    Error,
    event::{Outputs, SampleLosses, Tensors, TrainingState},
    record::RunRecord,
};

pub use memory::MemoryStore;

/// A place for a run's parts, named by the step of their checkpoint.
///
/// A part that is there is whole; what is saved again takes the place of what was there.
pub trait Store {
    /// Its name in messages.
    fn name(&self) -> String;

    /// The command that makes parts that are missing, where there are commands: `spindle VERB
    /// NAME`.
    fn command(&self, verb: &str) -> String;

    /// Replaces the record.
    ///
    /// # Errors
    /// What cannot be written; the previous one is kept then. So it is for all that follow.
    fn save_record(&self, record: &RunRecord) -> Result<(), Error>;

    /// Where training goes on; `None` before the first state was saved.
    ///
    /// # Errors
    /// What cannot be read, or is damaged. So it is for all that follow.
    fn state(&self) -> Result<Option<TrainingState>, Error>;

    /// Replaces the state from which training goes on.
    ///
    /// # Errors
    /// As [`Store::save_record`].
    fn save_state(&self, state: &TrainingState) -> Result<(), Error>;

    /// Whether a part of a checkpoint is there.
    fn has(&self, part: Part, step: usize) -> bool;

    /// Takes a part that is damaged out of the way, so that it is made again. Returns where it is
    /// now, in words.
    ///
    /// # Errors
    /// What cannot be moved.
    fn set_aside(&self, part: Part, step: usize) -> Result<String, Error>;

    /// The same for the state from which training goes on.
    ///
    /// # Errors
    /// As [`Store::set_aside`].
    fn set_aside_state(&self) -> Result<String, Error>;

    /// Weights at a checkpoint.
    ///
    /// # Errors
    /// As [`Store::state`].
    fn weights(&self, step: usize) -> Result<Tensors, Error>;

    /// Saves the weights of a checkpoint.
    ///
    /// # Errors
    /// As [`Store::save_record`].
    fn save_weights(&self, step: usize, weights: &Tensors) -> Result<(), Error>;

    /// Losses of all samples at a checkpoint.
    ///
    /// # Errors
    /// As [`Store::state`].
    fn losses(&self, step: usize) -> Result<SampleLosses, Error>;

    /// Saves the losses of all samples at a checkpoint.
    ///
    /// # Errors
    /// As [`Store::save_record`].
    fn save_losses(&self, losses: &SampleLosses) -> Result<(), Error>;

    /// Masked outputs at a checkpoint, of the samples and players of `record`.
    ///
    /// # Errors
    /// As [`Store::state`].
    fn outputs(&self, record: &RunRecord, step: usize) -> Result<Outputs, Error>;

    /// Saves the masked outputs of a checkpoint.
    ///
    /// # Errors
    /// As [`Store::save_record`].
    fn save_outputs(&self, outputs: &Outputs) -> Result<(), Error>;

    /// Decompositions at a checkpoint, one for each of the samples of `record`.
    ///
    /// # Errors
    /// As [`Store::state`].
    fn interactions(&self, record: &RunRecord, step: usize) -> Result<Vec<Decomposition>, Error>;

    /// Saves the decompositions of a checkpoint, one a sample.
    ///
    /// # Errors
    /// As [`Store::save_record`].
    fn save_interactions(&self, step: usize, found: &[Decomposition]) -> Result<(), Error>;
}

/// What a store holds of a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Weights.
    Weights,
    /// Losses of all samples.
    Losses,
    /// Masked outputs.
    Outputs,
    /// Decompositions.
    Interactions,
}

/// A part that a store does not have.
pub(crate) fn missing(part: &str, step: usize) -> Error {
    Error::Mismatch {
        what: "a part of the run",
        found: format!("no {part} of step {step}"),
        expected: "those of every checkpoint".into(),
    }
}
