//! Burn's devices.

use burn::tensor::Device;
use spindle_run::experiment;

use crate::Error;

/// Burn's device of an experiment: flex on the CPU.
pub(crate) fn device(device: experiment::Device) -> Result<Device, Error> {
    match device {
        #[cfg(feature = "flex")]
        experiment::Device::Cpu | experiment::Device::Flex => Ok(Device::flex()),
        device => Err(Error::no_device(device)),
    }
}
