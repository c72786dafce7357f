//! The texts that claims stand in: README and docs, the page, the report's parts in HTML.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

use super::{
    marker::{self, HTML, JSX, MARKDOWN, Marked, Syntax},
    table::Claims,
};

const FILES: [&str; 3] = ["README.md", "ARCHITECTURE.md", "web/index.html"];
/// Folders, with all below them, and the ends of the files' names.
const FOLDERS: [(&str, &[&str]); 3] = [
    ("docs", &["md"]),
    ("web/src", &["ts", "tsx", "html"]),
    ("crates/report/src/html", &["html"]),
];

/// A text that is scanned.
pub(super) struct Text {
    /// From the workspace.
    pub(super) path: String,
    pub(super) content: String,
}

/// A value that is not what the runs say.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change {
    file: String,
    line: usize,
    name: String,
    old: String,
    new: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (old, new) = first_difference(&self.old, &self.new);
        let Self {
            file, line, name, ..
        } = self;
        write!(f, "{file}:{line}: {name}: {old} -> {new}")
    }
}

/// Where a claim stands.
pub(super) struct Place {
    pub(super) name: String,
    /// File and line.
    pub(super) address: String,
}

/// All texts, sorted within their folders.
pub(super) fn all() -> anyhow::Result<Vec<Text>> {
    let mut paths: Vec<PathBuf> = FILES.iter().map(PathBuf::from).collect();
    for (folder, ends) in FOLDERS {
        let fits = |path: &PathBuf| ends.iter().any(|end| has_end(path, end));
        paths.extend(files(Path::new(folder))?.into_iter().filter(fits));
    }
    paths.iter().map(|path| read(path)).collect()
}

fn has_end(path: &Path, end: &str) -> bool {
    path.extension().is_some_and(|found| found == end)
}

/// All files under a folder, sorted.
fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let cannot = || format!("cannot read the folder {}", folder.display());
    let entries = fs::read_dir(folder).with_context(cannot)?;
    let mut entries: Vec<PathBuf> = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<anyhow::Result<_>>()
        .with_context(cannot)?;
    entries.sort();
    let mut found = Vec::new();
    for entry in entries {
        if entry.is_dir() {
            found.extend(files(&entry)?);
        } else {
            found.push(entry);
        }
    }
    Ok(found)
}

fn read(path: &Path) -> anyhow::Result<Text> {
    let path = path.display().to_string();
    let content = fs::read_to_string(&path)
        .with_context(|| format!("cannot read {path} to see the claims in it"))?;
    Ok(Text { path, content })
}

/// Writes a text by renaming: who reads sees the old one or the new one.
pub(super) fn write(path: &str, content: &str) -> anyhow::Result<()> {
    let new = format!("{path}.new");
    fs::write(&new, content)
        .and_then(|()| fs::rename(&new, path))
        .with_context(|| format!("cannot write {path}"))
}

/// Where which claims stand, in all texts.
pub(super) fn places(texts: &[Text]) -> anyhow::Result<Vec<Place>> {
    let mut places = Vec::new();
    for text in texts {
        let found = match text.markers() {
            Ok(found) => found,
            Err(problem) => bail!("{problem}"),
        };
        places.extend(found.iter().map(|marked| Place {
            name: marked.name.to_owned(),
            address: format!("{}:{}", text.path, marked.line),
        }));
    }
    Ok(places)
}

impl Text {
    fn syntax(&self) -> Syntax {
        let path = Path::new(&self.path);
        match () {
            () if has_end(path, "md") => MARKDOWN,
            () if has_end(path, "tsx") => JSX,
            () => HTML,
        }
    }

    fn markers(&self) -> Result<Vec<Marked<'_>>, String> {
        marker::find(&self.content, self.syntax())
            .map_err(|problem| self.problem(problem.line, &problem.what))
    }

    fn problem(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }

    /// The text with the claims' values between its markers, and what has changed; or all that is
    /// wrong with the markers.
    pub(super) fn revised(&self, claims: &Claims) -> Result<(String, Vec<Change>), Vec<String>> {
        let markers = self.markers().map_err(|problem| vec![problem])?;
        let (mut content, mut changes, mut problems) = (String::new(), Vec::new(), Vec::new());
        let mut from = 0;
        for marked in markers {
            let old = &self.content[marked.inside.clone()];
            match self.value(&marked, claims) {
                Ok(new) if self.says(old, &new) => {}
                Ok(new) => {
                    content += &self.content[from..marked.inside.start];
                    content += &new;
                    from = marked.inside.end;
                    changes.push(self.change(&marked, old, &new));
                }
                Err(what) => problems.push(self.problem(marked.line, &what)),
            }
        }
        content += &self.content[from..];
        if problems.is_empty() {
            Ok((content, changes))
        } else {
            Err(problems)
        }
    }

    /// Whether a text says this already. A formatter breaks the lines of JSX, where a line break is
    /// a space.
    fn says(&self, old: &str, new: &str) -> bool {
        old == new || self.syntax() == JSX && old.split_whitespace().eq(new.split_whitespace())
    }

    fn change(&self, marked: &Marked<'_>, old: &str, new: &str) -> Change {
        Change {
            file: self.path.clone(),
            line: marked.line,
            name: marked.name.to_owned(),
            old: old.trim().to_owned(),
            new: new.trim().to_owned(),
        }
    }

    /// What belongs between two markers, line breaks around it as they are.
    fn value(&self, marked: &Marked<'_>, claims: &Claims) -> Result<String, String> {
        let name = marked.name;
        let Some(value) = claims.get(name) else {
            return Err(format!(
                "there is no claim {name}; the nearest are {}",
                claims.nearest(name).join(", ")
            ));
        };
        let value = self.escaped(value.trim());
        if marked.block {
            let old = &self.content[marked.inside.clone()];
            return Ok(between_lines(old, &value));
        }
        if value.contains('\n') {
            return Err(format!(
                "{name} has several lines: put both markers on lines of their own"
            ));
        }
        Ok(value)
    }

    fn escaped(&self, value: &str) -> String {
        let syntax = self.syntax();
        if syntax == MARKDOWN {
            return value.to_owned();
        }
        let value = value.replace('&', "&amp;");
        let value = value.replace('<', "&lt;").replace('>', "&gt;");
        if syntax == JSX {
            value.replace('{', "&#123;").replace('}', "&#125;")
        } else {
            value
        }
    }
}

/// The value in place of the old one, between the same empty lines.
fn between_lines(old: &str, value: &str) -> String {
    let start = old.len() - old.trim_start().len();
    let end = if start < old.len() {
        old.trim_end().len()
    } else {
        old.rfind('\n').unwrap_or(0)
    };
    format!("{}{value}{}", &old[..start], &old[end..])
}

/// The first lines in which two values differ, of long ones what is around the difference.
fn first_difference(old: &str, new: &str) -> (String, String) {
    let (mut old, mut new) = (old.lines(), new.lines());
    loop {
        match (old.next(), new.next()) {
            (Some(a), Some(b)) if a == b => {}
            (a, b) => return around_difference(a.unwrap_or_default(), b.unwrap_or_default()),
        }
    }
}

fn around_difference(old: &str, new: &str) -> (String, String) {
    /// Letters shown of what is the same.
    const SAME: usize = 20;
    let pairs = old.chars().zip(new.chars());
    let same = pairs.take_while(|(a, b)| a == b).count();
    let longest = old.chars().count().max(new.chars().count());
    let skipped = if longest > LONGEST {
        same.saturating_sub(SAME)
    } else {
        0
    };
    (shown(old, skipped), shown(new, skipped))
}

fn shown(line: &str, skipped: usize) -> String {
    if line.is_empty() {
        return "nothing".to_owned();
    }
    let rest: String = line.chars().skip(skipped).collect();
    let start = if skipped > 0 { "…" } else { "" };
    format!("{start}{}", in_short(&rest))
}

/// Letters of a value that are shown at most.
const LONGEST: usize = 80;

/// A value's first line, cut where it is long.
pub(super) fn in_short(value: &str) -> String {
    let line = value.lines().next().unwrap_or_default();
    let short: String = line.chars().take(LONGEST).collect();
    if short.len() < value.len() {
        format!("{short}…")
    } else {
        short
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims() -> anyhow::Result<Claims> {
        let mut claims = Claims::default();
        claims.put("share", "0.48 [0.43, 0.53]")?;
        claims.put("few", "a < b & {c}")?;
        claims.put("table", "| a |\n|---|\n| 1 |\n")?;
        Ok(claims)
    }

    fn text(path: &str, content: &str) -> Text {
        Text {
            path: path.to_owned(),
            content: content.to_owned(),
        }
    }

    fn revised(path: &str, content: &str) -> anyhow::Result<(String, Vec<String>)> {
        match text(path, content).revised(&claims()?) {
            Ok((content, changes)) => {
                let changes = changes.iter().map(ToString::to_string);
                Ok((content, changes.collect()))
            }
            Err(problems) => bail!("{}", problems.join("\n")),
        }
    }

    #[test]
    fn values_are_replaced_and_nothing_else_changes() -> anyhow::Result<()> {
        let page =
            "a\nfrom <!--=share-->0.4<!--/--> to\n\n<!--=table-->\n\n| old |\n\n<!--/-->\nb\n";
        let (once, changes) = revised("README.md", page)?;
        assert_eq!(
            once,
            "a\nfrom <!--=share-->0.48 [0.43, 0.53]<!--/--> to\n\n<!--=table-->\n\n| a |\n|---|\n| 1 |\n\n<!--/-->\nb\n"
        );
        assert_eq!(
            changes,
            [
                "README.md:2: share: 0.4 -> 0.48 [0.43, 0.53]",
                "README.md:4: table: | old | -> | a |"
            ]
        );
        assert_eq!(revised("README.md", &once)?, (once, Vec::new()));
        Ok(())
    }

    #[test]
    fn empty_markers_are_filled_and_filled_ones_stay() -> anyhow::Result<()> {
        let (once, _) = revised(
            "docs/a.md",
            "x <!--=share--><!--/-->\n  <!--=table-->\n  <!--/-->",
        )?;
        assert_eq!(
            once,
            "x <!--=share-->0.48 [0.43, 0.53]<!--/-->\n  <!--=table-->\n  | a |\n|---|\n| 1 |\n  <!--/-->"
        );
        assert_eq!(revised("docs/a.md", &once)?, (once, Vec::new()));
        Ok(())
    }

    #[test]
    fn values_are_escaped_where_they_stand_in_html() -> anyhow::Result<()> {
        let (html, _) = revised("web/index.html", "<!--=few--><!--/-->")?;
        assert_eq!(html, "<!--=few-->a &lt; b &amp; {c}<!--/-->");
        let (jsx, _) = revised("web/src/a.tsx", "{/*=few*/}{/*/*/}")?;
        assert_eq!(jsx, "{/*=few*/}a &lt; b &amp; &#123;c&#125;{/*/*/}");
        assert_eq!(revised("web/src/a.tsx", &jsx)?, (jsx, Vec::new()));
        let (markdown, _) = revised("a.md", "x <!--=few--><!--/-->")?;
        assert_eq!(markdown, "x <!--=few-->a < b & {c}<!--/-->");
        Ok(())
    }

    #[test]
    fn a_value_that_a_formatter_has_broken_stays() -> anyhow::Result<()> {
        let page = "{/*=share*/}0.48 [0.43,\n  0.53]\n  {/*/*/} {/*=share*/}0.4\n8{/*/*/}";
        let (once, changes) = revised("web/src/a.tsx", page)?;
        assert_eq!(
            once,
            "{/*=share*/}0.48 [0.43,\n  0.53]\n  {/*/*/} {/*=share*/}0.48 [0.43, 0.53]{/*/*/}"
        );
        assert_eq!(changes.len(), 1);
        let (markdown, changes) = revised("a.md", "x <!--=share-->0.48 [0.43,\n0.53]<!--/-->")?;
        assert_eq!(markdown, "x <!--=share-->0.48 [0.43, 0.53]<!--/-->");
        assert_eq!(changes.len(), 1);
        Ok(())
    }

    #[test]
    fn all_problems_of_a_text_are_named() -> anyhow::Result<()> {
        let page = "x <!--=shares-->1<!--/-->\ny <!--=table-->1<!--/-->";
        let Err(problems) = text("a.md", page).revised(&claims()?) else {
            bail!("it was taken");
        };
        assert_eq!(
            problems,
            [
                "a.md:1: there is no claim shares; the nearest are share, few, table",
                "a.md:2: table has several lines: put both markers on lines of their own"
            ]
        );
        Ok(())
    }

    #[test]
    fn places_are_file_and_line() -> anyhow::Result<()> {
        let texts = [
            text("a.md", "\nx <!--=few-->1<!--/-->"),
            text("b.md", "none"),
        ];
        let places = places(&texts)?;
        assert_eq!(places.len(), 1);
        assert_eq!(places[0].name, "few");
        assert_eq!(places[0].address, "a.md:2");
        Ok(())
    }

    #[test]
    fn a_change_of_a_table_shows_the_line_that_differs() {
        let (old, new) = first_difference("| a |\n| 1 |", "| a |\n| 2 |\n| 3 |");
        assert_eq!((old.as_str(), new.as_str()), ("| 1 |", "| 2 |"));
        let (old, new) = first_difference("| a |", "| a |\n| 2 |");
        assert_eq!((old.as_str(), new.as_str()), ("nothing", "| 2 |"));
        let [same, rest] = ["a".repeat(200), "b".repeat(200)];
        let (old, new) = first_difference(&format!("{same}1{rest}"), &format!("{same}2"));
        assert_eq!(new, format!("…{}2", &same[..20]));
        assert_eq!(old, format!("…{}1{}…", &same[..20], &rest[..59]));
    }
}
