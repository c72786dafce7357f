//! Burn's devices.

use burn::tensor::Device;
use spindle_run::experiment;

use crate::Error;

/// Burn's device of an experiment.
pub(crate) fn device(device: experiment::Device) -> Result<Device, Error> {
    match device {
        #[cfg(feature = "flex")]
        experiment::Device::Flex => Ok(Device::flex()),
        #[cfg(feature = "webgpu")]
        experiment::Device::Webgpu => gpu_device(),
        device => Err(Error::no_device(device)),
    }
}

#[cfg(feature = "webgpu")]
pub(crate) use gpu::opened;
#[cfg(feature = "webgpu")]
pub use gpu::{Gpu, gpu_device, open_gpu};

#[cfg(feature = "webgpu")]
mod gpu {
    use std::sync::OnceLock;

    use burn::tensor::{Device, wgpu::WgpuSetup};
    use spindle_run::experiment;

    use crate::Error;

    /// Kernels that are sent to the GPU together: a training step is about as many, and nothing waits longer than one.
    const TASKS: usize = 128;

    static OPENED: OnceLock<(Device, WgpuSetup)> = OnceLock::new();

    /// The GPU that experiments on `webgpu` run on.
    pub struct Gpu {
        /// wgpu's own handles: what the adapter is, what it can do, what goes wrong on it.
        pub setup: WgpuSetup,
    }

    /// Opens the GPU; needed once before an experiment on `webgpu`, because a browser hands it out asynchronously.
    ///
    /// # Errors
    /// There is none, it refuses, or it was opened before.
    pub async fn open_gpu() -> Result<Gpu, Error> {
        let failed = |reason: String| Error::Device { reason };
        let (device, setup) = Device::wgpu_options()
            .tasks_max(TASKS)
            .init_with_setup_async()
            .await
            .map_err(|error| failed(error.to_string()))?;
        OPENED
            .set((device, setup.clone()))
            .map_err(|_| failed("the GPU was opened before".to_owned()))?;
        Ok(Gpu { setup })
    }

    /// Burn's device on the opened GPU: for networks that are no stacks, and to compare with.
    ///
    /// # Errors
    /// No GPU was opened.
    pub fn gpu_device() -> Result<Device, Error> {
        opened_both().map(|(device, _)| device.clone())
    }

    /// wgpu's handles of the opened GPU.
    pub(crate) fn opened() -> Result<&'static WgpuSetup, Error> {
        opened_both().map(|(_, setup)| setup)
    }

    fn opened_both() -> Result<&'static (Device, WgpuSetup), Error> {
        OPENED
            .get()
            .ok_or_else(|| Error::no_device(experiment::Device::Webgpu))
    }
}
