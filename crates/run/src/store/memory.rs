//! A run in memory: what a folder is to the command line, for whoever has no disk.

use std::{cell::RefCell, collections::BTreeMap};

use spindle_interactions::decompose::Decomposition;

use super::{Part, Store, missing};
use crate::{
    Error,
    content::Contents,
    encoding,
    event::{Outputs, SampleLosses, Tensors, TrainingState},
    export::{Budget, Export},
    record::RunRecord,
};

/// A run's parts in memory.
#[derive(Debug, Default)]
pub struct MemoryStore(RefCell<Parts>);

#[derive(Debug, Default)]
struct Parts {
    state: Option<TrainingState>,
    weights: BTreeMap<usize, Tensors>,
    losses: BTreeMap<usize, SampleLosses>,
    outputs: BTreeMap<usize, Outputs>,
    interactions: BTreeMap<usize, Vec<Decomposition>>,
}

/// A part of a checkpoint, if it is there.
fn found<T: Clone>(parts: &BTreeMap<usize, T>, name: &str, step: usize) -> Result<T, Error> {
    parts.get(&step).cloned().ok_or_else(|| missing(name, step))
}

impl MemoryStore {
    /// The run as a file, with the weights of all checkpoints.
    ///
    /// # Errors
    /// Contents that are not of the samples.
    pub fn export(
        &self,
        record: RunRecord,
        contents: Contents,
        budget: Budget,
    ) -> Result<Export, Error> {
        let parts = self.0.borrow();
        let decompositions = |step: usize| found(&parts.interactions, "decompositions", step);
        let mut export = Export::new(record, contents, budget, decompositions)?;
        export.weights.clone_from(&parts.weights);
        Ok(export)
    }
}

impl Store for MemoryStore {
    fn name(&self) -> String {
        "the run in memory".into()
    }

    fn command(&self, verb: &str) -> String {
        format!("{verb} it first")
    }

    /// The record is its owner's; nothing is kept of it here.
    fn save_record(&self, _record: &RunRecord) -> Result<(), Error> {
        Ok(())
    }

    fn state(&self) -> Result<Option<TrainingState>, Error> {
        Ok(self.0.borrow().state.clone())
    }

    fn save_state(&self, state: &TrainingState) -> Result<(), Error> {
        self.0.borrow_mut().state = Some(state.clone());
        Ok(())
    }

    fn has(&self, part: Part, step: usize) -> bool {
        let parts = self.0.borrow();
        match part {
            Part::Weights => parts.weights.contains_key(&step),
            Part::Losses => parts.losses.contains_key(&step),
            Part::Outputs => parts.outputs.contains_key(&step),
            Part::Interactions => parts.interactions.contains_key(&step),
        }
    }

    fn set_aside(&self, part: Part, step: usize) -> Result<String, Error> {
        let mut parts = self.0.borrow_mut();
        match part {
            Part::Weights => drop(parts.weights.remove(&step)),
            Part::Losses => drop(parts.losses.remove(&step)),
            Part::Outputs => drop(parts.outputs.remove(&step)),
            Part::Interactions => drop(parts.interactions.remove(&step)),
        }
        Ok("nowhere".into())
    }

    fn set_aside_state(&self) -> Result<String, Error> {
        self.0.borrow_mut().state = None;
        Ok("nowhere".into())
    }

    fn weights(&self, step: usize) -> Result<Tensors, Error> {
        found(&self.0.borrow().weights, "weights", step)
    }

    fn save_weights(&self, step: usize, weights: &Tensors) -> Result<(), Error> {
        self.0.borrow_mut().weights.insert(step, weights.clone());
        Ok(())
    }

    fn losses(&self, step: usize) -> Result<SampleLosses, Error> {
        found(&self.0.borrow().losses, "losses", step)
    }

    fn save_losses(&self, losses: &SampleLosses) -> Result<(), Error> {
        self.0
            .borrow_mut()
            .losses
            .insert(losses.step, losses.clone());
        Ok(())
    }

    fn outputs(&self, record: &RunRecord, step: usize) -> Result<Outputs, Error> {
        let outputs = found(&self.0.borrow().outputs, "outputs", step)?;
        encoding::agree(
            "number of samples",
            outputs.values.len() >> outputs.players,
            record.samples.len(),
        )?;
        Ok(outputs)
    }

    fn save_outputs(&self, outputs: &Outputs) -> Result<(), Error> {
        self.0
            .borrow_mut()
            .outputs
            .insert(outputs.step, outputs.clone());
        Ok(())
    }

    fn interactions(&self, record: &RunRecord, step: usize) -> Result<Vec<Decomposition>, Error> {
        let found = found(&self.0.borrow().interactions, "decompositions", step)?;
        encoding::check_fit(&found, record)?;
        Ok(found)
    }

    fn save_interactions(&self, step: usize, found: &[Decomposition]) -> Result<(), Error> {
        self.0
            .borrow_mut()
            .interactions
            .insert(step, found.to_vec());
        Ok(())
    }
}
