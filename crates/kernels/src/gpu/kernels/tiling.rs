//! What is a free choice in the GPU's kernels.

/// How much an invocation does, and how invocations are grouped. Larger tiles read less for every
/// product, smaller ones leave registers for more invocations at a time. Gradients are added up in
/// as many parts as invocations share the pictures, so that the last bits of a training depend on
/// it.
#[derive(Clone, Copy, Debug)]
pub(in crate::gpu) struct Tiling {
    /// Sums that an invocation of a convolution keeps.
    pub(super) sums: usize,
    /// Sums of its weight gradient.
    pub(super) weight_sums: usize,
    /// Most columns of a convolution's tile.
    pub(super) columns: usize,
    /// Outputs in a dense layer's tile.
    pub(super) outputs: usize,
    /// Most pictures in a dense layer's tile.
    pub(super) pictures: usize,
    /// Inputs in a tile of a dense layer's weight gradient.
    pub(super) inputs: usize,
    /// Most products that are written out in the body of a loop, where a shorter one does not need
    /// more: long code takes long to compile and leaves the cache.
    pub(super) written_out: usize,
    /// Tiles in a workgroup, each a block of pictures wide.
    pub(super) tiles: usize,
    /// Invocations that share the pictures of a block for a dense layer's weight gradient: a
    /// divisor of it.
    pub(super) weight_lanes: usize,
    /// Tiles in a workgroup of them.
    pub(super) weight_tiles: usize,
    /// Invocations that share the pictures of a block for a convolution's weight gradient: a
    /// divisor of it.
    pub(super) tap_lanes: usize,
    /// Parts of the feature map in a workgroup of them.
    pub(super) group_parts: usize,
    /// Workgroups that a convolution's weight gradient is spread over, if it has rows enough.
    pub(super) weight_groups: usize,
    /// Invocations that share the pictures for the loss.
    pub(super) loss_lanes: usize,
    /// Invocations of a workgroup that updates parameters.
    pub(super) update_lanes: usize,
}

impl Tiling {
    /// For GPUs: what fits in their registers.
    pub(in crate::gpu) const HARDWARE: Self = Self {
        sums: 56,
        weight_sums: 50,
        columns: 14,
        outputs: 8,
        pictures: 4,
        inputs: 4,
        written_out: 300,
        tiles: 2,
        weight_lanes: 4,
        weight_tiles: 8,
        tap_lanes: 8,
        group_parts: 4,
        weight_groups: 192,
        loss_lanes: 64,
        update_lanes: 64,
    };
    /// For software renderers, where a read costs about ten products, and registers are in the
    /// first-level cache anyway.
    pub(in crate::gpu) const SOFTWARE: Self = Self {
        sums: 84,
        weight_sums: 100,
        pictures: 8,
        inputs: 8,
        written_out: 200,
        ..Self::HARDWARE
    };
}

/// Size of tiles of at most `most` that cover `len`: a divisor if it is not much smaller.
pub(super) fn tile(len: usize, most: usize) -> usize {
    let most = most.clamp(1, len);
    let divisor = divisor(len, most);
    if 2 * divisor > most {
        divisor
    } else {
        len.div_ceil(len.div_ceil(most))
    }
}

/// The largest divisor of `len` up to `most`.
pub(super) fn divisor(len: usize, most: usize) -> usize {
    let divides = |size: &usize| len.is_multiple_of(*size);
    (1..=most.min(len)).rev().find(divides).unwrap_or(1)
}
