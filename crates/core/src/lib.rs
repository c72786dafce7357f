//! The engine of Spindle: networks, what computes them, training, extraction, and the course of a
//! run.
//!
//! A [`networks`] table holds every network; a [`backend`] trains or evaluates one; [`train`] and
//! [`extract`] use them, and [`pipeline`] conducts a run over a store of files or memory. Burn
//! lives in this crate only. Everything compiles natively and to wasm32.

pub mod backend;
mod error;
pub mod extract;
pub mod log_odds;
pub mod networks;
pub mod pipeline;
pub mod self_test;
pub mod train;

pub use error::Error;
