//! The kernels against exact arithmetic, on stacks that differ in all that a stack may differ in.

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use spindle_run::event::Tensors;

use super::{Convolution, Dense, Initial, Pool, Sequential, SequentialKernels, VggDepth, VggSide};
use crate::{Error, Sgd};
use spindle_run::player::PatchMasks;

/// Stacks of up to three convolutions, some with padding, strides, poolings of any kind, and more channels than a panel has.
pub(super) fn stacks() -> impl Strategy<Value = Sequential> {
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
            let mut stack = Sequential {
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
fn forty_stacks() -> Vec<Sequential> {
    let mut runner = TestRunner::deterministic();
    let drawn = (0..40).filter_map(|_| stacks().new_tree(&mut runner).ok());
    drawn.map(|tree| tree.current()).collect()
}

/// Whether a stack is run by narrow kernels: wide ones run all, narrow ones some.
pub(super) fn kinds(stack: &Sequential) -> Vec<bool> {
    if stack.convolutions.iter().all(Convolution::is_plain) {
        vec![false, true]
    } else {
        vec![false]
    }
}

/// Two pictures and their labels.
fn batch(stack: &Sequential) -> (Vec<f32>, [usize; 2]) {
    let len = 2 * stack.convolutions[0].in_len();
    let pictures = (0..len).map(|i| ((i * 53 + i / 7) % 97) as f32 / 96.0);
    (pictures.collect(), [0, stack.classes() - 1])
}

/// Mean cross-entropy over the batch, in f64.
fn exact_loss(stack: &Sequential, values: &[f32]) -> f64 {
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
            let engine =
                SequentialKernels::of_kind(stack.clone(), &weights, &Tensors::new(), narrow)?;
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
    let kinds = |stack: Sequential| {
        kinds(&stack)
            .into_iter()
            .map(move |kind| (stack.clone(), kind))
    };
    for (stack, narrow) in forty_stacks().into_iter().flat_map(kinds) {
        let weights = stack.initial_weights(2);
        let mut engine =
            SequentialKernels::of_kind(stack.clone(), &weights, &Tensors::new(), narrow)?;
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

#[test]
fn deep_networks_have_the_parameters_of_torchvision() {
    let vgg = |depth| Sequential::vgg(depth, 3, VggSide::Large, 1000);
    assert_eq!(vgg(VggDepth::Eleven).parameter_count(), 132_863_336);
    assert_eq!(vgg(VggDepth::Thirteen).parameter_count(), 133_047_848);
    assert_eq!(vgg(VggDepth::Sixteen).parameter_count(), 138_357_544);
    assert_eq!(Sequential::alexnet(3, 1000).parameter_count(), 61_100_840);
    let names = |stack: &Sequential| -> Vec<&str> {
        let convolutions = stack.convolutions.iter().map(|layer| layer.name);
        let dense = stack.dense.iter().map(|layer| layer.name);
        convolutions.chain(dense).collect()
    };
    let eleven = names(&vgg(VggDepth::Eleven));
    let features = [0, 3, 6, 8, 11, 13, 16, 18].map(|i| format!("features.{i}"));
    assert_eq!(eleven[..8], features);
    assert_eq!(
        eleven[8..],
        ["classifier.0", "classifier.3", "classifier.6"]
    );
    let sixteen = names(&vgg(VggDepth::Sixteen));
    assert_eq!(sixteen[12], "features.28");
    assert_eq!(vgg(VggDepth::Eleven).masked_side(), 112);
    assert_eq!(vgg(VggDepth::Sixteen).masked_side(), 224);
    assert_eq!(Sequential::alexnet(1, 10).masked_side(), 55);
    assert!(Sequential::lenet(3, 10).is_narrow() && !vgg(VggDepth::Eleven).is_narrow());
}

#[test]
fn vgg_begins_with_normal_weights_of_the_right_width() {
    let stack = Sequential::vgg(VggDepth::Eleven, 1, VggSide::Small, 10);
    let weights = stack.initial_weights(0);
    let deviation = |name: &str| {
        let squares = weights[name].data.iter().map(|w| f64::from(*w).powi(2));
        (squares.sum::<f64>() / weights[name].data.len() as f64).sqrt()
    };
    let expected = (2.0_f64 / (512.0 * 9.0)).sqrt();
    assert!((deviation("features.18.weight") / expected - 1.0).abs() < 0.01);
    assert_eq!(deviation("features.18.bias"), 0.0);
    let expected = (2.0_f64 / 512.0).sqrt();
    assert!((deviation("classifier.0.weight") / expected - 1.0).abs() < 0.01);
    assert_eq!(deviation("classifier.0.bias"), 0.0);
}

/// A few pictures for a deep network.
fn pictures(stack: &Sequential, count: usize) -> Vec<f32> {
    let len = count * stack.convolutions[0].in_len();
    (0..len)
        .map(|i| ((i * 53 + i / 7) % 97) as f32 / 96.0)
        .collect()
}

#[test]
fn vgg_gives_exact_logits_and_masked_outputs() -> Result<(), Error> {
    let stack = Sequential::vgg(VggDepth::Eleven, 3, VggSide::Small, 10);
    let weights = stack.initial_weights(3);
    let engine = SequentialKernels::new(stack.clone(), &weights, &Tensors::new())?;
    let players: Vec<[usize; 2]> = (0..10).map(|i| [1 + i / 2, 1 + (i * 3) % 6]).collect();
    let masks = PatchMasks::new(&players, stack.masked_side());
    let picture = pictures(&stack, 1);
    let logits = engine.masked_logits(&picture, &masks);
    let whole = engine.logits(&picture);
    for (mask, found) in [0, 341, 700, 1023].map(|mask| (mask, &logits[10 * mask..][..10])) {
        let exact = engine.exact_masked_logits(&picture, &masks, mask);
        let largest = exact
            .iter()
            .fold(0.0_f64, |largest, x| largest.max(x.abs()));
        for (class, (exact, found)) in exact.iter().zip(found).enumerate() {
            assert!((exact - f64::from(*found)).abs() < 1e-5 * largest, "{mask}");
            if mask == 1023 {
                assert!((exact - f64::from(whole[class])).abs() < 1e-5 * largest);
            }
        }
    }
    Ok(())
}

#[test]
fn wide_steps_learn_and_do_not_depend_on_the_number_of_cores() -> Result<(), Error> {
    let mut stack = Sequential::vgg(VggDepth::Eleven, 1, VggSide::Small, 10);
    // The first block and a head: enough to see it.
    stack.convolutions.truncate(3);
    stack.dense[0].inputs = 256 * 64;
    let weights = stack.initial_weights(4);
    let pictures = pictures(&stack, 9);
    let labels: Vec<usize> = (0..9).collect();
    // Nine pictures that are hardly different: a larger rate overshoots.
    let sgd = Sgd {
        learning_rate: 0.001,
        momentum: 0.9,
    };
    let run = || -> Result<_, Error> {
        let mut engine = SequentialKernels::new(stack.clone(), &weights, &Tensors::new())?;
        for _ in 0..3 {
            engine.step(&pictures, &labels, sgd);
        }
        Ok((engine.take_losses(), engine.weights()))
    };
    let (losses, trained) = run()?;
    assert!(losses[2] < losses[0], "{losses:?}");
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let one = one.map_err(|error| Error::Device {
        reason: error.to_string(),
    })?;
    let (same_losses, same) = one.install(run)?;
    assert_eq!(losses, same_losses);
    assert!(trained == same);
    Ok(())
}
