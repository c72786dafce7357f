//! The kinds of figures, one module each: from a figure's data to a drawing with its caption.

mod bars;
mod checkpoints;
pub(crate) mod compare;
mod course;
mod curves;
pub(crate) mod log_log;
mod losses;
mod mark;
mod similarity;
mod strength;
mod strength_rows;
mod two_phases;

use spindle_run::{
    figure::{Figure, FigureKind, Tone},
    record::RunRecord,
};

use crate::{
    draw::{Ink, Svg},
    reading,
};

/// How wide a figure is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Width {
    /// Over both columns of a page.
    Double,
    /// In one column of a page, or on a phone.
    Single,
}

impl Width {
    /// In points.
    pub(crate) fn points(self) -> f64 {
        match self {
            Self::Double => 496.0,
            Self::Single => 252.0,
        }
    }

    /// One value or the other.
    pub(crate) fn choose<T>(self, double: T, single: T) -> T {
        match self {
            Self::Double => double,
            Self::Single => single,
        }
    }
}

/// A figure, drawn but not yet written.
pub(crate) struct Drawing {
    /// File name without its ending.
    pub(crate) name: String,
    /// What it shows, in a few words.
    pub(crate) title: String,
    /// What is seen and how to read it.
    pub(crate) caption: String,
    /// The drawing.
    pub(crate) svg: Svg,
}

impl Drawing {
    /// The text of the SVG; `suffix` tells its ids from those of the same figure at another width.
    pub(crate) fn finish(self, suffix: &str) -> (String, String, String) {
        let svg = self.svg.finish(
            &format!("{}{suffix}", self.name),
            &self.title,
            &self.caption,
        );
        (self.title, self.caption, svg)
    }
}

/// Draws a figure of a run by its kind; `None` where it has too little in it to be drawn.
pub(crate) fn draw(figure: &Figure, run: &RunRecord, width: Width) -> Option<Drawing> {
    let (svg, reading) = match &figure.kind {
        FigureKind::Bars(_) | FigureKind::Curves(_) => (anyones(figure, width)?, String::new()),
        FigureKind::TwoPhases(data) => two_phases::draw(data, run, width),
        FigureKind::Course(data) => course::draw(data, run, width)?,
        FigureKind::Checkpoints { panels } => checkpoints::draw(panels, run, width)?,
        FigureKind::StrengthRows(data) => (strength_rows::draw(data, width)?, String::new()),
        FigureKind::Similarity(data) => similarity::draw(data, run, width)?,
    };
    Some(Drawing {
        name: figure.name.to_owned(),
        title: format!("{}, {}", figure.title, reading::subject(run)),
        caption: format!("{} {reading}", figure.caption)
            .trim_end()
            .to_owned(),
        svg,
    })
}

/// Draws a figure of a kind that needs no run.
fn anyones(figure: &Figure, width: Width) -> Option<Svg> {
    match &figure.kind {
        FigureKind::Bars(data) => Some(bars::draw(data, width)),
        FigureKind::Curves(data) => curves::draw(data, width),
        _ => None,
    }
}

/// As [`draw`], of a figure that is about several runs; `None` for kinds that need one.
pub(crate) fn draw_of_several(figure: &Figure, width: Width) -> Option<Drawing> {
    Some(Drawing {
        name: figure.name.to_owned(),
        title: figure.title.clone(),
        caption: figure.caption.clone(),
        svg: anyones(figure, width)?,
    })
}

/// The ink of a tone.
fn ink(tone: Tone) -> Ink {
    match tone {
        Tone::Series(place) => Ink::Series(place),
        Tone::Ordered(place) => Ink::Ramp(place),
        Tone::Certified => Ink::Certified,
        Tone::Published => Ink::Published,
        Tone::Behind => Ink::Pale,
        Tone::Theory => Ink::Gap,
    }
}
