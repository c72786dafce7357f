//! What is a free choice in the kernels of wide networks.

/// What is a free choice in the kernels of wide networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WideTuning {
    /// Most pictures of a micro-batch. With `map_bytes` it decides in which order gradients are
    /// added, and so the last bits of every training; the others change speed alone.
    pub pictures: usize,
    /// Bytes that the feature maps of a micro-batch should take at most.
    pub map_bytes: usize,
    /// Rows of parameters that one core moves at a time.
    pub updated: usize,
    /// Rows that are multiplied by the same part of the weights in turn: with the factors of
    /// `segments`, they stay in the second-level cache.
    pub rows: usize,
    /// Segments of a part of the weights.
    pub segments: usize,
    /// Panels that one core computes together, so that what comes in is read once for them.
    pub panels: usize,
    /// Positions, times pictures, along which gradients with respect to weights are added up at a
    /// time.
    pub along: usize,
}

impl Default for WideTuning {
    fn default() -> Self {
        Self {
            pictures: 128,
            // A browser's memory has four gigabytes at most.
            map_bytes: if cfg!(target_arch = "wasm32") {
                1 << 28
            } else {
                1 << 30
            },
            updated: 512,
            rows: 120,
            segments: 16,
            panels: 4,
            along: 512,
        }
    }
}
