//! A run's checkpoints by several workers, and one run of what they made.

use std::time::Duration;

use spindle_run::{
    RunWriter, Store as _,
    analysis::{self, ANALYSES, AtCheckpoint, Scope},
    decomposition::{Decomposed, decompose_outputs},
    event::Outputs,
    folder::{Found, Making},
    record::{Part as Analysed, Place, RunRecord, Summary},
    shard::Shard,
    store::Part,
};
use web_time::Instant;

use super::{
    Lab, Run, Stretch, Watch,
    analyzing::{looking_on, stopped},
    course::outputs_at,
    watch::control,
};
use crate::Error;

/// Time after which what was merged is kept.
const BETWEEN_SAVES: Duration = Duration::from_secs(60);

/// A run that several workers make, and the checkpoints that are this one's.
pub struct Worker<'a> {
    writer: &'a RunWriter,
    record: &'a RunRecord,
    steps: Vec<usize>,
}

/// What a worker came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Worked {
    /// Checkpoints that are made by now.
    pub made: usize,
    /// Checkpoints that other workers are at.
    pub others: usize,
    /// Steps of checkpoints that could not be made, with the reason.
    pub failed: Vec<(usize, String)>,
}

impl<'a> Worker<'a> {
    /// Has the checkpoints whose step, as text, lies in the shard.
    #[must_use]
    pub fn new(writer: &'a RunWriter, record: &'a RunRecord, shard: Shard) -> Self {
        let steps = record.checkpoints.iter().map(|at| at.losses.step);
        let steps = steps.filter(|step| shard.holds(&step.to_string()));
        Self::of(writer, record, steps.collect())
    }

    /// Has these checkpoints.
    #[must_use]
    pub fn of(writer: &'a RunWriter, record: &'a RunRecord, steps: Vec<usize>) -> Self {
        Self {
            writer,
            record,
            steps,
        }
    }

    /// Its checkpoints.
    #[must_use]
    pub fn steps(&self) -> &[usize] {
        &self.steps
    }

    /// Extracts at its checkpoints.
    ///
    /// # Errors
    /// [`Error::Stopped`], notes that cannot be written. What goes wrong at a checkpoint is noted, and
    /// the others are made.
    pub async fn extract(&self, lab: &dyn Lab, watch: &dyn Watch) -> Result<Worked, Error> {
        let each = async |step: usize| {
            let weights = self.writer.weights(step)?;
            let mut warnings = Vec::new();
            let again = || control(watch);
            let mut coarse = |warning: String| {
                watch.warn(&warning);
                warnings.push(warning);
            };
            let outputs = outputs_at(lab, step, &weights, &again, &mut coarse).await?;
            self.writer.save_outputs(&outputs)?;
            Ok(Found {
                warnings,
                ..Found::default()
            })
        };
        self.make(Making::Outputs, watch, each).await
    }

    /// Decomposes at its checkpoints.
    ///
    /// # Errors
    /// As [`Worker::extract`].
    pub async fn decompose(&self, watch: &dyn Watch) -> Result<Worked, Error> {
        let each = async |step: usize| {
            if !self.writer.has(Part::Outputs, step) {
                return Err(Error::Incomplete(format!(
                    "the outputs at step {step} are missing; {}",
                    self.writer.command("extract")
                )));
            }
            let outputs = self.writer.outputs(self.record, step)?;
            // Games are told for a checkpoint alone.
            let name = format!("decompose step {step}");
            let look = looking_on(watch, &name, 0, self.record.samples.len());
            let found = decompose_outputs(&self.record.experiment, &outputs, &look);
            let found = found.map_err(stopped)?;
            found
                .warnings
                .iter()
                .for_each(|warning| watch.warn(warning));
            self.writer.save_interactions(step, &found.decompositions)?;
            self.summed_up(&outputs, found, &look)
        };
        self.make(Making::Interactions, watch, each).await
    }

    /// What there is to say of a checkpoint's decompositions alone, so that whoever puts the parts
    /// together reads notes, and not every array again.
    fn summed_up(
        &self,
        outputs: &Outputs,
        found: Decomposed,
        watch: analysis::Watch<'_>,
    ) -> Result<Found, Error> {
        let RunRecord {
            experiment,
            samples,
            ..
        } = self.record;
        let decompositions = &found.decompositions;
        let summary = analysis::summarize(experiment, samples, outputs, decompositions)?;
        let at = AtCheckpoint {
            experiment,
            samples,
            summary: &summary,
            outputs,
            decompositions,
            before: None,
        };
        let alone = ANALYSES.iter().filter(|analysis| {
            let everywhere = analysis.scopes().contains(&Scope::EveryCheckpoint);
            everywhere && !analysis.looks_back() && analysis.applies(experiment)
        });
        let analyses = alone.map(|analysis| {
            let value = analysis.at_checkpoint(&at, watch).map_err(stopped)?;
            let version = analysis.version();
            Ok((analysis.name().to_owned(), Analysed { version, value }))
        });
        Ok(Found {
            analyses: analyses.collect::<Result<_, Error>>()?,
            warnings: found.warnings,
            summary: Some(summary),
            seconds: 0.0,
        })
    }

    async fn make(
        &self,
        making: Making,
        watch: &dyn Watch,
        each: impl AsyncFn(usize) -> Result<Found, Error>,
    ) -> Result<Worked, Error> {
        let mut worked = Worked::default();
        for &step in &self.steps {
            tell(making, worked.made, self.steps.len(), watch);
            if control(watch).is_break() {
                return Err(Error::Stopped);
            }
            let Some(claim) = self.writer.claim(self.record, making, step)? else {
                match self.writer.made(self.record, making, step)? {
                    Some(_) => worked.made += 1,
                    None => worked.others += 1,
                }
                continue;
            };
            let start = Instant::now();
            match each(step).await {
                Ok(mut found) => {
                    found.seconds = start.elapsed().as_secs_f64();
                    claim.made(found)?;
                    worked.made += 1;
                }
                Err(Error::Stopped) => return Err(Error::Stopped),
                Err(error) => {
                    claim.failed(&error.to_string())?;
                    worked.failed.push((step, error.to_string()));
                }
            }
        }
        tell(making, worked.made, self.steps.len(), watch);
        Ok(worked)
    }
}

fn tell(making: Making, done: usize, total: usize, watch: &dyn Watch) {
    watch.progress(Stretch {
        name: making.name(),
        unit: "checkpoints",
        done,
        total,
        loss: None,
    });
}

/// Takes what workers have made into the record of the run: then it is the one that a single worker
/// would have made, but for the analyses. Where nothing was made by workers, nothing is done.
///
/// # Errors
/// Checkpoints that are not made yet, notes that are damaged or of another experiment.
pub fn merge(run: &mut Run<RunWriter>, watch: &dyn Watch) -> Result<(), Error> {
    if !run.store().has_shards() {
        return Ok(());
    }
    let steps = run.steps();
    for making in Making::ALL {
        refuse_missing(run, making)?;
    }
    let mut saved = Instant::now();
    for (done, &step) in steps.iter().enumerate() {
        watch.progress(Stretch {
            name: "merge",
            unit: "checkpoints",
            done,
            total: steps.len(),
            loss: None,
        });
        if control(watch).is_break() {
            return Err(Error::Stopped);
        }
        take_extracted(run, step)?;
        take_decomposed(run, step)?;
        // The record grows with the checkpoints: it is not written after each.
        if saved.elapsed() > BETWEEN_SAVES {
            run.save()?;
            saved = Instant::now();
        }
    }
    let record = run.record_mut();
    record.make_current();
    run.save()?;
    Ok(run.store().forget_shards()?)
}

/// An error that names checkpoints whose part is not there.
fn refuse_missing(run: &Run<RunWriter>, making: Making) -> Result<(), Error> {
    let (store, steps) = (run.store(), run.steps());
    let missing = steps
        .iter()
        .filter(|step| !store.has(making.part(), **step));
    let missing: Vec<String> = missing.map(ToString::to_string).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let named = missing.iter().take(5).cloned().collect::<Vec<_>>();
    let named = named.join(", ");
    let more = match missing.len() {
        0..=5 => "",
        _ => ", ...",
    };
    Err(Error::Incomplete(format!(
        "{} of {} checkpoints have no {} yet (step {named}{more}); send the workers again (`spindle {} {}`, with or without --shard): they make what is missing. `spindle status` says who is at work and what failed",
        missing.len(),
        steps.len(),
        match making {
            Making::Outputs => "masked outputs",
            Making::Interactions => "decompositions",
        },
        match making {
            Making::Outputs => "extract",
            Making::Interactions => "analyze",
        },
        store.path().display()
    )))
}

/// What a worker noted of a checkpoint's part; nothing where it was made before there were workers.
fn noted(run: &Run<RunWriter>, making: Making, step: usize) -> Result<Found, Error> {
    let made = run.store().made(run.record(), making, step)?;
    Ok(made.map(|made| made.found).unwrap_or_default())
}

/// Takes what was noted of a checkpoint's outputs into the record.
fn take_extracted(run: &mut Run<RunWriter>, step: usize) -> Result<(), Error> {
    let found = noted(run, Making::Outputs, step)?;
    let record = run.record_mut();
    record.provenance.extract_seconds += found.seconds;
    record.warnings.extend(found.warnings);
    Ok(())
}

/// Takes what was found of a checkpoint's decompositions into the record; sums them up where nobody
/// has, or another version did.
fn take_decomposed(run: &mut Run<RunWriter>, step: usize) -> Result<(), Error> {
    let Some(position) = run.record().position_of(step) else {
        return Ok(());
    };
    let found = noted(run, Making::Interactions, step)?;
    if is_current(run.record().checkpoints[position].summary.as_ref()) {
        return Ok(());
    }
    let summary = match found.summary.filter(|summary| is_current(Some(summary))) {
        Some(summary) => summary,
        None => {
            let (store, record) = (run.store(), run.record());
            let outputs = store.outputs(record, step)?;
            let found = store.interactions(record, step)?;
            analysis::summarize(&record.experiment, &record.samples, &outputs, &found)?
        }
    };
    let record = run.record_mut();
    record.put_summary(position, summary);
    for (name, part) in found.analyses {
        record.put_part(Place::Checkpoint(position), &name, part);
    }
    record.warnings.extend(found.warnings);
    record.provenance.decompose_seconds += found.seconds;
    Ok(())
}

fn is_current(summary: Option<&Summary>) -> bool {
    summary.is_some_and(|summary| summary.version == Summary::VERSION)
}
