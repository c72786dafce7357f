//! `spindle export --tables`: tables by model, seed, run and checkpoint, of a run or a sweep.
//!
//! A run is read after the other, and its interactions a checkpoint after the other: memory holds
//! what one run's record has, however many there are.

use std::{fs, path::Path};

use anyhow::{Context, bail};
use indicatif::ProgressBar;
use serde_json::json;
use spindle_run::{
    RunFolder,
    folder::WholeFolder,
    record::RunRecord,
    sweep::varied,
    table::{Column, OfOneRun, Partition},
};

use super::{
    export::open_analysed,
    sweep::{Grid, State},
};
use crate::{
    interrupt::{self, Interrupted},
    terminal::Terminal,
};

/// Tables on their way into a folder.
struct Writing {
    folder: WholeFolder,
    files: usize,
    bytes: usize,
}

impl Writing {
    fn put(&mut self, partition: &Partition) -> anyhow::Result<()> {
        let parquet = partition.table.to_parquet()?;
        self.folder.write(&partition.path, &parquet)?;
        self.files += 1;
        self.bytes += parquet.len();
        Ok(())
    }

    /// All tables of a run.
    fn put_run(
        &mut self,
        name: &str,
        leading: &[Column],
        (folder, record): &(RunFolder, RunRecord),
    ) -> anyhow::Result<()> {
        let run = OfOneRun {
            name,
            record,
            leading,
        };
        let parts = run.of_record();
        parts.iter().try_for_each(|part| self.put(part))?;
        for (place, at) in record.checkpoints.iter().enumerate() {
            interrupt::check(Interrupted::File)?;
            let decompositions = folder.interactions(record, at.losses.step)?;
            if let Some(part) = run.of_interactions(place, &decompositions) {
                self.put(&part)?;
            }
        }
        Ok(())
    }
}

/// Runs the command.
pub(super) fn export(path: &Path, out: &Path, terminal: &Terminal) -> anyhow::Result<()> {
    let mut writing = Writing {
        folder: WholeFolder::begin(out)?,
        files: 0,
        bytes: 0,
    };
    let runs = match Grid::is_there(path) {
        true => of_sweep(&Grid::open(path)?, &mut writing, terminal)?,
        false => {
            let name = name_of(path)?;
            writing.put_run(&name, &[], &open_analysed(path)?)?;
            vec![name]
        }
    };
    let about = json!({ "spindle": env!("CARGO_PKG_VERSION"), "runs": runs });
    writing.folder.finish(&format!("{about:#}\n"))?;
    let (files, bytes) = (writing.files, writing.bytes);
    terminal.say(&format!(
        "{}: {files} files of {} runs ({:.2} MB)",
        out.display(),
        runs.len(),
        bytes as f64 / 1e6
    ));
    terminal.document(&json!({ "folder": out, "runs": runs, "files": files, "bytes": bytes }))
}

/// The name that a run's folder has, whatever way leads there.
fn name_of(path: &Path) -> anyhow::Result<String> {
    let found = fs::canonicalize(path);
    let found = found.with_context(|| format!("cannot find {}", path.display()))?;
    Ok(found
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned()))
}

/// Tables of all runs that are done; their names.
fn of_sweep(
    grid: &Grid,
    writing: &mut Writing,
    terminal: &Terminal,
) -> anyhow::Result<Vec<String>> {
    let cells = &grid.sweep.cells;
    let bar: ProgressBar = terminal.bar("tables", "runs", 0, cells.len());
    let mut names = Vec::new();
    for (cell, leading) in cells.iter().zip(varied(&grid.sweep)) {
        if grid.state(cell) == State::Done {
            let run = RunFolder::open(grid.path(cell))?;
            writing.put_run(&cell.name, &leading, &run)?;
            names.push(cell.name.clone());
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if names.is_empty() {
        bail!(
            "none of the {} runs of {} is done; `spindle status` says how far they are",
            cells.len(),
            grid.folder.display()
        );
    }
    if names.len() < cells.len() {
        terminal.warn(&format!(
            "{} of {} runs are done, and in these tables; the same command takes the others later",
            names.len(),
            cells.len()
        ));
    }
    Ok(names)
}
