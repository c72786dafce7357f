//! A run in memory: what a folder is to the command line tool, for whoever has no disk.
//!
//! Checkpoints come in as they are measured, in the order of training; the record, its figures and its `.spindle` file can be had
//! after every one of them.

use spindle_interactions::decompose::Decomposition;
use spindle_run::{
    Experiment,
    analysis::{
        ANALYSES, AtCheckpoint, OfRun, Place, Scope, TestStrengths, Work, missing, summarize,
    },
    content::Contents,
    event::{Outputs, SampleLosses, Tensors},
    export::{Budget, Export},
    record::{CheckpointRecord, LossRecord, Provenance, RunRecord, SampleRecord},
};

use crate::Error;

/// All that was measured at a checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// Losses there.
    pub losses: LossRecord,
    /// Every sample's loss.
    pub sample_losses: SampleLosses,
    /// Weights.
    pub weights: Tensors,
    /// Outputs of all samples on all masks.
    pub outputs: Outputs,
    /// One decomposition a sample.
    pub decompositions: Vec<Decomposition>,
}

/// What is kept of a measurement beside the record.
struct Kept {
    step: usize,
    sample_losses: SampleLosses,
    weights: Tensors,
    decompositions: Vec<Decomposition>,
    strengths: TestStrengths,
}

/// A run that grows.
pub struct Recorder {
    record: RunRecord,
    contents: Contents,
    kept: Vec<Kept>,
}

impl Recorder {
    /// A run of which nothing was measured yet. `contents`: what the samples look like.
    #[must_use]
    pub fn new(
        experiment: Experiment,
        provenance: Provenance,
        classes: Vec<String>,
        samples: Vec<SampleRecord>,
        contents: Contents,
    ) -> Self {
        Self {
            record: RunRecord::new(experiment, provenance, classes, samples),
            contents,
            kept: Vec::new(),
        }
    }

    /// What was found so far.
    #[must_use]
    pub fn record(&self) -> &RunRecord {
        &self.record
    }

    /// What was found so far, for whoever knows more of it: time that went by, warnings.
    pub fn record_mut(&mut self) -> &mut RunRecord {
        &mut self.record
    }

    /// Adds losses.
    pub fn losses(&mut self, losses: LossRecord) {
        self.record.put_losses(losses);
    }

    /// Adds a checkpoint, over one of the same step.
    ///
    /// # Errors
    /// Outputs or decompositions that do not fit the samples.
    pub fn checkpoint(&mut self, measured: Measurement) -> Result<(), Error> {
        let (experiment, samples) = (&self.record.experiment, &self.record.samples);
        if measured.decompositions.len() != samples.len()
            || measured.outputs.values.len() != samples.len() << experiment.players
        {
            return Err(Error::Data(format!(
                "{} of {} samples are measured at step {}",
                measured.decompositions.len(),
                samples.len(),
                measured.losses.step
            )));
        }
        let summary = summarize(
            experiment,
            samples,
            &measured.outputs,
            &measured.decompositions,
        )?;
        let strengths = TestStrengths::new(samples, &measured.decompositions, summary.threshold);
        let step = measured.losses.step;
        self.record.put_checkpoint(CheckpointRecord {
            summary: Some(summary),
            ..CheckpointRecord::new(measured.losses)
        });
        self.analyse_checkpoint(&measured)?;
        self.kept.retain(|kept| kept.step != step);
        self.kept.push(Kept {
            step,
            sample_losses: measured.sample_losses,
            weights: measured.weights,
            decompositions: measured.decompositions,
            strengths,
        });
        self.kept.sort_by_key(|kept| kept.step);
        Ok(())
    }

    /// What every checkpoint has. Comparisons take longer than a page should wait.
    fn analyse_checkpoint(&mut self, measured: &Measurement) -> Result<(), Error> {
        let step = measured.losses.step;
        for work in missing(ANALYSES, &self.record) {
            let Place::Checkpoint(checkpoint) = work.place else {
                continue;
            };
            if self.record.checkpoints[checkpoint].losses.step != step || !is_quick(&work) {
                continue;
            }
            let (outputs, found) = (&measured.outputs, &measured.decompositions);
            let Some(at) = AtCheckpoint::new(&self.record, checkpoint, outputs, found) else {
                continue;
            };
            let never_stop = |_| std::ops::ControlFlow::Continue(());
            let found = work.at_checkpoint(&at, &never_stop)?;
            work.put(&mut self.record, found);
        }
        Ok(())
    }

    /// Reads off what all checkpoints so far show together.
    ///
    /// # Errors
    /// Decompositions that do not fit the experiment.
    pub fn conclude(&mut self) -> Result<(), Error> {
        let Some(last) = self.kept.last() else {
            return Ok(());
        };
        let losses: Vec<_> = self.kept.iter().map(|k| k.sample_losses.clone()).collect();
        let strengths: Vec<_> = self.kept.iter().map(|k| k.strengths.clone()).collect();
        let found: Vec<(Work<'_>, _)> = missing(ANALYSES, &self.record)
            .into_iter()
            .filter(|work| work.place == Place::Run)
            .map(|work| {
                let run = OfRun {
                    record: &self.record,
                    strengths: &strengths,
                    losses: &losses,
                    last: &last.decompositions,
                };
                Ok((work, work.of_run(&run)?))
            })
            .collect::<Result<_, spindle_run::Error>>()?;
        for (work, value) in found {
            work.put(&mut self.record, value);
        }
        Ok(())
    }

    /// The run as a file, with the weights of all checkpoints.
    ///
    /// # Errors
    /// Contents that are not of the samples.
    pub fn export(&self, budget: Budget) -> Result<Export, spindle_run::Error> {
        let decompositions = |step: usize| {
            let kept = self.kept.iter().find(|kept| kept.step == step);
            Ok(kept.map_or_else(Vec::new, |kept| kept.decompositions.clone()))
        };
        let mut export = Export::new(
            self.record.clone(),
            self.contents.clone(),
            budget,
            decompositions,
        )?;
        let weights = self.kept.iter();
        export.weights = weights
            .map(|kept| (kept.step, kept.weights.clone()))
            .collect();
        Ok(export)
    }
}

/// Outputs of all samples from those of some at a time, in order; `None` without parts or where they are not of one checkpoint.
///
/// The noise floor is the root of the parts' mean square, each with the weight of its samples.
#[must_use]
pub fn joined(parts: Vec<Outputs>) -> Option<Outputs> {
    let mut parts = parts.into_iter();
    let mut all = parts.next()?;
    let samples = |outputs: &Outputs| (outputs.values.len() >> outputs.players) as f64;
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

fn is_quick(work: &Work<'_>) -> bool {
    work.analysis.scopes().contains(&Scope::EveryCheckpoint)
}
