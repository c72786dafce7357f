//! Does a device compute what the CPU computes?
//!
//! Drivers have defects, and a network that trains on wrong numbers looks like a bad network. So a
//! GPU first does a few training steps that the CPU's kernels do as well.

use spindle_run::{
    device::Place, event::Tensors, experiment::Model, input::PictureSize, modality::Pictures,
};

use crate::{
    Error, backend,
    network::{Network, Sgd, Snapshot, initial_weights},
    networks::Networks as _,
};

/// Steps, and pictures in each.
const STEPS: usize = 3;
const BATCH: usize = 8;
/// Pixels along one side of a picture, and classes.
const SIDE: usize = 32;
const CLASSES: usize = 10;
/// Largest relative difference of a loss.
const TOLERANCE: f64 = 1e-3;

/// Trains LeNet for a few steps at `place` and on the CPU, and returns the largest relative
/// difference of the losses.
///
/// # Errors
/// [`Error::Device`] where a loss is not finite, 0, or differs by more than 1e-3; what the backend
/// says of the device.
pub async fn largest_difference(place: Place) -> Result<f64, Error> {
    let expected = losses(Place::CPU).await?;
    let found = losses(place).await?;
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

async fn losses(place: Place) -> Result<Vec<f32>, Error> {
    let size = PictureSize {
        channels: 1,
        side: Some(SIDE),
    };
    let network = Pictures::network(Model::Lenet, size, CLASSES)?;
    let network: &dyn Network<Pictures> = &*network;
    let from = Snapshot {
        weights: initial_weights(network, 0),
        momentum: Tensors::new(),
    };
    let mut trainer = backend::trainer(network, place, &from)?;
    let sgd = Sgd {
        learning_rate: 0.05,
        momentum: 0.9,
    };
    let labels: Vec<usize> = (0..BATCH).map(|index| index % CLASSES).collect();
    for step in 0..STEPS {
        trainer.step(&pattern(BATCH * SIDE * SIDE, step), &labels, sgd)?;
    }
    trainer.take_losses().await
}

/// Pictures that need no data set: values between 0 and 1 without a period that a convolution could
/// miss.
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
        let of = |place| pollster::block_on(largest_difference(place));
        assert_eq!(of(Place::CPU)?, 0.0);
        assert!(of(Place::BURN_ON_CPU)? < 1e-5);
        Ok(())
    }

    #[test]
    fn a_device_that_is_not_there_is_an_error() {
        let found = pollster::block_on(largest_difference(Place::GPU));
        assert!(matches!(
            found,
            Err(Error::Place { .. } | Error::Device { .. })
        ));
    }
}
