//! What computes a network.

use serde::{Deserialize, Serialize};

/// What computes the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Device {
    /// All cores of this machine, by fused kernels.
    #[default]
    Cpu,
    /// All cores of this machine, by Burn's flex backend: the reference for the kernels.
    Flex,
    /// The GPU, by fused kernels on WebGPU: in a browser, so no flag of the command line.
    #[cfg_attr(feature = "clap", value(skip))]
    Webgpu,
}
