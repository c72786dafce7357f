//! What the page and its workers say to each other. TypeScript's types of these messages are made
//! from here.
//!
//! The page sends a [`Request`], a worker answers with [`Message`]s under the request's number:
//! most commands with one, training with many. A viewer answers the commands on runs; an engine
//! answers all of them.

#[cfg(feature = "ts")]
mod bench;
mod command;
mod controls;
mod event;
mod view;

use serde::{Deserialize, Serialize};

#[cfg(feature = "ts")]
pub use bench::Bench;

#[cfg(any(feature = "engine", feature = "ts"))]
pub use command::Recorded;
pub use command::{Command, MeasuredCheckpoint, MeasuredPart, SampleAddress, SampleSolver};
pub use controls::{Controls, Trainable};
pub use event::{Event, Failure, Gpu};
pub use view::{
    ContentView, Explanation, Interaction, Matching, PhasesView, RunCheckpoint, RunSample, RunView,
    SampleKind, SampleRange, SampleRanges, SampleView, Segment,
};

/// A command with its number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Request {
    /// Number that the answers carry.
    pub id: u32,
    /// What to do.
    pub command: Command,
}

/// What a worker says.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Message {
    /// Number of the request that this answers; 0 for what concerns the whole worker.
    pub id: u32,
    /// What happened.
    pub event: Event,
}
