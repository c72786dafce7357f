//! VGG without batch normalisation (Simonyan and Zisserman 2015).

use std::sync::Arc;

use spindle_kernels::Sequential;
use spindle_run::{
    input::{PictureShape, PictureSize},
    modality::Pictures,
};

use super::sequential::{self, Frame};
use crate::network::Network;

/// Pixels along one side of the pictures that it takes: small ones, and ImageNet's.
const SMALL: usize = 32;
const LARGE: usize = 224;

/// A VGG with so many convolutions in each of its blocks and filters in the first, for pictures of 32x32 where they are no
/// larger, and of 224x224 otherwise.
pub(super) fn network(
    title: &'static str,
    blocks: [usize; 5],
    filters: usize,
    size: PictureSize,
    classes: usize,
) -> Arc<dyn Network<Pictures>> {
    let side = match size.side {
        Some(side) if side <= SMALL => SMALL,
        _ => LARGE,
    };
    let input = PictureShape {
        channels: size.channels,
        side,
    };
    let vgg = Sequential::vgg(title, blocks, filters, input, classes);
    sequential::network(vgg, Frame::Covered)
}
