//! The records of trainings that go on: checkpoints come in, an open run comes out.

use std::collections::HashMap;

use spindle_core::recorder::{Measurement, Recorder, joined};
use spindle_run::{
    Experiment,
    content::Contents,
    encoding::{decode_decompositions, decode_losses, decode_outputs, decode_weights},
    export::Budget,
    record::{LossRecord, Provenance, SampleRecord},
};

use crate::{
    Error,
    protocol::{Event, MeasuredCheckpoint},
    viewer::Viewer,
};

/// A run in memory keeps the outputs of all its samples.
const EVERYTHING: Budget = Budget {
    interactions: usize::MAX,
    values: usize::MAX,
};

/// Records by the names of their runs.
#[derive(Default)]
pub struct Recorders(HashMap<String, Recorder>);

impl Recorders {
    /// Begins a record, over one of the same name.
    ///
    /// # Errors
    /// Pictures that are not of the samples.
    pub fn begin(
        &mut self,
        run: String,
        experiment: Experiment,
        provenance: Provenance,
        samples: Vec<SampleRecord>,
        pictures: Vec<u8>,
        viewer: &mut Viewer,
    ) -> Result<Event, Error> {
        let side = (pictures.len() / samples.len().max(1)).isqrt();
        let contents = Contents::Pictures {
            shape: vec![samples.len(), side, side],
            pixels: pictures,
        };
        let classes = (0..10).map(|digit| digit.to_string()).collect();
        let recorder = Recorder::new(experiment, provenance, classes, samples, contents);
        self.0.insert(run.clone(), recorder);
        self.show(run, viewer)
    }

    /// Adds losses.
    ///
    /// # Errors
    /// There is no such record.
    pub fn losses(&mut self, run: &str, losses: LossRecord) -> Result<Event, Error> {
        self.named(run)?.losses(losses);
        Ok(Event::Done)
    }

    /// Adds a checkpoint, and shows the run unless there is `more` to come.
    ///
    /// # Errors
    /// Parts that do not fit the record.
    pub fn checkpoint(
        &mut self,
        run: String,
        checkpoint: &MeasuredCheckpoint,
        more: bool,
        viewer: &mut Viewer,
    ) -> Result<Event, Error> {
        let recorder = self.named(&run)?;
        let losses = checkpoint.losses;
        recorder.checkpoint(measurement(checkpoint)?)?;
        let record = recorder.record_mut();
        record.provenance.train_seconds = checkpoint.train_seconds;
        for part in &checkpoint.parts {
            record.provenance.extract_seconds += part.extract_seconds;
            record.provenance.decompose_seconds += part.decompose_seconds;
            record.warnings.extend(part.warnings.iter().cloned());
        }
        recorder.losses(losses);
        if more {
            return Ok(Event::Done);
        }
        recorder.conclude()?;
        self.show(run, viewer)
    }

    fn show(&mut self, run: String, viewer: &mut Viewer) -> Result<Event, Error> {
        let export = self.named(&run)?.export(EVERYTHING)?;
        Ok(viewer.show(run, export))
    }

    fn named(&mut self, run: &str) -> Result<&mut Recorder, Error> {
        let recorder = self.0.get_mut(run);
        recorder.ok_or_else(|| Error::missing(format!("record named {run}")))
    }
}

fn measurement(checkpoint: &MeasuredCheckpoint) -> Result<Measurement, Error> {
    let (mut outputs, mut decompositions) = (Vec::new(), Vec::new());
    for part in &checkpoint.parts {
        outputs.push(decode_outputs(&part.outputs)?);
        decompositions.extend(decode_decompositions(&part.decompositions)?);
    }
    let outputs = joined(outputs).ok_or_else(|| {
        Error::Input(format!(
            "the parts measured at step {} are not of one checkpoint",
            checkpoint.losses.step
        ))
    })?;
    Ok(Measurement {
        losses: checkpoint.losses,
        sample_losses: decode_losses(&checkpoint.sample_losses)?,
        weights: decode_weights(&checkpoint.weights)?,
        outputs,
        decompositions,
    })
}
