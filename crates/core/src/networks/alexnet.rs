//! AlexNet (Krizhevsky 2014, as torchvision has it).

use std::sync::Arc;

use spindle_kernels::Sequential;
use spindle_run::{input::PictureSize, modality::Pictures};

use super::sequential::{self, Frame};
use crate::network::Network;

/// AlexNet, which takes pictures of 224x224: others are scaled.
pub(super) fn network(size: PictureSize, classes: usize) -> Arc<dyn Network<Pictures>> {
    sequential::network(Sequential::alexnet(size.channels, classes), Frame::Covered)
}
