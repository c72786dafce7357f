//! Samples in a message, as TypeScript knows them.

use spindle_core::{networks::Architecture, pipeline::EncodedBench};
use spindle_data::EncodedSample;

/// Samples that are measured, and the network that they are measured with.
///
/// The page hands it on from worker to worker, and gives each some of the samples; into these it
/// does not look, since what they are is the network's affair.
#[derive(ts_rs::TS)]
pub struct Bench {
    /// The network.
    #[ts(type = "unknown")]
    pub architecture: Architecture,
    /// Samples of the whole run, of which these may be some.
    pub all: usize,
    /// The samples.
    #[ts(type = "Array<unknown>")]
    pub samples: Vec<EncodedSample>,
}

/// What travels has these fields.
impl From<EncodedBench> for Bench {
    fn from(bench: EncodedBench) -> Self {
        let EncodedBench {
            architecture,
            all,
            samples,
        } = bench;
        Self {
            architecture,
            all,
            samples,
        }
    }
}
