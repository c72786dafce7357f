//! Does a device compute what the CPU computes?
//!
//! Drivers have defects, and a network that trains on wrong numbers looks like a bad network. So a
//! device first does a few training steps, and some masked outputs, that the CPU does as well.

mod samples;

use spindle_run::{device::Place, each, event::Tensors, experiment::Model};
use web_time::Instant;

use crate::{
    Error, backend,
    network::{Network, Sgd, Snapshot, initial_weights},
};
use samples::Tried;

/// Steps, and inputs in each.
const STEPS: usize = 3;
const BATCH: usize = 8;
const CLASSES: usize = 10;
/// Largest relative difference of a loss.
const TOLERANCE: f64 = 1e-3;
/// Largest difference of a masked output, in units of the largest one. Exact to rounding is 1e-6;
/// products of shortened factors (TF32) are off by 1e-3.
const CLOSE: f64 = 1e-4;
/// How networks are trained here: gently, since in a network that runs away rounding grows too.
const SGD: Sgd = Sgd {
    learning_rate: 0.001,
    momentum: 0.9,
};

/// Trains LeNet for a few steps at `place` and on the CPU, and returns the largest relative
/// difference of the losses.
///
/// # Errors
/// [`Error::Device`] where a loss is not finite, 0, or differs by more than 1e-3; what the backend
/// says of the device.
pub async fn largest_difference(place: Place) -> Result<f64, Error> {
    each!(samples::network(Model::Lenet, CLASSES)?, network => losses_apart(&*network, place).await)
}

/// What came of a network's test.
#[derive(Clone, Debug, PartialEq)]
pub struct Tested {
    /// What computed it, in words.
    pub engine: String,
    /// Largest relative difference of a training step's loss to the CPU's.
    pub loss_difference: f64,
    /// Largest difference of a masked output to the CPU's, in units of the largest one.
    pub output_difference: f64,
    /// Training steps a second, on batches of 8.
    pub steps_per_second: f64,
    /// Masked outputs a second.
    pub outputs_per_second: f64,
}

/// Tries a model's network for its smallest inputs at a place: training steps and outputs on 64
/// masks, beside the CPU's.
///
/// # Errors
/// [`Error::Device`] where numbers differ by more than rounding explains; what the backend says of
/// the device.
pub async fn test(model: Model, place: Place) -> Result<Tested, Error> {
    each!(samples::network(model, CLASSES)?, network => tested(&*network, place).await)
}

/// All that a test computes at a place, whatever comes out.
#[cfg(all(test, feature = "burn-cuda"))]
pub(crate) async fn run_through(model: Model, place: Place) -> Result<(), Error> {
    each!(samples::network(model, CLASSES)?, network => {
        losses(&*network, place).await?;
        masked_outputs(&*network, place).await?;
    });
    Ok(())
}

#[cfg(all(test, feature = "burn-cuda"))]
async fn masked_outputs<M: Tried>(
    network: &dyn Network<M>,
    place: Place,
) -> Result<Vec<f32>, Error> {
    let input = M::made(network.shape(), 1, 0);
    let masks = M::six_players(network.shape(), &input);
    let evaluator = backend::evaluator(network, place, &start(network).weights)?;
    evaluator.masked_logits(&input, &masks).await
}

async fn tested<M: Tried>(network: &dyn Network<M>, place: Place) -> Result<Tested, Error> {
    let loss_difference = losses_apart(network, place).await?;
    let (from, labels) = (start(network), labels());
    let mut trainer = backend::trainer(network, place, &from)?;
    let inputs = M::made(network.shape(), BATCH, 0);
    // What is compiled and allocated first counts in no rate.
    trainer.step(&inputs, &labels, SGD)?;
    trainer.take_losses().await?;
    let start = Instant::now();
    for _ in 0..STEPS {
        trainer.step(&inputs, &labels, SGD)?;
    }
    trainer.take_losses().await?;
    let training = start.elapsed().as_secs_f64();
    let (output_difference, outputs_per_second) = outputs_apart(network, place).await?;
    Ok(Tested {
        engine: trainer.describe(),
        loss_difference,
        output_difference,
        steps_per_second: STEPS as f64 / training,
        outputs_per_second,
    })
}

/// The largest difference of masked outputs, relative to the largest, and their rate.
async fn outputs_apart<M: Tried>(
    network: &dyn Network<M>,
    place: Place,
) -> Result<(f64, f64), Error> {
    let weights = start(network).weights;
    let input = M::made(network.shape(), 1, 0);
    let masks = M::six_players(network.shape(), &input);
    let on_cpu = backend::evaluator(network, Place::CPU, &weights)?;
    let expected = on_cpu.masked_logits(&input, &masks).await?;
    let here = backend::evaluator(network, place, &weights)?;
    here.masked_logits(&input, &masks).await?;
    let start = Instant::now();
    let found = here.masked_logits(&input, &masks).await?;
    let rate = M::mask_count(&masks) as f64 / start.elapsed().as_secs_f64();
    let largest = expected.iter().fold(0.0_f32, |most, z| most.max(z.abs()));
    let pairs = found.iter().zip(&expected);
    let apart = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    let apart = f64::from(apart / largest);
    // Not "above": what is no number is no agreement.
    if apart <= CLOSE && found.iter().all(|z| z.is_finite()) {
        return Ok((apart, rate));
    }
    Err(Error::Device {
        reason: format!(
            "its masked outputs are {apart:.1e} of the largest one away from the CPU's"
        ),
    })
}

async fn losses_apart<M: Tried>(network: &dyn Network<M>, place: Place) -> Result<f64, Error> {
    let expected = losses(network, Place::CPU).await?;
    let found = losses(network, place).await?;
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

async fn losses<M: Tried>(network: &dyn Network<M>, place: Place) -> Result<Vec<f32>, Error> {
    let mut trainer = backend::trainer(network, place, &start(network))?;
    for step in 0..STEPS {
        let inputs = M::made(network.shape(), BATCH, step);
        trainer.step(&inputs, &labels(), SGD)?;
    }
    trainer.take_losses().await
}

fn start<M: Tried>(network: &dyn Network<M>) -> Snapshot {
    Snapshot {
        weights: initial_weights(network, 0),
        momentum: Tensors::new(),
    }
}

fn labels() -> Vec<usize> {
    (0..BATCH).map(|index| index % CLASSES).collect()
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
    fn every_kind_of_network_can_be_tried() -> Result<(), Error> {
        for model in [Model::Mlp, Model::BertTiny, Model::Dgcnn] {
            let tested = pollster::block_on(test(model, Place::BURN_ON_CPU))?;
            assert!(tested.loss_difference < 1e-4, "{tested:?}");
            assert!(tested.output_difference < 1e-5, "{tested:?}");
            assert!(tested.steps_per_second > 0.0 && tested.outputs_per_second > 0.0);
        }
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
