//! Tables in parts: a file a run and checkpoint, in folders whose names are columns, as Hive has them.
//!
//! ```text
//! strength/model=lenet/seed=0/run=demo/checkpoint=12/part-0.parquet
//! samples/model=lenet/seed=0/run=demo/part-0.parquet
//! ```
//!
//! So a reader opens what it asks for only, and whoever writes holds one run, and of interactions
//! one checkpoint.

use std::fmt::Write as _;

use spindle_interactions::decompose::Decomposition;

use super::{Column, Table, Values, interactions, interactions_rows};
use crate::{analysis, experiment::in_words, record::RunRecord};

/// The file in every folder.
const FILE: &str = "part-0.parquet";
/// The column that becomes a folder.
const CHECKPOINT: &str = "checkpoint";
/// Fields of an experiment that become folders.
const FIELDS: [&str; 2] = ["model", "seed"];

/// A part of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Partition {
    /// Where it lies among all tables, with `/` between folders.
    pub path: String,
    /// Its rows, without the columns that the path says.
    pub table: Table,
}

/// A run whose tables are put among those of others.
#[derive(Clone, Copy, Debug)]
pub struct OfOneRun<'a> {
    /// What it is called there.
    pub name: &'a str,
    /// What it found.
    pub record: &'a RunRecord,
    /// Columns that tell it from others, of one value each; they come first.
    pub leading: &'a [Column],
}

impl OfOneRun<'_> {
    /// The parts of all tables that the record alone gives. A table without rows has none.
    #[must_use]
    pub fn of_record(&self) -> Vec<Partition> {
        let tables = analysis::tables(self.record);
        tables.iter().flat_map(|table| self.parts(table)).collect()
    }

    /// The part of the salient interactions at a checkpoint (a position in the record's list), with
    /// its decompositions; `None` where nothing is salient.
    #[must_use]
    pub fn of_interactions(
        &self,
        checkpoint: usize,
        decompositions: &[Decomposition],
    ) -> Option<Partition> {
        let rows = interactions_rows(self.record, checkpoint, decompositions);
        self.parts(&interactions(self.record, &rows)).pop()
    }

    /// A table by its checkpoints, where it has some.
    fn parts(&self, table: &Table) -> Vec<Partition> {
        let Some(checkpoints) = table.integers(CHECKPOINT) else {
            let whole = (table.rows() > 0).then(|| self.part(table.clone(), None));
            return whole.into_iter().collect();
        };
        let mut places: Vec<i64> = checkpoints.to_vec();
        places.sort_unstable();
        places.dedup();
        let of = |place: i64| {
            let rows: Vec<usize> = (0..table.rows())
                .filter(|&row| checkpoints[row] == place)
                .collect();
            let mut part = table.rows_at(&rows);
            part.columns.retain(|column| column.name != CHECKPOINT);
            self.part(part, Some(place))
        };
        places.into_iter().map(of).collect()
    }

    fn part(&self, mut table: Table, checkpoint: Option<i64>) -> Partition {
        let rows = table.rows();
        let leading = self.leading.iter();
        let leading = leading.filter(|column| !FIELDS.contains(&&*column.name));
        let repeated = leading.map(|column| Column {
            name: column.name.clone(),
            values: column.values.at(&vec![0; rows]),
        });
        table.columns.splice(0..0, repeated);
        Partition {
            path: self.path(table.name, checkpoint),
            table,
        }
    }

    fn path(&self, table: &str, checkpoint: Option<i64>) -> String {
        let mut path = table.to_owned();
        let mut values = self.record.experiment.fields();
        for field in FIELDS {
            let value = values.remove(field).map(in_words);
            path = folder(path, field, &value.unwrap_or_default());
        }
        path = folder(path, "run", self.name);
        if let Some(checkpoint) = checkpoint {
            // Without zeros before it, or DuckDB takes it for text.
            path = folder(path, CHECKPOINT, &checkpoint.to_string());
        }
        format!("{path}/{FILE}")
    }
}

/// A folder whose name is a column and its value; what could be taken for a part of the path is
/// percent-encoded, which readers know.
fn folder(mut path: String, column: &str, value: &str) -> String {
    path.push('/');
    path.push_str(column);
    path.push('=');
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                path.push(char::from(byte));
            }
            // Writing to text does not fail.
            byte => drop(write!(path, "%{byte:02X}")),
        }
    }
    path
}

impl Table {
    fn integers(&self, name: &str) -> Option<&[i64]> {
        let mut columns = self.columns.iter();
        let column = columns.find(|column| column.name == name)?;
        match &column.values {
            Values::Integer(values) => Some(values),
            _ => None,
        }
    }
}
