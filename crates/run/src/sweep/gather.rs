//! Tables of a whole sweep.

use super::{
    Number, OverSeeds, Sweep, Transfer, Watched, matched, numbers, over_seeds, seeds::is_chance,
    transfer, twins,
};
use crate::{
    analysis,
    record::RunRecord,
    table::{Column, Table, Values},
};

/// A run of a sweep that is done.
#[derive(Clone, Debug)]
pub struct CellRecord<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it found.
    pub record: &'a RunRecord,
    /// Its values of the varied fields.
    values: Vec<String>,
    /// Values of those that are no seeds.
    pub(super) setting: Vec<String>,
    /// Its numbers.
    pub(super) numbers: Vec<Number>,
}

impl<'a> CellRecord<'a> {
    /// A run of this sweep.
    #[must_use]
    pub fn new(sweep: &Sweep, name: &'a str, record: &'a RunRecord) -> Self {
        let values = sweep.values(&record.experiment);
        let varied = sweep.varied.iter().zip(&values);
        let setting = varied.filter(|(field, _)| !is_chance(field));
        Self {
            name,
            record,
            setting: setting.map(|(_, value)| value.clone()).collect(),
            values,
            numbers: numbers(record),
        }
    }

    /// The seed of the run.
    pub(super) fn seed(&self) -> u64 {
        self.record.experiment.training.seed
    }
}

/// What is a sweep's alone: what networks have in common, what came of a rule on that where it was
/// asked for, orders at the same training loss, the runs, a row each, and their numbers over seeds.
#[must_use]
pub fn own_tables(
    sweep: &Sweep,
    runs: &[CellRecord<'_>],
    transfers: &[Transfer],
    watched: &[Watched],
) -> Vec<Table> {
    let mut tables = vec![transfer::table(sweep, transfers)];
    if sweep.twins {
        tables.push(twins::table(watched));
    }
    tables.extend([
        matched::table(sweep, runs),
        of_runs(sweep, runs),
        of_seeds(sweep, runs),
    ]);
    tables
}

/// Every table of the runs, joined; each begins with the run's name and the varied fields.
#[must_use]
pub fn joined_tables(sweep: &Sweep, runs: &[CellRecord<'_>]) -> Vec<Table> {
    let parts: Vec<Vec<Table>> = runs
        .iter()
        .map(|run| analysis::tables(run.record))
        .collect();
    let names: Vec<&'static str> = match parts.first() {
        Some(first) => first.iter().map(|table| table.name).collect(),
        None => Vec::new(),
    };
    let names = names.into_iter();
    names
        .map(|name| {
            let parts = parts.iter().map(|tables| {
                let found = tables.iter().find(|table| table.name == name);
                found.cloned().unwrap_or_else(|| Table::new(name))
            });
            joined(name, sweep, runs, parts.collect())
        })
        .collect()
}

/// The tables of runs below each other.
fn joined(name: &'static str, sweep: &Sweep, runs: &[CellRecord<'_>], parts: Vec<Table>) -> Table {
    let counts: Vec<usize> = parts.iter().map(Table::rows).collect();
    let mut table = leading(Table::new(name), sweep, runs, &counts);
    table.columns.extend(Table::below_each_other(parts).columns);
    table
}

/// The run's name and the varied fields, as many times as a run has rows.
fn leading(table: Table, sweep: &Sweep, runs: &[CellRecord<'_>], counts: &[usize]) -> Table {
    let repeated = |value: &dyn Fn(&CellRecord<'_>) -> String| {
        let rows = runs.iter().zip(counts);
        let rows = rows.flat_map(|(run, &count)| std::iter::repeat_n(value(run), count));
        rows.collect::<Vec<_>>()
    };
    let mut table = table.text("run", repeated(&|run| run.name.to_owned()));
    for (place, field) in sweep.varied.iter().enumerate() {
        let values = repeated(&|run| run.values[place].clone());
        table.columns.push(Column {
            name: (*field).to_owned(),
            values: as_numbers(values),
        });
    }
    table
}

/// The varied fields of every run of a sweep, in the order of its cells: a column of one value each, of
/// the same kind in all runs.
#[must_use]
pub fn varied(sweep: &Sweep) -> Vec<Vec<Column>> {
    let cells = sweep.cells.iter();
    let values: Vec<Vec<String>> = cells.map(|cell| sweep.values(&cell.experiment)).collect();
    let mut found = vec![Vec::new(); values.len()];
    for (place, field) in sweep.varied.iter().enumerate() {
        let all = as_numbers(values.iter().map(|run| run[place].clone()).collect());
        for (run, columns) in found.iter_mut().enumerate() {
            columns.push(Column {
                name: (*field).to_owned(),
                values: all.at(&[run]),
            });
        }
    }
    found
}

/// Numbers, where all of them are some.
pub(super) fn as_numbers(texts: Vec<String>) -> Values {
    let whole: Result<Vec<i64>, _> = texts.iter().map(|text| text.parse()).collect();
    if let Ok(whole) = whole {
        return Values::Integer(whole);
    }
    let real: Result<Vec<f64>, _> = texts.iter().map(|text| text.parse()).collect();
    match real {
        Ok(real) => Values::Real(real.into_iter().map(Some).collect()),
        Err(_) => Values::Text(texts),
    }
}

/// A row a run: its numbers, with the ends of their intervals.
fn of_runs(sweep: &Sweep, runs: &[CellRecord<'_>]) -> Table {
    let found = || runs.iter().map(|run| &run.numbers);
    let mut names: Vec<(&'static str, bool)> = Vec::new();
    for number in found().flatten() {
        match names.iter_mut().find(|(name, _)| *name == number.name) {
            Some((_, has_interval)) => *has_interval |= number.interval.is_some(),
            None => names.push((number.name, number.interval.is_some())),
        }
    }
    let mut table = leading(Table::new("runs"), sweep, runs, &vec![1; runs.len()]);
    for (name, has_interval) in names {
        let of = |numbers: &'_ [Number]| {
            let mut numbers = numbers.iter();
            numbers.find(|number| number.name == name).cloned()
        };
        table = table.real(name, found().map(|numbers| Some(of(numbers)?.value)));
        if has_interval {
            for (end, place) in [("low", 0), ("high", 1)] {
                let ends = found().map(|numbers| Some(of(numbers)?.interval?[place]));
                table = table.real(&format!("{name}_{end}"), ends);
            }
        }
    }
    table
}

/// A row a setting and number.
fn of_seeds(sweep: &Sweep, runs: &[CellRecord<'_>]) -> Table {
    let rows = over_seeds(runs);
    let mut table = Table::new("over_seeds");
    for (place, field) in OverSeeds::fields(sweep).into_iter().enumerate() {
        let values = rows.iter().map(|row| row.setting[place].clone()).collect();
        table.columns.push(Column {
            name: field.to_owned(),
            values: as_numbers(values),
        });
    }
    table
        .text("number", rows.iter().map(|row| row.number))
        .integer("runs_with_it", rows.iter().map(|row| row.runs))
        .integer("runs", rows.iter().map(|row| row.of))
        .real("mean", rows.iter().map(|row| row.mean.value))
        .real("mean_low", rows.iter().map(|row| row.mean.low))
        .real("mean_high", rows.iter().map(|row| row.mean.high))
        .real(
            "deviation_between_seeds",
            rows.iter().map(|row| row.between_seeds),
        )
        .real(
            "deviation_between_players",
            rows.iter().map(|row| row.between_players),
        )
        .real("error_by_samples", rows.iter().map(|row| row.by_samples))
}
