//! Devices beside the CPU: what people call them, what is there, and the one that was opened.
//!
//! A process computes on one of them at most. Whoever takes flags opens it ([`open`]) before a
//! network is made on it; what goes wrong there is told then, by name.

#[cfg(feature = "burn-cuda")]
mod cuda;
mod list;
mod wanted;
#[cfg(feature = "burn-wgpu")]
mod wgpu;

use spindle_run::device::Device;

use crate::Error;

#[cfg(feature = "burn-cuda")]
pub(crate) use cuda::burn_device as burn_on_cuda;
pub use list::{Listed, features, list};
pub use wanted::{Wanted, Which};
#[cfg(feature = "burn-wgpu")]
pub(crate) use wgpu::burn_device as burn_on_gpu;

/// A device that networks can be computed on from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Which one.
    pub device: Device,
    /// What whoever waits for it should know: that it is no graphics card, or why there is none.
    pub warning: Option<String>,
}

impl Opened {
    const CPU: Self = Self {
        device: Device::Cpu,
        warning: None,
    };
}

/// A device of Burn's in words, for a run's provenance.
#[cfg(feature = "burn")]
pub(crate) fn words(device: &burn::tensor::Device) -> String {
    #[cfg(feature = "burn-wgpu")]
    if let Some(words) = wgpu::words(device) {
        return words;
    }
    format!("{device:?}, {}", spindle_run::parallel::description())
}

/// Opens a device. [`Wanted::Auto`] is the first graphics card that is one, or else the CPU: which
/// of the two a network goes to is for a measurement to say ([`crate::pipeline::fastest`]).
///
/// # Errors
/// [`Error::NotBuilt`]: this build knows no such device. [`Error::NoDevice`]: it is not there, or
/// it refuses. Another one was opened before.
pub async fn open(wanted: &Wanted) -> Result<Opened, Error> {
    match wanted {
        Wanted::Cpu => Ok(Opened::CPU),
        Wanted::Auto => match list::first_card().await {
            Some(card) => open_gpu(Some(&card)).await,
            None => Ok(Opened {
                device: Device::Cpu,
                warning: Some(without_a_card().to_owned()),
            }),
        },
        Wanted::Gpu(which) => open_gpu(which.as_ref()).await,
        Wanted::Cuda(number) => open_cuda(*number),
    }
}

/// Why automatic choice has nothing to choose from.
const fn without_a_card() -> &'static str {
    match cfg!(feature = "burn-wgpu") {
        true => {
            "--device auto takes the CPU: no graphics card offers itself, other than programs on the CPU and what is reached through OpenGL (--device gpu takes these, --device cuda NVIDIA's cards)"
        }
        false => {
            "--device auto takes the CPU: this build knows no graphics cards; in Spindle's folder: cargo build --release -p spindle --features wgpu"
        }
    }
}

#[cfg(feature = "burn-wgpu")]
use wgpu::open as open_gpu;

#[cfg(not(feature = "burn-wgpu"))]
async fn open_gpu(_which: Option<&Which>) -> Result<Opened, Error> {
    std::future::ready(Err(Error::NotBuilt {
        device: Device::Gpu,
        feature: "wgpu",
    }))
    .await
}

#[cfg(feature = "burn-cuda")]
use cuda::open as open_cuda;

#[cfg(not(feature = "burn-cuda"))]
fn open_cuda(_number: Option<usize>) -> Result<Opened, Error> {
    Err(Error::NotBuilt {
        device: Device::Cuda,
        feature: "cuda",
    })
}
