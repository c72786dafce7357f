//! What computes networks on the CPU, stacks of convolutions and dense layers above all: fused kernels over plain arrays.
//!
//! Burn's flex runs such a small network at a fraction of what the machine can do: small products, elementwise
//! passes over memory, a second core that idles. Here a convolution is one pass with its bias, ReLU and pooling, forward
//! and backward, in buffers that stay in cache and are allocated once; a batch is computed in micro-batches of a
//! fixed size on all cores, and their gradients are added in order, so that the numbers do not depend on how
//! many cores there are. Outputs on all masks of a sample share what few players change (module `local`).
//!
//! Narrow layers (LeNet) and wide ones (VGG, AlexNet) want different kernels: windows multiplied where they lie, and products of large
//! matrices (modules `product` and `wide`). A stack's shapes tell which ones run it. DGCNN is no stack: Burn trains it, and module `dgcnn` computes its outputs.

mod convolution;
#[cfg(feature = "burn")]
mod dgcnn;
mod engine;
#[cfg(feature = "webgpu")]
mod gpu;
mod local;
mod narrow;
mod parameters;
mod pass;
mod product;
mod reference;
mod rows;
mod stack;
#[cfg(test)]
mod tests;
mod wide;

#[cfg(feature = "burn")]
pub(crate) use dgcnn::{DgcnnKernels, DistinctPoints, EPSILON, NEIGHBOURS, SLOPE};
pub use engine::StackEngine;
#[cfg(feature = "webgpu")]
pub use gpu::GpuStackEngine;
pub use local::{Arithmetic, LayerArithmetic};
pub use stack::{Convolution, Dense, Initial, Pool, Stack, VggDepth, VggSide};
