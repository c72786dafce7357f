//! A folder with a data set's files.

use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

use spindle_run::{
    Experiment,
    foreign::{instead, packed},
    unicode,
};

use crate::{
    Error,
    entry::{Entry, told},
};

/// Names that are told of a folder with something else in it.
const TOLD: usize = 8;

/// The folder that an experiment's data set is read from.
#[derive(Debug)]
pub(super) struct Folder {
    /// Where its files lie: the experiment's folder, or the one in it that the archive unpacks to.
    pub(super) root: PathBuf,
    /// What is known of the data set.
    pub(super) entry: &'static Entry,
    /// The folder that the experiment names.
    named: PathBuf,
}

impl Folder {
    /// The folder of an experiment's data set.
    ///
    /// # Errors
    /// No folder given, or one that is not there.
    pub(super) fn of(entry: &'static Entry, experiment: &Experiment) -> Result<Self, Error> {
        let Some(named) = &experiment.training.data_dir else {
            return Err(Error::Experiment {
                field: "data_dir",
                value: "not given".to_owned(),
                allowed: entry.hint(),
            });
        };
        let named = PathBuf::from(named);
        if let Err(source) = fs::read_dir(&named) {
            return Err(unreadable(&named, source, entry));
        }
        Ok(Self {
            root: entry.root(&named),
            entry,
            named,
        })
    }

    /// Checks that the files are there that tell the layout.
    ///
    /// # Errors
    /// [`Error::Layout`]: the first ones missing, and what is there instead.
    pub(super) fn check(&self) -> Result<(), Error> {
        let missing = self.entry.missing(&self.root);
        if missing.is_empty() {
            return Ok(());
        }
        Err(self.layout(&format!("{} not there", missing.join(", "))))
    }

    /// The error for a folder in another layout; `problem` says what is wrong with it.
    pub(super) fn layout(&self, problem: &str) -> Error {
        Error::Layout {
            folder: self.root.display().to_string(),
            problem: problem.to_owned(),
            expected: self.entry.hint(),
            found: contents(&self.root),
        }
    }

    /// A file in it.
    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.root.join(file)
    }

    /// The first of these places where `file` is: the folder with the files, the folder that was
    /// named.
    pub(super) fn find(&self, file: &str) -> PathBuf {
        let beside = self.named.join(file);
        let inside = self.path(file);
        if !inside.exists() && beside.exists() {
            beside
        } else {
            inside
        }
    }

    /// A file's bytes.
    pub(super) fn bytes(&self, file: &str) -> Result<Vec<u8>, Error> {
        let path = self.path(file);
        let bytes = fs::read(&path).map_err(|source| unreadable(&path, source, self.entry))?;
        match instead(&bytes) {
            None => Ok(bytes),
            Some(what) => Err(self.refused(file, format!("it is {what}"))),
        }
    }

    /// An error about one of its files.
    fn refused(&self, file: &str, reason: String) -> Error {
        Error::File {
            file: self.path(file).display().to_string(),
            reason,
        }
    }

    /// A file's text in UTF-8, without a byte order mark.
    pub(super) fn text(&self, file: &str) -> Result<String, Error> {
        String::from_utf8(self.utf8(file)?)
            .map_err(|_| self.refused(file, "it is not in UTF-8".to_owned()))
    }

    /// A file's bytes, in UTF-8 where a mark says that it is a text in UTF-16.
    pub(super) fn utf8(&self, file: &str) -> Result<Vec<u8>, Error> {
        let bytes = self.bytes(file)?;
        if let Some(what) = packed(&bytes) {
            return Err(self.refused(file, format!("it is {what}")));
        }
        let text = unicode::utf8(&bytes).map_err(|reason| self.refused(file, reason))?;
        Ok(text.into_owned())
    }

    /// Names of what is in one of its folders, sorted, without hidden ones.
    pub(super) fn names(&self, folder: &str) -> Result<Vec<String>, Error> {
        let path = self.path(folder);
        sorted(&path).map_err(|source| unreadable(&path, source, self.entry))
    }
}

fn unreadable(path: &Path, source: io::Error, entry: &Entry) -> Error {
    Error::Read {
        path: told(path),
        source,
        hint: entry.hint(),
    }
}

/// Names in a folder, sorted, without hidden ones.
fn sorted(folder: &Path) -> io::Result<Vec<String>> {
    let names = fs::read_dir(folder)?.map(|entry| readable(&entry?.file_name()));
    let mut names: Vec<String> = names.collect::<io::Result<_>>()?;
    names.retain(|name| !name.starts_with('.'));
    names.sort_unstable();
    Ok(names)
}

/// A name as text.
fn readable(name: &OsStr) -> io::Result<String> {
    name.to_str().map(str::to_owned).ok_or_else(|| {
        let lossy = name.to_string_lossy();
        let reason = format!("the name {lossy:?} in it is not in UTF-8; rename it");
        io::Error::other(reason)
    })
}

/// The first names in a folder, in words.
fn contents(folder: &Path) -> String {
    let names = sorted(folder).unwrap_or_default();
    match names.len() {
        0 => "nothing".to_owned(),
        count if count > TOLD => {
            format!("{} and {} more", names[..TOLD].join(", "), count - TOLD)
        }
        _ => names.join(", "),
    }
}
