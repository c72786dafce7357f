//! The GPU engine for sequential networks: fused kernels in WGSL, on wgpu's device and queue of
//! whoever opened the GPU.
//!
//! A training step is one command buffer of a few large dispatches. Pictures lie in blocks of 16,
//! `[blocks, values, 16]` in every array: then neighbouring invocations read neighbouring values
//! and the same weights, which suits a GPU's memory and a software renderer's vectors alike, and
//! what a tile reads stays close. Each invocation keeps a tile of sums in registers; for that,
//! loops in the shaders are written out from templates with a layer's sizes as constants. No sum
//! depends on the order in which invocations run.

mod adapter;
mod engine;
mod fault;
mod kernels;
mod open;
mod plan;
mod read;
mod template;
#[cfg(all(test, feature = "vulkan"))]
mod tests;

pub use adapter::Adapter;
#[cfg(not(target_arch = "wasm32"))]
pub use adapter::adapters;
pub use engine::GpuSequentialKernels;
pub use open::{Gpu, keep, open, opened};
