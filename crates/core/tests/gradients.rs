//! Gradients of the networks that are no stacks, tensor by tensor, against differences of the loss in training.

use pollster::block_on;
use spindle_core::{
    Error,
    architecture::Architecture,
    engine::{Engine, Sgd},
};
use spindle_run::input::Tokens;
use spindle_run::input::{CloudShape, Points, TextShape};
use spindle_run::modality::{InputShape, Inputs};
use spindle_run::{
    event::Tensors,
    experiment::{Device, Model},
};

const LABELS: [usize; 4] = [0, 1, 1, 0];

/// The loss of a training step, and the weights behind it.
fn step(
    architecture: &Architecture,
    weights: &Tensors,
    inputs: &Inputs,
    learning_rate: f64,
) -> Result<(f64, Tensors), Error> {
    let mut engine = Engine::new(architecture, Device::Cpu, weights, &Tensors::new())?;
    let momentum = 0.0;
    engine.step(
        inputs,
        &LABELS,
        Sgd {
            learning_rate,
            momentum,
        },
    )?;
    let losses = block_on(engine.take_losses())?;
    Ok((f64::from(losses[0]), block_on(engine.weights())?))
}

/// Along each tensor's gradient g the loss must change by |g| a unit.
fn check(architecture: &Architecture, inputs: &Inputs) -> Result<(), Error> {
    let weights = architecture.initial_weights(7)?;
    let (_, after) = step(architecture, &weights, inputs, 1.0)?;
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
            step(architecture, &moved, inputs, 0.0).map(|(loss, _)| loss)
        };
        let length = (2e-3 / norm).min(2e-2);
        let change = (at(length)? - at(-length)?) / (2.0 * length);
        assert!(
            (change - norm).abs() < 0.05 * norm,
            "{name}: the loss changes by {change} where the gradient says {norm}"
        );
    }
    Ok(())
}

#[test]
fn of_bert() -> Result<(), Error> {
    let architecture = Architecture {
        model: Model::BertTiny,
        input: InputShape::Texts(TextShape { vocabulary: 150 }),
        classes: 2,
    };
    let texts: [&[u32]; 4] = [
        &[101, 7, 12, 40, 102],
        &[101, 9, 102],
        &[101, 30, 31, 7, 7, 102],
        &[101, 44, 12, 102],
    ];
    let types = [0; 6];
    let tokens = Tokens::new(texts.iter().map(|text| (*text, &types[..text.len()])));
    check(&architecture, &Inputs::Texts(tokens))
}

#[test]
fn of_dgcnn() -> Result<(), Error> {
    let points = 40;
    let architecture = Architecture {
        model: Model::Dgcnn,
        input: InputShape::Clouds(CloudShape { points }),
        classes: 2,
    };
    let value = |i: usize| ((i * 7919 + 13) % 1009) as f32 / 504.5 - 1.0;
    let inputs = Inputs::Clouds(Points {
        values: (0..LABELS.len() * points * 3).map(value).collect(),
        points,
    });
    check(&architecture, &inputs)
}
