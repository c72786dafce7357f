//! One module a command.

mod around;
pub(crate) mod compare;
pub(crate) mod data;
pub(crate) mod decompose;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod landscape;
mod partitions;
pub(crate) mod ranges;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod shards;
#[cfg(feature = "object-store")]
pub(crate) mod stores;
#[cfg(not(feature = "object-store"))]
#[path = "without_stores.rs"]
pub(crate) mod stores;
pub(crate) mod sweep;
pub(crate) mod tangent;
pub(crate) mod values;
pub(crate) mod verify;

use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::CommandFactory;
use spindle_data::{AnyData, Labelled as _};
use spindle_run::record::RunRecord;

use crate::{arguments::Command, terminal};

/// The address of an object store, where a path is one: it begins with a scheme.
pub(crate) fn address(path: &Path) -> Option<&str> {
    let path = path.to_str()?;
    let (scheme, _) = path.split_once("://")?;
    let is_scheme = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_scheme && !scheme.is_empty()).then_some(path)
}

/// Refuses addresses of object stores where folders are meant.
pub(crate) fn refuse_addresses(command: &Command) -> anyhow::Result<()> {
    let paths: Vec<&PathBuf> = match command {
        Command::Run(new) | Command::Train(new) => vec![&new.out],
        Command::Verify(verify) => vec![&verify.path],
        Command::Ranges(bars) => vec![&bars.run],
        Command::Landscape(landscape) => vec![&landscape.run.run],
        Command::Tangent(tangent) => vec![&tangent.run.run],
        Command::Export(export) => vec![&export.run, &export.out],
        Command::Serve(serve) => serve.runs.iter().collect(),
        Command::Compare(compare) => compare.runs.iter().collect(),
        _ => Vec::new(),
    };
    match paths.into_iter().find_map(|path| address(path)) {
        Some(url) => bail!(
            "{url} is in an object store, and this command works in folders: spindle copy {url} FOLDER brings a run into one, spindle copy FOLDER {url} puts it there"
        ),
        None => Ok(()),
    }
}

/// Prints a shell's completion script.
pub(crate) fn completions(shell: clap_complete::Shell) -> anyhow::Result<()> {
    let mut script = Vec::new();
    let mut command = crate::arguments::Arguments::command();
    clap_complete::generate(shell, &mut command, "spindle", &mut script);
    terminal::write_out(&script)
}

/// The data set of a run, the same as when the run began.
fn data_of(record: &RunRecord) -> anyhow::Result<AnyData> {
    let data = as_begun(record, spindle_data::load(&record.experiment)?);
    unchanged(record, &data)?;
    Ok(data)
}

/// These data with their classes in the order that the run has them in.
fn as_begun(record: &RunRecord, data: AnyData) -> AnyData {
    spindle_data::as_begun(data, &record.provenance.data_digest)
}

/// Checks that these data are the run's.
fn unchanged(record: &RunRecord, data: &AnyData) -> anyhow::Result<()> {
    if !data.is_of(&record.provenance.data_digest) {
        bail!(
            "the data set has changed since this run began, or version {} of Spindle, which began it, read these files in another way: its digest is {}, the run's is {}; continue with the original files, or begin a new run",
            record.provenance.version,
            data.digest(),
            record.provenance.data_digest
        );
    }
    Ok(())
}
