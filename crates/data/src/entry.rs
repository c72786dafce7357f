//! What is known of a data set before any of it is read: a row of the catalogue.

use std::path::{Path, PathBuf};

use spindle_run::{
    Experiment,
    experiment::{Dataset, Kind},
};

use crate::{AnyData, Error};

/// Reads or makes a data set as an experiment asks for it.
type Loader = fn(&'static Entry, &Experiment) -> Result<AnyData, Error>;

/// What is known of a data set before any of it is read.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Which one.
    pub data: Dataset,
    /// Its name on the command line and in `run.json`.
    pub name: &'static str,
    /// Files and folders that must be there, in words.
    pub needs: &'static str,
    /// Where people get them.
    pub from: &'static str,
    /// On what terms.
    pub licence: &'static str,
    /// What is there without any file.
    pub built_in: Option<&'static str>,
    /// Training and test samples as published, or as they are after the choice that is made of
    /// them.
    pub published: Option<[usize; 2]>,
    /// Folders that its archive unpacks to, or that libraries make for it.
    pub(crate) archives: &'static [&'static str],
    /// What tells the layout.
    pub(crate) layout: Layout,
    /// What loads it.
    pub(crate) load: Loader,
}

/// Files that tell a data set's layout, by their paths from the data folder on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Layout {
    /// Nothing is read.
    Made,
    /// All of these.
    Files(&'static [&'static str]),
    /// All of these, each of them plain or gzip'd, with a dash or a dot before `idx`.
    Gzipped(&'static [&'static str]),
    /// One of these pairs.
    Pairs(&'static [[&'static str; 2]]),
}

/// The file with BERT's word pieces, in or beside a data set's files.
pub(crate) const VOCABULARY: &str = "vocab.txt";

/// Pairs of names by which data of one's own are recognised.
pub(crate) const OWN_LAYOUTS: [[&str; 2]; 4] = [
    ["train.safetensors", "test.safetensors"],
    ["train.npz", "test.npz"],
    ["train", "test"],
    ["train.tsv", "test.tsv"],
];

/// What a data set needs and where people get that, for errors.
pub(crate) fn hint(title: &str, needs: &str, from: &str) -> String {
    format!("{title} needs {needs}. People get it from: {from}")
}

/// A path in errors: one that begins where the command runs is told with that folder.
pub(crate) fn told(path: &Path) -> String {
    let from = std::env::current_dir().ok().filter(|_| path.is_relative());
    match from {
        Some(from) => format!("{} in {}", path.display(), from.display()),
        None => path.display().to_string(),
    }
}

/// The error for a data set that this build has no code for.
#[cfg(not(all(feature = "files", feature = "embedded-data")))]
pub(crate) fn not_in_this_build(data: Dataset) -> Error {
    let title = data.title();
    Error::Data(format!("this build of Spindle cannot load {title}"))
}

/// Where a file is that may be gzip'd: mirrors have it under `train-images-idx3-ubyte` and under
/// `train-images.idx3-ubyte`.
pub(crate) fn gzipped(folder: &Path, file: &str) -> Option<PathBuf> {
    let dotted = file.replace("-idx", ".idx");
    let names = [file, &dotted].map(|name| [name.to_owned(), format!("{name}.gz")]);
    let mut paths = names.into_iter().flatten().map(|name| folder.join(name));
    paths.find(|path| path.is_file())
}

impl Entry {
    /// Its name as the papers write it.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.data.title()
    }

    /// What it holds; `None` where its files decide.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        self.data.kind()
    }

    /// What it needs and where people get that, for errors.
    #[must_use]
    pub fn hint(&self) -> String {
        hint(self.title(), self.needs, self.from)
    }

    /// `folder`, or a folder in it that the archive unpacks to where only that is there.
    #[must_use]
    pub fn root(&self, folder: &Path) -> PathBuf {
        let mut inner = self.archives.iter().map(|archive| folder.join(archive));
        match inner.find(|inner| inner.is_dir()) {
            Some(inner) if !self.layout.begun(folder) => inner,
            _ => folder.to_owned(),
        }
    }

    /// Those of its files that are missing in `folder`; of data of one's own, what is missing of
    /// the known pair that is there most.
    #[must_use]
    pub fn missing(&self, folder: &Path) -> Vec<&'static str> {
        self.layout.missing(&self.root(folder))
    }

    /// Whether it is read from files, at least where there are any.
    #[must_use]
    pub fn needs_files(&self) -> bool {
        !matches!(self.layout, Layout::Made)
    }

    /// Whether BERT's word pieces are in `folder`; `None` where it is not known to be texts.
    #[must_use]
    pub fn has_vocabulary(&self, folder: &Path) -> Option<bool> {
        let of_texts = self.kind() == Some(Kind::Texts);
        let places = [folder.to_owned(), self.root(folder)];
        of_texts.then(|| places.iter().any(|place| place.join(VOCABULARY).is_file()))
    }
}

impl Layout {
    /// The files that are meant in `folder`: of pairs, the one that it has most of.
    fn files(self, folder: &Path) -> &'static [&'static str] {
        match self {
            Self::Made => &[],
            Self::Files(files) | Self::Gzipped(files) => files,
            Self::Pairs(pairs) => {
                let there = |pair: &&[&str; 2]| {
                    let there = pair.iter().filter(|file| folder.join(file).exists());
                    there.count()
                };
                // Reversed: of equals the last is found, and the first is meant.
                let most = pairs.iter().rev().max_by_key(there);
                most.map_or(&[], |pair| pair)
            }
        }
    }

    /// Whether any of its files is in `folder`.
    fn begun(self, folder: &Path) -> bool {
        let mut files = self.files(folder).iter();
        files.any(|file| self.is_there(folder, file))
    }

    /// Those of its files that are missing in `folder`.
    fn missing(self, folder: &Path) -> Vec<&'static str> {
        let files = self.files(folder).iter();
        let missing = files.filter(|file| !self.is_there(folder, file));
        missing.copied().collect()
    }

    fn is_there(self, folder: &Path, file: &str) -> bool {
        match self {
            Self::Gzipped(_) => gzipped(folder, file).is_some(),
            _ => folder.join(file).exists(),
        }
    }
}
