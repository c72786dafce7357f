//! What stands for a run in a table of many: a number each, by name.

use spindle_interactions::bootstrap::Estimate;

use super::Domain;
use crate::{analysis::ANALYSES, figure::Mark, record::RunRecord};

/// A number that a run has found.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    /// Its name, with the unit at its end where there is one.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// The ends of its 95 % interval over the run's samples, where it has one.
    pub interval: Option<[f64; 2]>,
    /// What it can be.
    pub domain: Domain,
}

impl Number {
    /// A number without an interval.
    #[must_use]
    pub fn new(name: &'static str, value: f64) -> Self {
        Self {
            name,
            value,
            interval: None,
            domain: Domain::ANY,
        }
    }

    /// A number with its interval.
    #[must_use]
    pub fn estimate(name: &'static str, Estimate { value, low, high }: Estimate) -> Self {
        Self {
            name,
            value,
            interval: Some([low, high]),
            domain: Domain::ANY,
        }
    }

    /// It cannot be anything else.
    #[must_use]
    pub fn within(self, domain: Domain) -> Self {
        Self { domain, ..self }
    }

    /// A time of training, in epochs.
    #[must_use]
    pub fn from_mark(name: &'static str, mark: &Mark) -> Self {
        Self {
            name,
            value: mark.epoch,
            interval: Some([mark.low, mark.high]),
            domain: Domain::POSITIVE,
        }
    }
}

/// All numbers of a run, in the order of the analyses; those that are not finite left out.
#[must_use]
pub fn numbers(record: &RunRecord) -> Vec<Number> {
    let all = ANALYSES
        .iter()
        .flat_map(|analysis| analysis.numbers(record));
    all.filter(|number| number.value.is_finite()).collect()
}
