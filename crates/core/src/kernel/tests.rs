//! The kernels against exact arithmetic, on stacks that differ in all that a stack may differ in.

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use spindle_run::event::Tensors;

use super::{Convolution, Dense, Stack, StackEngine};
use crate::{Error, engine::Sgd};

/// Stacks of up to three convolutions.
pub(super) fn stacks() -> impl Strategy<Value = Stack> {
    let convolution = (1_usize..=7, 1_usize..=20, any::<bool>());
    let convolutions = prop::collection::vec(convolution, 1..=3);
    let hidden = prop::collection::vec(1_usize..=40, 0..=2);
    (
        12_usize..=18,
        1_usize..=2,
        convolutions,
        hidden,
        2_usize..=12,
    )
        .prop_map(|(side, inputs, convolutions, hidden, classes)| {
            let mut stack = Stack {
                name: "random",
                convolutions: Vec::new(),
                dense: Vec::new(),
                masked: 0,
            };
            let (mut side, mut inputs) = (side, inputs);
            let names = ["conv1", "conv2", "conv3"];
            for (name, (kernel, outputs, pool)) in names.into_iter().zip(convolutions) {
                let kernel = kernel.min(side);
                let mut layer = Convolution {
                    name,
                    inputs,
                    outputs,
                    kernel,
                    side,
                    pool: false,
                };
                layer.pool = pool && layer.map_side().is_multiple_of(2);
                (side, inputs) = (layer.out_side(), outputs);
                stack.convolutions.push(layer);
            }
            let names = ["fc1", "fc2", "fc3"];
            let mut inputs = inputs * side * side;
            let outputs = hidden.iter().copied().chain([classes]);
            for (name, outputs) in names.into_iter().zip(outputs) {
                let relu = stack.dense.len() < hidden.len();
                stack.dense.push(Dense {
                    name,
                    inputs,
                    outputs,
                    relu,
                });
                inputs = outputs;
            }
            stack
        })
}

/// The same stacks in every run.
fn sixteen_stacks() -> Vec<Stack> {
    let mut runner = TestRunner::deterministic();
    let drawn = (0..16).filter_map(|_| stacks().new_tree(&mut runner).ok());
    drawn.map(|tree| tree.current()).collect()
}

/// Two pictures and their labels.
fn batch(stack: &Stack) -> (Vec<f32>, [usize; 2]) {
    let len = 2 * stack.convolutions[0].in_len();
    let pictures = (0..len).map(|i| ((i * 53 + i / 7) % 97) as f32 / 96.0);
    (pictures.collect(), [0, stack.classes() - 1])
}

/// Mean cross-entropy over the batch, in f64.
fn exact_loss(stack: &Stack, values: &[f32]) -> f64 {
    let (pictures, labels) = batch(stack);
    let pictures = pictures.chunks_exact(pictures.len() / labels.len());
    let losses = pictures.zip(labels).map(|(picture, label)| {
        let logits = stack.exact_logits(values, picture, None);
        let sum: f64 = logits.iter().map(|z| z.exp()).sum();
        sum.ln() - logits[label]
    });
    losses.sum::<f64>() / labels.len() as f64
}

#[test]
fn logits_are_exact() -> Result<(), Error> {
    for stack in sixteen_stacks() {
        let weights = stack.initial_weights(1);
        let engine = StackEngine::new(stack.clone(), &weights, &Tensors::new())?;
        let (pictures, labels) = batch(&stack);
        let values = stack.values(&weights)?;
        let found = engine.logits(&pictures);
        let exact = pictures
            .chunks_exact(pictures.len() / labels.len())
            .flat_map(|picture| stack.exact_logits(&values, picture, None));
        for (found, exact) in found.iter().zip(exact) {
            assert!((f64::from(*found) - exact).abs() < 1e-5, "{stack:?}");
        }
        // What was laid out for the kernels comes back as it was.
        assert_eq!(engine.weights(), weights);
    }
    Ok(())
}

#[test]
fn gradients_are_those_of_the_exact_loss() -> Result<(), Error> {
    let sgd = Sgd {
        learning_rate: 1.0,
        momentum: 0.0,
    };
    for stack in sixteen_stacks() {
        let weights = stack.initial_weights(2);
        let mut engine = StackEngine::new(stack.clone(), &weights, &Tensors::new())?;
        let (pictures, labels) = batch(&stack);
        // From no momentum a step of rate 1 is the gradient.
        engine.step(&pictures, &labels, sgd);
        let (before, after) = (stack.values(&weights)?, stack.values(&engine.weights())?);
        let count = before.len();
        for index in (0..30).map(|i| i * (count - 1) / 29) {
            let gradient = f64::from(before[index]) - f64::from(after[index]);
            // A short way, so that hardly a ReLU or a maximum changes sides on it.
            let at = |change: f32| {
                let mut values = before.clone();
                values[index] += change;
                (f64::from(values[index]), exact_loss(&stack, &values))
            };
            let (above, below) = (at(2e-5), at(-2e-5));
            let difference = (above.1 - below.1) / (above.0 - below.0);
            assert!(
                (gradient - difference).abs() < 2e-5 + 1e-2 * difference.abs(),
                "parameter {index}: {gradient} against {difference} in {stack:?}"
            );
        }
    }
    Ok(())
}
