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

#[cfg(test)]
mod tests {
    use spindle_run::{device::Place, experiment::Model};

    use super::*;
    use crate::self_test;

    fn refusal() -> String {
        let opened = open(None).map_err(|error| error.to_string());
        opened.expect_err("a refusal")
    }

    #[test]
    #[ignore = "needs a machine without a CUDA driver: cargo xtask test --cuda"]
    fn without_a_driver_cuda_does_not_start() {
        let words = refusal();
        assert!(
            words.contains("there is no device cuda: CUDA does not start"),
            "{words}"
        );
        assert!(words.contains("it needs NVIDIA's driver"), "{words}");
    }

    #[test]
    #[ignore = "needs a CUDA driver and no NVRTC: cargo xtask test --cuda"]
    fn without_a_compiler_cuda_does_not_start() {
        let words = refusal();
        assert!(words.contains("the CUDA toolkit's NVRTC"), "{words}");
    }

    #[test]
    #[ignore = "needs a CUDA driver that launches nothing, and NVRTC: cargo xtask test --cuda"]
    fn wrong_sums_are_refused() {
        let words = refusal();
        assert!(words.contains("it sums eight ones to 0"), "{words}");
    }

    /// What comes out of the kernels says nothing.
    #[test]
    #[ignore = "needs a CUDA driver that launches nothing, and NVRTC: cargo xtask test --cuda"]
    fn every_kernel_compiles() -> Result<(), Error> {
        OPENED.get_or_init(|| BurnDevice::cuda(0));
        let place = Place {
            device: Device::Cuda,
            backend: None,
        };
        for model in [
            Model::Mlp,
            Model::Lenet,
            Model::Vgg11,
            Model::BertTiny,
            Model::Dgcnn,
        ] {
            pollster::block_on(self_test::run_through(model, place))?;
        }
        Ok(())
    }
}
