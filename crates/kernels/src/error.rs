//! What can go wrong in the kernels.

/// An error of the kernels; its text names what failed and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Weights do not fit the network.
    #[error("the weights do not fit {network}:{}", list(problems))]
    Weights {
        /// Which network.
        network: &'static str,
        /// Every tensor that is missing, extra, or has another shape.
        problems: Vec<String>,
    },
    /// The kernels cannot run a network.
    #[error("{network} cannot run on this device: {reason}")]
    Network {
        /// Which network.
        network: &'static str,
        /// What they do not know, and what does.
        reason: String,
    },
    /// What came in does not fit the network.
    #[error("what came in does not fit {network}: {reason}")]
    Input {
        /// Which network.
        network: &'static str,
        /// What does not fit, and what would.
        reason: String,
    },
    /// The device failed.
    #[error("the device failed: {reason}")]
    Device {
        /// What it said.
        reason: String,
    },
}

fn list(problems: &[String]) -> String {
    problems
        .iter()
        .map(|problem| format!("\n  - {problem}"))
        .collect()
}
