//! What all runs of a sweep that are done found together, written beside them.

use spindle_run::{
    RunFolder,
    figure::Figure,
    folder::write_whole,
    record::RunRecord,
    sweep::{self, Cell, CellRecord, OverSeeds, TestEffects, Twins, Watched},
    table::Table,
};

use super::grid::{Grid, State, lock};
use crate::terminal::Terminal;

const PAGE: &str = "sweep.html";

/// A run that is done, with what its test samples have at the last checkpoint.
struct Done<'a> {
    name: &'a str,
    folder: RunFolder,
    record: RunRecord,
    effects: TestEffects,
}

impl<'a> Done<'a> {
    fn read(grid: &Grid, cell: &'a Cell) -> anyhow::Result<Self> {
        let (folder, record) = RunFolder::open(grid.path(cell))?;
        let last = record.checkpoints.len().saturating_sub(1);
        let effects = effects(&folder, &record, last)?;
        if grid.sweep.twins {
            // What is damaged is known before anything is gathered.
            for at in &record.checkpoints {
                folder.interactions(&record, at.losses.step)?;
                folder.losses(at.losses.step)?;
            }
        }
        Ok(Self {
            name: &cell.name,
            folder,
            record,
            effects,
        })
    }
}

/// What a run's test samples have at a checkpoint.
fn effects(
    folder: &RunFolder,
    record: &RunRecord,
    checkpoint: usize,
) -> Result<TestEffects, spindle_run::Error> {
    let step = record
        .checkpoints
        .get(checkpoint)
        .map_or(0, |at| at.losses.step);
    let found = folder.interactions(record, step)?;
    Ok(TestEffects::new(record, checkpoint, &found))
}

/// What comes of the rule on pairs of runs. Checkpoint after checkpoint, so that the effects of all of
/// them are never there at once.
fn watched(runs: &[CellRecord<'_>], done: &[Done<'_>]) -> Result<Vec<Watched>, spindle_run::Error> {
    let mut twins = Twins::new(runs);
    let lengths = done.iter().map(|done| done.record.checkpoints.len());
    for checkpoint in 0..lengths.max().unwrap_or(0) {
        let at = |done: &Done<'_>| {
            let is_there = checkpoint < done.record.checkpoints.len();
            is_there
                .then(|| effects(&done.folder, &done.record, checkpoint))
                .transpose()
        };
        twins.look(&done.iter().map(at).collect::<Result<Vec<_>, _>>()?);
    }
    let losses = |done: &Done<'_>| {
        let checkpoints = done.record.checkpoints.iter();
        let losses = checkpoints.map(|at| done.folder.losses(at.losses.step));
        losses.collect::<Result<Vec<_>, _>>()
    };
    let losses = done.iter().map(losses).collect::<Result<Vec<_>, _>>()?;
    Ok(twins.judged(runs, &losses))
}

/// What was gathered.
pub(super) struct Gathered<'a> {
    /// How many runs are done.
    pub(super) done: usize,
    /// Names of those that are, and cannot be read.
    pub(super) damaged: Vec<&'a str>,
}

/// The runs that are done, and names of those that cannot be read, which the next sweep mends.
fn done<'a>(grid: &'a Grid, terminal: &Terminal) -> anyhow::Result<(Vec<Done<'a>>, Vec<&'a str>)> {
    let (mut done, mut damaged) = (Vec::new(), Vec::new());
    for cell in &grid.sweep.cells {
        if grid.state(cell) == State::Done {
            match Done::read(grid, cell) {
                Ok(found) => done.push(found),
                Err(error) => {
                    grid.failed(cell, &error, terminal)?;
                    damaged.push(&*cell.name);
                }
            }
        }
    }
    Ok((done, damaged))
}

/// Writes what all runs that are done found together.
pub(super) fn gather<'a>(grid: &'a Grid, terminal: &Terminal) -> anyhow::Result<Gathered<'a>> {
    // Tables of fewer runs never replace those of more.
    let _lock = lock(&grid.folder)?;
    let (done, damaged) = done(grid, terminal)?;
    let mut runs: Vec<CellRecord<'_>> = done
        .iter()
        .map(|done| CellRecord::new(&grid.sweep, done.name, &done.record))
        .collect();
    let gathered = Gathered {
        done: runs.len(),
        damaged,
    };
    let all = grid.sweep.cells.len();
    if runs.is_empty() {
        terminal.say(&format!("none of {all} runs is done"));
        return Ok(gathered);
    }
    let effects: Vec<&TestEffects> = done.iter().map(|done| &done.effects).collect();
    let transfers = sweep::transfers(&runs, &effects);
    let watched = match grid.sweep.twins {
        true => watched(&runs, &done)?,
        false => Vec::new(),
    };
    for run in &mut runs {
        run.add_watched(&watched);
    }
    let own = sweep::own_tables(&grid.sweep, &runs, &transfers, &watched);
    write_tables(grid, &own, &sweep::joined_tables(&grid.sweep, &runs))?;
    let mut figures = sweep::figures(&grid.sweep, &runs);
    figures.extend(sweep::transfer_figure(&grid.sweep, &transfers));
    let are_done = format!("{} of {all} runs are done", runs.len());
    write_figures(grid, &are_done, &figures, &own)?;
    terminal.answer(&in_lines(grid, &runs))?;
    let page = grid.folder.join(PAGE);
    terminal.say(&format!("{are_done}; sweep {}", page.display()));
    Ok(gathered)
}

/// All as Parquet, a sweep's own as CSV too.
fn write_tables(grid: &Grid, own: &[Table], joined: &[Table]) -> anyhow::Result<()> {
    let folder = grid.folder.join("tables");
    for table in own.iter().chain(joined) {
        let path = folder.join(format!("{}.parquet", table.name));
        write_whole(&path, &table.to_parquet()?)?;
    }
    for table in own {
        let path = folder.join(format!("{}.csv", table.name));
        write_whole(&path, table.to_csv().as_bytes())?;
    }
    Ok(())
}

/// The figures, and the page that shows them.
fn write_figures(
    grid: &Grid,
    are_done: &str,
    figures: &[Figure],
    own: &[Table],
) -> anyhow::Result<()> {
    for figure in spindle_report::figures_of_several(figures) {
        let name = format!("{}.svg", figure.name);
        let path = grid.folder.join("figures").join(name);
        write_whole(&path, figure.svg.as_bytes())?;
    }
    let varied = grid.sweep.varied.join(", ").replace('_', " ");
    let lead = format!("{are_done}. What is varied: {varied}.");
    let name = grid.folder.file_name().unwrap_or(grid.folder.as_os_str());
    let title = name.display().to_string();
    let html = spindle_report::sweep_html(&title, &lead, figures, own);
    write_whole(&grid.folder.join(PAGE), html.as_bytes())?;
    Ok(())
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
    let rows = sweep::over_seeds(runs).into_iter();
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
