//! A run in a store, of which this machine makes some checkpoints in a folder of its own.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use spindle_run::{
    RunFolder,
    folder::{Making, StepState},
    record::RunRecord,
};

use crate::{
    Bucket, Claims, Copied, Error, Held, LIFE, Taken, Watch,
    claim::Heard,
    copy::{self, fetch, is_further, lost_of, objects_of, put_file, record_of, remove_file},
    objects::{Objects, RECORD, SHARDS, is_of_a_run, sha256},
};

/// What a merge is claimed as.
const MERGE: &str = "merge";

/// A run in a store, and the folder in which this machine works on it: a cache of what was fetched and
/// made, which may be removed at any time.
pub struct RemoteRun {
    bucket: Bucket,
    folder: PathBuf,
    /// The record as it is in the store.
    json: Vec<u8>,
    record: RunRecord,
    objects: Objects,
    by: String,
    life: Duration,
}

/// Whose turn it is at a checkpoint.
pub enum Turn<'a> {
    /// It is made. The note was brought into the folder.
    Made,
    /// Another worker is at it.
    Theirs(Heard),
    /// This worker's. What it is made of was brought into the folder.
    Mine(Held<'a>),
}

impl RemoteRun {
    /// Opens the run in a store, with a folder of its own below `cache`; `by` is how others know this
    /// worker.
    ///
    /// # Errors
    /// [`Error::NoRun`], a record that cannot be read; what the store says.
    pub fn open(bucket: Bucket, cache: &Path, by: &str) -> Result<Self, Error> {
        let (json, record) = record_of(&bucket)?;
        let objects = objects_of(&bucket)?.unwrap_or_default();
        // Another experiment under the same address has another folder.
        let experiment = serde_json::to_string(&record.experiment);
        let experiment = experiment.map_err(spindle_run::Error::Unreadable)?;
        let digest = &record.provenance.data_digest;
        let key = sha256(format!("{}\n{digest}\n{experiment}", bucket.url()).as_bytes());
        let folder = cache.join(&key[..16]);
        // Another process of this machine may be about to publish what it merged there.
        let is_merged = RunFolder::open(&folder).is_ok_and(|(_, here)| is_further(&here, &record));
        if !is_merged {
            put_file(&folder, RECORD, &json)?;
        }
        Ok(Self {
            bucket,
            folder,
            json,
            record,
            objects,
            by: by.to_owned(),
            life: LIFE,
        })
    }

    /// The same, whose claims are lost after another time.
    #[must_use]
    pub fn with_life(self, life: Duration) -> Self {
        Self { life, ..self }
    }

    /// The record when it was opened.
    #[must_use]
    pub fn record(&self) -> &RunRecord {
        &self.record
    }

    /// Where this machine works on it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The address of the run.
    #[must_use]
    pub fn url(&self) -> &str {
        self.bucket.url()
    }

    /// Claims a checkpoint, unless it is made or another worker is at it, and brings what it is made of.
    ///
    /// # Errors
    /// What the store says; [`Error::Lost`] where what it is made of is not there.
    pub fn take(&self, making: Making, step: usize) -> Result<Turn<'_>, Error> {
        if self.bring_note(making, step)? {
            return Ok(Turn::Made);
        }
        let held = match self.claims().take(&place(making, step))? {
            Taken::Mine(held) => held,
            Taken::Theirs(heard) => return Ok(Turn::Theirs(heard)),
        };
        // Whoever had it a moment ago may have made it.
        if self.bring_note(making, step)? {
            held.release()?;
            return Ok(Turn::Made);
        }
        match self.bring(&made_of(making, step)) {
            Ok(()) => Ok(Turn::Mine(held)),
            Err(error) => {
                held.release()?;
                Err(error)
            }
        }
    }

    /// Publishes what was made of a checkpoint in the folder: its array, then its note, by the first.
    ///
    /// # Errors
    /// What cannot be read, or what the store says.
    pub fn publish(&self, making: Making, step: usize, held: Held<'_>) -> Result<(), Error> {
        for name in [array(making, step), note(making, step)] {
            let bytes = copy::read(&self.folder.join(&name))?;
            match name.starts_with(SHARDS) {
                true => drop(self.bucket.put_first(&name, bytes.into())?),
                false => self.bucket.put(&name, bytes.into())?,
            }
        }
        self.bucket.remove(&failure(making, step))?;
        held.release()
    }

    /// Publishes why a checkpoint could not be made.
    ///
    /// # Errors
    /// What the store says.
    pub fn publish_failure(
        &self,
        making: Making,
        step: usize,
        why: &str,
        held: Held<'_>,
    ) -> Result<(), Error> {
        let text = format!("{}: {why}\n", self.by);
        self.bucket.put(&failure(making, step), text.into())?;
        held.release()
    }

    /// How far all checkpoints are.
    ///
    /// # Errors
    /// What the store says.
    pub fn states(&self, making: Making) -> Result<Vec<(usize, StepState)>, Error> {
        let listed = self.bucket.list(&format!("{SHARDS}/{}", making.name()))?;
        let names: Vec<&str> = listed.iter().map(|at| &*at.name).collect();
        let checkpoints = self.record.checkpoints.iter();
        checkpoints
            .map(|at| {
                let step = at.losses.step;
                Ok((step, self.state(making, step, &names)?))
            })
            .collect()
    }

    fn state(&self, making: Making, step: usize, names: &[&str]) -> Result<StepState, Error> {
        // Names are sorted.
        let is_there = |name: &str| names.binary_search(&name).is_ok();
        if is_there(&note(making, step)) {
            return Ok(StepState::Done);
        }
        let claims = format!("{SHARDS}/{}.lock/", place(making, step));
        let at = names.partition_point(|name| *name < &*claims);
        let is_claimed = names.get(at).is_some_and(|name| name.starts_with(&claims));
        if is_claimed && let Some(heard) = self.claims().heard(&place(making, step))? {
            return Ok(in_state(heard));
        }
        let failed = failure(making, step);
        let error = match is_there(&failed) {
            true => self.bucket.get(&failed)?,
            false => None,
        };
        Ok(error.map_or(StepState::Missing, |error| StepState::Failed {
            error: String::from_utf8_lossy(&error).trim_end().to_owned(),
        }))
    }

    /// Claims the merge and brings all that it needs into the folder: notes, losses and arrays.
    ///
    /// # Errors
    /// What the store says, objects that are lost or damaged, [`Error::Stopped`].
    pub fn begin_merge(&self, watch: &dyn Watch) -> Result<Turn<'_>, Error> {
        let held = match self.claims().take(MERGE)? {
            Taken::Mine(held) => held,
            Taken::Theirs(heard) => return Ok(Turn::Theirs(heard)),
        };
        match self.bring_all(watch) {
            Ok(()) => Ok(Turn::Mine(held)),
            Err(error) => {
                held.release()?;
                Err(error)
            }
        }
    }

    /// Publishes what a merge has made, the record last, and removes the notes.
    ///
    /// # Errors
    /// As [`copy::upload`].
    pub fn publish_merge(&self, watch: &dyn Watch, held: Held<'_>) -> Result<Copied, Error> {
        let copied = copy::upload(&self.folder, &self.bucket, watch)?;
        held.release()?;
        for at in self.bucket.list(SHARDS)? {
            self.bucket.remove(&at.name)?;
        }
        Ok(copied)
    }

    fn bring_all(&self, watch: &dyn Watch) -> Result<(), Error> {
        // A merge that was not published is done again, from what is in the store.
        put_file(&self.folder, RECORD, &self.json)?;
        // Notes of this machine that others were faster with are not those that count.
        let shards = self.folder.join(SHARDS);
        if shards.is_dir() {
            std::fs::remove_dir_all(&shards).map_err(|source| spindle_run::Error::Io {
                action: "remove",
                path: shards.clone(),
                source,
            })?;
        }
        let listed = copy::there(&self.bucket)?;
        let is_needed = |name: &&str| {
            let parts = [SHARDS, "losses", "outputs", "interactions"];
            let part = name.split('/').next().unwrap_or_default();
            is_of_a_run(name) && parts.contains(&part)
        };
        let names = listed.keys().map(String::as_str);
        let names: Vec<&str> = names.filter(is_needed).collect();
        let (folder, copied) = (&self.folder, &mut Copied::default());
        fetch(&self.bucket, &self.objects, &names, folder, watch, copied)
    }

    /// Brings one object, unless it is here.
    fn bring(&self, name: &str) -> Result<(), Error> {
        let (folder, copied) = (&self.folder, &mut Copied::default());
        let is_known = self.objects.digest(name).is_some();
        if !is_known && self.bucket.modified(name)?.is_none() {
            return Err(lost_of(&self.bucket, name));
        }
        fetch(
            &self.bucket,
            &self.objects,
            &[name],
            folder,
            &Nobody,
            copied,
        )
    }

    /// Brings the note of a checkpoint in the place of any that is here; whether there is one.
    fn bring_note(&self, making: Making, step: usize) -> Result<bool, Error> {
        let name = note(making, step);
        let Some(bytes) = self.bucket.get(&name)? else {
            return Ok(false);
        };
        let path = self.folder.join(&name);
        if path.is_file() && copy::read(&path)? == *bytes {
            return Ok(true);
        }
        remove_file(&path)?;
        put_file(&self.folder, &name, &bytes)?;
        // Of another experiment or version, or damaged: told, with the object's name.
        let read = RunFolder::open(&self.folder)?
            .0
            .made(&self.record, making, step);
        match read {
            Ok(_) => Ok(true),
            Err(error) => {
                remove_file(&path)?;
                Err(error.in_file(self.bucket.url_of(&name)).into())
            }
        }
    }

    fn claims(&self) -> Claims<'_> {
        Claims::new(&self.bucket, self.by.clone(), self.life)
    }
}

/// Nobody looks on while one object comes.
struct Nobody;

impl Watch for Nobody {
    fn progress(&self, _done: usize, _total: usize) {}

    fn wants_to_stop(&self) -> bool {
        false
    }
}

/// A claim, as it is told to people.
fn in_state(heard: Heard) -> StepState {
    let seconds = heard.ago.as_secs();
    match heard.is_lost {
        true => StepState::Failed {
            error: heard.in_words(),
        },
        false => StepState::Running {
            by: heard.by,
            seconds: Some(seconds),
        },
    }
}

fn place(making: Making, step: usize) -> String {
    format!("{}/{step}", making.name())
}

fn note(making: Making, step: usize) -> String {
    format!("{SHARDS}/{}.json", place(making, step))
}

fn failure(making: Making, step: usize) -> String {
    format!("{SHARDS}/{}.error", place(making, step))
}

/// What is made.
fn array(making: Making, step: usize) -> String {
    match making {
        Making::Outputs => format!("outputs/{step}.safetensors"),
        Making::Interactions => format!("interactions/{step}.safetensors"),
    }
}

/// What it is made of.
fn made_of(making: Making, step: usize) -> String {
    match making {
        Making::Outputs => format!("checkpoints/{step}.safetensors"),
        Making::Interactions => format!("outputs/{step}.safetensors"),
    }
}
