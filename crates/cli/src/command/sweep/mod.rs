//! `spindle sweep` and `spindle status`: a grid of runs, each in a folder of its own, and what all of
//! them found together.
//!
//! ```text
//! sweep.json     the grid
//! sweep.lock     held by who writes any of this but a run
//! NAME/          a run
//! NAME.error     why a run failed the last time
//! tables/        tables of all runs that are done, as Parquet; a sweep's own as CSV too
//! figures/       settings side by side
//! sweep.html     the same to be read
//! ```

mod gather;
mod grid;

use std::{env, fs, io, path::Path};

use anyhow::{Context, bail};
use serde::Serialize;
use serde_json::json;
use spindle_run::{Error, RunFolder, shard::Shard, sweep::Cell};

#[cfg(feature = "object-store")]
pub(super) use self::grid::GRID;
pub(super) use self::grid::{Grid, State};
use super::{
    address, landscape::landscape_in_silence, run::run_in_silence, shards, stores,
    tangent::tangent_in_silence,
};
use crate::{
    arguments::{NewRun, Status as StatusArguments, Sweep as SweepArguments},
    computation::Computation,
    interrupt::{self, Interrupted},
    terminal::Terminal,
};

/// Runs `spindle sweep`.
pub(crate) fn sweep(arguments: &SweepArguments, terminal: &Terminal) -> anyhow::Result<()> {
    let shard = Shard::find(arguments.shard, |name| env::var(name).ok())?;
    if let Some(url) = address(&arguments.out) {
        return stores::sweep(arguments, url, shard, terminal);
    }
    let grid = Grid::begin(&arguments.file, &arguments.out)?;
    let mine: Vec<&Cell> = grid
        .sweep
        .cells
        .iter()
        .filter(|cell| shard.holds(&cell.name))
        .collect();
    if !shard.is_whole() {
        let all = grid.sweep.cells.len();
        terminal.say(&format!("part {shard}: {} of {all} runs", mine.len()));
    }
    let mut failed = Vec::new();
    for (place, cell) in mine.iter().enumerate() {
        let heading = format!("[{}/{}] {}", place + 1, mine.len(), cell.name);
        failed.extend(one(
            &grid,
            cell,
            &arguments.computation,
            &heading,
            terminal,
        )?);
    }
    let gathered = gather::gather(&grid, terminal)?;
    failed.extend(gathered.damaged);
    if !failed.is_empty() {
        bail!(
            "{} of {} runs failed: {}; `spindle status {}` has the reasons, and the same command tries them again",
            failed.len(),
            mine.len(),
            failed.join(", "),
            grid.folder.display()
        );
    }
    terminal.document(&json!({
        "sweep": grid.folder,
        "runs": grid.sweep.cells.len(),
        "done": gathered.done,
    }))
}

/// Does one run; its name where it failed. Runs that are done, or that another process has, are left.
fn one<'a>(
    grid: &Grid,
    cell: &'a Cell,
    computation: &Computation,
    heading: &str,
    terminal: &Terminal,
) -> anyhow::Result<Option<&'a str>> {
    match grid.state(cell) {
        State::Done => return Ok(None),
        State::Running => {
            terminal.say(&format!("{heading}: another process works on it"));
            return Ok(None);
        }
        _ => terminal.say(heading),
    }
    interrupt::check(Interrupted::Run)?;
    match made(grid, cell, computation, terminal) {
        Ok(()) => {
            removed(&grid.error_path(cell))?;
            Ok(None)
        }
        Err(error) if error.is::<Interrupted>() => Err(error),
        // Whoever was faster does it.
        Err(error) if matches!(error.downcast_ref(), Some(Error::Locked(_))) => Ok(None),
        Err(error) => {
            grid.failed(cell, &error, terminal)?;
            Ok(Some(&cell.name))
        }
    }
}

/// Makes one run, all of it, in its folder.
pub(super) fn made(
    grid: &Grid,
    cell: &Cell,
    computation: &Computation,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let new = NewRun {
        out: grid.path(cell),
        stop_at: None,
        experiment: cell.experiment.clone(),
        computation: computation.clone(),
    };
    let warning = run_in_silence(&new, terminal)?;
    if let Some(samples) = grid.sweep.landscape {
        landscape_in_silence(&new.out, samples, computation, terminal)?;
    }
    if let Some(samples) = grid.sweep.tangent {
        tangent_in_silence(&new.out, samples, computation, terminal)?;
    }
    if let Some(warning) = warning {
        terminal.warn(&format!("{}: {warning}", cell.name));
    }
    Ok(())
}

fn removed(path: &Path) -> anyhow::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

#[derive(Serialize)]
struct Listed<'a> {
    run: &'a str,
    #[serde(flatten)]
    state: State,
}

/// Runs `spindle status`.
pub(crate) fn status(arguments: &StatusArguments, terminal: &Terminal) -> anyhow::Result<()> {
    if let Some(url) = address(&arguments.folder) {
        return stores::status(url, terminal);
    }
    if let Ok((folder, record)) = RunFolder::open(&arguments.folder) {
        return shards::status(&folder, &record, terminal);
    }
    let grid = Grid::open(&arguments.folder)?;
    list(&grid.sweep.cells, |cell| Ok(grid.state(cell)), terminal)
}

/// Lists the states of all runs.
pub(super) fn list(
    cells: &[Cell],
    state: impl Fn(&Cell) -> anyhow::Result<State>,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let mut listed = Vec::new();
    for cell in cells {
        let state = state(cell)?;
        let about = match &state {
            State::Begun { checkpoints } => format!("  {checkpoints} checkpoints"),
            State::Failed { error } => format!("  {}", error.trim_end()),
            _ => String::new(),
        };
        terminal.answer(&format!("{:<8} {}{about}", state.name(), cell.name))?;
        listed.push(Listed {
            run: &cell.name,
            state,
        });
    }
    let count = |name: &str| {
        listed
            .iter()
            .filter(|listed| listed.state.name() == name)
            .count()
    };
    let names = ["done", "running", "begun", "failed", "missing"];
    let counts: Vec<String> = names
        .iter()
        .map(|name| format!("{} {name}", count(name)))
        .collect();
    terminal.say(&format!("{} of {} runs", counts.join(", "), listed.len()));
    terminal.document(&listed)
}
