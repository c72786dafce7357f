//! What the page loads, in three builds of this crate: the *viewer* of runs (mathematics and run format), the CPU *engine* that
//! trains and measures, and the *GPU* engine, which trains on WebGPU as well.
//!
//! All of it lives in module workers: the page's own thread only draws. [`protocol`] is what is said between them.

pub mod protocol;
