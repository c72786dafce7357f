//! Sequential networks of wide layers: VGG and AlexNet.
//!
//! Their work is products of large matrices, and every array here lies as [`crate::product`] wants
//! it: a feature map is `[panel of channels][row][column][picture][channel]`, weights are `[panel
//! of outputs][kernel offset][input][output]`, and so are their gradients. The pictures of a
//! micro-batch lie side by side at every position, so that what one kernel offset meets along a row
//! of positions is one run of memory: there is no im2col, offsets that fall into the padding are
//! left out, and pooling works on whole rows. A dense layer behind a feature map is a convolution
//! as large as the map.
//!
//! Every layer is split among cores by what comes out, so that each number is the same sum whatever
//! the number of cores.

mod backward;
mod correlation;
mod forward;
mod im2col;
mod layer;
mod network;
mod pooling;
mod tuning;
mod weight_gradient;
mod workspace;

pub use self::tuning::WideTuning;
pub(super) use self::{
    layer::{Layer, LayerParameters, Layers},
    network::WideNetwork,
    pooling::MOST_POOLED,
    workspace::{Source, Workspace},
};
