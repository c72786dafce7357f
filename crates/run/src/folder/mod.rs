//! A run's folder (native only): what lies where, reading it, and writing it so that no moment
//! leaves it broken.
//!
//! ```text
//! run.json                         the record: experiment, provenance, losses, checkpoints and what was measured there
//! state.safetensors                where training goes on
//! checkpoints/<step>.safetensors   weights
//! losses/<step>.safetensors        losses of all training and test samples
//! outputs/<step>.safetensors       masked outputs
//! interactions/<step>.safetensors  decompositions
//! tables/*.parquet                 tidy tables
//! figures/*                        figures
//! report.html                      the report
//! shards/                          what workers have made that is not in the record yet
//! *.damaged                        files that were not as they were written, and were made again
//! .lock, .*.tmp                    of the process that writes
//! ```
//!
//! Every file is written under a temporary name and renamed when it is complete and on the disk, so
//! a file that is there is whole, whatever ended the process ([`Disk`]). One process writes a run at a time;
//! any number read it meanwhile.

mod atomic;
mod disk;
#[cfg(feature = "faults")]
pub mod ending;
mod shards;
mod whole;
mod writer;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use spindle_interactions::decompose::Decomposition;

use crate::{
    Error,
    content::Contents,
    encoding::{self, agree},
    event::{Outputs, SampleLosses, Tensors, TrainingState},
    export::{Budget, Export},
    record::RunRecord,
};

pub use atomic::{write as write_whole, write_on};
pub use disk::{Disk, Faults, Step};
pub use shards::{Claim, Found, Made, Making, StepState, this_worker};
pub use whole::WholeFolder;
pub use writer::RunWriter;

const RECORD: &str = "run.json";
const STATE: &str = "state.safetensors";
const CHECKPOINTS: &str = "checkpoints";
const LOSSES: &str = "losses";
const OUTPUTS: &str = "outputs";
const INTERACTIONS: &str = "interactions";
const TABLES: &str = "tables";
const FIGURES: &str = "figures";
const REPORT: &str = "report.html";

/// A run's folder, to read from. It may be written by another process meanwhile.
#[derive(Clone, Debug)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// Opens the run in the folder `path` to read from it.
    ///
    /// # Errors
    /// [`Error::NoRun`] without a `run.json`; [`Error::File`] for one that is newer than this
    /// program or no run's description.
    pub fn open(path: impl Into<PathBuf>) -> Result<(Self, RunRecord), Error> {
        let folder = Self { path: path.into() };
        let record = folder.record()?;
        Ok((folder, record))
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `run.json` as it is now.
    ///
    /// # Errors
    /// As [`RunFolder::open`].
    pub fn record(&self) -> Result<RunRecord, Error> {
        let path = self.path.join(RECORD);
        let json = match fs::read(&path) {
            Err(error) if absent(&error) => return Err(Error::NoRun(self.path.clone())),
            json => json.map_err(|source| Error::Io {
                action: "read",
                path: path.clone(),
                source,
            })?,
        };
        RunRecord::from_json(&json).map_err(|error| error.in_file(path))
    }

    /// Whether a process writes to it now. Where that cannot be told, none does.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        writer::is_locked(&self.path)
    }

    /// Where training goes on; `None` before the first state was saved.
    ///
    /// # Errors
    /// [`Error::File`] for a damaged or foreign file, [`Error::Io`].
    pub fn state(&self) -> Result<Option<TrainingState>, Error> {
        if !self.path.join(STATE).is_file() {
            return Ok(None);
        }
        self.decoded(Path::new(STATE), encoding::decode_state)
            .map(Some)
    }

    /// Weights at a checkpoint.
    ///
    /// # Errors
    /// [`Error::File`] for a damaged or foreign file, [`Error::Io`].
    pub fn checkpoint(&self, step: usize) -> Result<Tensors, Error> {
        self.decoded(&file(CHECKPOINTS, step), encoding::decode_weights)
    }

    /// Losses of all samples at a checkpoint.
    ///
    /// # Errors
    /// [`Error::File`] for a damaged or foreign file, [`Error::Io`].
    pub fn losses(&self, step: usize) -> Result<SampleLosses, Error> {
        self.decoded(&file(LOSSES, step), encoding::decode_losses)
    }

    /// Masked outputs at a checkpoint, of the samples and players of `record`.
    ///
    /// # Errors
    /// [`Error::File`] for a damaged or foreign file, or one of another run's shape, [`Error::Io`].
    pub fn outputs(&self, record: &RunRecord, step: usize) -> Result<Outputs, Error> {
        self.decoded(&file(OUTPUTS, step), |bytes| {
            let outputs = encoding::decode_outputs(bytes)?;
            agree("step", outputs.step, step)?;
            agree(
                "number of players",
                outputs.players,
                record.experiment.measurement.players,
            )?;
            agree(
                "number of samples",
                outputs.values.len() >> outputs.players,
                record.samples.len(),
            )?;
            Ok(outputs)
        })
    }

    /// Decompositions at a checkpoint, one for each of the samples of `record`.
    ///
    /// # Errors
    /// [`Error::File`] for a damaged or foreign file, or one of another run's shape, [`Error::Io`].
    pub fn interactions(
        &self,
        record: &RunRecord,
        step: usize,
    ) -> Result<Vec<Decomposition>, Error> {
        self.decoded(&file(INTERACTIONS, step), |bytes| {
            let (found, decompositions) = encoding::decode_interactions(bytes)?;
            agree("step", found.unwrap_or(step), step)?;
            encoding::check_fit(&decompositions, record)?;
            Ok(decompositions)
        })
    }

    /// What the page needs of this run; `contents` of the samples of `record`, in their order.
    /// Weights are added by the caller.
    ///
    /// # Errors
    /// As [`RunFolder::interactions`] and [`Export::new`].
    pub fn export(
        &self,
        record: RunRecord,
        contents: Contents,
        budget: Budget,
    ) -> Result<Export, Error> {
        let samples = record.clone();
        Export::new(record, contents, budget, |step| {
            self.interactions(&samples, step)
        })
    }

    /// Whether the weights of a checkpoint are there, whole.
    #[must_use]
    pub fn has_checkpoint(&self, step: usize) -> bool {
        self.path.join(file(CHECKPOINTS, step)).is_file()
    }

    /// Whether the losses of a checkpoint are there, whole.
    #[must_use]
    pub fn has_losses(&self, step: usize) -> bool {
        self.path.join(file(LOSSES, step)).is_file()
    }

    /// Whether the outputs of a checkpoint are there, whole.
    #[must_use]
    pub fn has_outputs(&self, step: usize) -> bool {
        self.path.join(file(OUTPUTS, step)).is_file()
    }

    /// Whether the decompositions of a checkpoint are there, whole.
    #[must_use]
    pub fn has_interactions(&self, step: usize) -> bool {
        self.path.join(file(INTERACTIONS, step)).is_file()
    }

    /// Whether a state to continue training from is there.
    #[must_use]
    pub fn has_state(&self) -> bool {
        self.path.join(STATE).is_file()
    }

    /// Where the file of a figure is or goes.
    #[must_use]
    pub fn figure_path(&self, name: &str) -> PathBuf {
        self.path.join(FIGURES).join(name)
    }

    /// Where the Parquet file of a table is or goes.
    #[must_use]
    pub fn table_path(&self, name: &str) -> PathBuf {
        self.path.join(table_file(name))
    }

    fn decoded<T>(
        &self,
        relative: &Path,
        decode: impl FnOnce(&[u8]) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let path = self.path.join(relative);
        let bytes = fs::read(&path).map_err(|source| Error::Io {
            action: "read",
            path: path.clone(),
            source,
        })?;
        decode(&bytes).map_err(|error| match error {
            Error::Safetensors(_) | Error::Digest => Error::Damaged(Box::new(error)).in_file(path),
            error => error.in_file(path),
        })
    }

    /// Files of a checkpoint that are there and not what was written, as errors that say what makes
    /// them again.
    #[must_use]
    pub fn damaged(&self, record: &RunRecord, step: usize) -> Vec<Error> {
        let mut damaged = Vec::new();
        if self.has_checkpoint(step) {
            damaged.extend(self.checkpoint(step).err());
        }
        if self.has_losses(step) {
            damaged.extend(self.losses(step).err());
        }
        if self.has_outputs(step) {
            damaged.extend(self.outputs(record, step).err());
        }
        if self.has_interactions(step) {
            damaged.extend(self.interactions(record, step).err());
        }
        damaged
    }
}

fn file(folder: &str, step: usize) -> PathBuf {
    Path::new(folder).join(format!("{step}.safetensors"))
}

fn table_file(name: &str) -> PathBuf {
    Path::new(TABLES).join(format!("{name}.parquet"))
}

fn absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}
