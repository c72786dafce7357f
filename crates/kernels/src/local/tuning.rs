//! What is a free choice in evaluation by local patterns.

/// What is a free choice in evaluation by local patterns: none of it changes what is computed, but
/// for the order of additions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalTuning {
    /// Most bytes that the tables of one layer should take; beyond, fewer players vary at a time.
    pub table_bytes: usize,
    /// The same for wide networks, whose cores share their tables.
    pub wide_table_bytes: usize,
    /// Fewest players that vary at a time, where there are more.
    pub fewest_free: usize,
    /// What a sum of tables costs beside its products, in additions per pattern and output.
    pub additions: usize,
    /// Parts that a narrow layer is computed in, on all cores.
    pub parts: usize,
    /// Masks of a pass of narrow layers, or of pictures that are put together.
    pub masks: usize,
    /// Masks whose activations go through the dense layers together, and stay in cache.
    pub head_masks: usize,
    /// Rows that wide layers multiply by all kernel offsets in turn, while they are in the
    /// second-level cache.
    pub rows: usize,
}

impl Default for LocalTuning {
    fn default() -> Self {
        Self {
            table_bytes: 1 << 24,
            wide_table_bytes: 1 << 26,
            fewest_free: 6,
            additions: 4,
            parts: 8,
            masks: 64,
            head_masks: 64,
            rows: 120,
        }
    }
}
