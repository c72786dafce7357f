//! Figures of a run as SVG and PNG, fit for a paper, and its report as one HTML file.
//!
//! [`figures`] draws what a run can show so far: a run without a boundary, with one checkpoint or
//! with nothing salient gives fewer figures, not an error. The same run gives the same bytes on
//! every machine: fonts are embedded (`fonts/README.md`), nothing is read from the system and no
//! time is written.

mod draw;
mod error;
mod figure;
mod html;
mod png;
mod reading;

pub use error::Error;
pub use figure::log_log::LogLog;
pub use html::{compare_html, html, html_of, sweep_html};
pub use png::png;

use draw::svg::with_fonts;
use figure::{Drawing, Width};
use spindle_run::{
    analysis::{ANALYSES, Analysis},
    record::RunRecord,
};

/// A figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// File name without its ending, e.g. `strength-by-order`.
    pub name: String,
    /// What it shows, in a few words.
    pub title: String,
    /// What is seen, how to read it, and what the intervals are.
    pub caption: String,
    /// SVG text, 496 points wide (both columns of a page), fonts within.
    pub svg: String,
}

impl Figure {
    fn new(drawing: Drawing) -> Self {
        let name = drawing.name.clone();
        let (title, caption, svg) = drawing.finish("");
        Self {
            name,
            title,
            caption,
            svg: with_fonts(&svg),
        }
    }
}

/// Every figure that the run has the data for, in the order of the report.
///
/// # Errors
/// None at present: what a run cannot show is left out.
pub fn figures(run: &RunRecord) -> Result<Vec<Figure>, Error> {
    figures_of(ANALYSES, run)
}

/// As [`figures`], of other analyses.
///
/// # Errors
/// As [`figures`].
pub fn figures_of(analyses: &[&dyn Analysis], run: &RunRecord) -> Result<Vec<Figure>, Error> {
    let figures = analyses.iter().flat_map(|analysis| analysis.figures(run));
    let drawn = figures.filter_map(|figure| figure::draw(&figure, run, Width::Double));
    Ok(drawn.map(Figure::new).collect())
}

/// Figures that are about several runs, as far as their kinds need none.
#[must_use]
pub fn figures_of_several(figures: &[spindle_run::figure::Figure]) -> Vec<Figure> {
    let drawn = figures.iter();
    let drawn = drawn.filter_map(|figure| figure::draw_of_several(figure, Width::Double));
    drawn.map(Figure::new).collect()
}

/// Several named runs in one figure each: mean order over epochs, strength by order at three
/// checkpoints.
///
/// # Errors
/// [`Error::Runs`] for fewer than 2 or more than 6 runs.
pub fn compare(runs: &[(String, RunRecord)]) -> Result<Vec<Figure>, Error> {
    figure::compare::check(runs)?;
    let drawn = figure::compare::ALL
        .iter()
        .filter_map(|draw| draw(runs, Width::Double));
    Ok(drawn.map(Figure::new).collect())
}

/// How quantities grow with each other, in panels side by side.
#[must_use]
pub fn log_log(name: &str, title: &str, caption: &str, panels: &[LogLog]) -> Figure {
    let svg = figure::log_log::draw(panels).finish(name, title, caption);
    Figure {
        name: name.to_owned(),
        title: title.to_owned(),
        caption: caption.to_owned(),
        svg: with_fonts(&svg),
    }
}
