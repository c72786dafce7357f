//! Tables as HTML.

use std::fmt::Write;

use spindle_run::table::{Table, Values};

use crate::draw::{label, svg::escape};

/// Which rows of a table to show: text columns that must have a value.
pub(super) type Only<'a> = &'a [(&'a str, &'a str)];

/// A table behind a summary, in a frame of its own that scrolls; nothing where it has no rows.
pub(super) fn details(summary: &str, table: &Table, only: Only<'_>) -> String {
    let rows: Vec<usize> = rows(table, only).collect();
    if rows.is_empty() {
        return String::new();
    }
    let summary = escape(summary);
    let mut html = format!(
        "<details>\n<summary>{summary}</summary>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{summary}\">\n<table>\n<thead><tr>"
    );
    // A column that is the same by choice says nothing.
    let columns = || {
        table
            .columns
            .iter()
            .filter(|column| only.iter().all(|(name, _)| *name != column.name))
    };
    for column in columns() {
        let class = if matches!(column.values, Values::Text(_)) {
            ""
        } else {
            " class=\"number\""
        };
        let _ = write!(
            html,
            "<th scope=\"col\"{class}>{}</th>",
            escape(&column.name.replace('_', " "))
        );
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        html.push_str("<tr>");
        for column in columns() {
            html.push_str(&cell(&column.values, row));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody>\n</table>\n</div>\n</details>\n");
    html
}

fn rows<'a>(table: &'a Table, only: Only<'a>) -> impl Iterator<Item = usize> + 'a {
    let count = table
        .columns
        .first()
        .map_or(0, |column| column.values.len());
    let fits = move |row: usize, (name, wanted): &(&str, &str)| {
        let column = table.columns.iter().find(|column| column.name == *name);
        column.is_some_and(|column| matches!(&column.values, Values::Text(texts) if texts.get(row).is_some_and(|text| text == wanted)))
    };
    (0..count).filter(move |row| only.iter().all(|condition| fits(*row, condition)))
}

fn cell(values: &Values, row: usize) -> String {
    match values {
        Values::Integer(values) => {
            let value = values
                .get(row)
                .map(|value| value.to_string().replace('-', "−"))
                .unwrap_or_default();
            format!("<td class=\"number\">{value}</td>")
        }
        Values::Real(values) => {
            let value = values.get(row).copied().flatten();
            format!(
                "<td class=\"number\">{}</td>",
                value.map(real).unwrap_or_default()
            )
        }
        Values::Text(texts) => format!(
            "<td>{}</td>",
            texts.get(row).map(|text| escape(text)).unwrap_or_default()
        ),
    }
}

fn real(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e6 {
        label::fixed(value, 0)
    } else {
        label::significant(value, 4)
    }
}
