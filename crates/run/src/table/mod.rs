//! Tidy tables: one observation a row, units in the columns' names, missing values missing.

mod columns;
mod interactions;
#[cfg(feature = "parquet")]
mod parquet;
mod partitions;
mod record;

use serde::Serialize;

use crate::figure::caption;

pub use columns::{at_checkpoints, estimates, parts, ranged, solver_name, summaries};
pub use interactions::{InteractionRow, interactions, interactions_rows};
pub use partitions::{OfOneRun, Partition};
pub use record::{losses, samples};

/// The values of a column.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Values {
    /// Whole numbers.
    Integer(Vec<i64>),
    /// Numbers; `None` where there is none.
    Real(Vec<Option<f64>>),
    /// Text.
    Text(Vec<String>),
}

impl Values {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Values::Integer(values) => values.len(),
            Values::Real(values) => values.len(),
            Values::Text(values) => values.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Values {
    /// As many of its kind that say nothing.
    fn nothing(&self, rows: usize) -> Self {
        match self {
            Self::Integer(_) => Self::Integer(vec![0; rows]),
            Self::Real(_) => Self::Real(vec![None; rows]),
            Self::Text(_) => Self::Text(vec![String::new(); rows]),
        }
    }

    /// Puts others of the same kind behind them.
    fn append(&mut self, others: Self) {
        match (self, others) {
            (Self::Integer(all), Self::Integer(more)) => all.extend(more),
            (Self::Real(all), Self::Real(more)) => all.extend(more),
            (Self::Text(all), Self::Text(more)) => all.extend(more),
            // A table's columns keep their kind from run to run.
            (all, more) => all.append(all.nothing(more.len())),
        }
    }

    pub(crate) fn at(&self, rows: &[usize]) -> Self {
        let rows = rows.iter();
        match self {
            Self::Integer(values) => Self::Integer(rows.map(|&row| values[row]).collect()),
            Self::Real(values) => Self::Real(rows.map(|&row| values[row]).collect()),
            Self::Text(values) => Self::Text(rows.map(|&row| values[row].clone()).collect()),
        }
    }
}

/// A column: a name, with the unit at its end where there is one, and its values.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its values.
    pub values: Values,
}

/// A named table; all columns have the same length.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Table {
    /// Its name, which is its file's.
    pub name: &'static str,
    /// Its columns.
    pub columns: Vec<Column>,
}

impl Table {
    /// A table without columns.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            columns: Vec::new(),
        }
    }

    /// Its name in words.
    #[must_use]
    pub fn title(&self) -> String {
        caption::capitalized(&self.name.replace('_', " "))
    }

    /// Adds a column of whole numbers.
    #[must_use]
    pub fn integer(self, name: &str, values: impl IntoIterator<Item = usize>) -> Self {
        self.with(
            name,
            Values::Integer(values.into_iter().map(|value| value as i64).collect()),
        )
    }

    /// Adds a column of numbers; those that are not finite are missing.
    #[must_use]
    pub fn real<T: Into<Option<f64>>>(
        self,
        name: &str,
        values: impl IntoIterator<Item = T>,
    ) -> Self {
        let finite = |value: T| value.into().filter(|value| value.is_finite());
        self.with(name, Values::Real(values.into_iter().map(finite).collect()))
    }

    /// Adds a column of text.
    #[must_use]
    pub fn text<T: Into<String>>(self, name: &str, values: impl IntoIterator<Item = T>) -> Self {
        self.with(
            name,
            Values::Text(values.into_iter().map(Into::into).collect()),
        )
    }

    fn with(mut self, name: &str, values: Values) -> Self {
        self.columns.push(Column {
            name: name.into(),
            values,
        });
        self
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.columns
            .iter()
            .map(|column| column.values.len())
            .min()
            .unwrap_or(0)
    }

    /// The rows of tables of one kind below each other. A column that some of them lack is missing
    /// there (0 or empty, where it is of whole numbers or of text).
    #[must_use]
    pub fn below_each_other(parts: Vec<Self>) -> Self {
        let mut names: Vec<(String, Values)> = Vec::new();
        for column in parts.iter().flat_map(|part| &part.columns) {
            if names.iter().all(|(name, _)| *name != column.name) {
                names.push((column.name.clone(), column.values.nothing(0)));
            }
        }
        let mut table = Self::new(parts.first().map_or("", |part| part.name));
        for (name, mut values) in names {
            for part in &parts {
                let column = part.columns.iter().find(|column| column.name == name);
                let found = column.map(|column| column.values.clone());
                values.append(found.unwrap_or_else(|| values.nothing(part.rows())));
            }
            table = table.with(&name, values);
        }
        table
    }

    /// The rows in which columns of text have these values, without these columns: what is the same
    /// by choice says nothing.
    #[must_use]
    pub fn only(&self, wanted: &[(&str, &str)]) -> Self {
        let fits = |row: usize| {
            wanted.iter().all(|(name, wanted)| {
                let column = self.columns.iter().find(|column| column.name == *name);
                column.is_some_and(
                    |column| matches!(&column.values, Values::Text(texts) if texts[row] == *wanted),
                )
            })
        };
        let rows: Vec<usize> = (0..self.rows()).filter(|&row| fits(row)).collect();
        let mut table = self.rows_at(&rows);
        let is_wanted = |column: &Column| wanted.iter().any(|(name, _)| *name == column.name);
        table.columns.retain(|column| !is_wanted(column));
        table
    }

    /// The rows that are about the last checkpoint in it.
    #[must_use]
    pub fn of_last_checkpoint(&self) -> Self {
        let mut columns = self.columns.iter();
        let checkpoints = columns.find(|column| column.name == "checkpoint");
        let Some(Values::Integer(checkpoints)) = checkpoints.map(|column| &column.values) else {
            return self.clone();
        };
        let last = checkpoints.iter().max();
        let rows = (0..self.rows()).filter(|&row| Some(&checkpoints[row]) == last);
        self.rows_at(&rows.collect::<Vec<_>>())
    }

    fn rows_at(&self, rows: &[usize]) -> Self {
        let mut table = self.clone();
        for column in &mut table.columns {
            column.values = column.values.at(rows);
        }
        table
    }

    /// As CSV with a header; missing values are empty. Numbers have as many digits as bring them
    /// back exactly.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let names: Vec<_> = self
            .columns
            .iter()
            .map(|column| quoted(&column.name))
            .collect();
        let rows = (0..self.rows()).map(|row| {
            let cells = self.columns.iter().map(|column| match &column.values {
                Values::Integer(values) => values[row].to_string(),
                Values::Real(values) => {
                    values[row].map_or_else(String::new, |value| value.to_string())
                }
                Values::Text(values) => quoted(&values[row]),
            });
            cells.collect::<Vec<_>>().join(",")
        });
        std::iter::once(names.join(","))
            .chain(rows)
            .map(|line| line + "\n")
            .collect()
    }
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.into()
    }
}
