//! The steps that are done to a disk, each of which can be made to fail.
//!
//! All that a run writes goes through here, so that a test can end the process before every one of
//! them.

use std::{
    fmt,
    fs::{self, File},
    io::{self, Write},
    path::Path,
    sync::Arc,
};

use super::absent;

/// A step, before it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Makes a folder.
    MakeFolder(&'a Path),
    /// Makes a file, or empties it.
    Create(&'a Path),
    /// Writes a whole file that was just made.
    Write(&'a Path, &'a [u8]),
    /// Brings a file's contents to the disk.
    Sync(&'a Path),
    /// Gives a file another's place.
    Rename {
        /// The file.
        from: &'a Path,
        /// Its new name.
        to: &'a Path,
    },
    /// Brings a folder's names to the disk.
    SyncFolder(&'a Path),
    /// Removes a file.
    Remove(&'a Path),
}

/// What can go wrong with a disk, or with the process that writes.
pub trait Faults: fmt::Debug + Send + Sync {
    /// Asked before every step, and may refuse it.
    ///
    /// # Errors
    /// The reason why the step is not done.
    fn before(&self, step: Step<'_>) -> io::Result<()>;
}

/// A disk as the operating system has it, with faults in tests.
#[derive(Clone, Debug, Default)]
pub struct Disk(Option<Arc<dyn Faults>>);

impl Disk {
    /// A disk that fails as it is told.
    #[must_use]
    pub fn with_faults(faults: Arc<dyn Faults>) -> Self {
        Self(Some(faults))
    }

    fn ask(&self, step: Step<'_>) -> io::Result<()> {
        match &self.0 {
            Some(faults) => faults.before(step),
            None => Ok(()),
        }
    }

    /// Makes a folder and those above it, with their names on the disk.
    pub(super) fn make_folders(&self, path: &Path) -> io::Result<()> {
        if path.as_os_str().is_empty() || path.is_dir() {
            return Ok(());
        }
        let above = path.parent();
        if let Some(above) = above {
            self.make_folders(above)?;
        }
        self.ask(Step::MakeFolder(path))?;
        match fs::create_dir(path) {
            // Somebody else did meanwhile.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
            made => made?,
        }
        above.map_or(Ok(()), |above| self.sync_folder(above))
    }

    /// A file for the lock, as it is or new.
    pub(super) fn open_lock(&self, path: &Path) -> io::Result<File> {
        self.ask(Step::Create(path))?;
        // What its holder wrote into it stays, whoever tries it.
        let mut options = File::options();
        options.write(true).create(true).truncate(false).open(path)
    }

    pub(super) fn create_new(&self, path: &Path) -> io::Result<File> {
        self.ask(Step::Create(path))?;
        File::create_new(path)
    }

    /// Writes a new file's contents and brings them to the disk.
    pub(super) fn fill(&self, mut file: File, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.ask(Step::Write(path, bytes))?;
        file.write_all(bytes)?;
        self.ask(Step::Sync(path))?;
        file.sync_all()
    }

    /// Gives a file another's place.
    pub(super) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.ask(Step::Rename { from, to })?;
        fs::rename(from, to)
    }

    /// Gives a file a second name, unless something has it; whether it did.
    pub(super) fn name_first(&self, from: &Path, to: &Path) -> io::Result<bool> {
        self.ask(Step::Rename { from, to })?;
        match fs::hard_link(from, to) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            // A file system without second names.
            Err(_) if !to.exists() => fs::rename(from, to).map(|()| true),
            named => named.map(|()| true),
        }
    }

    /// Makes a change of names last. Not every file system can, and files are whole either way.
    pub(super) fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.ask(Step::SyncFolder(folder))?;
        if cfg!(unix) {
            let here = Path::new(".");
            let folder = if folder.as_os_str().is_empty() {
                here
            } else {
                folder
            };
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        Ok(())
    }

    /// Removes a file; that there is none is fine.
    pub(super) fn remove(&self, path: &Path) -> io::Result<()> {
        if fs::symlink_metadata(path).is_err_and(|error| absent(&error)) {
            return Ok(());
        }
        self.ask(Step::Remove(path))?;
        fs::remove_file(path)
    }
}
