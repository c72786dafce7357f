//! `spindle sweep` and `spindle status`: a grid of runs, each in a folder of its own, and what all of
//! them found together.
//!
//! ```text
//! sweep.json     the grid
//! NAME/          a run
//! NAME.error     why a run failed the last time
//! tables/        tables of all runs that are done, as Parquet; runs, over_seeds and transfer as CSV too
//! figures/       settings side by side
//! sweep.html     the same to be read
//! ```

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use serde::Serialize;
use serde_json::{Value, json};
use spindle_interactions::decompose::Decomposition;
use spindle_run::{
    Error, RunFolder, analysis,
    folder::write_whole,
    record::RunRecord,
    sweep::{self, Cell, CellInteractions, CellRecord, OverSeeds, Shard, Sweep, transfer},
};

use super::run::run_in_silence;
use crate::{
    arguments::{NewRun, Status as StatusArguments, Sweep as SweepArguments},
    computation::Computation,
    interrupt::{self, Interrupted},
    terminal::Terminal,
};

/// The grid, as the folder keeps it.
const GRID: &str = "sweep.json";
const PAGE: &str = "sweep.html";

/// How far a run of a sweep is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
enum State {
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
    const fn name(&self) -> &'static str {
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
struct Grid {
    folder: PathBuf,
    sweep: Sweep,
}

impl Grid {
    fn path(&self, cell: &Cell) -> PathBuf {
        self.folder.join(&cell.name)
    }

    fn error_path(&self, cell: &Cell) -> PathBuf {
        self.folder.join(format!("{}.error", cell.name))
    }

    fn state(&self, cell: &Cell) -> State {
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
                if differences.is_empty() && has_report && analysis::is_complete(&record) {
                    return State::Done;
                }
                State::Begun {
                    checkpoints: record.checkpoints.len(),
                }
            }
        };
        match fs::read_to_string(self.error_path(cell)) {
            Ok(error) => State::Failed { error },
            Err(_) => state,
        }
    }

    /// The runs that are done.
    fn done(&self) -> anyhow::Result<Vec<Done<'_>>> {
        let mut done = Vec::new();
        for cell in &self.sweep.cells {
            if self.state(cell) == State::Done {
                let (folder, record) = RunFolder::open(self.path(cell))?;
                let last = record.checkpoints.last().map_or(0, |last| last.losses.step);
                done.push(Done {
                    name: &cell.name,
                    last: folder.interactions(&record, last)?,
                    record,
                });
            }
        }
        Ok(done)
    }
}

/// A run that is done, with its interactions at the last checkpoint.
struct Done<'a> {
    name: &'a str,
    record: RunRecord,
    last: Vec<Decomposition>,
}

/// Runs `spindle sweep`.
pub(crate) fn sweep(arguments: &SweepArguments, terminal: &Terminal) -> anyhow::Result<()> {
    let shard = Shard::find(arguments.shard, |name| env::var(name).ok())?;
    let grid = begin(&arguments.file, &arguments.out)?;
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
    let done = gather(&grid, terminal)?;
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
        "done": done,
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
    let new = NewRun {
        out: grid.path(cell),
        stop_at: None,
        experiment: cell.experiment.clone(),
        computation: computation.clone(),
    };
    match run_in_silence(&new, terminal) {
        Ok(()) => {
            removed(&grid.error_path(cell))?;
            Ok(None)
        }
        Err(error) if error.is::<Interrupted>() => Err(error),
        // Whoever was faster does it.
        Err(error) if matches!(error.downcast_ref(), Some(Error::Locked(_))) => Ok(None),
        Err(error) => {
            terminal.warn(&format!("{}: {error:#}", cell.name));
            write_whole(&grid.error_path(cell), format!("{error:#}\n").as_bytes())?;
            Ok(Some(&cell.name))
        }
    }
}

fn removed(path: &Path) -> anyhow::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// Reads the grid and keeps it in the sweep's folder. Runs that an earlier grid had stay; a run that
/// has become another one is refused when its turn comes.
fn begin(file: &Path, folder: &Path) -> anyhow::Result<Grid> {
    let name = file.display();
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
    let mut grid: Value = toml::from_str(&text).with_context(|| format!("{name} is no TOML"))?;
    let beside =
        std::path::absolute(file).with_context(|| format!("cannot tell where {name} is"))?;
    let beside = beside.parent().unwrap_or(Path::new("/"));
    resolve(&mut grid, beside);
    let sweep = Sweep::read(grid.clone()).with_context(|| format!("cannot read {name}"))?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    write_whole(&folder.join(GRID), format!("{grid:#}\n").as_bytes())?;
    Ok(Grid {
        folder: folder.to_owned(),
        sweep,
    })
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

/// Writes what all runs that are done found together; returns how many they are.
fn gather(grid: &Grid, terminal: &Terminal) -> anyhow::Result<usize> {
    let done = grid.done()?;
    let runs: Vec<CellRecord<'_>> = done
        .iter()
        .map(|Done { name, record, .. }| CellRecord { name, record })
        .collect();
    let all = grid.sweep.cells.len();
    if runs.is_empty() {
        terminal.say(&format!("none of {all} runs is done"));
        return Ok(0);
    }
    let both = runs.iter().zip(&done);
    let both: Vec<CellInteractions<'_>> = both
        .map(|(cell, done)| CellInteractions {
            cell: *cell,
            decompositions: &done.last,
        })
        .collect();
    let transfers = sweep::transfers(&grid.sweep, &both);
    let mut tables = sweep::tables(&grid.sweep, &runs);
    tables.insert(0, transfer::table(&grid.sweep, &transfers));
    let folder = grid.folder.join("tables");
    for table in &tables {
        write_whole(
            &folder.join(format!("{}.parquet", table.name)),
            &table.to_parquet()?,
        )?;
    }
    let (own, _) = tables.split_at(3);
    for table in own {
        write_whole(
            &folder.join(format!("{}.csv", table.name)),
            table.to_csv().as_bytes(),
        )?;
    }
    let mut figures = sweep::figures(&grid.sweep, &runs);
    figures.extend(transfer::figure(&grid.sweep, &transfers));
    for figure in spindle_report::figures_of_several(&figures) {
        let path = grid
            .folder
            .join("figures")
            .join(format!("{}.svg", figure.name));
        write_whole(&path, figure.svg.as_bytes())?;
    }
    let lead = format!(
        "{} of {all} runs are done. What is varied: {}.",
        runs.len(),
        grid.sweep.varied.join(", ").replace('_', " ")
    );
    let name = grid.folder.file_name().unwrap_or(grid.folder.as_os_str());
    let title = name.display().to_string();
    let html = spindle_report::sweep_html(&title, &lead, &figures, own);
    write_whole(&grid.folder.join(PAGE), html.as_bytes())?;
    terminal.answer(&in_lines(grid, &runs))?;
    terminal.say(&format!(
        "{} of {all} runs are done; sweep {}",
        runs.len(),
        grid.folder.join(PAGE).display()
    ));
    Ok(runs.len())
}

/// What the terminal shows of every setting.
const SHOWN: [&str; 7] = [
    "share_first",
    "share_lowest",
    "share_last",
    "has_two_phases",
    "gap_onset_epoch",
    "least_test_loss_nats",
    "test_accuracy",
];

/// A line a setting and number: mean over seeds, with its interval.
fn in_lines(grid: &Grid, runs: &[CellRecord<'_>]) -> String {
    let fields = OverSeeds::fields(&grid.sweep);
    let rows = sweep::over_seeds(&grid.sweep, runs).into_iter();
    let rows = rows.filter(|row| SHOWN.contains(&row.number));
    let line = |row: OverSeeds| {
        let setting = fields.iter().zip(&row.setting);
        let setting: Vec<String> = setting
            .map(|(field, value)| format!("{field}={value}"))
            .collect();
        let mean = row.mean;
        let interval = match mean.low.is_finite() {
            true => format!(" [{:.3}, {:.3}]", mean.low, mean.high),
            false => String::new(),
        };
        let missing = match row.runs < row.of {
            true => format!("  ({} of {} runs)", row.runs, row.of),
            false => String::new(),
        };
        format!(
            "{:<28} {:<22} {:.3}{interval}{missing}",
            setting.join(" "),
            row.number,
            mean.value
        )
    };
    rows.map(line).collect::<Vec<_>>().join("\n")
}

#[derive(Serialize)]
struct Listed<'a> {
    run: &'a str,
    #[serde(flatten)]
    state: State,
}

/// Runs `spindle status`.
pub(crate) fn status(arguments: &StatusArguments, terminal: &Terminal) -> anyhow::Result<()> {
    let folder = &arguments.sweep;
    let path = folder.join(GRID);
    let text = fs::read_to_string(&path).with_context(|| {
        format!(
            "{} holds no sweep; `spindle sweep FILE.toml --out` makes one",
            folder.display()
        )
    })?;
    let grid: Value =
        serde_json::from_str(&text).with_context(|| format!("cannot read {}", path.display()))?;
    let grid = Grid {
        folder: folder.clone(),
        sweep: Sweep::read(grid).with_context(|| format!("cannot read {}", path.display()))?,
    };
    let mut listed = Vec::new();
    for cell in &grid.sweep.cells {
        let state = grid.state(cell);
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
