//! Tables as HTML.

use std::fmt::Write;

use spindle_run::table::{Table, Values};

use crate::draw::{label, svg::escape};

/// A table behind a summary, in a frame of its own that scrolls; nothing where it has no rows.
pub(super) fn details(summary: &str, table: &Table) -> String {
    if table.rows() == 0 {
        return String::new();
    }
    let summary = escape(summary);
    let mut html = format!(
        "<details>\n<summary>{summary}</summary>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{summary}\">\n<table>\n<thead><tr>"
    );
    for column in &table.columns {
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
    for row in 0..table.rows() {
        html.push_str("<tr>");
        for column in &table.columns {
            html.push_str(&cell(&column.values, row));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody>\n</table>\n</div>\n</details>\n");
    html
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
