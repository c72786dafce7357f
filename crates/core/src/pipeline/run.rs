//! A run as it grows: its record and the store of its parts.

use spindle_interactions::decompose::Decomposition;
use spindle_run::{
    Store, analysis,
    decomposition::Decomposed,
    event::{Event, Outputs},
    record::{CheckpointRecord, RunRecord},
    store::Part,
};
use web_time::Instant;

use super::Description;
use crate::Error;

/// A run in a store.
pub struct Run<S: Store> {
    store: S,
    record: RunRecord,
    /// Time of training up to here is in the record; running while it trains.
    trained_since: Option<Instant>,
}

impl<S: Store> Run<S> {
    /// Begins a run of which nothing was measured yet.
    ///
    /// # Errors
    /// What cannot be written.
    pub fn begin(store: S, description: Description) -> Result<Self, Error> {
        let Description {
            experiment,
            provenance,
            classes,
            samples,
            warnings,
        } = description;
        let mut record = RunRecord::new(experiment, provenance, classes, samples);
        record.warnings = warnings;
        store.save_record(&record)?;
        Ok(Self::open(store, record))
    }

    /// Goes on with a run that is in the store.
    #[must_use]
    pub fn open(store: S, record: RunRecord) -> Self {
        Self {
            store,
            record,
            trained_since: None,
        }
    }

    /// What was found so far.
    #[must_use]
    pub fn record(&self) -> &RunRecord {
        &self.record
    }

    /// The same, for whoever knows more of it: where its files lie by now, times that went by
    /// elsewhere.
    pub fn record_mut(&mut self) -> &mut RunRecord {
        &mut self.record
    }

    /// Its parts.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Store and record, for whoever goes on alone.
    #[must_use]
    pub fn into_parts(self) -> (S, RunRecord) {
        (self.store, self.record)
    }

    /// Time of training counts from now on.
    pub(super) fn begin_training(&mut self) {
        self.trained_since = Some(Instant::now());
    }

    /// Time of training counts no longer. What was trained was saved, with its time.
    pub(super) fn end_training(&mut self) {
        self.trained_since = None;
    }

    /// Saves the record, with the time of training up to here.
    ///
    /// # Errors
    /// What cannot be written.
    pub fn save(&mut self) -> Result<(), Error> {
        if let Some(since) = &mut self.trained_since {
            self.record.provenance.train_seconds += since.elapsed().as_secs_f64();
            *since = Instant::now();
        }
        Ok(self.store.save_record(&self.record)?)
    }

    /// Keeps what a training tells.
    ///
    /// # Errors
    /// What cannot be written.
    pub fn apply(&mut self, event: Event) -> Result<(), Error> {
        match event {
            Event::Epoch(losses) => self.record.put_losses(losses),
            Event::Checkpoint {
                losses,
                sample_losses,
                weights,
            } => {
                self.store.save_weights(losses.step, &weights)?;
                self.store.save_losses(&sample_losses)?;
                if self.record.position_of(losses.step).is_none() {
                    self.record.put_checkpoint(CheckpointRecord::new(losses));
                }
            }
            // Last of all that happened at a step: whoever goes on from it finds the rest in place.
            Event::State(state) => {
                self.save()?;
                self.store.save_state(&state)?;
            }
            Event::Progress { .. } | Event::Finished => {}
        }
        Ok(())
    }

    /// The step of a checkpoint whose losses are gone, or whose weights are gone before they were
    /// measured: training has to begin again, to the same numbers.
    #[must_use]
    pub fn lost_checkpoint(&self) -> Option<usize> {
        let has = |part, step| self.store.has(part, step);
        self.steps().into_iter().find(|&step| {
            let weights = has(Part::Weights, step) || has(Part::Outputs, step);
            !has(Part::Losses, step) || !weights
        })
    }

    /// Steps of all checkpoints.
    #[must_use]
    pub fn steps(&self) -> Vec<usize> {
        let checkpoints = self.record.checkpoints.iter();
        checkpoints
            .map(|checkpoint| checkpoint.losses.step)
            .collect()
    }

    /// Steps of the checkpoints whose outputs are missing.
    #[must_use]
    pub fn without_outputs(&self) -> Vec<usize> {
        let mut steps = self.steps();
        steps.retain(|&step| !self.store.has(Part::Outputs, step));
        steps
    }

    /// Keeps the outputs of a checkpoint, which took some seconds.
    ///
    /// # Errors
    /// What cannot be written.
    pub fn put_outputs(&mut self, outputs: &Outputs, seconds: f64) -> Result<(), Error> {
        self.store.save_outputs(outputs)?;
        self.record.provenance.extract_seconds += seconds;
        self.save()
    }

    /// Steps of the checkpoints whose decompositions are missing, or were made by an earlier
    /// version: only what is alike can be compared.
    #[must_use]
    pub fn without_interactions(&self) -> Vec<usize> {
        let (checkpoints, is_current) = (self.record.checkpoints.iter(), self.record.is_current());
        let missing = checkpoints.filter(|checkpoint| {
            let is_there = self.store.has(Part::Interactions, checkpoint.losses.step);
            !(is_there && is_current && checkpoint.summary.is_some())
        });
        missing.map(|checkpoint| checkpoint.losses.step).collect()
    }

    /// Keeps the decompositions of a checkpoint, which took some seconds, and sums them up.
    ///
    /// # Errors
    /// Outputs or decompositions that are not of the samples; what cannot be written.
    pub fn put_interactions(
        &mut self,
        outputs: &Outputs,
        found: Decomposed,
        seconds: f64,
    ) -> Result<(), Error> {
        self.check_fit(outputs, &found.decompositions)?;
        let step = outputs.step;
        self.store.save_interactions(step, &found.decompositions)?;
        let record = &mut self.record;
        let summary = analysis::summarize(
            &record.experiment,
            &record.samples,
            outputs,
            &found.decompositions,
        )?;
        if let Some(position) = record.position_of(step) {
            record.put_summary(position, summary);
        }
        record.warnings.extend(found.warnings);
        record.provenance.decompose_seconds += seconds;
        self.save()
    }

    fn check_fit(&self, outputs: &Outputs, found: &[Decomposition]) -> Result<(), Error> {
        let samples = self.record.samples.len();
        let players = self.record.experiment.measurement.players;
        if found.len() == samples && outputs.values.len() == samples << players {
            return Ok(());
        }
        Err(Error::Incomplete(format!(
            "{} of {samples} samples are measured at step {}",
            found.len(),
            outputs.step
        )))
    }
}
