//! The course of a run: train, extract, decompose, analyse; written once, for whoever pulls it.
//!
//! A [`Lab`] is what needs the data set: it trains, and evaluates the network on masked samples. A
//! [`Run`] is what was found, in a store: it says what is missing and takes what was made. The
//! course ([`train`], [`extract`], [`analyze`]) goes from one to the other and tells a [`Watch`];
//! it goes on where it was broken off, to the same numbers. The page spreads the same work over
//! workers: one holds the training, several a [`Workbench`], one the run in memory.

mod analyzing;
mod course;
mod fastest;
mod following;
mod healing;
mod lab;
mod run;
mod session;
#[cfg(not(target_arch = "wasm32"))]
mod shards;
mod stopwatch;
mod watch;
mod workbench;

pub use analyzing::{analyse, analyze, looking_on, stopped};
pub use course::{Goal, conduct, extract, measure};
pub use fastest::{Fastest, fastest};
pub use following::{train, train_until};
pub use lab::{Description, Lab, lab, test_bench};
pub use run::Run;
pub use session::{Progress, Training};
#[cfg(not(target_arch = "wasm32"))]
pub use shards::{Worked, Worker, merge};
pub use stopwatch::{Stopwatch, stopwatch};
pub(crate) use watch::control;
pub use watch::{Quiet, Stretch, Watch};
pub use workbench::{AfterSample, AnyWorkbench, EncodedBench, Workbench};
