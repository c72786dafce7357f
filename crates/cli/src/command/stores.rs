//! `spindle copy`, and `extract`, `analyze`, `merge`, `sweep` and `status` in an object store.
//!
//! A worker works in a folder of its own, as it does on a run in a folder: what a checkpoint is made of
//! is fetched, what was made is published; of a sweep whole runs are.

mod of_sweeps;

use std::{
    env,
    path::{Path, PathBuf},
    sync::Mutex,
};

use anyhow::{Context, bail};
use indicatif::ProgressBar;
use serde_json::json;
use spindle_core::pipeline::{self, Lab, Worked, Worker};
use spindle_run::{
    RunWriter,
    folder::{Making, this_worker},
    shard::Shard,
};
use spindle_stores::{Bucket, Copied, Error, Held, RemoteRun, Turn, Watch, download, upload};

pub(super) use of_sweeps::sweep;

use super::{
    address, data_of,
    run::stoppable,
    shards::{concluded, list, merge_folder},
};
use crate::{
    computation::Computation,
    interrupt::{self, Interrupted},
    looking::Looking,
    terminal::Terminal,
};

/// Runs `spindle copy`.
pub(crate) fn copy(from: &Path, to: &Path, terminal: &Terminal) -> anyhow::Result<()> {
    if let Some(done) = of_sweeps::copy(from, to, terminal)? {
        return Ok(done);
    }
    let copying = Copying::new(terminal, "copy");
    let copied = match (address(from), address(to)) {
        (None, Some(url)) => upload(from, &bucket(url, terminal)?, &copying),
        (Some(url), None) => download(&bucket(url, terminal)?, to, &copying),
        (Some(_), Some(_)) => bail!(
            "both are in object stores; copy the run into a folder first: spindle copy {} FOLDER",
            from.display()
        ),
        (None, None) => bail!(
            "neither {} nor {} is in an object store (s3://BUCKET/PATH); a folder is copied by cp -r",
            from.display(),
            to.display()
        ),
    };
    drop(copying);
    let copied = unless_stopped(copied)?;
    terminal.say(&format!("{}: {}", to.display(), in_words(copied)));
    terminal.document(&json!({
        "from": from,
        "to": to,
        "copied": copied.copied,
        "kept": copied.kept,
        "bytes": copied.bytes,
    }))
}

fn in_words(copied: Copied) -> String {
    format!(
        "{} objects copied ({:.2} MB), {} were there",
        copied.copied,
        copied.bytes as f64 / 1e6,
        copied.kept
    )
}

/// Extracts at this worker's checkpoints.
pub(super) fn extract(
    url: &str,
    part: Option<Shard>,
    computation: &Computation,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let run = open(url, terminal)?;
    let record = run.record();
    let place = computation.open(terminal)?;
    let data = data_of(record)?;
    let experiment = record.experiment.clone().check()?;
    let places = computation.places(place, &experiment, &data, terminal)?;
    let lab = pipeline::lab(experiment, data, places)?;
    let at = Working {
        run: &run,
        making: Making::Outputs,
        lab: Some(&*lab),
        terminal,
    };
    at.all(part.unwrap_or(Shard::WHOLE))
}

/// Decomposes at this worker's checkpoints.
pub(super) fn decompose(url: &str, part: Option<Shard>, terminal: &Terminal) -> anyhow::Result<()> {
    let at = Working {
        run: &open(url, terminal)?,
        making: Making::Interactions,
        lab: None,
        terminal,
    };
    at.all(part.unwrap_or(Shard::WHOLE))
}

/// A worker at a run in a store.
struct Working<'a> {
    run: &'a RemoteRun,
    making: Making,
    /// What extracts.
    lab: Option<&'a dyn Lab>,
    terminal: &'a Terminal,
}

impl Working<'_> {
    /// Makes the checkpoints of a part that nobody else makes.
    fn all(&self, shard: Shard) -> anyhow::Result<()> {
        let (writer, record) = RunWriter::open_shared(self.run.folder())?;
        let part = Worker::new(&writer, &record, shard);
        let mut worked = Worked::default();
        for (place, &step) in part.steps().iter().enumerate() {
            interrupt::check(Interrupted::Run)?;
            let heading = format!(
                "[{}/{}] {} step {step}",
                place + 1,
                part.steps().len(),
                self.making.name()
            );
            match self.run.take(self.making, step) {
                Ok(Turn::Made) => worked.made += 1,
                Ok(Turn::Theirs(heard)) => {
                    let heard = heard.in_words();
                    self.terminal.say(&format!("{heading}: {heard}"));
                    worked.others += 1;
                }
                Ok(Turn::Mine(held)) => {
                    self.terminal.say(&heading);
                    let one = Worker::of(&writer, &record, vec![step]);
                    self.one(&one, step, held, &mut worked)?;
                }
                Err(error @ Error::Lost { .. }) => worked.failed.push((step, self.lost(&error))),
                Err(error) => return Err(error.into()),
            }
        }
        let all = part.steps().len();
        concluded(
            all,
            &worked,
            shard,
            self.making,
            Path::new(self.run.url()),
            self.terminal,
        )
    }

    /// What to do about an object that is not there.
    fn lost(&self, error: &Error) -> String {
        match self.making {
            Making::Outputs => error.to_string(),
            Making::Interactions => format!(
                "its masked outputs are not there; spindle extract {} makes them ({error})",
                self.run.url()
            ),
        }
    }

    /// Makes a checkpoint in the folder, and publishes what came of it.
    fn one(
        &self,
        worker: &Worker<'_>,
        step: usize,
        held: Held<'_>,
        worked: &mut Worked,
    ) -> anyhow::Result<()> {
        let looking = Looking::new(self.terminal);
        let done = match self.lab {
            Some(lab) => pollster::block_on(worker.extract(lab, &looking)),
            None => pollster::block_on(worker.decompose(&looking)),
        };
        drop(looking);
        let done = match stoppable(done) {
            Ok(done) => done,
            Err(error) => {
                held.release()?;
                return Err(error);
            }
        };
        worked.others += done.others;
        match done.failed.into_iter().next() {
            Some((_, why)) => {
                self.run.publish_failure(self.making, step, &why, held)?;
                worked.failed.push((step, why));
            }
            None if done.made == 1 => {
                self.run.publish(self.making, step, held)?;
                worked.made += 1;
            }
            // Another process of this machine has it in this folder.
            None => held.release()?,
        }
        Ok(())
    }
}

/// Runs `spindle merge`.
pub(super) fn merge(url: &str, terminal: &Terminal) -> anyhow::Result<()> {
    let run = open(url, terminal)?;
    let copying = Copying::new(terminal, "fetch");
    let held = match unless_stopped(run.begin_merge(&copying))? {
        Turn::Mine(held) => held,
        Turn::Theirs(heard) => bail!(
            "{} merges {url}, heard of {} s ago; wait until it is done",
            heard.by,
            heard.ago.as_secs()
        ),
        Turn::Made => return Ok(()),
    };
    drop(copying);
    let merged = merge_folder(run.folder(), terminal);
    if let Err(error) = merged {
        held.release()?;
        let why = format!("{url} cannot be merged yet; `spindle status {url}` says who is at what");
        return Err(error.context(why));
    }
    let copying = Copying::new(terminal, "publish");
    let copied = unless_stopped(run.publish_merge(&copying, held))?;
    drop(copying);
    terminal.say(&format!("{url}: {}", in_words(copied)));
    Ok(())
}

/// Runs `spindle status`.
pub(super) fn status(url: &str, terminal: &Terminal) -> anyhow::Result<()> {
    if of_sweeps::status(url, terminal)? {
        return Ok(());
    }
    let run = open(url, terminal)?;
    list(|making| Ok(run.states(making)?), Some(url), terminal)
}

fn open(url: &str, terminal: &Terminal) -> anyhow::Result<RemoteRun> {
    Ok(RemoteRun::open(
        bucket(url, terminal)?,
        &cache()?,
        &this_worker(),
    )?)
}

/// Where runs of stores are worked on: what `SPINDLE_CACHE` says, or a folder for what can be had again.
fn cache() -> anyhow::Result<PathBuf> {
    let named = |name: &str| {
        env::var_os(name)
            .filter(|at| !at.is_empty())
            .map(PathBuf::from)
    };
    let own = || {
        Some(
            named("XDG_CACHE_HOME")
                .or_else(|| Some(named("HOME")?.join(".cache")))?
                .join("spindle"),
        )
    };
    named("SPINDLE_CACHE")
        .or_else(own)
        .context("there is no HOME to work in; SPINDLE_CACHE names a folder")
}

fn bucket(url: &str, terminal: &Terminal) -> anyhow::Result<Bucket> {
    let told = terminal.clone();
    Ok(Bucket::open(url, move |words| told.warn(words))?)
}

/// Turns a copy that was stopped by Ctrl-C into an interruption.
fn unless_stopped<T>(result: Result<T, Error>) -> anyhow::Result<T> {
    match result {
        Err(Error::Stopped) => Err(Interrupted::Run.into()),
        result => Ok(result?),
    }
}

/// Objects on their way, as a bar.
struct Copying<'a> {
    terminal: &'a Terminal,
    what: &'static str,
    bar: Mutex<Option<ProgressBar>>,
}

impl<'a> Copying<'a> {
    fn new(terminal: &'a Terminal, what: &'static str) -> Self {
        Self {
            terminal,
            what,
            bar: Mutex::new(None),
        }
    }
}

impl Watch for Copying<'_> {
    fn progress(&self, done: usize, total: usize) {
        if let Ok(mut bar) = self.bar.lock() {
            let bar = bar.get_or_insert_with(|| self.terminal.bar(self.what, "objects", 0, total));
            bar.set_length(total as u64);
            bar.set_position(done as u64);
            if done >= total {
                bar.finish_and_clear();
            }
        }
    }

    fn wants_to_stop(&self) -> bool {
        interrupt::requested()
    }
}
