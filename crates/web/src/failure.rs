//! What can go wrong in a worker, as the page is told of it.

use crate::protocol::{Event, Failure};

/// Errors of a worker; their text goes to the reader.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The engine failed.
    #[error(transparent)]
    Core(#[from] spindle_core::Error),
    /// Data that do not fit.
    #[error(transparent)]
    Data(#[from] spindle_data::Error),
    /// The GPU failed.
    #[error(transparent)]
    Kernels(#[from] spindle_kernels::Error),
    /// A file or an experiment that cannot be.
    #[error(transparent)]
    Run(#[from] spindle_run::Error),
    /// The mathematics refused its input.
    #[error(transparent)]
    Interactions(#[from] spindle_interactions::Error),
    /// There is no such run, sample or checkpoint.
    #[error("there is no {what} here; open it first")]
    Missing {
        /// What was asked for.
        what: String,
    },
    /// A message that does not fit.
    #[error("{0}")]
    Input(String),
}

impl Error {
    /// For something that is not there.
    pub(crate) fn missing(what: impl Into<String>) -> Self {
        Self::Missing { what: what.into() }
    }

    /// What the page does about it.
    #[must_use]
    pub fn kind(&self) -> Failure {
        match self {
            Self::Core(spindle_core::Error::Diverged { .. }) => Failure::Diverged,
            Self::Core(spindle_core::Error::Device { .. })
            | Self::Kernels(spindle_kernels::Error::Device { .. }) => Failure::Gpu,
            _ => Failure::Input,
        }
    }
}

impl From<Error> for Event {
    fn from(error: Error) -> Self {
        Self::Failed {
            kind: error.kind(),
            message: error.to_string(),
        }
    }
}
