//! Several runs below one address, each made by one worker: a sweep.
//!
//! A run is made in a folder and put there whole. Its record comes last, so a run whose record is
//! there is done.

use std::{path::Path, time::Duration};

use spindle_run::Experiment;

use crate::{
    Bucket, Claims, Copied, Error, Held, LIFE, Taken, Watch,
    claim::Heard,
    copy::{self, record_of},
    objects::{RECORD, SHARDS},
};

/// Runs below one address.
pub struct RemoteRuns {
    bucket: Bucket,
    by: String,
    life: Duration,
}

/// Whose turn it is at a run.
pub enum RunTurn<'a> {
    /// It is done.
    Done,
    /// Another worker is at it.
    Theirs(Heard),
    /// This worker's.
    Mine(Held<'a>),
}

/// How far a run is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunState {
    /// All of it is there.
    Done,
    /// A worker is at it, or was and is lost.
    Claimed(Heard),
    /// The last worker that tried did not succeed, with the reason.
    Failed(String),
    /// Nobody has made it.
    Missing,
}

impl RemoteRuns {
    /// Runs below the address of a bucket; `by` is how others know this worker.
    #[must_use]
    pub fn new(bucket: Bucket, by: &str) -> Self {
        Self {
            bucket,
            by: by.to_owned(),
            life: LIFE,
        }
    }

    /// The address of all of them.
    #[must_use]
    pub fn url(&self) -> &str {
        self.bucket.url()
    }

    /// What is kept beside the runs under a name; `None` where there is nothing.
    ///
    /// # Errors
    /// What the store says.
    pub fn beside(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.bucket.get(name)?.map(|bytes| bytes.to_vec()))
    }

    /// Keeps something beside the runs.
    ///
    /// # Errors
    /// What the store says.
    pub fn put_beside(&self, name: &str, bytes: Vec<u8>) -> Result<(), Error> {
        self.bucket.put(name, bytes.into())
    }

    /// Claims a run, unless it is done or another worker is at it.
    ///
    /// # Errors
    /// [`Error::OtherRun`] where a run of another experiment has its name; what the store says.
    pub fn take(&self, name: &str, experiment: &Experiment) -> Result<RunTurn<'_>, Error> {
        if self.is_done(name, experiment)? {
            return Ok(RunTurn::Done);
        }
        let held = match self.claims().take(name)? {
            Taken::Mine(held) => held,
            Taken::Theirs(heard) => return Ok(RunTurn::Theirs(heard)),
        };
        // Whoever had it a moment ago may have made it.
        match self.is_done(name, experiment) {
            Ok(false) => Ok(RunTurn::Mine(held)),
            done => {
                held.release()?;
                done.map(|_| RunTurn::Done)
            }
        }
    }

    /// Puts a run there that was made in a folder.
    ///
    /// # Errors
    /// As [`copy::upload`].
    pub fn publish(
        &self,
        name: &str,
        folder: &Path,
        watch: &dyn Watch,
        held: Held<'_>,
    ) -> Result<Copied, Error> {
        let copied = self.put(name, folder, watch)?;
        self.bucket.remove(&failure(name))?;
        held.release()?;
        Ok(copied)
    }

    /// Puts a run there that is in a folder, whoever made it.
    ///
    /// # Errors
    /// As [`copy::upload`].
    pub fn put(&self, name: &str, folder: &Path, watch: &dyn Watch) -> Result<Copied, Error> {
        copy::upload(folder, &self.bucket.below(name), watch)
    }

    /// Publishes why a run could not be made.
    ///
    /// # Errors
    /// What the store says.
    pub fn publish_failure(&self, name: &str, why: &str, held: Held<'_>) -> Result<(), Error> {
        let text = format!("{}: {why}\n", self.by);
        self.bucket.put(&failure(name), text.into())?;
        held.release()
    }

    /// Brings a run that is done into a folder; whether it is.
    ///
    /// # Errors
    /// As [`copy::download`].
    pub fn bring(&self, name: &str, folder: &Path, watch: &dyn Watch) -> Result<bool, Error> {
        match copy::download(&self.bucket.below(name), folder, watch) {
            Err(Error::NoRun(_)) => Ok(false),
            brought => brought.map(|_| true),
        }
    }

    /// How far a run is.
    ///
    /// # Errors
    /// What the store says.
    pub fn state(&self, name: &str) -> Result<RunState, Error> {
        if self.bucket.modified(&format!("{name}/{RECORD}"))?.is_some() {
            return Ok(RunState::Done);
        }
        if let Some(heard) = self.claims().heard(name)? {
            return Ok(RunState::Claimed(heard));
        }
        let error = self.bucket.get(&failure(name))?;
        Ok(error.map_or(RunState::Missing, |error| {
            RunState::Failed(String::from_utf8_lossy(&error).trim_end().to_owned())
        }))
    }

    fn is_done(&self, name: &str, experiment: &Experiment) -> Result<bool, Error> {
        let place = self.bucket.below(name);
        let record = match record_of(&place) {
            Err(Error::NoRun(_)) => return Ok(false),
            record => record?.1,
        };
        let differences = record.experiment.decisive_differences(experiment);
        match differences.is_empty() {
            true => Ok(true),
            false => Err(Error::OtherRun {
                place: place.url().to_owned(),
                differences,
            }),
        }
    }

    fn claims(&self) -> Claims<'_> {
        Claims::new(&self.bucket, self.by.clone(), self.life)
    }
}

/// Why a run failed lies beside the claims, apart from the runs.
fn failure(name: &str) -> String {
    format!("{SHARDS}/{name}.error")
}
