//! What can be wrong with an experiment, a run folder or a file.

use std::path::PathBuf;

use crate::{experiment::Difference, foreign::cut};

/// Errors of this crate. The offending value and, where there is one, the way out are in the text.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A field of an experiment outside its range.
    #[error("{field} is {}; it must be {allowed}", cut(.value))]
    Field {
        /// Name of the field in `run.json`.
        field: &'static str,
        /// The value it has.
        value: String,
        /// What it may be, in words.
        allowed: String,
    },
    /// What is wrong with the file of a sweep.
    #[error("not a sweep: {0}")]
    Sweep(String),
    /// A part for one of several workers that is none, or that two sources name differently.
    #[error("{0}")]
    Shard(String),
    /// What is wrong with one file.
    #[error("{}: {source}", cut(&path.display().to_string()))]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<Error>,
    },
    /// The operating system refused to read or write.
    #[error("cannot {action} {}: {}", path.display(), reason(source))]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// A folder without `run.json`.
    #[error("{} holds no run: there is no run.json in it; `spindle run --out` makes a run", .0.display())]
    NoRun(PathBuf),
    /// A new run was to be made in a folder with something else in it.
    #[error("{} is not empty and holds no run (found {found}); choose an empty or a new folder", folder.display())]
    Foreign {
        /// The folder.
        folder: PathBuf,
        /// Some of what is in it.
        found: String,
    },
    /// Tables were to be written in the place of a folder with something else in it.
    #[error("{} is not empty and holds no tables that Spindle has partitioned (found {found}); choose an empty or a new folder", folder.display())]
    ForeignTables {
        /// The folder.
        folder: PathBuf,
        /// Something that is in it.
        found: String,
    },
    /// A new run was to be made in a folder with a run of another experiment in it.
    #[error(
        "{} holds a run of another experiment: {}; choose another folder, or the same values to continue this run",
        folder.display(),
        differences_in_words(differences)
    )]
    OtherRun {
        /// The folder.
        folder: PathBuf,
        /// Fields that differ; `left` is the run in the folder, `right` what was asked for.
        differences: Vec<Difference>,
    },
    /// Another process writes this run.
    #[error("another process works on {}; wait until it is done, or stop it", .0.display())]
    Locked(PathBuf),
    /// A format that is newer than this program.
    #[error(
        "written in format {found} by Spindle {0}; this is Spindle {this}, which reads formats up to {known}: use Spindle {0} or newer",
        cut(.writer)
    )]
    Newer {
        /// Version of the format found.
        found: u32,
        /// Newest version that this program reads.
        known: u32,
        /// Version of Spindle that wrote it.
        writer: String,
        /// Version of this program.
        this: &'static str,
    },
    /// Text that is no JSON, or JSON of another shape; the message names line and column.
    #[error("not a run's description: {}", cut(&.0.to_string()))]
    Json(#[from] serde_json::Error),
    /// A record that would not be read back.
    #[error("the record would not be readable again ({0}): a statistic in it is not finite")]
    Unreadable(serde_json::Error),
    /// Bytes that are no safetensors file, or a truncated one.
    #[error("not a complete safetensors file: {}", cut(&.0.to_string()))]
    Safetensors(#[from] safetensors::SafeTensorError),
    /// A file whose contents are not those that were written.
    #[error("damaged: its contents do not match their SHA-256 digest")]
    Digest,
    /// A record that was changed after it was written.
    #[error(
        "damaged or changed by hand: it is not what its seal was made for, and its files may be of another experiment; restore it, or take the field `seal` out of it to use it as it is"
    )]
    Seal,
    /// A file of a run that is not what was written.
    #[error("{0}; the command that made the run puts it aside and makes it again")]
    Damaged(Box<Error>),
    /// A safetensors file of another kind.
    #[error("this is {}, expected {expected}", cut(.found))]
    Kind {
        /// What it is.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// An array that is not in a file.
    #[error("there is no array `{0}`")]
    NoArray(String),
    /// An array of another type or shape than it must have.
    #[error("array `{}` is {}, expected {}", cut(.array), cut(.found), cut(.expected))]
    Array {
        /// Name of the array.
        array: String,
        /// Type and shape found.
        found: String,
        /// Type and shape needed.
        expected: String,
    },
    /// Values that do not agree with each other.
    #[error("{what} is {}, expected {}", cut(.found), cut(.expected))]
    Mismatch {
        /// What does not agree.
        what: &'static str,
        /// Its value.
        found: String,
        /// The value that the rest asks for.
        expected: String,
    },
    /// A number of players that cannot be.
    #[error(transparent)]
    Interactions(#[from] spindle_interactions::Error),
    /// Not an export file, or a broken one.
    #[error("not a complete .spindle file: {}; export it again from its run", cut(.0))]
    Archive(String),
    /// A table that cannot be encoded.
    #[error("cannot encode table {table}: {message}")]
    Table {
        /// Name of the table.
        table: &'static str,
        /// What the encoder says.
        message: String,
    },
}

impl Error {
    /// This error, said of a file.
    #[must_use]
    pub fn in_file(self, path: impl Into<PathBuf>) -> Self {
        Error::File {
            path: path.into(),
            source: Box::new(self),
        }
    }

    /// Whether a file of a run is not what was written: it can be made again.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            Error::File { source, .. } => source.is_damage(),
            error => matches!(error, Error::Damaged(_)),
        }
    }
}

fn reason(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "the disk is full; what was there before is kept, free some space and run the same command again".into()
        }
        _ => error.to_string(),
    }
}

fn differences_in_words(differences: &[Difference]) -> String {
    let words: Vec<_> = differences.iter().map(ToString::to_string).collect();
    words.join("; ")
}
