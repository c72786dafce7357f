//! Writing a run: one process at a time.

use std::{
    fs::{self, File, TryLockError},
    io,
    ops::Deref,
    path::{Path, PathBuf},
    time::Duration,
};

use spindle_interactions::decompose::Decomposition;

use super::{
    CHECKPOINTS, FIGURES, INTERACTIONS, LOSSES, OUTPUTS, RECORD, REPORT, RunFolder, STATE, TABLES,
    absent, atomic, disk::Disk, file, table_file,
};
use crate::{
    Error, Store, encoding,
    event::{Outputs, SampleLosses, Tensors, TrainingState},
    experiment::CheckedExperiment,
    record::RunRecord,
    store::Part,
};

const LOCK: &str = ".lock";
/// What a damaged file's name ends with once it was taken out of the way.
const DAMAGED: &str = ".damaged";

/// Where parts of a kind lie.
const fn folder_of(part: Part) -> &'static str {
    match part {
        Part::Weights => CHECKPOINTS,
        Part::Losses => LOSSES,
        Part::Outputs => OUTPUTS,
        Part::Interactions => INTERACTIONS,
    }
}

/// A run's folder, to write to; reads as a [`RunFolder`] does. No other process writes to it while
/// this value lives.
#[derive(Debug)]
pub struct RunWriter {
    folder: RunFolder,
    disk: Disk,
    /// The operating system frees it when the process ends, however it ends.
    _lock: File,
}

impl Deref for RunWriter {
    type Target = RunFolder;

    fn deref(&self) -> &RunFolder {
        &self.folder
    }
}

impl RunWriter {
    /// Makes the folder for a new run of `experiment`, or opens the run of that experiment that is
    /// in it already.
    ///
    /// The record is `None` for a new run: save one next, so that the folder is known as a run's.
    ///
    /// # Errors
    /// [`Error::Foreign`] when something else is in the folder, [`Error::OtherRun`],
    /// [`Error::Locked`], [`Error::File`] for a `run.json` that cannot be read, [`Error::Io`].
    pub fn create(
        path: impl Into<PathBuf>,
        experiment: &CheckedExperiment,
    ) -> Result<(Self, Option<RunRecord>), Error> {
        Self::create_on(Disk::default(), path, experiment)
    }

    /// As [`RunWriter::create`], on a disk that may fail.
    ///
    /// # Errors
    /// As [`RunWriter::create`].
    pub fn create_on(
        disk: Disk,
        path: impl Into<PathBuf>,
        experiment: &CheckedExperiment,
    ) -> Result<(Self, Option<RunRecord>), Error> {
        let path = path.into();
        disk.make_folders(&path).map_err(|source| Error::Io {
            action: "make folder",
            path: path.clone(),
            source,
        })?;
        if !path.join(RECORD).is_file() {
            refuse_foreign(&path)?;
        }
        let writer = Self::locked(disk, path)?;
        let record = match writer.record() {
            Err(Error::NoRun(_)) => return Ok((writer, None)),
            record => record?,
        };
        let differences = record.experiment.decisive_differences(experiment);
        if differences.is_empty() {
            return Ok((writer, Some(record)));
        }
        Err(Error::OtherRun {
            folder: writer.path().to_owned(),
            differences,
        })
    }

    /// Opens the run in the folder `path` to go on with it.
    ///
    /// # Errors
    /// As [`RunFolder::open`], and [`Error::Locked`].
    pub fn open(path: impl Into<PathBuf>) -> Result<(Self, RunRecord), Error> {
        Self::open_on(Disk::default(), path)
    }

    /// As [`RunWriter::open`], on a disk that may fail.
    ///
    /// # Errors
    /// As [`RunWriter::open`].
    pub fn open_on(disk: Disk, path: impl Into<PathBuf>) -> Result<(Self, RunRecord), Error> {
        // Read before the lock is made: a folder that holds no run stays untouched.
        let (folder, _) = RunFolder::open(path)?;
        let writer = Self::locked(disk, folder.path)?;
        let record = writer.record()?;
        Ok((writer, record))
    }

    fn locked(disk: Disk, path: PathBuf) -> Result<Self, Error> {
        let lock = lock(&disk, &path)?;
        for folder in [
            "",
            CHECKPOINTS,
            LOSSES,
            OUTPUTS,
            INTERACTIONS,
            TABLES,
            FIGURES,
        ] {
            atomic::remove_leftovers(&disk, &path.join(folder))?;
        }
        Ok(Self {
            folder: RunFolder { path },
            disk,
            _lock: lock,
        })
    }

    /// One of several who write, while nobody writes all of it.
    pub(super) fn shared(folder: RunFolder) -> Result<Self, Error> {
        let path = folder.path.join(LOCK);
        let disk = Disk::default();
        let file = disk.open_lock(&path).map_err(|source| Error::Io {
            action: "lock",
            path: path.clone(),
            source,
        })?;
        let taken = taken(&path, tried(|| file.try_lock_shared()))?;
        match taken {
            true => Ok(Self {
                folder,
                disk,
                _lock: file,
            }),
            false => Err(Error::Locked(folder.path)),
        }
    }

    /// The disk that it writes to.
    pub(super) fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Replaces `run.json`.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Unreadable`]; the previous one is kept then. So it is for all
    /// that follow.
    pub fn save_record(&self, record: &RunRecord) -> Result<(), Error> {
        self.write(Path::new(RECORD), record.to_json())
    }

    /// Replaces the state from which training goes on.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::File`] for tensors whose data does not fill their shape.
    pub fn save_state(&self, state: &TrainingState) -> Result<(), Error> {
        self.write(Path::new(STATE), encoding::encode_state(state))
    }

    /// Saves the weights of a checkpoint.
    ///
    /// # Errors
    /// As [`RunWriter::save_state`].
    pub fn save_checkpoint(&self, step: usize, weights: &Tensors) -> Result<(), Error> {
        self.write(
            &file(CHECKPOINTS, step),
            encoding::encode_weights(weights, Some(step)),
        )
    }

    /// Saves the losses of all samples at a checkpoint.
    ///
    /// # Errors
    /// As [`RunWriter::save_state`].
    pub fn save_losses(&self, losses: &SampleLosses) -> Result<(), Error> {
        self.write(&file(LOSSES, losses.step), encoding::encode_losses(losses))
    }

    /// Saves the masked outputs of a checkpoint.
    ///
    /// # Errors
    /// As [`RunWriter::save_state`].
    pub fn save_outputs(&self, outputs: &Outputs) -> Result<(), Error> {
        self.write(
            &file(OUTPUTS, outputs.step),
            encoding::encode_outputs(outputs),
        )
    }

    /// Saves the decompositions of a checkpoint, one a sample.
    ///
    /// # Errors
    /// As [`RunWriter::save_state`].
    pub fn save_interactions(
        &self,
        step: usize,
        decompositions: &[Decomposition],
    ) -> Result<(), Error> {
        self.write(
            &file(INTERACTIONS, step),
            encoding::encode_decompositions(decompositions, None, Some(step)),
        )
    }

    /// Saves a table under `tables/<name>.parquet`.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save_table(&self, name: &str, parquet: &[u8]) -> Result<(), Error> {
        atomic::write_on(&self.disk, &self.path().join(table_file(name)), parquet)
    }

    /// Saves a figure under `figures/<name>`, the name with its extension.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save_figure(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        atomic::write_on(&self.disk, &self.figure_path(name), bytes)
    }

    /// Saves the report, `report.html`.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save_report(&self, html: &str) -> Result<(), Error> {
        atomic::write_on(&self.disk, &self.path().join(REPORT), html.as_bytes())
    }

    /// Renames a damaged file, to `<name>.damaged`, in the place of an earlier one.
    fn moved_aside(&self, relative: &Path) -> Result<String, Error> {
        let path = self.path().join(relative);
        let mut name = path.clone().into_os_string();
        name.push(DAMAGED);
        let aside = PathBuf::from(name);
        let moved = self.disk.rename(&path, &aside);
        moved.map_err(|source| Error::Io {
            action: "move away",
            path,
            source,
        })?;
        Ok(aside.display().to_string())
    }

    fn write(&self, relative: &Path, bytes: Result<Vec<u8>, Error>) -> Result<(), Error> {
        let path = self.path().join(relative);
        let bytes = bytes.map_err(|error| error.in_file(&path))?;
        atomic::write_on(&self.disk, &path, &bytes)
    }
}

/// A folder is read and written by the methods of [`RunFolder`] and [`RunWriter`].
impl Store for RunWriter {
    fn name(&self) -> String {
        self.path().display().to_string()
    }

    fn command(&self, verb: &str) -> String {
        format!("run: spindle {verb} {}", self.path().display())
    }

    fn save_record(&self, record: &RunRecord) -> Result<(), Error> {
        self.save_record(record)
    }

    fn state(&self) -> Result<Option<TrainingState>, Error> {
        self.folder.state()
    }

    fn save_state(&self, state: &TrainingState) -> Result<(), Error> {
        self.save_state(state)
    }

    fn has(&self, part: Part, step: usize) -> bool {
        self.path().join(file(folder_of(part), step)).is_file()
    }

    fn set_aside(&self, part: Part, step: usize) -> Result<String, Error> {
        self.moved_aside(&file(folder_of(part), step))
    }

    fn set_aside_state(&self) -> Result<String, Error> {
        self.moved_aside(Path::new(STATE))
    }

    fn weights(&self, step: usize) -> Result<Tensors, Error> {
        self.checkpoint(step)
    }

    fn save_weights(&self, step: usize, weights: &Tensors) -> Result<(), Error> {
        self.save_checkpoint(step, weights)
    }

    fn losses(&self, step: usize) -> Result<SampleLosses, Error> {
        self.folder.losses(step)
    }

    fn save_losses(&self, losses: &SampleLosses) -> Result<(), Error> {
        self.save_losses(losses)
    }

    fn outputs(&self, record: &RunRecord, step: usize) -> Result<Outputs, Error> {
        self.folder.outputs(record, step)
    }

    fn save_outputs(&self, outputs: &Outputs) -> Result<(), Error> {
        self.save_outputs(outputs)
    }

    fn interactions(&self, record: &RunRecord, step: usize) -> Result<Vec<Decomposition>, Error> {
        self.folder.interactions(record, step)
    }

    fn save_interactions(&self, step: usize, found: &[Decomposition]) -> Result<(), Error> {
        self.save_interactions(step, found)
    }
}

fn refuse_foreign(folder: &Path) -> Result<(), Error> {
    let entries = match fs::read_dir(folder) {
        Err(error) if absent(&error) => return Ok(()),
        entries => entries.map_err(|source| Error::Io {
            action: "list",
            path: folder.to_owned(),
            source,
        })?,
    };
    let mut found: Vec<_> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name != LOCK && !atomic::is_temporary(name))
        .collect();
    found.sort();
    match found.len() {
        0 => Ok(()),
        count => {
            let rest = if count > 3 {
                format!(" and {} more", count - 3)
            } else {
                String::new()
            };
            let found = format!("{}{rest}", found[..count.min(3)].join(", "));
            Err(Error::Foreign {
                folder: folder.to_owned(),
                found,
            })
        }
    }
}

/// Whether another process has a folder's lock. It is shared for a moment to see that, which a writer
/// that begins just then waits out.
pub(super) fn is_locked(folder: &Path) -> bool {
    let Ok(file) = File::open(folder.join(LOCK)) else {
        return false;
    };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

/// Times that a lock is tried, and how long is waited in between: whoever only looks whether there is
/// one holds it for less.
const TRIES: usize = 5;
const PAUSE: Duration = Duration::from_millis(20);

fn tried(try_lock: impl Fn() -> Result<(), TryLockError>) -> Result<(), TryLockError> {
    for _ in 1..TRIES {
        match try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            tried => return tried,
        }
    }
    try_lock()
}

/// Whether a lock could be had.
fn taken(path: &Path, tried: Result<(), TryLockError>) -> Result<bool, Error> {
    match tried {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        // A file system without locks: better a run without this safeguard than none.
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(true),
        Err(TryLockError::Error(source)) => Err(Error::Io {
            action: "lock",
            path: path.to_owned(),
            source,
        }),
    }
}

fn lock(disk: &Disk, folder: &Path) -> Result<File, Error> {
    let found = lock_file(disk, &folder.join(LOCK))?;
    found.ok_or_else(|| Error::Locked(folder.to_owned()))
}

/// A file that nobody else has the lock of; `None` where somebody has.
pub(super) fn lock_file(disk: &Disk, path: &Path) -> Result<Option<File>, Error> {
    let opened = match path.parent() {
        Some(folder) => disk.make_folders(folder),
        None => Ok(()),
    };
    let file = opened
        .and_then(|()| disk.open_lock(path))
        .map_err(|source| Error::Io {
            action: "lock",
            path: path.to_owned(),
            source,
        })?;
    let taken = taken(path, tried(|| file.try_lock()))?;
    Ok(taken.then_some(file))
}
