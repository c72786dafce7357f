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
    /// How it is drawn.
    pub drawn: Drawn,
    /// A value a checkpoint, on the axis; `None` where it is undefined.
    pub values: Vec<Option<Estimate>>,
    /// What was measured, where the axis has something else.
    pub unscaled: Option<Unscaled>,
}

/// How a curve is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Drawn {
    /// A line with a band, broken where a value is undefined.
    Line,
    /// Dots with whiskers, each by itself.
    Dots,
    /// Dotted, from each value to the next one that there is: a reference, not a result.
    Dotted,
}

/// What a curve's values were before they were brought onto an axis that others share.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Unscaled {
    /// Their unit; empty for plain numbers.
    pub unit: &'static str,
    /// A value a checkpoint; `None` where it is undefined.
    pub values: Vec<Option<Estimate>>,
}

/// The axis of curves that are [`Curve::scaled`].
pub const SCALED: Axis = Axis {
    label: "from its lowest to its highest value",
    unit: "",
};

impl Curve {
    /// A line from 0 at its lowest to 1 at its highest value, which keeps what was measured; without
    /// values on the axis where all are the same.
    #[must_use]
    pub fn scaled(
        name: &str,
        tone: Tone,
        unit: &'static str,
        values: Vec<Option<Estimate>>,
    ) -> Self {
        let found = values.iter().flatten().map(|found| found.value);
        let (low, high) = found.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        let scaled = |value: f64| (value - low) / (high - low);
        let on_axis = |found: &Estimate| Estimate {
            value: scaled(found.value),
            low: scaled(found.low),
            high: scaled(found.high),
        };
        let on_axis = |found: &Option<Estimate>| found.as_ref().filter(|_| high > low).map(on_axis);
        Self {
            name: name.into(),
            tone,
            drawn: Drawn::Line,
            values: values.iter().map(on_axis).collect(),
            unscaled: Some(Unscaled { unit, values }),
        }
    }
}

/// Names of the orders 1 to n.
#[must_use]
pub fn orders(count: usize) -> Vec<String> {
    (1..=count).map(|order| order.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scaled_curve_keeps_what_was_measured() {
        let measured = vec![Some(Estimate::exact(2.0)), None, Some(Estimate::exact(6.0))];
        let curve = Curve::scaled("margin", Tone::Series(0), "nats", measured.clone());
        let drawn: Vec<_> = curve
            .values
            .iter()
            .map(|at| at.map(|at| at.value))
            .collect();
        assert_eq!(drawn, [Some(0.0), None, Some(1.0)]);
        let kept = Unscaled {
            unit: "nats",
            values: measured,
        };
        assert_eq!(curve.unscaled, Some(kept));
        let still = Curve::scaled(
            "still",
            Tone::Series(0),
            "",
            vec![Some(Estimate::exact(3.0)); 2],
        );
        assert_eq!(still.values, [None, None]);
    }
}
