//! Checking an experiment, once, before any work.

use std::ops::Deref;

use super::{Experiment, ranges};
use crate::Error;

/// An experiment that was checked: all numbers are in their ranges, and the model takes what the
/// data set holds.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedExperiment(Experiment);

impl Deref for CheckedExperiment {
    type Target = Experiment;

    fn deref(&self) -> &Experiment {
        &self.0
    }
}

impl From<CheckedExperiment> for Experiment {
    fn from(checked: CheckedExperiment) -> Self {
        checked.0
    }
}

impl Experiment {
    /// Checks every number against its range, paths, and whether model and data set go together.
    ///
    /// # Errors
    /// [`Error::Field`] with the first field that is wrong.
    pub fn check(self) -> Result<CheckedExperiment, Error> {
        self.check_fields()?;
        Ok(CheckedExperiment(self))
    }

    /// As [`Experiment::check`], of an experiment that stays where it is.
    pub(crate) fn check_fields(&self) -> Result<(), Error> {
        self.check_numbers()?;
        self.check_paths()?;
        self.check_penalty()?;
        self.check_pair()
    }

    fn check_numbers(&self) -> Result<(), Error> {
        for range in ranges() {
            if let Some(value) = range.violation(self) {
                return Err(Error::Field {
                    field: range.field,
                    value: value.to_string(),
                    allowed: range.in_words(),
                });
            }
        }
        Ok(())
    }

    fn check_paths(&self) -> Result<(), Error> {
        for (field, path) in [
            ("data_dir", &self.training.data_dir),
            ("vocabulary", &self.training.vocabulary),
        ] {
            if path.as_deref() == Some("") {
                return Err(Error::Field {
                    field,
                    value: "empty".into(),
                    allowed: "a path, or absent".into(),
                });
            }
        }
        Ok(())
    }

    /// Whether there are as many players as a penalty compares.
    fn check_penalty(&self) -> Result<(), Error> {
        let (order, players) = (self.training.penalty_order, self.measurement.players);
        match self.training.penalty > 0.0 && order > players {
            true => Err(Error::Field {
                field: "penalty_order",
                value: order.to_string(),
                allowed: format!("at most the number of players, {players}"),
            }),
            false => Ok(()),
        }
    }

    /// Whether the model takes what the data set holds.
    fn check_pair(&self) -> Result<(), Error> {
        let (model, data) = (self.training.model, self.training.data);
        let takes = model.kind();
        match data.kind() {
            Some(holds) if holds != takes => Err(Error::Field {
                field: "model",
                value: model.title().into(),
                allowed: format!(
                    "one that takes {}, which {} holds",
                    holds.name(),
                    data.title()
                ),
            }),
            _ => Ok(()),
        }
    }
}
