//! NVIDIA's cards through CUDA, by Burn.

use std::{
    panic::{self, AssertUnwindSafe},
    sync::OnceLock,
};

use burn::tensor::{Device as BurnDevice, Tensor};
use spindle_run::device::Device;

use super::{Opened, Wanted};
use crate::Error;

static OPENED: OnceLock<BurnDevice> = OnceLock::new();

/// The card that was opened.
///
/// # Errors
/// [`Error::Device`]: none was.
pub(crate) fn burn_device() -> Result<&'static BurnDevice, Error> {
    OPENED.get().ok_or_else(|| Error::Device {
        reason: "no card was opened".to_owned(),
    })
}

/// Opens a card and computes a sum on it: a driver that is missing shows only then.
///
/// # Errors
/// [`Error::NoDevice`]: no driver, no such card, or kernels that cannot be compiled.
pub(super) fn open(number: Option<usize>) -> Result<Opened, Error> {
    let refused = |reason: String| Error::NoDevice {
        device: Wanted::Cuda(number).to_string(),
        reason: format!(
            "{reason}; it needs NVIDIA's driver (nvidia-smi lists the cards) and the CUDA toolkit's NVRTC, found by CUDA_PATH"
        ),
    };
    // Without a driver the runtime panics.
    let tried = panic::catch_unwind(AssertUnwindSafe(|| {
        let device = BurnDevice::cuda(number.unwrap_or(0));
        let sum = Tensor::<1>::ones([8], &device).sum().into_scalar::<f32>();
        (device, sum)
    }));
    match tried {
        Ok((device, sum)) if (sum - 8.0).abs() < 1e-6 => {
            let set = OPENED.set(device);
            set.map_err(|_| refused("another card was opened before".to_owned()))?;
            Ok(Opened {
                device: Device::Cuda,
                warning: None,
            })
        }
        Ok((_, sum)) => Err(refused(format!("it sums eight ones to {sum}"))),
        Err(_) => Err(refused("CUDA does not start".to_owned())),
    }
}
