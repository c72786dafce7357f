//! The shared engine of Spindle: data sets, networks, players, training, extraction, the session.
//!
//! The data goes one way: [`dataset`] -> [`train`] -> [`extract`] -> analyses (`spindle-run`); [`session`] drives it and tells what happens
//! as events of `spindle-run`. What computes a network is an [`engine`]: fused [`kernel`]s on the CPU or on WebGPU, or Burn ([`network`]).
//! Everything compiles natively and to wasm32; all that differs is in one module.

pub mod architecture;
pub mod engine;
mod error;
pub mod extract;
pub mod log_odds;
#[cfg(feature = "burn")]
pub mod network;
pub mod recorder;
pub mod self_test;
pub mod session;
pub mod train;

pub use error::Error;
