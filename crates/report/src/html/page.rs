//! One HTML file that asks nothing of anyone: style, fonts and figures within, no script, and a
//! policy that forbids the rest.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::{
    draw::{Ink, font, svg::escape},
    figure::{Drawing, Width},
};

/// A whole page. `body` is HTML, `title` text.
pub(super) fn page(title: &str, body: &str) -> String {
    let style = style();
    // Only this style sheet, by its digest: nothing that a run's names might smuggle in is applied.
    let digest = font::base64(&Sha256::digest(style.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{digest}'; font-src data:; img-src data:; base-uri 'none'; form-action 'none'"
    );
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>{}</title>\n<style>{style}</style>\n</head>\n<body>\n{body}</body>\n</html>\n",
        escape(title)
    )
}

/// Style sheet: fonts, the page, and the figures' colours in the dark.
fn style() -> String {
    let mut style = font::css(&[&font::REGULAR, &font::SEMIBOLD, &font::ITALIC]);
    style.push_str(include_str!("style.css"));
    // Figures bring the colours of light mode along, in print too.
    style.push_str("@media screen and (prefers-color-scheme: dark) {\n");
    for ink in Ink::all() {
        let _ = writeln!(
            style,
            ".f-{0} {{ fill: {1}; }} .s-{0} {{ stroke: {1}; }}",
            ink.name(),
            ink.dark()
        );
    }
    style.push_str("}\n");
    style
}

/// A figure at both widths with its caption; `draw` gives `None` where there is nothing to show.
/// `data` is HTML below the caption.
pub(super) fn figure(
    number: usize,
    draw: impl Fn(Width) -> Option<Drawing>,
    data: &str,
) -> Option<String> {
    let wide = draw(Width::Double)?;
    let narrow = draw(Width::Single)?;
    let name = wide.name.clone();
    let (title, caption, wide) = wide.finish("");
    let (_, _, narrow) = narrow.finish("-narrow");
    Some(format!(
        "<figure id=\"{name}\">\n<div class=\"wide\">\n{wide}</div>\n<div class=\"narrow\">\n{narrow}</div>\n\
         <figcaption><strong>Figure {number}. {}.</strong> {}</figcaption>\n{data}</figure>\n",
        escape(&title),
        super::prose(&caption)
    ))
}
