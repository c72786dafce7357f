//! What numbers may be.

use serde::Serialize;

use super::Experiment;

/// What a number in an experiment may be, for checks and for the page's controls.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Range {
    /// Name of the field's group.
    pub group: &'static str,
    /// Name of the field.
    pub field: &'static str,
    /// Whether it is a whole number.
    pub whole: bool,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Whether `min` itself is out.
    pub min_excluded: bool,
    /// Whether `max` itself is out.
    pub max_excluded: bool,
    #[serde(skip)]
    #[cfg_attr(feature = "ts", ts(skip))]
    pub(super) value: fn(&Experiment) -> Option<f64>,
}

impl Range {
    /// From `min` to `max`, both allowed, of no field yet.
    pub(super) const fn within(min: f64, max: f64) -> Self {
        Self {
            group: "",
            field: "",
            whole: false,
            min,
            max,
            min_excluded: false,
            max_excluded: false,
            value: |_| None,
        }
    }

    /// The same without its end.
    pub(super) const fn below_max(self) -> Self {
        Self {
            max_excluded: true,
            ..self
        }
    }

    /// The same without its beginning.
    pub(super) const fn above_min(self) -> Self {
        Self {
            min_excluded: true,
            ..self
        }
    }

    /// Its field's value in an experiment, unless that is absent or allowed.
    pub(super) fn violation(&self, experiment: &Experiment) -> Option<f64> {
        (self.value)(experiment).filter(|value| !self.contains(*value))
    }

    /// Whether `value` is allowed; NaN is not.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        let above = if self.min_excluded {
            value > self.min
        } else {
            value >= self.min
        };
        let below = if self.max_excluded {
            value < self.max
        } else {
            value <= self.max
        };
        above && below
    }

    /// The range in words.
    #[must_use]
    pub fn in_words(&self) -> String {
        let above = if self.min_excluded {
            "above"
        } else {
            "at least"
        };
        let below = if self.max_excluded {
            "below"
        } else {
            "at most"
        };
        format!("{above} {} and {below} {}", self.min, self.max)
    }
}

/// Types of fields that have a range.
pub(super) trait Number: Copy {
    /// Whether its values are whole numbers.
    const WHOLE: bool;

    /// Its value; `None` where it is absent.
    fn number(self) -> Option<f64>;
}

impl Number for f64 {
    const WHOLE: bool = false;

    fn number(self) -> Option<f64> {
        Some(self)
    }
}

impl Number for usize {
    const WHOLE: bool = true;

    fn number(self) -> Option<f64> {
        Some(self as f64)
    }
}

impl Number for u64 {
    const WHOLE: bool = true;

    fn number(self) -> Option<f64> {
        Some(self as f64)
    }
}

impl<T: Number> Number for Option<T> {
    const WHOLE: bool = T::WHOLE;

    fn number(self) -> Option<f64> {
        self?.number()
    }
}
