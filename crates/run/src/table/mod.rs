//! Tidy tables: one observation a row, units in the columns' names, missing values missing.

mod contents;
#[cfg(feature = "parquet")]
mod parquet;

use serde::Serialize;

pub use contents::{
    certificates, checkpoints, groups, interactions, interactions_rows, losses, noise_bounds,
    of_record, phases, published_rates, samples, similarity, strength, theory,
};

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

    /// As CSV with a header; missing values are empty. Numbers have as many digits as bring them back exactly.
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
