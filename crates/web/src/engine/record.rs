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
    protocol::{Event, MeasuredCheckpoint, MeasuredPart, Recorded},
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
    /// What was measured of checkpoints that are not added yet, by their steps.
    parts: HashMap<usize, Vec<Part>>,
}

/// What was measured of some samples of a checkpoint.
struct Part {
    outputs: Outputs,
    found: Decomposed,
    extract_seconds: f64,
    decompose_seconds: f64,
}

impl Part {
    fn decoded(part: &MeasuredPart) -> Result<Self, Error> {
        Ok(Self {
            outputs: decode_outputs(&part.outputs)?,
            found: Decomposed {
                decompositions: decode_decompositions(&part.decompositions)?,
                warnings: part.warnings.clone(),
            },
            extract_seconds: part.extract_seconds,
            decompose_seconds: part.decompose_seconds,
        })
    }
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
            parts: HashMap::new(),
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

    /// Takes what was measured of some samples of a checkpoint; parts come in the samples' order.
    ///
    /// # Errors
    /// There is no such record, the part cannot be read, or another one was due.
    pub fn part(
        &mut self,
        run: &str,
        step: usize,
        index: usize,
        part: &MeasuredPart,
    ) -> Result<Event, Error> {
        let parts = self.named(run)?.parts.entry(step).or_default();
        if index == 0 {
            parts.clear();
        }
        if parts.len() != index {
            return Err(Error::Input(format!(
                "part {index} of the checkpoint at step {step} came where part {} was due",
                parts.len()
            )));
        }
        parts.push(Part::decoded(part)?);
        Ok(Event::Done)
    }

    /// Adds a checkpoint whose parts are there, and shows the run unless there is `more` to come.
    ///
    /// # Errors
    /// There is no such record, or parts that do not fit it.
    pub fn checkpoint(
        &mut self,
        name: String,
        checkpoint: &MeasuredCheckpoint,
        more: bool,
        viewer: &mut Viewer,
    ) -> Result<Event, Error> {
        let recorder = self.named(&name)?;
        let step = checkpoint.losses.step;
        let all = joined(recorder.parts.remove(&step).unwrap_or_default()).ok_or_else(|| {
            Error::Input(format!(
                "the parts measured at step {step} are not of one checkpoint"
            ))
        })?;
        let run = &mut recorder.run;
        run.apply(Happened::Epoch(checkpoint.losses))?;
        run.apply(Happened::Checkpoint {
            losses: checkpoint.losses,
            sample_losses: decode_losses(&checkpoint.sample_losses)?,
            weights: decode_weights(&checkpoint.weights)?,
        })?;
        run.put_outputs(&all.outputs, all.extract_seconds)?;
        run.put_interactions(&all.outputs, all.found, all.decompose_seconds)?;
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
        let Recorder { run, contents, .. } = self.named(&name)?;
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

/// All samples from some at a time, in order; `None` without parts or where they are not of one
/// checkpoint.
fn joined(parts: Vec<Part>) -> Option<Part> {
    let mut outputs = Vec::with_capacity(parts.len());
    let mut found = Decomposed {
        decompositions: Vec::new(),
        warnings: Vec::new(),
    };
    let (mut extract_seconds, mut decompose_seconds) = (0.0, 0.0);
    for part in parts {
        outputs.push(part.outputs);
        found.decompositions.extend(part.found.decompositions);
        found.warnings.extend(part.found.warnings);
        extract_seconds += part.extract_seconds;
        decompose_seconds += part.decompose_seconds;
    }
    Some(Part {
        outputs: Outputs::joined(outputs)?,
        found,
        extract_seconds,
        decompose_seconds,
    })
}
