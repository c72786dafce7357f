//! Sweeps in an object store: every run is made by one worker, in a folder, and put there whole.

use std::{fs, path::Path};

use anyhow::{Context, bail};
use serde_json::json;
use spindle_run::{
    digest::sha256,
    folder::{this_worker, write_whole},
    shard::Shard,
    sweep::{Cell, Sweep},
};
use spindle_stores::{RemoteRuns, RunState, RunTurn};

use super::{Copying, bucket, cache, unless_stopped};
use crate::{
    arguments::Sweep as SweepArguments,
    command::{
        address,
        sweep::{GRID, Grid, State, list, made},
    },
    interrupt::{self, Interrupted},
    terminal::Terminal,
};

/// Runs `spindle sweep` with an address: this worker's part of the runs. Tables are made where the sweep
/// is brought to.
pub(crate) fn sweep(
    arguments: &SweepArguments,
    url: &str,
    shard: Shard,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let runs = open(url, terminal)?;
    let folder = cache()?.join(&sha256([url.as_bytes()])[..16]);
    let grid = Grid::begin(&arguments.file, &folder)?;
    let json = folder.join(GRID);
    let json = fs::read(&json).with_context(|| format!("cannot read {}", json.display()))?;
    runs.put_beside(GRID, json)?;
    let cells = grid.sweep.cells.iter();
    let mine: Vec<&Cell> = cells.filter(|cell| shard.holds(&cell.name)).collect();
    let (mut done, mut others, mut failed) = (0, 0, Vec::new());
    for (place, cell) in mine.iter().enumerate() {
        interrupt::check(Interrupted::Run)?;
        let heading = format!("[{}/{}] {}", place + 1, mine.len(), cell.name);
        let held = match runs.take(&cell.name, &cell.experiment)? {
            RunTurn::Mine(held) => held,
            RunTurn::Done => {
                done += 1;
                continue;
            }
            RunTurn::Theirs(heard) => {
                terminal.say(&format!("{heading}: {}", heard.in_words()));
                others += 1;
                continue;
            }
        };
        terminal.say(&heading);
        match made(&grid, cell, &arguments.computation, terminal) {
            Ok(()) => {
                let copying = Copying::new(terminal, "publish");
                unless_stopped(runs.publish(&cell.name, &grid.path(cell), &copying, held))?;
                done += 1;
            }
            Err(error) if error.is::<Interrupted>() => {
                held.release()?;
                return Err(error);
            }
            Err(error) => {
                terminal.warn(&format!("{}: {error:#}", cell.name));
                runs.publish_failure(&cell.name, &format!("{error:#}"), held)?;
                failed.push(&*cell.name);
            }
        }
    }
    if !failed.is_empty() {
        bail!(
            "{} of {} runs failed: {}; `spindle status {url}` has the reasons, and the same command tries them again",
            failed.len(),
            mine.len(),
            failed.join(", ")
        );
    }
    terminal.say(&format!(
        "part {shard}: {done} of {} runs are done, {others} have other workers; once all are: spindle copy {url} FOLDER, and spindle sweep {} --out FOLDER makes the tables",
        mine.len(),
        arguments.file.display()
    ));
    terminal.document(&json!({
        "sweep": url,
        "runs": mine.len(),
        "done": done,
        "others": others,
    }))
}

/// Copies a sweep, where it is one: the runs that are done, then the grid.
pub(super) fn copy(from: &Path, to: &Path, terminal: &Terminal) -> anyhow::Result<Option<()>> {
    let copied = match (address(from), address(to)) {
        (Some(url), None) => down(url, to, terminal)?,
        (None, Some(url)) if Grid::is_there(from) => Some(up(&Grid::open(from)?, url, terminal)?),
        _ => None,
    };
    let Some((copied, all)) = copied else {
        return Ok(None);
    };
    terminal.say(&format!(
        "{}: {copied} of {all} runs, those that are done",
        to.display()
    ));
    let about = json!({ "from": from, "to": to, "runs": all, "copied": copied });
    terminal.document(&about).map(Some)
}

/// How many of how many runs were brought; `None` where there is no sweep.
fn down(url: &str, to: &Path, terminal: &Terminal) -> anyhow::Result<Option<(usize, usize)>> {
    let runs = open(url, terminal)?;
    let Some((json, sweep)) = sweep_of(&runs)? else {
        return Ok(None);
    };
    let mut copied = 0;
    for cell in &sweep.cells {
        let copying = Copying::new(terminal, "copy");
        let brought = runs.bring(&cell.name, &to.join(&cell.name), &copying);
        copied += usize::from(unless_stopped(brought)?);
    }
    write_whole(&to.join(GRID), &json)?;
    Ok(Some((copied, sweep.cells.len())))
}

fn up(grid: &Grid, url: &str, terminal: &Terminal) -> anyhow::Result<(usize, usize)> {
    let runs = open(url, terminal)?;
    let mut copied = 0;
    for cell in &grid.sweep.cells {
        if grid.state(cell) == State::Done {
            let copying = Copying::new(terminal, "copy");
            unless_stopped(runs.put(&cell.name, &grid.path(cell), &copying))?;
            copied += 1;
        }
    }
    let json = grid.folder.join(GRID);
    let json = fs::read(&json).with_context(|| format!("cannot read {}", json.display()))?;
    runs.put_beside(GRID, json)?;
    Ok((copied, grid.sweep.cells.len()))
}

/// Tells how far the runs of a sweep are; whether there is one.
pub(super) fn status(url: &str, terminal: &Terminal) -> anyhow::Result<bool> {
    let runs = open(url, terminal)?;
    let Some((_, sweep)) = sweep_of(&runs)? else {
        return Ok(false);
    };
    let state = |cell: &Cell| {
        Ok(match runs.state(&cell.name)? {
            RunState::Done => State::Done,
            RunState::Missing => State::Missing,
            RunState::Failed(error) => State::Failed { error },
            RunState::Claimed(heard) if heard.is_lost => State::Failed {
                error: heard.in_words(),
            },
            RunState::Claimed(_) => State::Running,
        })
    };
    list(&sweep.cells, state, terminal)?;
    Ok(true)
}

/// The grid at an address, as text and read; `None` where there is none.
fn sweep_of(runs: &RemoteRuns) -> anyhow::Result<Option<(Vec<u8>, Sweep)>> {
    let Some(json) = runs.beside(GRID)? else {
        return Ok(None);
    };
    let read = || format!("cannot read {}/{GRID}", runs.url());
    let grid = serde_json::from_slice(&json).with_context(read)?;
    let sweep = Sweep::read(grid).with_context(read)?;
    Ok(Some((json, sweep)))
}

fn open(url: &str, terminal: &Terminal) -> anyhow::Result<RemoteRuns> {
    Ok(RemoteRuns::new(bucket(url, terminal)?, &this_worker()))
}
