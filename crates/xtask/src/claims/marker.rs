//! Markers in a text: where they are and what they are about.

use std::ops::Range;

/// How markers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Syntax {
    open: &'static str,
    end: &'static str,
    close: &'static str,
    /// Whether a line that begins with a marker is no longer a line of text.
    breaks_at_start: bool,
}

/// As comments of HTML, in HTML and in strings of it.
pub(super) const HTML: Syntax = Syntax {
    open: "<!--=",
    end: "-->",
    close: "<!--/-->",
    breaks_at_start: false,
};

/// The same; Markdown takes a line that begins with one for HTML, all of it.
pub(super) const MARKDOWN: Syntax = Syntax {
    breaks_at_start: true,
    ..HTML
};

/// As comments in JSX.
pub(super) const JSX: Syntax = Syntax {
    open: "{/*=",
    end: "*/}",
    close: "{/*/*/}",
    breaks_at_start: false,
};

/// What names are made of.
pub(super) const NAMES: &str = "names are lower-case letters, digits, '.', '-' and '_'";

/// Whether a marker can have this name.
pub(super) fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c);
    !name.is_empty() && name.chars().all(fits)
}

/// A pair of markers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Marked<'a> {
    /// The claim's name.
    pub(super) name: &'a str,
    /// The line of the opening marker, from 1.
    pub(super) line: usize,
    /// Whether both stand on lines of their own.
    pub(super) block: bool,
    /// Where the text between them is, in bytes.
    pub(super) inside: Range<usize>,
}

/// What is wrong, and on which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// From 1.
    pub(super) line: usize,
    /// In words.
    pub(super) what: String,
}

/// One marker: the name of an opening one, and where it is.
struct Token<'a> {
    name: Option<&'a str>,
    at: Range<usize>,
}

/// All pairs of markers in a text, in turn.
pub(super) fn find(text: &str, syntax: Syntax) -> Result<Vec<Marked<'_>>, Problem> {
    let mut found = Vec::new();
    let mut open: Option<(&str, Range<usize>)> = None;
    for token in tokens(text, syntax)? {
        open = match (open, token.name) {
            (None, Some(name)) => Some((name, token.at)),
            (Some((name, at)), None) => {
                found.push(pair(text, syntax, name, &at, &token.at)?);
                None
            }
            (Some((name, at)), Some(inner)) => {
                let line = line_of(text, token.at.start);
                let what = format!(
                    "{name} is not closed before {inner} begins on line {line}: put {} behind its value; markers do not nest",
                    syntax.close
                );
                return Err(problem(text, at.start, what));
            }
            (None, None) => {
                let what = format!("{} closes nothing", syntax.close);
                return Err(problem(text, token.at.start, what));
            }
        };
    }
    match open {
        None => Ok(found),
        Some((name, at)) => {
            let what = format!(
                "{name} is not closed: put {} behind its value",
                syntax.close
            );
            Err(problem(text, at.start, what))
        }
    }
}

fn tokens(text: &str, syntax: Syntax) -> Result<Vec<Token<'_>>, Problem> {
    let mut tokens = Vec::new();
    let mut from = 0;
    while let Some(token) = next_token(text, from, syntax)? {
        from = token.at.end;
        tokens.push(token);
    }
    Ok(tokens)
}

fn next_token(text: &str, from: usize, syntax: Syntax) -> Result<Option<Token<'_>>, Problem> {
    let find = |what| text[from..].find(what).map(|at| from + at);
    let (open, close) = (find(syntax.open), find(syntax.close));
    match (open, close) {
        (Some(open), close) if close.is_none_or(|close| open < close) => {
            opening(text, open, syntax).map(Some)
        }
        (_, Some(close)) => Ok(Some(Token {
            name: None,
            at: close..close + syntax.close.len(),
        })),
        (_, None) => Ok(None),
    }
}

/// The opening marker that starts here.
fn opening(text: &str, start: usize, syntax: Syntax) -> Result<Token<'_>, Problem> {
    let rest = &text[start + syntax.open.len()..];
    let name = rest
        .lines()
        .next()
        .and_then(|line| line.split_once(syntax.end))
        .map(|(name, _)| name);
    match name {
        Some(name) if is_name(name) => {
            let end = start + syntax.open.len() + name.len() + syntax.end.len();
            Ok(Token {
                name: Some(name),
                at: start..end,
            })
        }
        Some(name) => Err(problem(
            text,
            start,
            format!("{name:?} is no name of a claim: {NAMES}"),
        )),
        None => Err(problem(
            text,
            start,
            format!(
                "a marker does not end on its line: put {} behind its name",
                syntax.end
            ),
        )),
    }
}

/// The pair of these two markers, where they stand well.
fn pair<'a>(
    text: &str,
    syntax: Syntax,
    name: &'a str,
    open: &Range<usize>,
    close: &Range<usize>,
) -> Result<Marked<'a>, Problem> {
    let block = is_alone(text, open);
    if block && !is_alone(text, close) {
        let what = format!(
            "{name} opens on a line of its own: put its {} on a line of its own, too",
            syntax.close
        );
        return Err(problem(text, close.start, what));
    }
    if !block && syntax.breaks_at_start && begins_text(before(text, open.start)) {
        let what = format!(
            "{name} begins a line, which Markdown takes for HTML: put a word before it, or both markers on lines of their own"
        );
        return Err(problem(text, open.start, what));
    }
    Ok(Marked {
        name,
        line: line_of(text, open.start),
        block,
        inside: open.end..close.start,
    })
}

/// Whether a marker has its line for itself.
fn is_alone(text: &str, at: &Range<usize>) -> bool {
    let behind = text[at.end..].lines().next().unwrap_or_default();
    before(text, at.start).trim().is_empty() && behind.trim().is_empty()
}

/// What stands on the line before this place.
fn before(text: &str, at: usize) -> &str {
    let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    &text[line..at]
}

/// Whether text of Markdown would begin behind this: there are signs of lists and quotes at most.
fn begins_text(before: &str) -> bool {
    let is_sign = |word: &str| {
        let number = word.trim_end_matches(['.', ')']);
        let is_number = number.len() < word.len() && number.bytes().all(|b| b.is_ascii_digit());
        is_number || matches!(word, "-" | "*" | "+") || word.bytes().all(|b| b == b'>')
    };
    before.split_whitespace().all(is_sign)
}

fn problem(text: &str, at: usize, what: String) -> Problem {
    Problem {
        line: line_of(text, at),
        what,
    }
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text[..at].matches('\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> (usize, String) {
        match find(text, MARKDOWN) {
            Ok(found) => (0, format!("{found:?}")),
            Err(problem) => (problem.line, problem.what),
        }
    }

    #[test]
    fn pairs_are_found_in_lines_and_on_lines_of_their_own() -> Result<(), String> {
        let text = "a <!--=x.1-->0.5<!--/--> b\n<!--=t-->\n| 1 |\n<!--/-->\n";
        let found = find(text, MARKDOWN).map_err(|problem| problem.what)?;
        let found: Vec<_> = found
            .iter()
            .map(|at| (at.name, at.line, at.block, &text[at.inside.clone()]))
            .collect();
        assert_eq!(
            found,
            [("x.1", 1, false, "0.5"), ("t", 2, true, "\n| 1 |\n")]
        );
        Ok(())
    }

    #[test]
    fn comments_of_jsx_are_markers_too() -> Result<(), String> {
        let text = "<p>at {/*=x*/}0.5{/*/*/} of {/* no marker */}</p>";
        let found = find(text, JSX).map_err(|problem| problem.what)?;
        assert_eq!(found.len(), 1);
        assert_eq!(&text[found[0].inside.clone()], "0.5");
        Ok(())
    }

    #[test]
    fn markers_that_do_not_pair_are_named_with_their_line() {
        let (line, what) = error("\na <!--=x-->1");
        assert_eq!(line, 2);
        assert!(what.contains("x is not closed"), "{what}");
        let (line, what) = error("a <!--=x-->1 \n<!--=y-->2<!--/--><!--/-->");
        assert_eq!(line, 1);
        assert!(
            what.contains("do not nest") && what.contains("line 2"),
            "{what}"
        );
        let (line, what) = error("\n\na <!--/-->");
        assert_eq!(line, 3);
        assert!(what.contains("closes nothing"), "{what}");
    }

    #[test]
    fn markers_whose_name_is_none_are_named_with_their_line() {
        let (line, what) = error("\na <!--=X y-->1<!--/-->");
        assert_eq!(line, 2);
        assert!(what.contains("\"X y\" is no name"), "{what}");
        let (line, what) = error("a <!--=x\n-->1<!--/-->");
        assert_eq!(line, 1);
        assert!(what.contains("does not end on its line"), "{what}");
    }

    #[test]
    fn no_line_of_markdown_begins_with_a_marker_and_goes_on() {
        for start in ["", "  ", "- ", "2. ", "> "] {
            let text = format!("a\n{start}<!--=x-->1<!--/--> b");
            let (line, what) = error(&text);
            assert_eq!(line, 2, "{text}");
            assert!(what.contains("begins a line"), "{what}");
            assert!(find(&text, HTML).is_ok());
        }
        assert!(find("| <!--=x-->1<!--/--> |", MARKDOWN).is_ok());
        let (line, what) = error("<!--=x-->\n1<!--/-->\n");
        assert_eq!(line, 2);
        assert!(what.contains("of its own, too"), "{what}");
    }
}
