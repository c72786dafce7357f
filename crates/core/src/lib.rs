//! The engine of Spindle: networks, what computes them, training, extraction, and the course of a
//! run.
//!
//! A [`network`] is an interface, the [`networks`] fill it in; a [`backend`] trains or evaluates one; [`train`] and
//! [`extract`] use them, and [`pipeline`] conducts a run over a store of files or memory. Burn
//! lives in this crate only. Everything compiles natively and to wasm32.

pub mod around;
pub mod backend;
#[cfg(feature = "burn")]
mod burn_engine;
pub mod device;
mod error;
pub mod extract;
pub mod landscape;
pub mod log_odds;
pub mod network;
pub mod networks;
mod penalty;
pub mod pipeline;
pub mod self_test;
pub mod tangent;
pub mod train;

pub use error::Error;
