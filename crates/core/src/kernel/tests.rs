//! The kernels against exact arithmetic, on stacks that differ in all that a stack may differ in.

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use spindle_run::event::Tensors;

use super::{Convolution, Dense, Initial, Pool, Stack, StackEngine};
use crate::{Error, engine::Sgd};

/// Stacks of up to three convolutions, some with padding, strides, poolings of any kind, and more channels than a panel has.
pub(super) fn stacks() -> impl Strategy<Value = Stack> {
    let pool = prop_oneof![
        2 => Just(None),
        2 => Just(Some(Pool::HALVES)),
        1 => (2_usize..=3, 1_usize..=3).prop_map(|(size, stride)| Some(Pool { size, stride })),
    ];
    let outputs = prop_oneof![3 => 1_usize..=20, 1 => 30_usize..=70];
    let convolution = (1_usize..=7, 1_usize..=2, 0_usize..=3, outputs, pool);
    let convolutions = prop::collection::vec(convolution, 1..=3);
    let hidden = prop::collection::vec(1_usize..=40, 0..=2);
    (
        12_usize..=18,
        1_usize..=3,
        convolutions,
        hidden,
        2_usize..=40,
        any::<bool>(),
    )
        .prop_map(|(side, inputs, convolutions, hidden, classes, plain)| {
            let mut stack = Stack {
                name: "random",
                convolutions: Vec::new(),
                dense: Vec::new(),
                masked: 0,
                initial: Initial::Uniform,
            };
            let (mut side, mut inputs) = (side, inputs);
            let names = ["conv1", "conv2", "conv3"];
            for (name, (kernel, stride, padding, outputs, pool)) in
                names.into_iter().zip(convolutions)
            {
                let kernel = kernel.min(side);
                let mut layer = Convolution {
                    name,
                    inputs,
                    outputs,
                    kernel,
                    stride: if plain { 1 } else { stride },
                    padding: if plain { 0 } else { padding },
                    side,
                    pool: None,
                };
                let even = layer.map_side().is_multiple_of(2);
                layer.pool = if plain {
                    pool.and(even.then_some(Pool::HALVES))
                } else {
                    pool.filter(|pool| pool.size <= layer.map_side())
                };
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
fn forty_stacks() -> Vec<Stack> {
    let mut runner = TestRunner::deterministic();
    let drawn = (0..40).filter_map(|_| stacks().new_tree(&mut runner).ok());
    drawn.map(|tree| tree.current()).collect()
}

/// Whether a stack is run by narrow kernels: wide ones run all, narrow ones some.
pub(super) fn kinds(stack: &Stack) -> Vec<bool> {
    if stack.convolutions.iter().all(Convolution::is_plain) {
        vec![false, true]
    } else {
        vec![false]
    }
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
    for stack in forty_stacks() {
        let weights = stack.initial_weights(1);
        let (pictures, labels) = batch(&stack);
        let values = stack.values(&weights)?;
        for narrow in kinds(&stack) {
            let engine = StackEngine::of_kind(stack.clone(), &weights, &Tensors::new(), narrow)?;
            let found = engine.logits(&pictures);
            let exact = pictures
                .chunks_exact(pictures.len() / labels.len())
                .flat_map(|picture| stack.exact_logits(&values, picture, None));
            for (found, exact) in found.iter().zip(exact) {
                assert!(
                    (f64::from(*found) - exact).abs() < 1e-5,
                    "{narrow} {stack:?}"
                );
            }
            // What was laid out for the kernels comes back as it was.
            assert_eq!(engine.weights(), weights);
        }
    }
    Ok(())
}

#[test]
fn gradients_are_those_of_the_exact_loss() -> Result<(), Error> {
    let sgd = Sgd {
        learning_rate: 1.0,
        momentum: 0.0,
    };
    let kinds = |stack: Stack| {
        kinds(&stack)
            .into_iter()
            .map(move |kind| (stack.clone(), kind))
    };
    for (stack, narrow) in forty_stacks().into_iter().flat_map(kinds) {
        let weights = stack.initial_weights(2);
        let mut engine = StackEngine::of_kind(stack.clone(), &weights, &Tensors::new(), narrow)?;
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
            let (above, middle, below) = (at(2e-5), at(0.0), at(-2e-5));
            // Where one does, the difference to one side is right.
            let differences = [(above, below), (above, middle), (middle, below)];
            let differences = differences.map(|(a, b)| (a.1 - b.1) / (a.0 - b.0));
            assert!(
                differences
                    .iter()
                    .any(|d| (gradient - d).abs() < 2e-5 + 1e-2 * d.abs()),
                "parameter {index}: {gradient} against {differences:?} in {stack:?}, {narrow}"
            );
        }
    }
    Ok(())
}
