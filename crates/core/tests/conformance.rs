//! What must hold of every network: a walk over the table of models. A row that is added is tested
//! by being there.

mod support;

use std::sync::Arc;

use pollster::block_on;
use spindle_core::{
    Error,
    backend::{self, Choice, backends},
    network::{Network, Sgd, Snapshot, initial_weights},
};
use spindle_run::{
    device::{Backend as Name, Place},
    each,
    event::Tensors,
    experiment::Model,
};
use support::{
    BATCH, CLASSES, Sampled, is_quick, is_small, labels, largest_difference, small, weights,
};

type Outcome = Result<(), Error>;

/// Every place of this build where a network can be evaluated; a GPU only where one was opened.
fn places<M: Sampled>(network: &dyn Network<M>) -> Vec<Place> {
    let able = backends::<M>()
        .into_iter()
        .filter(|backend| backend.abilities(network).evaluates);
    let places = able.map(|backend| Place {
        device: backend.device(),
        backend: Some(backend.name()),
    });
    places
        .filter(|place| place.device == Place::CPU.device)
        .collect()
}

fn start<M: Sampled>(network: &Arc<dyn Network<M>>) -> Snapshot {
    Snapshot {
        weights: weights(network),
        momentum: Tensors::new(),
    }
}

const SGD: Sgd = Sgd {
    learning_rate: 0.0002,
    momentum: 0.9,
};

#[test]
fn weights_are_loaded_and_read_off_again_to_the_bit() -> Outcome {
    fn check<M: Sampled>(network: Arc<dyn Network<M>>) -> Outcome {
        let from = start(&network);
        for backend in backends::<M>() {
            if backend.device() == Place::CPU.device && backend.abilities(&*network).trains {
                let trainer = backend.trainer(&*network, &from)?;
                let found = block_on(trainer.snapshot())?;
                assert!(found.weights == from.weights, "{}", network.title());
                assert!(found.momentum.is_empty());
            }
        }
        Ok(())
    }
    for model in Model::ALL {
        each!(small(model), network => check(network)?);
    }
    Ok(())
}

#[test]
fn all_tensors_that_do_not_fit_are_named() {
    fn check<M: Sampled>(network: Arc<dyn Network<M>>) {
        let mut weights = weights(&network);
        let names: Vec<String> = weights.keys().cloned().collect();
        let [gone, misshapen] = [&names[0], &names[names.len() - 1]];
        weights.remove(gone);
        if let Some(tensor) = weights.get_mut(misshapen) {
            tensor.shape.push(1);
        }
        let stray = weights[misshapen].clone();
        weights.insert("head.bias".to_owned(), stray);
        let said = |error: Option<Error>| error.map_or_else(String::new, |e| e.to_string());
        let mut all: Vec<String> = places(&*network)
            .into_iter()
            .map(|place| said(backend::evaluator(&*network, place, &weights).err()))
            .collect();
        all.push(said(network.exact(&weights).err()));
        for text in all {
            for part in [
                format!("{gone} "),
                "is missing".to_owned(),
                format!("{misshapen} is"),
                "expected".to_owned(),
                "head.bias".to_owned(),
                "is not part of it".to_owned(),
            ] {
                assert!(text.contains(&part), "{}: {text}", network.title());
            }
        }
    }
    for model in Model::ALL {
        each!(small(model), network => check(network));
    }
}

#[test]
fn masked_outputs_agree_everywhere_and_with_exact_arithmetic() -> Outcome {
    fn check<M: Sampled>(network: Arc<dyn Network<M>>) -> Outcome {
        let (weights, shape) = (weights(&network), network.shape());
        let input = M::inputs(shape, 1);
        let masks = M::three_players(shape, &input);
        let exact = network.exact(&weights)?;
        let count = M::mask_count(&masks);
        let rows = (0..count).map(|mask| exact.masked_logits(&input, &masks, mask));
        let truth = rows.collect::<Result<Vec<_>, _>>()?.concat();
        assert_eq!(truth.len(), count * CLASSES, "{}", network.title());
        let scale = truth.iter().fold(1.0_f64, |most, z| most.max(z.abs()));
        for place in places(&*network) {
            let evaluator = backend::evaluator(&*network, place, &weights)?;
            let masked = block_on(evaluator.masked_logits(&input, &masks))?;
            assert_eq!(masked.len(), truth.len());
            for (found, exact) in masked.iter().zip(&truth) {
                assert!(
                    (f64::from(*found) - exact).abs() < 1e-5 * scale,
                    "{} on {place}: {found} {exact}",
                    network.title()
                );
            }
            // The full mask is the input itself, and absent players do change the output.
            let whole = block_on(evaluator.logits(&input))?;
            for (whole, full) in whole.iter().zip(&masked[masked.len() - CLASSES..]) {
                assert!((f64::from(whole - full)).abs() < 1e-5 * scale);
            }
        }
        let [empty, full] = [&truth[..CLASSES], &truth[truth.len() - CLASSES..]];
        assert_ne!(empty, full, "{}", network.title());
        Ok(())
    }
    for model in Model::ALL.into_iter().filter(|model| is_quick(*model)) {
        each!(small(model), network => check(network)?);
    }
    Ok(())
}

#[test]
fn kernels_train_as_burn_does_and_go_on_from_what_was_read_off() -> Outcome {
    fn check<M: Sampled>(network: Arc<dyn Network<M>>) -> Outcome {
        let (from, inputs) = (start(&network), M::inputs(network.shape(), BATCH));
        let trainer = |place: Place| backend::trainer(&*network, place, &from);
        let (mut kernels, mut burn) = (trainer(Place::CPU)?, trainer(Place::BURN_ON_CPU)?);
        let mut losses = Vec::new();
        for step in 0..3 {
            for trainer in [&mut kernels, &mut burn] {
                trainer.step(&inputs, &labels(), SGD)?;
            }
            let [a, b] = [
                block_on(kernels.take_losses())?[0],
                block_on(burn.take_losses())?[0],
            ];
            assert!(
                (a - b).abs() < 2e-5,
                "{} at step {step}: {a} {b}",
                network.title()
            );
            losses.push(a);
        }
        assert!(losses[2] < losses[0], "{}: {losses:?}", network.title());
        let [a, b] = [block_on(kernels.snapshot())?, block_on(burn.snapshot())?];
        let weights = largest_difference(&a.weights, &b.weights);
        assert!(weights < 5e-5, "{}: {weights}", network.title());
        let mut anew = backend::trainer(&*network, Place::CPU, &a)?;
        for trainer in [&mut kernels, &mut anew] {
            trainer.step(&inputs, &labels(), SGD)?;
        }
        let [unbroken, resumed] = [block_on(kernels.snapshot())?, block_on(anew.snapshot())?];
        let choice = Choice::new(&*network, Place::CPU)?;
        match choice.trainer.name() {
            Name::Kernels => {
                assert!(unbroken == resumed, "{}", network.title());
            }
            // Burn adds gradients in an order of its own.
            Name::Burn => {
                let rounding = largest_difference(&unbroken.weights, &resumed.weights);
                assert!(rounding < 1e-5, "{}: {rounding}", network.title());
            }
        }
        Ok(())
    }
    for model in Model::ALL.into_iter().filter(|model| is_quick(*model)) {
        each!(small(model), network => check(network)?);
    }
    Ok(())
}

#[test]
fn a_network_is_evaluated_with_the_weights_of_its_last_step() -> Outcome {
    fn check<M: Sampled>(network: Arc<dyn Network<M>>) -> Outcome {
        let (from, inputs) = (start(&network), M::inputs(network.shape(), BATCH));
        let choice = Choice::new(&*network, Place::CPU)?;
        let mut trainer = choice.trainer.trainer(&*network, &from)?;
        let before = block_on(trainer.evaluator().logits(&inputs))?;
        trainer.step(&inputs, &labels(), SGD)?;
        let after = block_on(trainer.evaluator().logits(&inputs))?;
        assert_ne!(before, after, "{}", network.title());
        let weights = block_on(trainer.snapshot())?.weights;
        let anew = choice.trainer.evaluator(&*network, &weights)?;
        for (after, anew) in after.iter().zip(block_on(anew.logits(&inputs))?) {
            assert!((after - anew).abs() < 1e-5, "{}", network.title());
        }
        Ok(())
    }
    for model in Model::ALL.into_iter().filter(|model| is_quick(*model)) {
        each!(small(model), network => check(network)?);
    }
    Ok(())
}

/// The loss of a training step, and the weights behind it.
fn step<M: Sampled>(
    network: &Arc<dyn Network<M>>,
    weights: &Tensors,
    inputs: &M::Batch,
    labels: &[usize],
    learning_rate: f64,
) -> Result<(f64, Tensors), Error> {
    let from = Snapshot {
        weights: weights.clone(),
        momentum: Tensors::new(),
    };
    let mut trainer = backend::trainer(&**network, Place::CPU, &from)?;
    let sgd = Sgd {
        learning_rate,
        momentum: 0.0,
    };
    trainer.step(inputs, labels, sgd)?;
    let loss = block_on(trainer.take_losses())?[0];
    Ok((f64::from(loss), block_on(trainer.snapshot())?.weights))
}

/// The loss of one input in exact arithmetic.
fn exact_loss<M: Sampled>(
    network: &Arc<dyn Network<M>>,
    weights: &Tensors,
    input: &M::Batch,
    label: usize,
) -> Result<f64, Error> {
    let masks = M::three_players(network.shape(), input);
    let everybody = M::mask_count(&masks) - 1;
    let exact = network.exact(weights)?;
    let logits = exact.masked_logits(input, &masks, everybody)?;
    let sum: f64 = logits.iter().map(|z| z.exp()).sum();
    Ok(sum.ln() - logits[label])
}

/// Along each tensor's gradient g the loss must change by |g| a unit.
#[test]
fn gradients_are_those_of_the_loss() -> Outcome {
    fn check<M: Sampled>(network: Arc<dyn Network<M>>) -> Outcome {
        let weights = initial_weights(&*network, 7);
        // In training a batch is normalised by itself, which the exact network is not.
        let is_normalised = weights.keys().any(|name| name.contains("running"));
        let labels = &labels()[..if is_normalised { BATCH } else { 1 }];
        let inputs = M::inputs(network.shape(), labels.len());
        let loss = |weights: &Tensors| match is_normalised {
            true => Ok(step(&network, weights, &inputs, labels, 0.0)?.0),
            false => exact_loss(&network, weights, &inputs, labels[0]),
        };
        let (_, after) = step(&network, &weights, &inputs, labels, 1.0)?;
        for (name, tensor) in weights.iter().filter(|(name, _)| !name.contains("running")) {
            let pairs = tensor.data.iter().zip(&after[name].data);
            let gradient: Vec<f32> = pairs.map(|(before, after)| before - after).collect();
            let squares = gradient.iter().map(|g| f64::from(*g).powi(2));
            let norm = squares.sum::<f64>().sqrt();
            if norm < 1e-3 {
                // What does not matter, like a bias before a normalisation, drowns in rounding.
                continue;
            }
            let at = |length: f64| {
                let mut moved = weights.clone();
                if let Some(tensor) = moved.get_mut(name) {
                    for (value, gradient) in tensor.data.iter_mut().zip(&gradient) {
                        *value += (length * f64::from(*gradient) / norm) as f32;
                    }
                }
                loss(&moved)
            };
            // Short, so that hardly a ReLU or a maximum changes sides on it; but a loss in f32 has
            // to tell the difference.
            let length = match is_normalised {
                true => (2e-3 / norm).min(2e-2),
                false => 5e-4,
            };
            let change = (at(length)? - at(-length)?) / (2.0 * length);
            assert!(
                (change - norm).abs() < 0.05 * norm,
                "{} {name}: the loss changes by {change} where the gradient says {norm}",
                network.title()
            );
        }
        Ok(())
    }
    for model in Model::ALL.into_iter().filter(|model| is_small(*model)) {
        each!(small(model), network => check(network)?);
    }
    Ok(())
}
