//! One run that is served: packed when it is asked for, and again when it has changed.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use anyhow::Context;
use serde::Serialize;
use spindle_run::{Experiment, export::Export, record::RunRecord};
use spindle_serve::{Body, Found, tag_of};

use super::super::export::{open_analysed, packed};

/// When what a run is read from was written, and its length.
type Stamp = (SystemTime, u64);

/// A run, under the name that the page knows it by.
pub(super) struct ServedRun {
    pub(super) name: String,
    pub(super) path: PathBuf,
    /// As it was when it was last read.
    now: Mutex<Now>,
}

struct Now {
    stamp: Stamp,
    listed: Listed,
    packed: Option<(Arc<[u8]>, String)>,
}

/// A run in the page's list.
#[derive(Clone, Serialize)]
pub(super) struct Listed {
    name: String,
    title: String,
    model: String,
    data: String,
    /// Where it came from, in place of how it was made.
    status: String,
    experiment: Experiment,
    train_size: usize,
    file: String,
    /// None: the page's viewer makes it of the file.
    view: Option<String>,
    /// Unknown before it was packed.
    bytes: Option<usize>,
}

impl ServedRun {
    /// Reads a run's folder or its `.spindle` file.
    pub(super) fn open(name: String, path: &Path) -> anyhow::Result<Self> {
        let now = read(&name, path).with_context(|| format!("cannot serve {}", path.display()))?;
        Ok(Self {
            name,
            path: path.to_owned(),
            now: Mutex::new(now),
        })
    }

    /// Its row of the list: as it is, or as it was where it cannot be read just now.
    pub(super) fn listed(&self) -> Listed {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        // Opening it will say what is wrong.
        let _ = self.renew(&mut now);
        now.listed.clone()
    }

    /// Its `.spindle` file.
    pub(super) fn find(&self) -> anyhow::Result<Found> {
        // Whoever asks for the same run meanwhile waits, and does not pack it a second time.
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        self.renew(&mut now)?;
        let (bytes, tag) = match &now.packed {
            Some(packed) => packed.clone(),
            None => self.pack(&mut now)?,
        };
        Ok(Found {
            body: Body::Bytes(bytes),
            tag,
            forever: false,
        })
    }

    /// Reads it again if it has changed.
    fn renew(&self, now: &mut Now) -> anyhow::Result<()> {
        if stamp(&self.path)? != now.stamp {
            *now = read(&self.name, &self.path)?;
        }
        Ok(())
    }

    fn pack(&self, now: &mut Now) -> anyhow::Result<(Arc<[u8]>, String)> {
        let bytes = packed(&self.path, None)?;
        let found = keep(bytes);
        now.listed.bytes = Some(found.0.len());
        now.packed = Some(found.clone());
        Ok(found)
    }
}

fn read(name: &str, path: &Path) -> anyhow::Result<Now> {
    // Before the contents: what is written in between is noticed the next time.
    let stamp = stamp(path)?;
    let (record, packed) = match path.is_dir() {
        true => (open_analysed(path)?.1, None),
        false => {
            let bytes = fs::read(path)?;
            (Export::unpack(&bytes)?.record, Some(keep(bytes)))
        }
    };
    let bytes = packed.as_ref().map(|(bytes, _)| bytes.len());
    Ok(Now {
        stamp,
        listed: listed(name, path, &record, bytes),
        packed,
    })
}

fn keep(bytes: Vec<u8>) -> (Arc<[u8]>, String) {
    let tag = tag_of(&bytes);
    (bytes.into(), tag)
}

/// The stamp of a file, or of the record in a run's folder, which is replaced at every change.
fn stamp(path: &Path) -> anyhow::Result<Stamp> {
    let file = match path.is_dir() {
        true => path.join("run.json"),
        false => path.to_owned(),
    };
    let about = fs::metadata(&file).with_context(|| format!("cannot read {}", file.display()))?;
    if !about.is_file() {
        anyhow::bail!("it is neither the folder of a run nor a .spindle file");
    }
    Ok((about.modified()?, about.len()))
}

fn listed(name: &str, path: &Path, record: &RunRecord, bytes: Option<usize>) -> Listed {
    let model = record.experiment.training.model.title();
    let data = record.data_name();
    Listed {
        name: name.to_owned(),
        title: format!("{name}: {model} on {data}"),
        model: model.to_owned(),
        data: data.to_owned(),
        status: path.display().to_string(),
        experiment: record.experiment.without_paths(),
        train_size: record.provenance.train_size,
        file: super::address_of(name),
        view: None,
        bytes,
    }
}
