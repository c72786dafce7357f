//! Where a network is computed: a device, and what drives it.
//!
//! Neither is part of an experiment: the same experiment goes on on another device. What it was
//! computed by is told by the run's provenance.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a network is computed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Device {
    /// All cores of this machine.
    #[default]
    Cpu,
    /// A graphics adapter that was opened: the browser's, or one of this machine.
    Gpu,
    /// A card of NVIDIA's, through CUDA.
    Cuda,
}

/// What drives a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Backend {
    /// Spindle's fused kernels.
    Kernels,
    /// Burn: the reference for the kernels.
    Burn,
}

/// A device, and what drives it where that is not left to Spindle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Place {
    /// What computes the network.
    pub device: Device,
    /// What drives the device; chosen by Spindle where none is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend: Option<Backend>,
}

impl Place {
    /// The CPU, by whatever is fastest.
    pub const CPU: Self = Self {
        device: Device::Cpu,
        backend: None,
    };
    /// The GPU, by whatever is fastest.
    pub const GPU: Self = Self {
        device: Device::Gpu,
        backend: None,
    };
    /// The CPU, by Burn: the reference for the kernels.
    pub const BURN_ON_CPU: Self = Self {
        device: Device::Cpu,
        backend: Some(Backend::Burn),
    };
}

/// Where a network is trained, and where it is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    /// Where it is trained.
    pub training: Place,
    /// Where its masked outputs are computed.
    pub evaluation: Place,
}

impl From<Place> for Places {
    fn from(place: Place) -> Self {
        Self {
            training: place,
            evaluation: place,
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Device::Cpu => "cpu",
            Device::Gpu => "gpu",
            Device::Cuda => "cuda",
        })
    }
}

impl fmt::Display for Place {
    /// `cpu`, or `cpu by burn` where the backend is given.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.device.fmt(formatter)?;
        match self.backend {
            None => Ok(()),
            Some(Backend::Kernels) => formatter.write_str(" by kernels"),
            Some(Backend::Burn) => formatter.write_str(" by burn"),
        }
    }
}
