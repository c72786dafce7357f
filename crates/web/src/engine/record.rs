//! The records of trainings that go on: checkpoints come in, an open run comes out.

use std::collections::HashMap;

use spindle_core::pipeline::{self, Description, EncodedBench, Quiet, Run};
use spindle_run::{
    MemoryStore,
    analysis::{self, ANALYSES},
    content::Contents,
    decomposition::Decomposed,
    device::Place,
    encoding::{decode_decompositions, decode_losses, decode_outputs, decode_weights},
    event::{Event as Happened, Outputs},
    export::Budget,
    record::{LossRecord, Place as Where},
};

use crate::{
    Error,
    protocol::{Event, MeasuredCheckpoint, Recorded},
    viewer::Viewer,
};

/// A run in memory keeps the outputs of all its samples.
const EVERYTHING: Budget = Budget {
    interactions: usize::MAX,
    values: usize::MAX,
};

/// A run that grows, and what its samples look like.
struct Recorder {
    run: Run<MemoryStore>,
    contents: Contents,
}

/// Records by the names of their runs.
#[derive(Default)]
pub struct Recorders(HashMap<String, Recorder>);

impl Recorders {
    /// Begins a record, over one of the same name.
    ///
    /// # Errors
    /// Samples that do not fit the network.
    pub fn begin(
        &mut self,
        run: String,
        recorded: Recorded,
        bench: EncodedBench,
        viewer: &mut Viewer,
    ) -> Result<Event, Error> {
        let bench = bench.decode(Place::CPU)?;
        let description = Description {
            experiment: recorded.experiment,
            provenance: recorded.provenance,
            classes: recorded.classes,
            samples: bench.records(),
            warnings: Vec::new(),
        };
        let recorder = Recorder {
            run: Run::begin(MemoryStore::default(), description)?,
            contents: bench.contents()?,
        };
        self.0.insert(run.clone(), recorder);
        self.show(run, viewer)
    }

    /// Adds losses.
    ///
    /// # Errors
    /// There is no such record.
    pub fn losses(&mut self, run: &str, losses: LossRecord) -> Result<Event, Error> {
        self.named(run)?.run.apply(Happened::Epoch(losses))?;
        Ok(Event::Done)
    }

    /// Adds a checkpoint, and shows the run unless there is `more` to come.
    ///
    /// # Errors
    /// Parts that do not fit the record.
    pub fn checkpoint(
        &mut self,
        name: String,
        checkpoint: &MeasuredCheckpoint,
        more: bool,
        viewer: &mut Viewer,
    ) -> Result<Event, Error> {
        let (outputs, found) = joined(checkpoint)?;
        let run = &mut self.named(&name)?.run;
        run.apply(Happened::Epoch(checkpoint.losses))?;
        run.apply(Happened::Checkpoint {
            losses: checkpoint.losses,
            sample_losses: decode_losses(&checkpoint.sample_losses)?,
            weights: decode_weights(&checkpoint.weights)?,
        })?;
        let seconds = |of: fn(&crate::protocol::MeasuredPart) -> f64| {
            checkpoint.parts.iter().map(of).sum::<f64>()
        };
        run.put_outputs(&outputs, seconds(|part| part.extract_seconds))?;
        run.put_interactions(&outputs, found, seconds(|part| part.decompose_seconds))?;
        run.record_mut().provenance.train_seconds = checkpoint.train_seconds;
        if more {
            return Ok(Event::Done);
        }
        analyse_while(run, |work| !is_long(work))?;
        self.show(name, viewer)
    }

    /// Does one of the comparisons that take long, and shows the run; answered by `Event::Done`
    /// where none is left.
    ///
    /// # Errors
    /// There is no such record.
    pub fn compare(&mut self, name: String, viewer: &mut Viewer) -> Result<Event, Error> {
        let run = &mut self.named(&name)?.run;
        let missing = analysis::missing(ANALYSES, run.record());
        let Some(work) = missing.first() else {
            return Ok(Event::Done);
        };
        pipeline::analyse(run, work, &Quiet)?;
        self.show(name, viewer)
    }

    fn show(&mut self, name: String, viewer: &mut Viewer) -> Result<Event, Error> {
        let Recorder { run, contents } = self.named(&name)?;
        let record = run.record().clone();
        let export = run.store().export(record, contents.clone(), EVERYTHING)?;
        Ok(viewer.show(name, export))
    }

    fn named(&mut self, run: &str) -> Result<&mut Recorder, Error> {
        let recorder = self.0.get_mut(run);
        recorder.ok_or_else(|| Error::missing(format!("record named {run}")))
    }
}

/// Whether an analysis looks at the turning points only, because it takes long.
fn is_long(work: &analysis::Work<'_>) -> bool {
    matches!(work.place, Where::Checkpoint(_))
        && !work
            .analysis
            .scopes()
            .contains(&analysis::Scope::EveryCheckpoint)
}

fn analyse_while(
    run: &mut Run<MemoryStore>,
    wanted: fn(&analysis::Work<'_>) -> bool,
) -> Result<(), Error> {
    loop {
        let mut missing = analysis::missing(ANALYSES, run.record());
        missing.retain(wanted);
        if missing.is_empty() {
            return Ok(());
        }
        for work in missing {
            pipeline::analyse(run, &work, &Quiet)?;
        }
    }
}

/// Outputs and decompositions of all samples from those of some at a time, in order.
fn joined(checkpoint: &MeasuredCheckpoint) -> Result<(Outputs, Decomposed), Error> {
    let (mut outputs, mut decompositions) = (Vec::new(), Vec::new());
    let mut warnings = Vec::new();
    for part in &checkpoint.parts {
        outputs.push(decode_outputs(&part.outputs)?);
        decompositions.extend(decode_decompositions(&part.decompositions)?);
        warnings.extend(part.warnings.iter().cloned());
    }
    let outputs = Outputs::joined(outputs).ok_or_else(|| {
        Error::Input(format!(
            "the parts measured at step {} are not of one checkpoint",
            checkpoint.losses.step
        ))
    })?;
    let found = Decomposed {
        decompositions,
        warnings,
    };
    Ok((outputs, found))
}
