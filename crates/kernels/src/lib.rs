//! What computes networks without Burn, on the CPU and in WGSL on a GPU: fused kernels over plain
//! arrays.
//!
//! Burn's flex runs a small network at a fraction of what the machine can do: small products,
//! elementwise passes over memory, a second core that idles. Here a convolution is one pass with
//! its bias, ReLU and pooling, forward and backward, in buffers that stay in cache and are
//! allocated once; a batch is computed in micro-batches of a fixed size on all cores, and their
//! gradients are added in order, so that the numbers do not depend on how many cores there are.
//! Outputs on all masks of a sample share what few players change (module `local`).
//!
//! Sequential networks ([`Sequential`]) are convolutions, if any, and dense layers. Narrow layers
//! (LeNet, small perceptrons) and wide ones (VGG, AlexNet) want different kernels: windows
//! multiplied where they lie, and products of large matrices (modules `narrow` and `wide`); a
//! network's shapes tell which ones run it. BERT and DGCNN are no sequential networks: module
//! `bert` trains and evaluates the one, and module `dgcnn` evaluates the other, which Burn trains.
//!
//! What the families share: rows in `panels` and `product`s of them, padded `rows`, the `loss`,
//! `sgd`, and the check of `tensors` by name. What is a free choice in a family is a field of its
//! tuning, with a default; what follows from vectors and registers is a constant with its reason.

mod activation;
mod bert;
mod dgcnn;
mod engine;
mod error;
#[cfg(feature = "webgpu")]
pub mod gpu;
mod linear;
mod local;
mod loss;
mod narrow;
mod panels;
mod penalty;
mod product;
mod reference;
mod rows;
mod sequential;
mod sgd;
mod simd;
mod tables;
mod tensors;
#[cfg(test)]
mod tests;
mod wide;

pub use bert::{BertKernels, BertTuning, Size as BertSize, is_redundant as bert_is_redundant};
pub use dgcnn::{DgcnnKernels, DgcnnTuning};
pub use engine::SequentialKernels;
pub use error::Error;
#[cfg(feature = "webgpu")]
pub use gpu::GpuSequentialKernels;
pub use local::{Arithmetic, LayerArithmetic, LocalTuning};
pub use narrow::NarrowTuning;
pub use penalty::{Draw, Penalty};
pub use reference::ExactSequential;
pub use sequential::{
    Convolution, Dense, Initial, Masked, Parameter, Pool, Sequential, SequentialTuning,
};
pub use sgd::Sgd;
pub use tensors::check_tensors;
pub use wide::WideTuning;
