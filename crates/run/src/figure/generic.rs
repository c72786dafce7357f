//! Kinds of figures for whatever is shown: bars by category, and values over training.

use serde::Serialize;
use spindle_interactions::bootstrap::Estimate;

use super::{Axis, Mark};

/// The colour of a series, by what it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// One of several without an order, from 0.
    Series(usize),
    /// One of several in an order, from 0.
    Ordered(usize),
    /// The certified decomposition.
    Certified,
    /// The published SGD.
    Published,
    /// What lies behind something else.
    Behind,
    /// What a theory says.
    Theory,
}

/// A series of bars.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Series {
    /// What it is called.
    pub name: String,
    /// Its colour.
    pub tone: Tone,
}

/// A curve over bars.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Overlay {
    /// What it is called.
    pub name: String,
    /// Its colour.
    pub tone: Tone,
    /// Whether it is dotted: a reference, not a result.
    pub is_dotted: bool,
}

/// Bars by category, several series side by side, in panels on one scale.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct BarPanels {
    /// Axis of the categories.
    pub x: Axis,
    /// Axis of the bars.
    pub y: Axis,
    /// Names of the categories.
    pub categories: Vec<String>,
    /// The series.
    pub series: Vec<Series>,
    /// The curve over the bars, where panels have one.
    pub overlay: Option<Overlay>,
    /// The panels.
    pub panels: Vec<BarPanel>,
}

/// A panel of bars.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct BarPanel {
    /// What it is about.
    pub title: String,
    /// What is said of it below the title.
    pub note: String,
    /// A bar a category for every series; `None` for a series that has nothing here.
    pub bars: Vec<Option<Vec<Estimate>>>,
    /// A value of the curve a category.
    pub overlay: Option<Vec<f64>>,
}

/// Values over training, a curve each, over the epochs of checkpoints.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Curves {
    /// Axis of the values.
    pub y: Axis,
    /// Whether 0 is on it, as a line: for differences and shares.
    pub has_zero: bool,
    /// Epochs of the checkpoints.
    pub epochs: Vec<f64>,
    /// The curves.
    pub curves: Vec<Curve>,
    /// Places on the axis of epochs.
    pub marks: Vec<Mark>,
}

/// One value over training.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Curve {
    /// What it is called.
    pub name: String,
    /// Its colour.
    pub tone: Tone,
    /// Whether it is a line with a band; else dots with whiskers, each by itself.
    pub is_joined: bool,
    /// A value a checkpoint; `None` where it is undefined.
    pub values: Vec<Option<Estimate>>,
}

/// Names of the orders 1 to n.
#[must_use]
pub fn orders(count: usize) -> Vec<String> {
    (1..=count).map(|order| order.to_string()).collect()
}
