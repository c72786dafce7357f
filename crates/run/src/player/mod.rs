//! The input variables of a sample: where they are, how they are drawn, and what masks keep of an
//! input.
//!
//! | data | a player is | an absent one is replaced by |
//! |---|---|---|
//! | pictures | a patch of a feature map behind a ReLU, on an 8x8 grid | 0 on that feature map |
//! | texts | a word, all of its pieces together | `[MASK]` for every piece |
//! | point clouds | one of 30 clusters of the points | the cluster's mean, for every point |
//!
//! (Two-Phase Dynamics, arXiv 2405.10262, and its sequel, arXiv 2407.19198.)

mod clusters;
mod patches;
mod words;

use crate::each::Each;

pub use clusters::{CLUSTERS, ClusterMasks, DistinctPoints, cluster, draw_clusters};
pub use patches::{GRID, PatchMasks, check_patches, draw_patches};
pub use words::{MASK_TOKEN, WordMasks, draw_words, is_candidate};

/// Masks of players of one of the kinds.
pub type Masks = Each<PatchMasks, WordMasks, ClusterMasks>;

impl Masks {
    /// Number of masks, 2^n.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Self::Pictures(masks) => masks.count(),
            Self::Texts(masks) => masks.count(),
            Self::Clouds(masks) => masks.count(),
        }
    }
}
