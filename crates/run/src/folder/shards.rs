//! A run that several workers make at once: a checkpoint each, with a note of what was done beside
//! its files, until all of it becomes one record.
//!
//! ```text
//! shards/extract/<step>.json   what was made of a checkpoint, by whom: written once, last of all
//! shards/extract/<step>.lock   held by who is at it, with a name
//! shards/extract/<step>.error  why it failed the last time
//! shards/decompose/...         the same of decompositions
//! ```

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};

use super::{RunFolder, RunWriter, absent, atomic, disk::Disk, writer::lock_file};
use crate::{
    Error, Experiment,
    experiment::Difference,
    record::{Part as Analysed, RunRecord, Summary},
    seal,
    store::Part,
};

const SHARDS: &str = "shards";
/// Version of the notes.
const VERSION: u32 = 1;

/// What is made of a checkpoint by a worker that has some of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Making {
    /// Masked outputs.
    Outputs,
    /// Decompositions.
    Interactions,
}

impl Making {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Outputs, Self::Interactions];

    /// Its name, which is its folder's.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Outputs => "extract",
            Self::Interactions => "decompose",
        }
    }

    /// The part of a run that it makes.
    #[must_use]
    pub const fn part(self) -> Part {
        match self {
            Self::Outputs => Part::Outputs,
            Self::Interactions => Part::Interactions,
        }
    }
}

/// What a worker notes of a checkpoint once its file is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// Version of this note.
    version: u32,
    /// Version of Spindle that made it.
    pub spindle: String,
    /// Who made it.
    pub by: String,
    /// What was asked for.
    pub experiment: Experiment,
    /// What came of it beside the file.
    #[serde(flatten)]
    pub found: Found,
}

/// What a worker found of a checkpoint, beside the file that it made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// How long it took.
    pub seconds: f64,
    /// What is to be known of it.
    pub warnings: Vec<String>,
    /// Interactions, summed up; of decompositions only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
    /// What analyses found there, by their names.
    #[serde(default)]
    pub analyses: BTreeMap<String, Analysed>,
}

/// How far a checkpoint is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum StepState {
    /// Made.
    Done,
    /// A worker is at it.
    Running {
        /// Who.
        by: String,
        /// For how long by this machine's clock, seconds; `None` where the file is of the future.
        seconds: Option<u64>,
    },
    /// The last worker that tried did not succeed.
    Failed {
        /// Why.
        error: String,
    },
    /// Nobody has made it.
    Missing,
}

/// A checkpoint that this worker makes; nobody else does while this value lives.
#[derive(Debug)]
pub struct Claim {
    disk: Disk,
    /// Its files without their ends.
    place: PathBuf,
    experiment: Experiment,
    _lock: File,
}

impl Claim {
    /// Notes that it is made, by the first who says so.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn made(self, found: Found) -> Result<(), Error> {
        let made = Made {
            version: VERSION,
            spindle: env!("CARGO_PKG_VERSION").to_owned(),
            by: this_worker(),
            experiment: self.experiment,
            found,
        };
        let text = serde_json::to_vec(&made).map_err(Error::Unreadable)?;
        let text = seal::sealed(&text, "");
        atomic::write_first(&self.disk, &self.place.with_extension("json"), &text)?;
        for end in ["error", "lock"] {
            removed(&self.disk, &self.place.with_extension(end))?;
        }
        Ok(())
    }

    /// Notes why it could not be made.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn failed(self, why: &str) -> Result<(), Error> {
        let text = format!("{}: {why}\n", this_worker());
        let path = self.place.with_extension("error");
        atomic::write_on(&self.disk, &path, text.as_bytes())
    }
}

/// How others know this worker: its process and machine.
#[must_use]
pub fn this_worker() -> String {
    let machine = fs::read_to_string("/proc/sys/kernel/hostname");
    let machine = machine.map_or_else(|_| "this machine".to_owned(), |name| name.trim().to_owned());
    format!("process {} on {machine}", std::process::id())
}

impl RunWriter {
    /// Opens a run for one of several workers: others may do so too, and nobody who writes all of it.
    ///
    /// # Errors
    /// As [`RunWriter::open`].
    pub fn open_shared(path: impl Into<PathBuf>) -> Result<(Self, RunRecord), Error> {
        let (folder, record) = RunFolder::open(path)?;
        Ok((Self::shared(folder)?, record))
    }

    /// Takes a checkpoint, unless it is made or somebody is at it.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn claim(
        &self,
        record: &RunRecord,
        making: Making,
        step: usize,
    ) -> Result<Option<Claim>, Error> {
        let place = self.place(making, step);
        let is_made = || place.with_extension("json").is_file();
        if is_made() {
            return Ok(None);
        }
        let Some(mut lock) = lock_file(self.disk(), &place.with_extension("lock"))? else {
            return Ok(None);
        };
        // Whoever had it a moment ago may have made it.
        if is_made() {
            removed(self.disk(), &place.with_extension("lock"))?;
            return Ok(None);
        }
        // Only to be read by people.
        let _ = lock
            .set_len(0)
            .and_then(|()| lock.write_all(this_worker().as_bytes()));
        Ok(Some(Claim {
            disk: self.disk().clone(),
            place,
            experiment: record.experiment.clone(),
            _lock: lock,
        }))
    }

    /// Forgets what workers noted, once it is in the record.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn forget_shards(&self) -> Result<(), Error> {
        let path = self.path().join(SHARDS);
        match fs::remove_dir_all(&path) {
            Err(error) if !absent(&error) => Err(Error::Io {
                action: "remove",
                path,
                source: error,
            }),
            _ => Ok(()),
        }
    }
}

impl RunFolder {
    /// Whether workers have noted something that is not in the record yet.
    #[must_use]
    pub fn has_shards(&self) -> bool {
        self.path().join(SHARDS).is_dir()
    }

    /// What a worker noted of a checkpoint; `None` where none did.
    ///
    /// # Errors
    /// [`Error::File`] for a note that is damaged, newer than this program, or of another experiment
    /// than the run's; [`Error::Io`].
    pub fn made(
        &self,
        record: &RunRecord,
        making: Making,
        step: usize,
    ) -> Result<Option<Made>, Error> {
        let path = self.place(making, step).with_extension("json");
        let text = match fs::read(&path) {
            Err(error) if absent(&error) => return Ok(None),
            text => text.map_err(|source| Error::Io {
                action: "read",
                path: path.clone(),
                source,
            })?,
        };
        let made = read(&text).and_then(|made| match differences(&made, record) {
            differences if differences.is_empty() => Ok(made),
            differences => Err(Error::OtherRun {
                folder: self.path().to_owned(),
                differences,
            }),
        });
        made.map(Some).map_err(|error| error.in_file(path))
    }

    /// How far a checkpoint is.
    #[must_use]
    pub fn step_state(&self, making: Making, step: usize) -> StepState {
        let place = self.place(making, step);
        let with = |end: &str| place.with_extension(end);
        if with("json").is_file() {
            return StepState::Done;
        }
        if let Some(running) = running(&with("lock")) {
            return running;
        }
        match fs::read_to_string(with("error")) {
            Ok(error) => StepState::Failed {
                error: error.trim_end().to_owned(),
            },
            Err(_) => StepState::Missing,
        }
    }

    fn place(&self, making: Making, step: usize) -> PathBuf {
        let folder = self.path().join(SHARDS).join(making.name());
        folder.join(step.to_string())
    }
}

fn read(text: &[u8]) -> Result<Made, Error> {
    #[derive(Deserialize)]
    struct Sealed {
        version: u32,
        spindle: String,
        seal: String,
    }
    let found: Sealed = serde_json::from_slice(text)?;
    if found.version > VERSION {
        return Err(Error::Newer {
            found: found.version,
            known: VERSION,
            writer: found.spindle,
            this: env!("CARGO_PKG_VERSION"),
        });
    }
    if !seal::holds(text, &found.seal) {
        return Err(Error::Seal);
    }
    Ok(serde_json::from_slice(text)?)
}

/// What of a note's experiment is not the run's.
fn differences(made: &Made, record: &RunRecord) -> Vec<Difference> {
    record.experiment.decisive_differences(&made.experiment)
}

/// Who holds a lock, if anybody does.
fn running(lock: &Path) -> Option<StepState> {
    let file = File::open(lock).ok()?;
    match file.try_lock_shared() {
        Err(fs::TryLockError::WouldBlock) => {}
        _ => return None,
    }
    let since = file.metadata().and_then(|about| about.modified()).ok();
    let seconds = since.and_then(|since| SystemTime::now().duration_since(since).ok());
    Some(StepState::Running {
        by: fs::read_to_string(lock).unwrap_or_default(),
        seconds: seconds.as_ref().map(Duration::as_secs),
    })
}

fn removed(disk: &Disk, path: &Path) -> Result<(), Error> {
    disk.remove(path).map_err(|source: io::Error| Error::Io {
        action: "remove",
        path: path.to_owned(),
        source,
    })
}
