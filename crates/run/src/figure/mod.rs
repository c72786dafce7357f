//! Figures of a run as data that is ready to be drawn: series, units, labels, marks and captions.
//!
//! Made here once, so that every drawing of a run shows the same numbers; by the analyses, each its
//! own (`crate::analysis`). A figure whose data a run does not have (yet) is left out. Captions say
//! what is seen and are computed from the numbers; an interval is always the 95 % interval over the
//! samples.

mod bars;
pub mod caption;
mod comparison;
mod generic;
mod kinds;
mod losses;
mod measured;
pub mod numbers;
pub mod palette;

use serde::Serialize;

pub use bars::Bars;
pub use comparison::{Compared, Comparison, Differing, ShareDifference, comparison, differing};
pub use generic::{
    BarPanel, BarPanels, Curve, Curves, Drawn, Overlay, SCALED, Series, Tone, Unscaled, orders,
};
pub use kinds::{
    Ceiling, Course, OrderCurve, SimilarityFigure, StrengthRow, StrengthRows, TwoPhases,
};
pub use losses::{Losses, Mark, MarkKind, boundary, gap_onset, losses, marks};
pub use measured::Measured;

/// A figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Figure {
    /// Its name, in kebab case: that of its files.
    pub name: &'static str,
    /// What it shows, in a few words; without the run.
    pub title: String,
    /// What is seen.
    pub caption: String,
    /// What is drawn, and so how.
    pub kind: FigureKind,
}

/// What is drawn. The first kinds are anyone's: report and page draw whatever comes in them. The
/// others have a drawing of their own.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FigureKind {
    /// Bars by category, in panels.
    Bars(BarPanels),
    /// Values over training.
    Curves(Curves),
    /// Figure 3 of arXiv 2405.10262: strength by order at five checkpoints over the losses.
    TwoPhases(TwoPhases),
    /// A statistic of all interactions over training, with its ranges.
    Course(Course),
    /// Strength by order at every checkpoint.
    Checkpoints {
        /// A panel each.
        panels: Vec<Bars>,
    },
    /// Strength by order in nats, a row a way of decomposing.
    StrengthRows(StrengthRows),
    /// Similarity of training and test interactions.
    Similarity(SimilarityFigure),
}

/// An axis: what it shows and its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Axis {
    /// What it shows.
    pub label: &'static str,
    /// Unit; empty for plain numbers.
    pub unit: &'static str,
}

impl Axis {
    /// What it shows with its unit, as a title.
    #[must_use]
    pub fn title(&self) -> String {
        let label = caption::capitalized(self.label);
        if self.unit.is_empty() {
            label
        } else {
            format!("{label} ({})", self.unit)
        }
    }
}

/// The axis of orders.
pub const ORDER: Axis = Axis {
    label: "order",
    unit: "players",
};
/// The axis of epochs; drawn with a logarithmic scale that begins linearly, since epoch 0 is on it.
pub const EPOCH: Axis = Axis {
    label: "training",
    unit: "epochs",
};
/// The axis of strengths.
pub const STRENGTH: Axis = Axis {
    label: "strength of interactions",
    unit: "nats",
};
/// The axis of normalised strengths.
pub const SHARE: Axis = Axis {
    label: "share of strength",
    unit: "",
};
/// The axis of losses.
pub const LOSS: Axis = Axis {
    label: "cross-entropy",
    unit: "nats",
};
