//! The figures, one module each: from a run to a drawing with its caption.

pub(crate) mod checkpoints;
pub(crate) mod compare;
pub(crate) mod course;
pub(crate) mod differences;
pub(crate) mod groups;
pub(crate) mod log_log;
mod losses;
mod mark;
pub(crate) mod noise_bounds;
pub(crate) mod paper;
pub(crate) mod published_sgd;
mod shares;
pub(crate) mod similarity;
mod strength;
pub(crate) mod theory;
pub(crate) mod two_phases;

use spindle_run::record::RunRecord;

use crate::draw::Svg;

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
    pub(crate) name: &'static str,
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

/// A figure of a run, where the run has what it shows.
pub(crate) type OfRun = fn(&RunRecord, Width) -> Option<Drawing>;

/// All figures of a run, in the order of the report.
pub(crate) const OF_RUN: [OfRun; 11] = [
    two_phases::draw,
    course::share,
    course::mean_order,
    checkpoints::draw,
    published_sgd::draw,
    noise_bounds::draw,
    paper::draw,
    similarity::draw,
    groups::draw,
    differences::draw,
    theory::draw,
];
