//! The one config of an experiment: command line flags, `run.json` and the page's controls are this
//! struct.

mod checked;
mod choices;
mod dataset;
mod differences;
mod kind;
mod model;
mod parameters;
mod range;
mod reading;

use serde::Serialize;

pub use checked::CheckedExperiment;
pub use choices::{NoiseScale, Placement, Schedule, Solver};
pub use dataset::Dataset;
pub use differences::{Difference, in_words};
pub use kind::Kind;
pub use model::{Activation, Family, Model};
pub use parameters::{MAX_PLAYERS, Measurement, PARAMETERS, Parameter, Solving, Training, ranges};
pub use range::Range;

/// An experiment: what is trained, on what, and how its interactions are measured.
///
/// What computes it is no part of it: the same experiment goes on on another device. The same
/// experiment gives the same numbers: every random choice comes from [`Training::seed`]. Missing
/// fields of its JSON take their defaults; fields that it does not know are errors.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "clap", derive(clap::Args))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Experiment {
    /// What is trained, on what, and how.
    #[cfg_attr(feature = "clap", command(flatten))]
    pub training: Training,
    /// What is measured, and when.
    #[cfg_attr(feature = "clap", command(flatten))]
    pub measurement: Measurement,
    /// How what was measured is decomposed and read.
    #[cfg_attr(feature = "clap", command(flatten))]
    pub decomposition: Solving,
}
