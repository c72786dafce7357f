//! A section of the page: what was measured and how, tables, targets.

use std::{
    fmt::{Display, Formatter, Result},
    fs,
};

use anyhow::Context;

use super::target::Target;

/// A benchmark's results, as Markdown by `Display`.
pub(crate) struct Section {
    /// Its name on the command line, which is its heading too.
    pub(crate) name: &'static str,
    /// What is measured and how, in a few sentences.
    pub(crate) about: String,
    /// What it ran on.
    pub(crate) machine: String,
    /// Tables and what is to be said of them.
    pub(crate) body: Vec<Block>,
    /// What is to be reached.
    pub(crate) targets: Vec<Target>,
}

/// A part of a section's body.
pub(crate) enum Block {
    /// A paragraph.
    Text(String),
    /// A table.
    Table(Table),
    /// A figure that has been drawn.
    Figure(Figure),
}

/// A figure, drawn outside docs/ until the page is written.
pub(crate) struct Figure {
    /// Its name, which that of its file in docs/figures is made of.
    pub(crate) name: &'static str,
    /// What it shows.
    pub(crate) about: &'static str,
    /// The file that was drawn.
    pub(crate) file: String,
}

impl Figure {
    fn path(&self) -> String {
        format!("figures/benchmarks-{}.svg", self.name)
    }
}

impl Section {
    /// The line that a section begins with.
    pub(crate) fn heading(name: &str) -> String {
        format!("## {name}")
    }

    /// Copies its figures to where the page shows them.
    pub(crate) fn keep_figures(&self) -> anyhow::Result<()> {
        for block in &self.body {
            if let Block::Figure(figure) = block {
                let kept = format!("docs/{}", figure.path());
                fs::copy(&figure.file, &kept)
                    .with_context(|| format!("cannot copy {} to {kept}", figure.file))?;
            }
        }
        Ok(())
    }
}

impl Display for Section {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self {
            name,
            about,
            machine,
            ..
        } = self;
        writeln!(f, "{}\n", Self::heading(name))?;
        writeln!(f, "    cargo xtask bench {name}\n\n{about}\n\n{machine}\n")?;
        for block in &self.body {
            match block {
                Block::Text(text) => writeln!(f, "{text}\n")?,
                Block::Table(table) => writeln!(f, "{table}")?,
                Block::Figure(figure) => writeln!(f, "![{}]({})\n", figure.about, figure.path())?,
            }
        }
        if self.targets.is_empty() {
            return Ok(());
        }
        let rows = self.targets.iter().map(Target::cells).collect();
        write!(f, "{}", Table::new(Target::HEAD, rows))
    }
}

/// Rows of cells under a head.
pub(crate) struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table; every row has as many cells as the head.
    pub(crate) fn new<const N: usize>(head: [&str; N], rows: Vec<Vec<String>>) -> Self {
        Self {
            head: head.map(str::to_owned).into(),
            rows,
        }
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(f, "| {} |", self.head.join(" | "))?;
        writeln!(f, "|{}", "---|".repeat(self.head.len()))?;
        for row in &self.rows {
            writeln!(f, "| {} |", row.join(" | "))?;
        }
        Ok(())
    }
}
