//! docs/benchmarks.md, section by section, and the table of targets that README.md takes from it.

use std::fs;

use anyhow::Context;
use clap::ValueEnum;

use super::{
    Name,
    section::{Section, Table},
    target::Target,
};

const PAGE: &str = "docs/benchmarks.md";
const README: &str = "README.md";
/// README.md's part between these lines is written here.
const BEGIN: &str = "<!-- written by cargo xtask bench -->";
const END: &str = "<!-- to here -->";

const INTRODUCTION: &str = "\
# Benchmarks

`cargo xtask bench` makes this page: every number on it, and every verdict. Each section can be made again by the command above its
tables, which prints it; with `--write` it takes its place here.

Ours and a peer's processes take turns on the same machine, and what is told are medians. Peers are installed under `target/peers` the first
time, from `tests/peers/requirements.txt`; their scripts are beside it. *Ratio* is how many times as fast ours is.
";

/// The page's text.
pub(crate) struct Page(String);

impl Page {
    /// The page as it is; an empty one where there is none.
    pub(crate) fn read() -> anyhow::Result<Self> {
        match fs::read_to_string(PAGE) {
            Ok(text) => Ok(Self(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self(String::new())),
            Err(error) => Err(error).with_context(|| format!("cannot read {PAGE}")),
        }
    }

    /// The page with a section put in the place of the one of its name; the others as they are.
    pub(crate) fn with(&self, section: &Section) -> Self {
        let mut text = INTRODUCTION.to_owned();
        for name in names() {
            let part = if name == section.name {
                section.to_string()
            } else {
                self.section(&name).to_owned()
            };
            if !part.is_empty() {
                text += "\n";
                text += part.trim_end();
                text += "\n";
            }
        }
        Self(text)
    }

    /// The text of a section from its heading on; empty where there is none.
    fn section(&self, name: &str) -> &str {
        let heading = Section::heading(name) + "\n";
        let Some(start) = self.0.find(&heading) else {
            return "";
        };
        let rest = &self.0[start..];
        let end = rest[heading.len()..].find("\n## ");
        end.map_or(rest, |end| &rest[..heading.len() + end + 1])
    }

    /// All targets with links to their sections, as a table.
    fn targets(&self) -> String {
        let head = Table::new(Target::HEAD, Vec::new()).to_string();
        let mut rows = Vec::new();
        for name in names() {
            let Some((_, table)) = self.section(&name).split_once(&head) else {
                continue;
            };
            let lines = table.lines().take_while(|line| line.starts_with('|'));
            rows.extend(lines.map(|line| {
                let cells = line
                    .trim_matches('|')
                    .split('|')
                    .map(|cell| cell.trim().to_owned());
                let link = format!("[{name}]({PAGE}#{name})");
                std::iter::once(link).chain(cells).collect()
            }));
        }
        let [what, wanted, measured, verdict] = Target::HEAD;
        Table::new(["benchmark", what, wanted, measured, verdict], rows).to_string()
    }

    /// Writes the page and README.md's table.
    pub(crate) fn write(&self) -> anyhow::Result<()> {
        fs::write(PAGE, &self.0).with_context(|| format!("cannot write {PAGE}"))?;
        let readme = fs::read_to_string(README).with_context(|| format!("cannot read {README}"))?;
        let readme = between(&readme, &self.targets())
            .with_context(|| format!("{README} has no lines \"{BEGIN}\" and \"{END}\""))?;
        fs::write(README, readme).with_context(|| format!("cannot write {README}"))
    }
}

/// `text` with `part` between its two marks.
fn between(text: &str, part: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{part}\n{END}{after}"))
}

/// Names of all benchmarks, in the order of the page.
fn names() -> impl Iterator<Item = String> {
    let names = Name::value_variants().iter();
    names.filter_map(|name| Some(name.to_possible_value()?.get_name().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::target::Bound;

    fn section(name: &'static str, measured: f64) -> Section {
        Section {
            name,
            about: "What and how.".to_owned(),
            machine: "On this.".to_owned(),
            body: Vec::new(),
            targets: vec![Target {
                what: "time",
                bound: Bound::AtMost(5.0),
                measured,
                unit: "ms",
            }],
        }
    }

    #[test]
    fn sections_keep_their_order_and_replace_only_themselves() {
        let empty = Page(String::new());
        let page = empty
            .with(&section("training", 1.0))
            .with(&section("decomposition", 2.0));
        let heads: Vec<_> = page
            .0
            .lines()
            .filter(|line| line.starts_with("## "))
            .collect();
        assert_eq!(heads, ["## decomposition", "## training"]);
        let again = page.with(&section("decomposition", 9.0));
        assert_eq!(again.section("training"), page.section("training"));
        assert!(again.section("decomposition").contains("9.00 ms"));
        assert_eq!(again.0.matches("## decomposition").count(), 1);
        assert_eq!(again.with(&section("decomposition", 9.0)).0, again.0);
    }

    #[test]
    fn the_readme_gets_all_targets() {
        let page = Page(String::new())
            .with(&section("training", 1.0))
            .with(&section("masked", 9.0));
        let readme = between(
            &format!("# A\n\n{BEGIN}\nold\n{END}\nmore\n"),
            &page.targets(),
        );
        let readme = readme.unwrap_or_default();
        assert!(!readme.contains("old") && readme.ends_with("\nmore\n"));
        let rows: Vec<_> = readme
            .lines()
            .filter(|line| line.contains("at most"))
            .collect();
        assert_eq!(
            rows,
            [
                "| [masked](docs/benchmarks.md#masked) | time | at most 5 ms | 9.00 ms | **missed** |",
                "| [training](docs/benchmarks.md#training) | time | at most 5 ms | 1.00 ms | met |"
            ]
        );
        assert!(between("no marks", "").is_none());
    }
}
