//! What computes networks without Burn, on the CPU and in WGSL on a GPU: stacks of convolutions and dense layers above all: fused kernels over plain arrays.
//!
//! Burn's flex runs such a small network at a fraction of what the machine can do: small products, elementwise
//! passes over memory, a second core that idles. Here a convolution is one pass with its bias, ReLU and pooling, forward
//! and backward, in buffers that stay in cache and are allocated once; a batch is computed in micro-batches of a
//! fixed size on all cores, and their gradients are added in order, so that the numbers do not depend on how
//! many cores there are. Outputs on all masks of a sample share what few players change (module `local`).
//!
//! Narrow layers (LeNet) and wide ones (VGG, AlexNet) want different kernels: windows multiplied where they lie, and products of large
//! matrices (modules `product` and `wide`). A stack's shapes tell which ones run it. BERT and DGCNN are no stacks: module `bert` trains and evaluates the one, and module `dgcnn`
//! evaluates the other, which Burn trains.

mod bert;
mod convolution;
mod dgcnn;
mod engine;
mod error;
#[cfg(feature = "webgpu")]
pub mod gpu;
mod linear;
mod local;
mod narrow;
mod parameters;
mod pass;
mod product;
mod reference;
mod rows;
mod sequential;
#[cfg(test)]
mod tests;
mod wide;

use std::collections::HashSet;

use spindle_run::event::Tensors;

pub use bert::{BertKernels, Size as BertSize, is_redundant as bert_is_redundant};
pub use dgcnn::DgcnnKernels;
pub use engine::{SequentialKernels, Sgd};
pub use error::Error;
#[cfg(feature = "webgpu")]
pub use gpu::GpuSequentialKernels;
pub use local::{Arithmetic, LayerArithmetic};
pub use sequential::{Convolution, Dense, Initial, Masked, Pool, Sequential};

/// Whether labels are among the classes.
///
/// # Errors
/// The first one that is not.
fn check_labels(network: &'static str, labels: &[usize], classes: usize) -> Result<(), Error> {
    match labels.iter().find(|&&label| label >= classes) {
        None => Ok(()),
        Some(label) => Err(Error::Input {
            network,
            reason: format!("label {label} where there are {classes} classes"),
        }),
    }
}

/// Whether named tensors are those that a network has, besides some that files may have.
///
/// # Errors
/// All tensors that are missing, extra or misshapen, in one error.
fn check_tensors<'a>(
    network: &'static str,
    expected: impl Iterator<Item = (&'a str, &'a [usize])>,
    tensors: &Tensors,
    may_be_extra: impl Fn(&str) -> bool,
) -> Result<(), Error> {
    let mut problems = Vec::new();
    let mut known = HashSet::new();
    for (name, shape) in expected {
        known.insert(name);
        match tensors.get(name) {
            None => problems.push(format!("{name} {shape:?} is missing")),
            Some(found) if found.shape != shape => {
                problems.push(format!("{name} is {:?}, expected {shape:?}", found.shape));
            }
            Some(_) => {}
        }
    }
    let extra = tensors
        .iter()
        .filter(|(name, _)| !known.contains(name.as_str()) && !may_be_extra(name));
    problems
        .extend(extra.map(|(name, tensor)| format!("{name} {:?} is not part of it", tensor.shape)));
    match problems.is_empty() {
        true => Ok(()),
        false => Err(Error::Weights { network, problems }),
    }
}
