//! `report.html`: a calm article about one run, in one file.

mod config;
mod findings;
mod page;
mod table;

use std::fmt::Write;

use spindle_run::{
    analysis::{ANALYSES, Analysis},
    figure::Figure,
    record::RunRecord,
    table::Table,
};

use crate::{
    Error,
    draw::svg::escape,
    figure::{self, compare},
    reading,
};

/// The report of a run: one HTML file with figures, fonts and style within, without scripts or
/// requests.
///
/// It names files of the run's folder (`tables/*.parquet`, `figures/*.svg`) by relative links, so
/// it belongs into that folder.
///
/// # Errors
/// None at present: what a run cannot show yet is left out.
pub fn html(run: &RunRecord) -> Result<String, Error> {
    html_of(ANALYSES, run)
}

/// As [`html`], of other analyses.
///
/// # Errors
/// As [`html`].
pub fn html_of(analyses: &[&dyn Analysis], run: &RunRecord) -> Result<String, Error> {
    let mut body = format!(
        "<header>\n<p class=\"kicker\">Report of a run</p>\n\
         <h1>How interactions evolve while {} trains on {}</h1>\n<p class=\"lead\">{}</p>\n<p class=\"setting\">{} <a href=\"#what-was-run\">Full config</a></p>\n</header>\n<main>\n",
        reading::network(run),
        reading::data(run),
        prose(&findings::lead(run)),
        prose(&findings::setting(run))
    );
    body.push_str(&findings_section(analyses, run));
    body.push_str(&figures_section(analyses, run));
    body.push_str(include_str!("reading.html"));
    body.push_str(include_str!("scope.html"));
    let _ = write!(
        body,
        "<section aria-labelledby=\"what-was-run\">\n<h2 id=\"what-was-run\">What was run</h2>\n\
         <p>The same config gives the same numbers on one machine, bit for bit, and nearly the same on another. \
         Fields in bold are not the default.</p>\n<div class=\"columns\">\n<div>\n{}</div>\n<div>\n{}</div>\n</div>\n</section>\n",
        config::experiment(run),
        config::provenance(run)
    );
    body.push_str(include_str!("files.html"));
    body.push_str(include_str!("references.html"));
    body.push_str("</main>\n");
    Ok(page::page(
        &format!("Interactions of {} over training", reading::subject(run)),
        &body,
    ))
}

/// The comparison of several named runs: figures as [`crate::compare`] draws them, and the config
/// fields that differ.
///
/// # Errors
/// [`Error::Runs`] for fewer than 2 or more than 6 runs.
pub fn compare_html(runs: &[(String, RunRecord)]) -> Result<String, Error> {
    compare::check(runs)?;
    let mut body = format!(
        "<header>\n<p class=\"kicker\">Comparison of {} runs</p>\n<h1>How interactions evolve, run by run</h1>\n</header>\n<main>\n\
         <h2>What differs</h2>\n{}<h2>Figures</h2>\n",
        runs.len(),
        config::differences(runs)
    );
    let drawn = compare::ALL.iter().enumerate();
    body.extend(drawn.filter_map(|(i, draw)| page::figure(i + 1, |width| draw(runs, width), "")));
    body.push_str("<h2>Findings</h2>\n<dl class=\"findings\">\n");
    for (name, run) in runs {
        let _ = writeln!(
            body,
            "<dt>{}</dt>\n<dd>{}</dd>",
            escape(name),
            escape(&findings::lead(run))
        );
    }
    body.push_str("</dl>\n");
    body.push_str(include_str!("reading.html"));
    body.push_str(include_str!("references.html"));
    body.push_str("</main>\n");
    Ok(page::page("Comparison of runs", &body))
}

/// A sweep: figures of several runs, and tables below each other.
#[must_use]
pub fn sweep_html(title: &str, lead: &str, figures: &[Figure], tables: &[Table]) -> String {
    let mut body = format!(
        "<header>\n<p class=\"kicker\">Sweep</p>\n<h1>{}</h1>\n<p class=\"lead\">{}</p>\n</header>\n<main>\n",
        escape(title),
        prose(lead)
    );
    let drawn = figures.iter().enumerate();
    body.extend(drawn.filter_map(|(i, drawn)| {
        page::figure(i + 1, |width| figure::draw_of_several(drawn, width), "")
    }));
    body.extend(
        tables
            .iter()
            .map(|found| table::details(&found.title(), found)),
    );
    body.push_str(include_str!("reading.html"));
    body.push_str(include_str!("references.html"));
    body.push_str("</main>\n");
    page::page(title, &body)
}

/// Text as HTML whose lines do not begin with a per cent sign.
fn prose(text: &str) -> String {
    escape(text).replace(" %", "&nbsp;%")
}

fn findings_section(analyses: &[&dyn Analysis], run: &RunRecord) -> String {
    let mut html = String::from(
        "<section aria-labelledby=\"findings\">\n<h2 id=\"findings\">What was found</h2>\n<dl class=\"findings\">\n",
    );
    for finding in findings::findings(analyses, run) {
        let _ = writeln!(
            html,
            "<dt>{}</dt>\n<dd>{}</dd>",
            escape(finding.about),
            prose(&finding.text)
        );
    }
    html.push_str("</dl>\n");
    if !run.warnings.is_empty() {
        html.push_str("<aside aria-label=\"Warnings\">\n<p>The run gave warnings:</p>\n<ul>\n");
        for warning in &run.warnings {
            let _ = writeln!(html, "<li>{}</li>", escape(warning));
        }
        html.push_str("</ul>\n</aside>\n");
    }
    html.push_str("</section>\n");
    html
}

fn figures_section(analyses: &[&dyn Analysis], run: &RunRecord) -> String {
    let mut html =
        String::from("<section aria-labelledby=\"figures\">\n<h2 id=\"figures\">Figures</h2>\n");
    let shown = analyses.iter().flat_map(|analysis| {
        let figures = analysis.figures(run).into_iter();
        figures.map(move |figure| (figure, analysis))
    });
    let mut number = 0;
    for (figure, analysis) in shown {
        let behind: String = analysis
            .behind(&figure, run)
            .iter()
            .map(|behind| table::details(&behind.summary, &behind.table))
            .collect();
        let drawn = page::figure(
            number + 1,
            |width| figure::draw(&figure, run, width),
            &behind,
        );
        number += usize::from(drawn.is_some());
        html.extend(drawn);
    }
    if number == 0 {
        html.push_str("<p>No checkpoint is analysed yet, so that there is nothing to draw.</p>\n");
    }
    html.push_str("</section>\n");
    html
}
