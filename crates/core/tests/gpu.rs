//! Networks on a graphics adapter beside the CPU, by every backend that can. Any adapter does, one
//! that is a program on the CPU too: `cargo xtask test --gpu` brings one.
#![cfg(feature = "burn-wgpu")]

mod support;

use std::sync::{Arc, OnceLock};

use pollster::block_on;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use spindle_core::{
    Error, backend,
    device::{self, Opened, Wanted},
    network::{Network, Sgd, Snapshot},
    self_test,
};
use spindle_run::{
    device::{Backend, Device, Place},
    each,
    event::Tensors,
    experiment::{Family, Kind, Model},
    input::Points,
    modality::{Clouds, Pictures, Texts},
};
use support::{BATCH, Sampled, is_quick, labels, small, weights};

type Outcome = Result<(), Error>;

const SGD: Sgd = Sgd {
    learning_rate: 0.0002,
    momentum: 0.9,
};

/// The adapter, opened once for all tests.
fn gpu() -> &'static Opened {
    static OPENED: OnceLock<Opened> = OnceLock::new();
    OPENED.get_or_init(|| block_on(device::open(&Wanted::Gpu(None))).expect("an adapter"))
}

/// The backends that train a network on the adapter.
fn places<M: Sampled>(network: &dyn Network<M>) -> Vec<Place> {
    assert_eq!(gpu().device, Device::Gpu);
    let here = backend::backends::<M>().into_iter();
    here.filter(|backend| backend.device() == Device::Gpu && backend.abilities(network).trains)
        .map(|backend| Place {
            device: Device::Gpu,
            backend: Some(backend.name()),
        })
        .collect()
}

fn start<M: Sampled>(network: &Arc<dyn Network<M>>) -> Snapshot {
    Snapshot {
        weights: weights(network),
        momentum: Tensors::new(),
    }
}

/// What rounding may come to: among equally near neighbours of a cloud's points it decides.
fn tolerance(model: Model) -> f32 {
    match model.kind() {
        Kind::Clouds => 2e-4,
        Kind::Pictures | Kind::Texts => 1e-5,
    }
}

/// Steps for which losses agree to rounding. In a deep network it grows from step to step; in a
/// graph of nearest neighbours it decides, after a while, which of two is nearer, and the loss
/// jumps.
fn steps(model: Model) -> usize {
    match model.family() {
        Family::Dgcnn => 6,
        Family::Vgg { .. } => 12,
        _ => 20,
    }
}

/// Inputs in which rounding decides nothing.
trait Untied: Sampled {
    fn untied(batch: Self::Batch) -> Self::Batch {
        batch
    }
}

impl Untied for Pictures {}

impl Untied for Texts {}

impl Untied for Clouds {
    /// Points off their lattice, where many are equally near.
    fn untied(mut cloud: Points) -> Points {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let values = cloud.values.iter_mut();
        values.for_each(|value| *value += rng.random_range(-0.1..0.1));
        cloud
    }
}

/// The first model of every family: a program on the CPU takes minutes for a deep one. AlexNet's
/// weights are larger than lavapipe's largest buffer.
fn models() -> Vec<Model> {
    let mut first: Vec<Model> = Vec::new();
    for model in Model::ALL.into_iter().filter(|model| is_quick(*model)) {
        let family = |model: &Model| std::mem::discriminant(&model.family());
        if first.iter().all(|other| family(other) != family(&model)) {
            first.push(model);
        }
    }
    first
}

#[test]
fn burn_runs_every_network_and_kernels_some() -> Outcome {
    for model in Model::ALL {
        let found = each!(small(model), network => places(&*network));
        assert!(
            found
                .iter()
                .any(|place| place.backend == Some(Backend::Burn)),
            "{}",
            model.title()
        );
    }
    let lenet = each!(small(Model::Lenet), network => places(&*network));
    assert_eq!(lenet.len(), 2);
    Ok(())
}

#[test]
fn masked_outputs_are_those_of_the_cpu() -> Outcome {
    fn check<M: Sampled>(network: Arc<dyn Network<M>>, tolerance: f32) -> Outcome {
        let (weights, shape) = (weights(&network), network.shape());
        let input = M::inputs(shape, 1);
        let masks = M::three_players(shape, &input);
        let on_cpu = backend::evaluator(&*network, Place::CPU, &weights)?;
        let expected = block_on(on_cpu.masked_logits(&input, &masks))?;
        let scale = expected.iter().fold(1.0_f32, |most, z| most.max(z.abs()));
        for place in places(&*network) {
            let here = backend::evaluator(&*network, place, &weights)?;
            let found = block_on(here.masked_logits(&input, &masks))?;
            assert_eq!(found.len(), expected.len());
            for (found, expected) in found.iter().zip(&expected) {
                assert!(
                    (found - expected).abs() <= tolerance * scale,
                    "{} on {place}: {found} {expected}",
                    network.title()
                );
            }
        }
        Ok(())
    }
    for model in models() {
        each!(small(model), network => check(network, tolerance(model))?);
    }
    Ok(())
}

/// A training on the adapter has the CPU's losses, and one that began there goes on on the CPU.
#[test]
fn losses_are_those_of_the_cpu_and_a_training_moves_between_devices() -> Outcome {
    fn losses<M: Untied>(
        network: &Arc<dyn Network<M>>,
        place: Place,
        from: &Snapshot,
        steps: usize,
    ) -> Result<(Vec<f32>, Snapshot), Error> {
        let inputs = M::untied(M::inputs(network.shape(), BATCH));
        let mut trainer = backend::trainer(&**network, place, from)?;
        for _ in 0..steps {
            trainer.step(&inputs, &labels(), SGD)?;
        }
        let losses = block_on(trainer.take_losses())?;
        Ok((losses, block_on(trainer.snapshot())?))
    }
    fn check<M: Untied>(network: Arc<dyn Network<M>>, steps: usize) -> Outcome {
        let from = start(&network);
        let (expected, _) = losses(&network, Place::CPU, &from, steps)?;
        for place in places(&*network) {
            let (mut found, half) = losses(&network, place, &from, steps / 2)?;
            found.extend(losses(&network, Place::CPU, &half, steps - steps / 2)?.0);
            assert_eq!(found.len(), steps);
            for (found, expected) in found.iter().zip(&expected) {
                assert!(
                    (found - expected).abs() <= 1e-5,
                    "{} on {place}: {found} {expected}",
                    network.title()
                );
            }
        }
        Ok(())
    }
    for model in models() {
        each!(small(model), network => check(network, steps(model))?);
    }
    Ok(())
}

/// The doctor's test, whose clouds have no ties.
#[test]
fn the_self_test_passes_close_to_rounding() -> Outcome {
    for model in models() {
        let places = each!(small(model), network => places(&*network));
        for place in places {
            let tested = block_on(self_test::test(model, place))?;
            let close = tested.loss_difference < 1e-5 && tested.output_difference < 1e-5;
            assert!(close, "{} on {place}: {tested:?}", model.title());
        }
    }
    Ok(())
}

#[test]
fn a_device_that_is_not_there_is_named_with_those_that_are() {
    gpu();
    for wrong in ["gpu:99", "gpu:no such card"] {
        let wanted: Wanted = wrong.parse().expect("a name");
        let error = block_on(device::open(&wanted)).map_err(|error| error.to_string());
        let error = error.expect_err("no such device");
        assert!(error.contains(wrong), "{error}");
        assert!(error.contains("here there is gpu:0, "), "{error}");
    }
}
