//! What can go wrong between a run and a store.

use spindle_run::experiment::Difference;

/// Errors of this crate: what was tried, where, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An address that is none, or of a kind of store that this build does not know.
    #[error("{url}: {why}")]
    Url {
        /// The address.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The bucket is not there.
    #[error("there is no bucket of {0}; make it first, or look at its name and AWS_ENDPOINT_URL")]
    NoBucket(String),
    /// The store refuses.
    #[error(
        "no rights to {action} {url}: look at AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, and at what the bucket allows them"
    )]
    Denied {
        /// What was tried, as a verb.
        action: &'static str,
        /// The object.
        url: String,
    },
    /// The store does not answer, or answers what nobody expects.
    #[error(
        "cannot {action} {url}: {why}. Look at the way to it (AWS_ENDPOINT_URL); what was put there is whole, and the same command goes on from here"
    )]
    Store {
        /// What was tried, as a verb.
        action: &'static str,
        /// The object.
        url: String,
        /// What the store, or the way to it, said.
        why: String,
    },
    /// An address without a run.
    #[error(
        "{0} holds no run: there is no run.json in it. A copy puts it there last: if one was broken off, the same `spindle copy RUN {0}` completes it"
    )]
    NoRun(String),
    /// An address with something else in it.
    #[error("{url} is not empty and holds no run (found {found}); choose another address")]
    Foreign {
        /// The address.
        url: String,
        /// Something that is in it.
        found: String,
    },
    /// A run of another experiment.
    #[error("{place} holds a run of another experiment: {}; choose another place for this one", in_words(.differences))]
    OtherRun {
        /// The folder or the address.
        place: String,
        /// Fields that differ.
        differences: Vec<Difference>,
    },
    /// A run that is further on than the one that would take its place.
    #[error(
        "{place} holds this run, and is further on: it has more checkpoints or analyses than what would take its place. Copy it the other way, or remove its run.json first"
    )]
    Further {
        /// The folder or the address.
        place: String,
    },
    /// An object that must be there is not.
    #[error(
        "{url} is lost: it belongs to the run, and the store does not have it. Where the run came from has it still: `spindle copy RUN {run}` puts it there again"
    )]
    Lost {
        /// The object.
        url: String,
        /// The run.
        run: String,
    },
    /// An object has other contents than were put there.
    #[error(
        "{url} is damaged: its SHA-256 digest is not that of what was put there. An upload may be on, or was broken off: `spindle copy RUN {run}` from where the run came from puts it there again"
    )]
    Damaged {
        /// The object.
        url: String,
        /// The run.
        run: String,
    },
    /// A folder that is to become a copy has something else in it.
    #[error(
        "{folder} is not empty and holds no run (found {found}); choose an empty or a new folder"
    )]
    ForeignFolder {
        /// The folder.
        folder: String,
        /// Something that is in it.
        found: String,
    },
    /// Somebody asked to stop.
    #[error("stopped")]
    Stopped,
    /// What is wrong with the run itself, or with the folder.
    #[error(transparent)]
    Run(#[from] spindle_run::Error),
}

fn in_words(differences: &[Difference]) -> String {
    let words: Vec<String> = differences
        .iter()
        .map(|at| format!("{} is {} there, {} here", at.field, at.left, at.right))
        .collect();
    words.join("; ")
}

/// Codes by which S3 says that there is no bucket, and that it knows no such key.
const NO_BUCKET: &str = "NoSuchBucket";
const UNKNOWN_KEY: [&str; 2] = ["InvalidAccessKeyId", "SignatureDoesNotMatch"];

/// What the store's crate says, as one of ours.
pub(crate) fn of_store(error: object_store::Error, action: &'static str, url: &str) -> Error {
    let text = in_full(&error);
    let is_unknown = UNKNOWN_KEY.iter().any(|code| text.contains(code));
    match error {
        _ if text.contains(NO_BUCKET) => Error::NoBucket(url.to_owned()),
        object_store::Error::PermissionDenied { .. }
        | object_store::Error::Unauthenticated { .. } => Error::Denied {
            action,
            url: url.to_owned(),
        },
        _ if is_unknown => Error::Denied {
            action,
            url: url.to_owned(),
        },
        _ => Error::Store {
            action,
            url: url.to_owned(),
            why: text,
        },
    }
}

/// An error with what caused it, each said once.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = error.source();
    }
    text
}
