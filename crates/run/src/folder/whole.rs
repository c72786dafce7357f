//! A folder of many files that is there with all of them, or as it was before.
//!
//! ```text
//! NAME/spindle.json   what the folder holds; only a folder with it is replaced
//! .NAME.tmp/          the same while it is written, beside it
//! .NAME.old/          what it replaces, for a moment
//! ```

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use super::{absent, atomic::temporary_name, disk::Disk, writer::lock_file};
use crate::Error;

const ABOUT: &str = "spindle.json";
const LOCK: &str = ".lock";

/// A folder while it is written; what was there stays until [`WholeFolder::finish`].
#[derive(Debug)]
pub struct WholeFolder {
    disk: Disk,
    path: PathBuf,
    temporary: PathBuf,
    is_finished: bool,
    /// One process at a time writes it.
    _lock: File,
}

impl WholeFolder {
    /// Begins a folder that takes the place of `path`, which must be empty, not there, or one of these.
    ///
    /// # Errors
    /// [`Error::Foreign`] where something else is in it, [`Error::Locked`], [`Error::Io`].
    pub fn begin(path: &Path) -> Result<Self, Error> {
        Self::begin_on(Disk::default(), path)
    }

    /// As [`WholeFolder::begin`], on a disk that may fail.
    ///
    /// # Errors
    /// As [`WholeFolder::begin`].
    pub fn begin_on(disk: Disk, path: &Path) -> Result<Self, Error> {
        let path = std::path::absolute(path).map_err(|source| io("find", path, source))?;
        refuse_foreign(&path)?;
        let temporary = beside(&path, "tmp")?;
        let Some(lock) = lock_file(&disk, &temporary.join(LOCK))? else {
            return Err(Error::Locked(path));
        };
        let whole = Self {
            disk,
            path,
            temporary,
            is_finished: false,
            _lock: lock,
        };
        whole.clear()?;
        Ok(whole)
    }

    /// Writes a file of it; `name` has `/` between folders.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.temporary.join(name);
        let folders = path
            .parent()
            .map_or(Ok(()), |at| self.disk.make_folders(at));
        folders
            .and_then(|()| self.disk.create_new(&path))
            .and_then(|file| self.disk.fill(file, &path, bytes))
            .map_err(|source| io("write", &path, source))
    }

    /// Puts it in its place, with `about` as what it says of itself.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn finish(mut self, about: &str) -> Result<(), Error> {
        self.write(ABOUT, about.as_bytes())?;
        sync_folders(&self.disk, &self.temporary)
            .map_err(|source| io("write", &self.temporary, source))?;
        let old = beside(&self.path, "old")?;
        self.replace(&old)
            .map_err(|source| io("write", &self.path, source))?;
        // From here on the temporary name is free for others.
        self.is_finished = true;
        let lock = self.path.join(LOCK);
        self.disk
            .remove(&lock)
            .map_err(|source| io("remove", &lock, source))?;
        removed(&old)
    }

    /// Nobody has two names for a folder: for a moment between the two renames there is none.
    fn replace(&self, old: &Path) -> io::Result<()> {
        if self.path.exists() {
            remove_folder(old)?;
            self.disk.rename(&self.path, old)?;
        }
        self.disk.rename(&self.temporary, &self.path)?;
        let above = self.path.parent();
        above.map_or(Ok(()), |above| self.disk.sync_folder(above))
    }

    /// Removes what a process left that was killed, but for the lock.
    fn clear(&self) -> Result<(), Error> {
        let failed = |source| io("clear", &self.temporary, source);
        for entry in fs::read_dir(&self.temporary).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let is_lock = path.file_name().is_some_and(|name| name == LOCK);
            let removed = match path.is_dir() {
                true => fs::remove_dir_all(&path),
                false if is_lock => Ok(()),
                false => fs::remove_file(&path),
            };
            removed.map_err(failed)?;
        }
        Ok(())
    }
}

/// What was not finished is of no use.
impl Drop for WholeFolder {
    fn drop(&mut self) {
        if !self.is_finished {
            let _ = remove_folder(&self.temporary);
        }
    }
}

fn io(action: &'static str, path: &Path, source: io::Error) -> Error {
    Error::Io {
        action,
        path: path.to_owned(),
        source,
    }
}

/// A name beside a folder that is not seen.
fn beside(path: &Path, end: &str) -> Result<PathBuf, Error> {
    let Some(name) = path.file_name() else {
        return Err(io("write", path, io::ErrorKind::InvalidFilename.into()));
    };
    let name = temporary_name(&name.to_string_lossy());
    Ok(path.with_file_name(name).with_extension(end))
}

fn remove_folder(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if !absent(&error) => Err(error),
        _ => Ok(()),
    }
}

fn removed(path: &Path) -> Result<(), Error> {
    remove_folder(path).map_err(|source| io("remove", path, source))
}

/// Brings the names in all folders below one to the disk.
fn sync_folders(disk: &Disk, folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sync_folders(disk, &path)?;
        }
    }
    disk.sync_folder(folder)
}

fn refuse_foreign(path: &Path) -> Result<(), Error> {
    let entries = match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(|source| io("write", path, source))?,
    };
    if path.join(ABOUT).is_file() {
        return Ok(());
    }
    match entries.filter_map(Result::ok).next() {
        None => Ok(()),
        Some(found) => Err(Error::ForeignTables {
            folder: path.to_owned(),
            found: found.file_name().to_string_lossy().into_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn a_folder_is_there_with_all_files_or_as_it_was() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("tables.d");
        let whole = WholeFolder::begin(&path).unwrap();
        whole.write("a/b=1/part", b"old").unwrap();
        assert!(!path.exists());
        let locked = WholeFolder::begin(&path).unwrap_err();
        assert!(matches!(locked, Error::Locked(_)), "{locked}");
        whole.finish("{}").unwrap();
        assert_eq!(fs::read(path.join("a/b=1/part")).unwrap(), b"old");

        let broken = WholeFolder::begin(&path).unwrap();
        broken.write("a/b=2/part", b"new").unwrap();
        drop(broken);
        assert!(!path.join("a/b=2").exists());
        assert_eq!(names(root.path()), ["tables.d"]);

        // What a killed process left is not taken over.
        fs::create_dir(root.path().join(".tables.d.tmp")).unwrap();
        fs::write(root.path().join(".tables.d.tmp/left"), b"x").unwrap();
        let whole = WholeFolder::begin(&path).unwrap();
        whole.write("c", b"new").unwrap();
        whole.finish("{}").unwrap();
        assert_eq!(names(&path), ["c", "spindle.json"]);
        assert_eq!(names(root.path()), ["tables.d"]);
    }

    #[cfg(feature = "faults")]
    #[test]
    fn a_process_that_ends_at_any_step_leaves_nothing_half_written() {
        use crate::folder::ending::{End, at_every_step, files};
        const NAMES: [&str; 3] = ["a/b=1/part", "a/b=2/part", "c/part"];
        let fresh = || {
            let root = tempfile::tempdir()?;
            let old = WholeFolder::begin(&root.path().join("tables")).unwrap();
            old.write("old", b"old").unwrap();
            old.finish("{}").unwrap();
            Ok(root)
        };
        let work = |root: &Path, disk: &Disk| -> Result<(), Error> {
            let path = root.join("tables");
            let whole = |names: &[&str]| names.iter().all(|name| path.join(name).is_file());
            assert!(
                !path.exists() || whole(&["old"]) != whole(&NAMES),
                "half of it"
            );
            let folder = WholeFolder::begin_on(disk.clone(), &path)?;
            NAMES
                .iter()
                .try_for_each(|name| folder.write(name, name.as_bytes()))?;
            folder.finish("{}")
        };
        let survived = at_every_step(End::Killed, fresh, work, files).unwrap();
        assert!(survived.ended >= 4 * NAMES.len(), "{survived:?}");
    }

    #[test]
    fn what_is_not_ours_is_not_replaced() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("letter.txt"), b"x").unwrap();
        let refused = WholeFolder::begin(root.path()).unwrap_err().to_string();
        assert!(refused.contains("letter.txt"), "{refused}");
        let file = root.path().join("letter.txt");
        assert!(WholeFolder::begin(&file).is_err());
    }
}
