//! What a run has found: the contents of `run.json`.

mod dynamics;
mod older;
mod part;
mod sample;
mod stand_in;
mod summary;

use serde::{Deserialize, Deserializer, Serialize};

use crate::{Error, Experiment, seal};

pub use dynamics::{Opening, Phases};
pub use part::{Part, Parts, Place, Recorded, recorded};
pub use sample::{Group, Players, SampleRecord};
pub use stand_in::StandIn;
pub use summary::{AllEffects, GroupStrength, RangedEstimate, SampleCertificate, Summary};

/// Version of the run format that this crate writes, and the newest that it reads.
///
/// 2: players are words or clusters as well, `classes` has names. 3: answers are canonical and have
/// ranges; the published SGD's rate falls. 4: phases are tested, the loss gap is that of right
/// labels, similarity has ceilings. 5: analyses lie under their names, each with a version. 6: samples
/// and players may have seeds of their own. What older versions hold is read as it was
/// (`older.rs`).
pub const SCHEMA: u32 = 6;

/// The contents of `run.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Version of the format.
    pub schema: u32,
    /// What was asked for.
    pub experiment: Experiment,
    /// What it ran on.
    pub provenance: Provenance,
    /// Name of every class; empty in files of version 1, where classes are digits.
    #[serde(default)]
    pub classes: Vec<String>,
    /// Samples measured, in the order of every file's sample axis.
    pub samples: Vec<SampleRecord>,
    /// Loss after every epoch (epoch 0: before training).
    pub losses: Vec<LossRecord>,
    /// Measured checkpoints, by step.
    pub checkpoints: Vec<CheckpointRecord>,
    /// What analyses read off all checkpoints together, by their names.
    #[serde(default)]
    pub analyses: Parts,
    /// Warnings that the run gave, in order.
    pub warnings: Vec<String>,
}

impl RunRecord {
    /// A run in which nothing was measured yet.
    #[must_use]
    pub fn new(
        experiment: Experiment,
        provenance: Provenance,
        classes: Vec<String>,
        samples: Vec<SampleRecord>,
    ) -> Self {
        Self {
            schema: SCHEMA,
            experiment,
            provenance,
            classes,
            samples,
            losses: Vec::new(),
            checkpoints: Vec::new(),
            analyses: Parts::default(),
            warnings: Vec::new(),
        }
    }

    /// Whether what was measured is by the rules of this version. If not, all of it has to be
    /// decomposed again, so that checkpoints can be compared.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.checkpoints
            .iter()
            .filter_map(|checkpoint| checkpoint.summary.as_ref())
            .all(|summary| summary.version == Summary::VERSION)
    }

    /// Takes back what was said of earlier rules, for whoever has measured all of it again.
    pub fn make_current(&mut self) {
        self.warnings.retain(|warning| warning != older::UNTESTED);
    }

    /// Whether the training loss of right labels is known: where none was reset, it is that of all.
    #[must_use]
    pub fn knows_right_labels(&self) -> bool {
        let last = self.checkpoints.last();
        self.provenance.mislabelled == 0
            || last.is_some_and(|checkpoint| checkpoint.losses.right_train_loss.is_some())
    }

    /// Number of a group's samples.
    #[must_use]
    pub fn group_size(&self, group: Group) -> usize {
        let samples = self.samples.iter();
        samples.filter(|sample| sample.group == group).count()
    }

    /// What the data are called: by the name of the stand-in, where they stand in for a data set.
    #[must_use]
    pub fn data_name(&self) -> &str {
        match &self.provenance.stand_in {
            Some(stand_in) => &stand_in.name,
            None => self.experiment.training.data.title(),
        }
    }

    /// Position of the checkpoint of a step; `None` where there is none.
    #[must_use]
    pub fn position_of(&self, step: usize) -> Option<usize> {
        let found = self
            .checkpoints
            .binary_search_by_key(&step, |at| at.losses.step);
        found.ok()
    }

    /// Puts losses where their step belongs, over those of the same step: steps done again give the
    /// same numbers.
    pub fn put_losses(&mut self, losses: LossRecord) {
        put(&mut self.losses, losses, |losses| losses.step);
    }

    /// Puts a checkpoint where its step belongs, over one of the same step. What analyses have read
    /// off all checkpoints does not hold for the new ones, and goes.
    pub fn put_checkpoint(&mut self, checkpoint: CheckpointRecord) {
        put(&mut self.checkpoints, checkpoint, |checkpoint| {
            checkpoint.losses.step
        });
        self.analyses.clear();
    }

    /// Puts the summary of a checkpoint's interactions. What analyses have found on other ones,
    /// there and in the run, goes.
    pub fn put_summary(&mut self, checkpoint: usize, summary: Summary) {
        if let Some(checkpoint) = self.checkpoints.get_mut(checkpoint) {
            checkpoint.summary = Some(summary);
            checkpoint.analyses.clear();
        }
        self.analyses.clear();
    }

    /// Puts a part at a place, over what is there under its name. Nothing is put at a checkpoint that
    /// is not there.
    pub fn put_part(&mut self, place: Place, name: &str, part: Part) {
        if let Some(parts) = self.parts_mut(place) {
            parts.put(name, part);
        }
    }

    /// What analyses have found at a place; `None` for a checkpoint that is not there.
    #[must_use]
    pub fn parts(&self, place: Place) -> Option<&Parts> {
        match place {
            Place::Run => Some(&self.analyses),
            Place::Checkpoint(at) => self.checkpoints.get(at).map(|at| &at.analyses),
        }
    }

    fn parts_mut(&mut self, place: Place) -> Option<&mut Parts> {
        match place {
            Place::Run => Some(&mut self.analyses),
            Place::Checkpoint(at) => self.checkpoints.get_mut(at).map(|at| &mut at.analyses),
        }
    }

    /// The contents of `run.json`.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when a number that must be finite is not: JSON would not hold it.
    /// [`Error::Field`] for an experiment out of range.
    pub fn to_json(&self) -> Result<Vec<u8>, Error> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        self.readable(seal::sealed(&json, "\n  "))
    }

    /// As [`RunRecord::to_json`], without spaces and lines for readers: a third of the size.
    pub(crate) fn to_compact_json(&self) -> Result<Vec<u8>, Error> {
        self.readable(seal::sealed(&serde_json::to_vec(self)?, ""))
    }

    /// What cannot be read again is not written: it would cost the run.
    fn readable(&self, json: Vec<u8>) -> Result<Vec<u8>, Error> {
        self.experiment.check_fields()?;
        serde_json::from_slice::<Self>(&json).map_err(Error::Unreadable)?;
        Ok(json)
    }

    /// Reads the contents of a `run.json`.
    ///
    /// # Errors
    /// [`Error::Newer`] for a newer format, [`Error::Seal`] for one that was changed,
    /// [`Error::Field`] for an experiment out of range, [`Error::Json`] with line and column for
    /// anything else.
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        // The version first: a newer format may have fields that this program cannot know.
        let probe: Probe = serde_json::from_slice(json)?;
        check_schema(probe.schema, &probe.provenance.version)?;
        let record: Self = if probe.schema < SCHEMA {
            serde_json::from_slice(&older::in_todays_layout(json, probe.schema)?)?
        } else {
            serde_json::from_slice(json)?
        };
        record.experiment.check_fields()?;
        // Last, since what is wrong is more than that something is.
        if probe.seal.is_some_and(|seal| !seal::holds(json, &seal)) {
            return Err(Error::Seal);
        }
        Ok(record)
    }
}

fn put<T>(items: &mut Vec<T>, item: T, step: impl Fn(&T) -> usize) {
    match items.binary_search_by_key(&step(&item), &step) {
        Ok(index) => items[index] = item,
        Err(index) => items.insert(index, item),
    }
}

/// What every version of `run.json` has.
#[derive(Deserialize)]
struct Probe {
    schema: u32,
    #[serde(default)]
    provenance: Writer,
    /// None in files of earlier versions.
    seal: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Writer {
    version: String,
}

/// [`Error::Newer`] for a format that this program does not know.
pub(crate) fn check_schema(found: u32, writer: &str) -> Result<(), Error> {
    if found <= SCHEMA {
        return Ok(());
    }
    let writer = if writer.is_empty() {
        "of its time"
    } else {
        writer
    }
    .to_owned();
    Err(Error::Newer {
        found,
        known: SCHEMA,
        writer,
        this: env!("CARGO_PKG_VERSION"),
    })
}

/// What is needed to repeat a run, and what it ran on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Provenance {
    /// Version of Spindle.
    pub version: String,
    /// Engine and its device, e.g. `flex (AVX2), 2 threads`.
    pub engine: String,
    /// Data source in words: embedded subset, or the original files.
    pub data: String,
    /// SHA-256 of pixels and labels as loaded, hexadecimal.
    pub data_digest: String,
    /// Training samples in use.
    pub train_size: usize,
    /// Of these, samples whose label was reset.
    pub mislabelled: usize,
    /// Test samples behind test loss and accuracy.
    pub test_size: usize,
    /// Loss of the best answer that does not look at its input: the entropy of the test labels, in
    /// nats. None in files of version 3 and before.
    #[serde(default)]
    pub chance_loss: Option<f64>,
    /// What the data stand in for, where they are not the data set itself.
    #[serde(default)]
    pub stand_in: Option<StandIn>,
    /// Wall time of training so far, in seconds.
    pub train_seconds: f64,
    /// Wall time of extraction so far, in seconds.
    pub extract_seconds: f64,
    /// Wall time of decomposition so far, in seconds.
    pub decompose_seconds: f64,
}

/// Losses and accuracies after an epoch. Of a training that diverged they are NaN, null in
/// `run.json`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LossRecord {
    /// Training steps done.
    pub step: usize,
    /// Epochs done, with fractions.
    pub epoch: f64,
    /// Mean cross-entropy over the training set, with reset labels, in nats.
    #[serde(deserialize_with = "number_or_nan")]
    pub train_loss: f64,
    /// The same without the samples whose label was reset. None in files of version 3 and before.
    #[serde(default)]
    pub right_train_loss: Option<f64>,
    /// Mean cross-entropy over the test set, in nats.
    #[serde(deserialize_with = "number_or_nan")]
    pub test_loss: f64,
    /// Share of training samples classified as their label in use.
    #[serde(deserialize_with = "number_or_nan")]
    pub train_accuracy: f64,
    /// Share of test samples classified as their label.
    #[serde(deserialize_with = "number_or_nan")]
    pub test_accuracy: f64,
}

impl LossRecord {
    /// Training loss of the samples whose label is right; of all where it is not known which are.
    #[must_use]
    pub fn right_loss(&self) -> f64 {
        self.right_train_loss.unwrap_or(self.train_loss)
    }

    /// Test loss less [`Self::right_loss`], nats.
    #[must_use]
    pub fn gap(&self) -> f64 {
        self.test_loss - self.right_loss()
    }
}

/// A checkpoint and what was measured there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckpointRecord {
    /// Losses and accuracies there; `losses.step` names the checkpoint's files.
    pub losses: LossRecord,
    /// Interactions, summed up; absent until they are decomposed.
    pub summary: Option<Summary>,
    /// What analyses have found there, by their names.
    #[serde(default)]
    pub analyses: Parts,
}

impl CheckpointRecord {
    /// A checkpoint at which nothing was measured yet.
    #[must_use]
    pub fn new(losses: LossRecord) -> Self {
        Self {
            losses,
            summary: None,
            analyses: Parts::default(),
        }
    }

    /// Shares of all effects of the test samples by order, index order - 1; `None` where nothing
    /// was measured, or nothing was there.
    #[must_use]
    pub fn shares(&self) -> Option<Vec<f64>> {
        let shares = self.summary.as_ref()?.unthresholded.share.as_ref()?;
        Some(shares.iter().map(|share| share.value).collect())
    }
}

/// JSON has no NaN and no infinity, they are written as null. A training that diverges must leave a
/// run that opens.
fn number_or_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(f64::NAN))
}
