//! What is a free choice in the kernels of sequential networks.

use crate::{LocalTuning, NarrowTuning, WideTuning, panels::WIDTH};

/// What is a free choice in the kernels of sequential networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SequentialTuning {
    /// Channels of a convolution from which on a network is one of wide layers: those of a panel,
    /// which fewer do not fill.
    pub narrow_channels: usize,
    /// Weights of a dense layer from which on a network is one of wide layers, whose products are
    /// those of large matrices. Both decide which kernels compute a network, and so its last bits.
    pub narrow_weights: usize,
    /// For networks of narrow layers.
    pub narrow: NarrowTuning,
    /// For networks of wide layers.
    pub wide: WideTuning,
    /// For masked outputs.
    pub local: LocalTuning,
}

impl Default for SequentialTuning {
    fn default() -> Self {
        Self {
            narrow_channels: WIDTH,
            // 512 KiB: what a core's second-level cache holds beside the activations.
            narrow_weights: 1 << 17,
            narrow: NarrowTuning::default(),
            wide: WideTuning::default(),
            local: LocalTuning::default(),
        }
    }
}
