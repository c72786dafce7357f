//! A disk whose process is killed, or whose power fails, at a step; and that for every step of some
//! work. For tests.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{Disk, Faults, Step};

/// An end at a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The process is killed: what it did stays.
    Killed,
    /// The power fails: what was not brought to the disk is lost.
    PowerLoss,
}

/// A disk whose process ends before a step, or in the middle of one that writes.
#[derive(Debug)]
pub struct Ending {
    end: End,
    at: usize,
    steps: AtomicUsize,
    volatile: Mutex<Volatile>,
}

/// What is not on the disk yet.
#[derive(Debug, Default)]
struct Volatile {
    /// Files whose contents were written.
    written: Vec<PathBuf>,
    /// Names that were given, and what had them before.
    renamed: Vec<(PathBuf, Option<Vec<u8>>)>,
    /// Folders that were made.
    made: Vec<PathBuf>,
}

impl Ending {
    /// One that ends at a step, counted from 0.
    #[must_use]
    pub fn new(end: End, at: usize) -> Arc<Self> {
        Arc::new(Self {
            end,
            at,
            steps: AtomicUsize::new(0),
            volatile: Mutex::default(),
        })
    }

    /// Steps that were begun so far.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.steps.load(Ordering::Relaxed)
    }
}

impl Faults for Ending {
    fn before(&self, step: Step<'_>) -> io::Result<()> {
        let number = self.steps.fetch_add(1, Ordering::Relaxed);
        let mut volatile = self.volatile.lock().unwrap_or_else(PoisonError::into_inner);
        if number < self.at {
            return volatile.note(step);
        }
        if number == self.at {
            if let Step::Write(path, bytes) = step {
                fs::write(path, &bytes[..bytes.len() / 2])?;
                volatile.written.push(path.to_owned());
            }
            if self.end == End::PowerLoss {
                volatile.lose()?;
            }
        }
        Err(io::Error::other("the process ended here"))
    }
}

impl Volatile {
    fn note(&mut self, step: Step<'_>) -> io::Result<()> {
        match step {
            Step::MakeFolder(path) => self.made.push(path.to_owned()),
            Step::Write(path, _) => self.written.push(path.to_owned()),
            Step::Sync(path) => self.written.retain(|written| written != path),
            Step::Rename { from, to } => {
                let before = to.is_file().then(|| fs::read(to)).transpose()?;
                self.renamed.push((to.to_owned(), before));
                for written in self.written.iter_mut().filter(|written| *written == from) {
                    *written = to.to_owned();
                }
            }
            Step::SyncFolder(folder) => {
                self.renamed
                    .retain(|(path, _)| path.parent() != Some(folder));
                self.made.retain(|path| path.parent() != Some(folder));
            }
            Step::Create(_) | Step::Remove(_) => {}
        }
        Ok(())
    }

    fn lose(&mut self) -> io::Result<()> {
        for path in self.written.iter().filter(|path| path.is_file()) {
            fs::write(path, [])?;
        }
        for (path, before) in self.renamed.drain(..).rev() {
            match before {
                Some(before) => fs::write(path, before)?,
                None => fs::remove_file(path)?,
            }
        }
        for folder in self.made.iter().filter(|folder| folder.is_dir()) {
            fs::remove_dir_all(folder)?;
        }
        Ok(())
    }
}

/// What became of work that was ended before every one of its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Survived {
    /// Steps that it has.
    pub steps: usize,
    /// Steps before which it ended, and after which it left what it leaves where nothing happens.
    pub ended: usize,
}

/// Ends `work` before every step that it does to the disk, each time in a `fresh` folder, and does it
/// again in the same folder.
///
/// # Errors
/// In words: work that fails where nothing happens to it, and the first step after whose end a
/// folder has other contents than one of work that nothing happened to.
pub fn at_every_step<F: AsRef<Path>, E: Debug>(
    end: End,
    fresh: impl Fn() -> io::Result<F>,
    work: impl Fn(&Path, &Disk) -> Result<(), E>,
    contents: impl Fn(&Path) -> io::Result<BTreeMap<PathBuf, Vec<u8>>>,
) -> Result<Survived, String> {
    let folder = || fresh().map_err(|error| error.to_string());
    let read = |folder: &F| contents(folder.as_ref()).map_err(|error| error.to_string());
    let whole = |folder: &F, disk: &Disk| {
        let done = work(folder.as_ref(), disk);
        done.map_err(|error| format!("undisturbed, it fails: {error:?}"))
    };
    let first = folder()?;
    let counting = Ending::new(end, usize::MAX);
    whole(&first, &Disk::with_faults(counting.clone()))?;
    let expected = read(&first)?;
    let steps = counting.steps();
    let mut ended = 0;
    for at in 0..steps {
        let folder = folder()?;
        let ending = Ending::new(end, at);
        let broken = work(folder.as_ref(), &Disk::with_faults(ending.clone()));
        ended += usize::from(broken.is_err() && ending.steps() > at);
        whole(&folder, &Disk::default())?;
        let found = read(&folder)?;
        if let Some(name) = difference(&expected, &found) {
            return Err(format!(
                "{end:?} at step {at} of {steps}: {}",
                name.display()
            ));
        }
    }
    Ok(Survived { steps, ended })
}

/// A file that one of two folders has, or has otherwise.
fn difference<'a>(
    left: &'a BTreeMap<PathBuf, Vec<u8>>,
    right: &'a BTreeMap<PathBuf, Vec<u8>>,
) -> Option<&'a Path> {
    let mut names = left.keys().chain(right.keys());
    names
        .find(|name| left.get(*name) != right.get(*name))
        .map(PathBuf::as_path)
}

/// Every file below a folder, by its name there.
///
/// # Errors
/// What cannot be read.
pub fn files(folder: &Path) -> io::Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut left = vec![folder.to_owned()];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            for entry in fs::read_dir(path)? {
                left.push(entry?.path());
            }
            continue;
        }
        let name = path.strip_prefix(folder).unwrap_or(&path).to_owned();
        found.insert(name, fs::read(&path)?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk without a synchronisation, to see that its loss would show.
    #[test]
    fn what_was_not_brought_to_the_disk_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "before").unwrap();
        let mut volatile = Volatile::default();
        let rename = Step::Rename {
            from: Path::new("elsewhere"),
            to: &path,
        };
        volatile.note(rename).unwrap();
        fs::write(&path, "after").unwrap();
        volatile.lose().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"before");
    }

    #[test]
    fn work_that_an_end_changes_is_told() {
        // Writes twice under one name, as no file of a run is: the second depends on the first.
        let work = |folder: &Path, disk: &Disk| -> Result<(), crate::Error> {
            let [once, twice] = ["once", "twice"].map(|name| folder.join(name));
            let name = if once.exists() { "again" } else { "first" };
            super::super::write_on(disk, &once, b"")?;
            super::super::write_on(disk, &twice, name.as_bytes())
        };
        let told = at_every_step(End::Killed, tempfile::tempdir, work, files).unwrap_err();
        assert!(told.contains("twice"), "{told}");
    }
}
