//! What the page loads, in three builds of this crate: the *viewer* of runs (mathematics and run
//! format), the CPU *engine*, which trains and measures as well, and the *GPU* engine, which trains
//! on WebGPU besides.
//!
//! All of it lives in module workers: the page's own thread only draws. [`protocol`] is what is
//! said between them; who listens is `worker`, and what is answered is in [`viewer`] and, in the
//! engines, `engine`.

pub mod content;
#[cfg(feature = "engine")]
pub mod engine;
mod failure;
pub mod protocol;
pub mod sample;
pub mod viewer;
#[cfg(target_arch = "wasm32")]
pub mod worker;

pub use failure::Error;
