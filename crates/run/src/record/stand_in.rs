//! Data that are used in place of a data set which is not to be had.

use serde::{Deserialize, Serialize};

use crate::experiment::Dataset;

/// The film reviews' sentences that come in SST-2's layout, as they are loaded.
const SNIPPETS: &str = "79aef06bb3eca733ea5f1369e3eac68f6ffa50226af1e1fbcfa663807b49f32a";

/// What a run's data stand in for: a finding on them is none on the data set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct StandIn {
    /// What the data are called.
    pub name: String,
    /// The data set in whose place they are.
    pub stands_for: Dataset,
}

impl StandIn {
    /// What is known to stand in for a data set: clouds that Spindle makes itself, and data of a
    /// known digest.
    #[must_use]
    pub fn of(data: Dataset, digest: &str) -> Option<Self> {
        match data {
            Dataset::Solids => Some(Self {
                name: data.title().to_owned(),
                stands_for: Dataset::ShapeNet,
            }),
            _ if digest == SNIPPETS => Some(Self::snippets()),
            _ => None,
        }
    }

    /// Sentences of film reviews, in place of SST-2.
    pub(super) fn snippets() -> Self {
        Self {
            name: "movie snippets".to_owned(),
            stands_for: Dataset::Sst2,
        }
    }
}
