//! LeNet-5 with ReLU and max pooling (LeCun et al. 1998, as arXiv 2405.10262 trains it), and LeNets of
//! other widths and kernels.

use std::sync::Arc;

use spindle_kernels::Sequential;
use spindle_run::{input::PictureSize, modality::Pictures};

use super::sequential::{self, Frame};
use crate::network::Network;

/// LeNet, which takes pictures of 32x32 (with kernels of 5x5): smaller ones in a frame of zeros, others
/// scaled.
pub(super) fn network(
    title: &'static str,
    kernel: usize,
    filters: [usize; 2],
    hidden: [usize; 2],
    size: PictureSize,
    classes: usize,
) -> Arc<dyn Network<Pictures>> {
    let lenet = Sequential::lenet_of(title, kernel, filters, hidden, size.channels, classes);
    // Its filters are as wide as the frame around a digit: its feature map lies over the digit
    // itself.
    sequential::network(lenet, Frame::LeftOut)
}
