//! Does a device compute what the CPU computes?
//!
//! Drivers have defects, and a network that trains on wrong numbers looks like a bad network. So a GPU first does a few training steps
//! that the fused kernels do as well.

use spindle_run::modality::Inputs;
use spindle_run::{event::Tensors, experiment::Device};

use crate::{
    Error,
    architecture::Architecture,
    engine::{Engine, Sgd},
};

/// Steps, and pictures in each.
const STEPS: usize = 3;
const BATCH: usize = 8;
/// Pixels along one side of a picture.
const SIDE: usize = 32;
/// Largest relative difference of a loss.
const TOLERANCE: f64 = 1e-3;

/// Trains LeNet for a few steps on `device` and on the CPU, and returns the largest relative difference of the losses.
///
/// # Errors
/// [`Error::Device`] where a loss is not finite, 0, or differs by more than 1e-3; what [`Engine`] says of the device.
pub async fn largest_difference(device: Device) -> Result<f64, Error> {
    let expected = losses(Device::Cpu).await?;
    let found = losses(device).await?;
    let mut largest: f64 = 0.0;
    for (step, (&found, &expected)) in found.iter().zip(&expected).enumerate() {
        let difference = f64::from((found - expected).abs() / expected);
        if difference.is_nan() || difference > TOLERANCE || found == 0.0 {
            return Err(Error::Device {
                reason: format!(
                    "its self-test gave a loss of {found} at step {step} where the CPU has {expected}"
                ),
            });
        }
        largest = largest.max(difference);
    }
    Ok(largest)
}

async fn losses(device: Device) -> Result<Vec<f32>, Error> {
    let architecture = Architecture::LENET_ON_MNIST;
    let weights = architecture.initial_weights(0)?;
    let mut engine = Engine::new(&architecture, device, &weights, &Tensors::new())?;
    let sgd = Sgd {
        learning_rate: 0.05,
        momentum: 0.9,
    };
    let labels: Vec<usize> = (0..BATCH)
        .map(|index| index % architecture.classes)
        .collect();
    for step in 0..STEPS {
        let pictures = Inputs::Pictures(pattern(BATCH * SIDE * SIDE, step));
        engine.step(&pictures, &labels, sgd)?;
    }
    engine.take_losses().await
}

/// Pictures that need no data set: values between 0 and 1 without a period that a convolution could miss.
fn pattern(len: usize, step: usize) -> Vec<f32> {
    (0..len)
        .map(|at| ((at * at + 31 * at * (step + 1)) % 257) as f32 / 256.0)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_agree_with_themselves_and_burn_with_them() -> Result<(), Error> {
        let of = |device| pollster::block_on(largest_difference(device));
        assert_eq!(of(Device::Cpu)?, 0.0);
        assert!(of(Device::Flex)? < 1e-5);
        Ok(())
    }

    #[test]
    fn a_device_that_is_not_there_is_an_error() {
        let found = pollster::block_on(largest_difference(Device::Webgpu));
        assert!(matches!(
            found,
            Err(Error::Experiment {
                field: "device",
                ..
            })
        ));
    }
}
