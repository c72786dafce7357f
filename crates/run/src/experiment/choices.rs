//! Choices of an experiment: how is decomposed, where players are.

use serde::{Deserialize, Serialize};
use spindle_interactions::{decompose, reference};

/// How a sample's output is decomposed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Solver {
    /// The linear program, solved to a certified gap (ours).
    #[default]
    Certified,
    /// The published procedure: SGD with momentum for a fixed number of steps.
    Sgd,
}

/// What the noise bound is relative to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum NoiseScale {
    /// |v(N) - v(empty)|, as published.
    #[default]
    Change,
    /// The standard deviation of v over all masks.
    Deviation,
}

impl From<NoiseScale> for decompose::NoiseScale {
    fn from(scale: NoiseScale) -> Self {
        match scale {
            NoiseScale::Change => Self::Change,
            NoiseScale::Deviation => Self::Deviation,
        }
    }
}

/// How the learning rate of the published SGD goes on from its first value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Schedule {
    /// Log-spaced down to a tenth of it, as in the authors' code.
    #[default]
    Falling,
    /// It stays.
    Constant,
}

impl From<Schedule> for reference::Schedule {
    fn from(schedule: Schedule) -> Self {
        match schedule {
            Schedule::Falling => Self::Falling,
            Schedule::Constant => Self::Constant,
        }
    }
}

impl Schedule {
    /// In words, behind "learning rate R".
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Falling => "falling to a tenth",
            Self::Constant => "constant",
        }
    }
}

/// Where the players of a sample are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Placement {
    /// The same patches for all samples (similarity between samples needs this).
    #[default]
    Shared,
    /// Drawn anew for every sample, seeded by the sample.
    PerSample,
}
