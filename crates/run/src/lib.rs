//! The contract between Spindle's engine, its command line tool, its page and Python.
//!
//! [`Experiment`] is the one config, [`event::Event`] what a session tells, [`record::RunRecord`]
//! what a run has found (`run.json`), [`analysis`] what finds it. [`table`] and [`figure`] turn a
//! record into what is read and drawn, `folder` keeps a run on disk, [`export`] packs it into one
//! file, [`encoding`] its arrays as bytes. The format is described for readers in other languages
//! in `docs/run-format.md`.

pub mod analysis;
mod archive;
pub mod content;
pub mod decomposition;
pub mod device;
pub mod digest;
pub mod each;
pub mod encoding;
mod error;
pub mod event;
pub mod experiment;
pub mod export;
pub mod figure;
#[cfg(not(target_arch = "wasm32"))]
pub mod folder;
pub mod foreign;
pub mod half;
pub mod input;
pub mod modality;
pub mod parallel;
pub mod player;
pub mod random;
pub mod record;
pub mod schedule;
mod seal;
pub mod shard;
pub mod store;
pub mod sweep;
pub mod table;
pub mod unicode;

pub use error::Error;
pub use experiment::Experiment;
#[cfg(not(target_arch = "wasm32"))]
pub use folder::{RunFolder, RunWriter};
pub use schedule::schedule;
pub use store::{MemoryStore, Store};
