//! Whether a table puts columns in quotes, as pandas and spreadsheets write texts with quotes, tabs or
//! line ends in them, or whether quotes are a part of its texts, as in GLUE's files.
//!
//! Nothing in a table says so; how its quotes stand does. A writer that quotes doubles every quote
//! within, and leaves none in a column that is not quoted.

/// What the columns of a table show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Signs {
    /// A column in quotes with doubled quotes in it.
    doubled: bool,
    /// Line of the first column in quotes with a tab or a line end in it.
    spanning: Option<usize>,
    /// Line of the first quote in a column that a writer that quotes would not leave so.
    bare: Option<usize>,
    /// A column of the header is in quotes.
    header: bool,
}

/// How the quotes of a table are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quotes {
    /// Around columns.
    Around,
    /// As a part of texts.
    Within,
    /// As a part of texts, though some may be around columns; a line where that shows.
    Unclear(usize),
}

/// How the quotes of a table with tabs between its columns are meant.
pub(super) fn meant(table: &[u8]) -> Quotes {
    let signs = signs(table);
    match signs.bare {
        Some(line) if signs.doubled => Quotes::Unclear(line),
        Some(_) => Quotes::Within,
        None if signs.header || signs.doubled => Quotes::Around,
        // What spans lines or columns may as well be a quote in one line and one in another.
        None if signs.spanning.is_some() && !lines_fit(table) => Quotes::Around,
        None => signs.spanning.map_or(Quotes::Within, Quotes::Unclear),
    }
}

/// Whether every line has as many columns as the first.
fn lines_fit(table: &[u8]) -> bool {
    let lines = table
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.trim_ascii().is_empty());
    let mut columns = lines.map(|line| line.iter().filter(|&&byte| byte == b'\t').count());
    let first = columns.next();
    columns.all(|count| Some(count) == first)
}

fn signs(table: &[u8]) -> Signs {
    let mut signs = Signs::default();
    let (mut at, mut line) = (0, 1);
    while at < table.len() {
        let field = field(&table[at..]);
        let contents = &table[at..at + field.length];
        if field.is_quoted {
            let inner = &contents[1..field.length - 1];
            signs.header |= line == 1;
            signs.doubled |= inner.contains(&b'"');
            let spans = inner.contains(&b'\t') || inner.contains(&b'\n');
            signs.spanning = signs.spanning.or(spans.then_some(line));
        } else if contents.contains(&b'"') {
            signs.bare = signs.bare.or(Some(line));
        }
        at += field.length;
        line += contents.iter().filter(|&&byte| byte == b'\n').count();
        line += usize::from(table.get(at) == Some(&b'\n'));
        at += 1;
    }
    signs
}

/// A column: its bytes, the quotes around it included.
struct Field {
    length: usize,
    is_quoted: bool,
}

/// The column that a table begins with.
fn field(table: &[u8]) -> Field {
    if let Some(length) = quoted(table) {
        return Field {
            length,
            is_quoted: true,
        };
    }
    let end = table.iter().position(|byte| matches!(byte, b'\t' | b'\n'));
    Field {
        length: end.unwrap_or(table.len()),
        is_quoted: false,
    }
}

/// The length of the column in quotes that a table begins with, if it is well-formed.
fn quoted(table: &[u8]) -> Option<usize> {
    let mut at = 1;
    if table.first() != Some(&b'"') {
        return None;
    }
    loop {
        at += table.get(at..)?.iter().position(|&byte| byte == b'"')?;
        match table.get(at + 1) {
            Some(b'"') => at += 2,
            None | Some(b'\t' | b'\n' | b'\r') => return Some(at + 1),
            Some(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &str) -> Quotes {
        meant(format!("text\tlabel\n{lines}").as_bytes())
    }

    #[test]
    fn doubled_quotes_are_of_a_writer_that_quotes() {
        assert_eq!(
            of("\"he said \"\"go\"\"\"\tneg\nplain\tpos\n"),
            Quotes::Around
        );
        assert_eq!(of("\"\"\"quoted\"\" start\"\tpos\r\n"), Quotes::Around);
        assert_eq!(
            meant(b"\"text\"\t\"label\"\n\"a\"\t\"b\"\n"),
            Quotes::Around
        );
        assert_eq!(of("\"two\nlines\"\tpos\n"), Quotes::Around);
        assert_eq!(of("\"a\ttab\"\tpos\n"), Quotes::Around);
    }

    #[test]
    fn other_quotes_are_a_part_of_texts() {
        assert_eq!(of("a film\tpos\n"), Quotes::Within);
        assert_eq!(of("he said \"go\" and left\tneg\n"), Quotes::Within);
        assert_eq!(of("\"go\" he said\tneg\n"), Quotes::Within);
        assert_eq!(of("\"a film\"\tpos\n"), Quotes::Within);
        // A quote that ends in another line, and columns that fit without it.
        assert_eq!(
            of("\"a film\tpos\nof the year\"\tneg\n"),
            Quotes::Unclear(2)
        );
        assert_eq!(of("\"never closed\tpos\n"), Quotes::Within);
        assert_eq!(
            of("\"a \"\"b\"\"\"\tpos\nsaid \"go\"\tneg\n"),
            Quotes::Unclear(3)
        );
    }
}
