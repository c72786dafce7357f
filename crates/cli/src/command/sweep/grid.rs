//! A sweep in its folder, and how far each of its runs is.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use serde::Serialize;
use serde_json::Value;
use spindle_run::{
    Error, RunFolder,
    analysis::{self, landscape, tangent},
    folder::write_whole,
    sweep::{Cell, Sweep},
};

use crate::terminal::Terminal;

/// The grid, as the folder keeps it.
pub(in crate::command) const GRID: &str = "sweep.json";
const LOCK: &str = "sweep.lock";

/// Whoever writes into a sweep's folder, other than a run, holds its lock: one process at a time.
pub(super) fn lock(folder: &Path) -> anyhow::Result<File> {
    let path = folder.join(LOCK);
    let failed = || format!("cannot lock {}", path.display());
    let file = File::create(&path).with_context(failed)?;
    file.lock().with_context(failed)?;
    Ok(file)
}

/// How far a run of a sweep is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub(in crate::command) enum State {
    Done,
    /// Another process has its lock.
    Running,
    /// Begun, and nobody works on it.
    Begun {
        checkpoints: usize,
    },
    Failed {
        error: String,
    },
    Missing,
}

impl State {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Running => "running",
            Self::Begun { .. } => "begun",
            Self::Failed { .. } => "failed",
            Self::Missing => "missing",
        }
    }
}

/// A sweep in its folder.
pub(in crate::command) struct Grid {
    pub(in crate::command) folder: PathBuf,
    pub(in crate::command) sweep: Sweep,
}

impl Grid {
    /// Reads the grid and keeps it in the sweep's folder. Runs that an earlier grid had stay, done or
    /// not; where a run of the same name would become another one, nothing is begun.
    pub(in crate::command) fn begin(file: &Path, folder: &Path) -> anyhow::Result<Self> {
        let name = file.display();
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
        let mut grid: Value =
            toml::from_str(&text).with_context(|| format!("{name} is no TOML"))?;
        let beside =
            std::path::absolute(file).with_context(|| format!("cannot tell where {name} is"))?;
        let beside = beside.parent().unwrap_or(Path::new("/"));
        resolve(&mut grid, beside);
        let sweep = Sweep::read(grid.clone()).with_context(|| format!("cannot read {name}"))?;
        if RunFolder::open(folder).is_ok() {
            bail!(
                "{} is a run; a sweep needs a folder of its own",
                folder.display()
            );
        }
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        // Workers begin together.
        let _lock = lock(folder)?;
        refuse_another(folder, file, &sweep)?;
        write_whole(&folder.join(GRID), format!("{grid:#}\n").as_bytes())?;
        Ok(Self {
            folder: folder.to_owned(),
            sweep,
        })
    }

    /// Whether a folder holds a sweep.
    pub(in crate::command) fn is_there(folder: &Path) -> bool {
        folder.join(GRID).is_file()
    }

    /// The sweep that a folder holds.
    pub(in crate::command) fn open(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(GRID);
        let text = fs::read_to_string(&path).with_context(|| {
            format!(
                "{} holds no sweep; `spindle sweep FILE.toml --out` makes one",
                folder.display()
            )
        })?;
        let read = || format!("cannot read {}", path.display());
        let grid: Value = serde_json::from_str(&text).with_context(read)?;
        Ok(Self {
            folder: folder.to_owned(),
            sweep: Sweep::read(grid).with_context(read)?,
        })
    }

    pub(in crate::command) fn path(&self, cell: &Cell) -> PathBuf {
        self.folder.join(&cell.name)
    }

    pub(super) fn error_path(&self, cell: &Cell) -> PathBuf {
        self.folder.join(format!("{}.error", cell.name))
    }

    pub(in crate::command) fn state(&self, cell: &Cell) -> State {
        let state = match RunFolder::open(self.path(cell)) {
            Err(Error::NoRun(_)) => State::Missing,
            Err(error) => State::Failed {
                error: error.to_string(),
            },
            Ok((folder, _)) if folder.is_locked() => return State::Running,
            Ok((folder, record)) => {
                let has_report = folder.path().join("report.html").is_file();
                // A run of another experiment is refused when its turn comes.
                let differences = record.experiment.decisive_differences(&cell.experiment);
                let is_complete = analysis::is_complete(&record)
                    && (self.sweep.landscape.is_none() || landscape::is_measured(&record))
                    && (self.sweep.tangent.is_none() || tangent::is_measured(&record));
                match differences.is_empty() && has_report && is_complete {
                    true => State::Done,
                    false => State::Begun {
                        checkpoints: record.checkpoints.len(),
                    },
                }
            }
        };
        match fs::read_to_string(self.error_path(cell)) {
            Ok(error) => State::Failed { error },
            Err(_) => state,
        }
    }

    /// Tells why a run failed, and keeps it for who looks later.
    pub(super) fn failed(
        &self,
        cell: &Cell,
        error: &anyhow::Error,
        terminal: &Terminal,
    ) -> anyhow::Result<()> {
        terminal.warn(&format!("{}: {error:#}", cell.name));
        write_whole(&self.error_path(cell), format!("{error:#}\n").as_bytes())?;
        Ok(())
    }
}

/// An error where a run that the folder's sweep has would become another one by this file.
fn refuse_another(folder: &Path, file: &Path, sweep: &Sweep) -> anyhow::Result<()> {
    if !Grid::is_there(folder) {
        return Ok(());
    }
    let earlier = Grid::open(folder)?.sweep;
    let same_name = |cell: &Cell| {
        sweep
            .cells
            .iter()
            .find(|new| new.name == cell.name)
            .cloned()
    };
    let pairs = earlier
        .cells
        .iter()
        .filter_map(|cell| Some((cell, same_name(cell)?)));
    for (cell, new) in pairs {
        let differences = cell.experiment.decisive_differences(&new.experiment);
        if !differences.is_empty() {
            let words: Vec<String> = differences.iter().map(ToString::to_string).collect();
            bail!(
                "{} holds a sweep with other settings: {}. Choose another folder for {}, or take the settings again that {} has",
                folder.display(),
                words.join("; "),
                file.display(),
                folder.join(GRID).display()
            );
        }
    }
    Ok(())
}

/// Paths are relative to the file that they stand in.
fn resolve(value: &mut Value, beside: &Path) {
    let is_path = |name: &str| matches!(name.replace('-', "_").as_str(), "data_dir" | "vocabulary");
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| resolve(value, beside)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match is_path(name) {
                    true => each_path(value, beside),
                    false => resolve(value, beside),
                }
            }
        }
        _ => {}
    }
}

fn each_path(value: &mut Value, beside: &Path) {
    match value {
        Value::String(path) if !path.is_empty() => {
            *path = beside.join(&*path).display().to_string();
        }
        Value::Array(paths) => paths.iter_mut().for_each(|path| each_path(path, beside)),
        _ => {}
    }
}
