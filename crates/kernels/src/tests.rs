//! The kernels against exact arithmetic, on networks that differ in all that networks may differ
//! in.

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use spindle_run::event::Tensors;

use crate::{
    Convolution, Dense, Error, Initial, Masked, Pool, Sequential, SequentialKernels,
    SequentialTuning, Sgd,
};
use spindle_run::{experiment::Activation, input::PictureShape, player::PatchMasks};

/// Networks of up to three convolutions, some with padding, strides, poolings of any kind, and more
/// channels than a panel has.
pub(super) fn networks() -> impl Strategy<Value = Sequential> {
    let pool = prop_oneof![
        2 => Just(None),
        2 => Just(Some(Pool::HALVES)),
        1 => (2_usize..=3, 1_usize..=3).prop_map(|(size, stride)| Some(Pool { size, stride })),
    ];
    let outputs = prop_oneof![3 => 1_usize..=20, 1 => 30_usize..=70];
    let convolution = (1_usize..=7, 1_usize..=2, 0_usize..=3, outputs, pool);
    let convolutions = prop::collection::vec(convolution, 0..=3);
    let hidden = prop::collection::vec(1_usize..=40, 0..=2);
    (
        12_usize..=18,
        1_usize..=3,
        convolutions,
        hidden,
        2_usize..=40,
        any::<bool>(),
        prop_oneof![Just(Activation::Relu), Just(Activation::Tanh)],
    )
        .prop_map(
            |(side, inputs, convolutions, hidden, classes, plain, activation)| {
                let mut network = Sequential {
                    name: "random",
                    input: PictureShape {
                        channels: inputs,
                        side,
                    },
                    convolutions: Vec::new(),
                    dense: Vec::new(),
                    masked: Masked::Input,
                    initial: Initial::Uniform,
                };
                let (mut side, mut inputs) = (side, inputs);
                let names = ["conv1", "conv2", "conv3"];
                for (name, (kernel, stride, padding, outputs, pool)) in
                    names.into_iter().zip(convolutions)
                {
                    let kernel = kernel.min(side);
                    let mut layer = Convolution {
                        name: name.into(),
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
                    network.convolutions.push(layer);
                }
                let names = ["fc1", "fc2", "fc3"];
                let mut inputs = inputs * side * side;
                let outputs = hidden.iter().copied().chain([classes]);
                for (name, outputs) in names.into_iter().zip(outputs) {
                    let is_last = network.dense.len() == hidden.len();
                    network.dense.push(Dense {
                        name: name.into(),
                        inputs,
                        outputs,
                        activation: (!is_last).then_some(activation),
                    });
                    inputs = outputs;
                }
                network
            },
        )
}

/// The same networks in every run.
pub(super) fn forty_networks() -> Vec<Sequential> {
    let mut runner = TestRunner::deterministic();
    let drawn = (0..40).filter_map(|_| networks().new_tree(&mut runner).ok());
    drawn.map(|tree| tree.current()).collect()
}

/// By narrow kernels whatever they can run.
pub(super) fn narrow() -> SequentialTuning {
    SequentialTuning {
        narrow_channels: usize::MAX,
        narrow_weights: usize::MAX,
        ..SequentialTuning::default()
    }
}

/// By wide kernels, whatever it is.
pub(super) fn wide() -> SequentialTuning {
    SequentialTuning {
        narrow_channels: 0,
        narrow_weights: 0,
        ..SequentialTuning::default()
    }
}

/// What a network is run by: wide kernels run all, narrow ones some.
pub(super) fn kinds(network: &Sequential) -> Vec<SequentialTuning> {
    if network.convolutions.iter().all(Convolution::is_plain) {
        vec![wide(), narrow()]
    } else {
        vec![wide()]
    }
}

/// A network by kernels of one's own choice.
pub(super) fn kernels(
    network: &Sequential,
    weights: &Tensors,
    tuning: SequentialTuning,
) -> Result<SequentialKernels, Error> {
    SequentialKernels::with_tuning(network.clone(), weights, &Tensors::new(), tuning)
}

/// Two pictures and their labels.
pub(super) fn batch(network: &Sequential) -> (Vec<f32>, [usize; 2]) {
    let len = 2 * network.input_len();
    let pictures = (0..len).map(|i| ((i * 53 + i / 7) % 97) as f32 / 96.0);
    (pictures.collect(), [0, network.classes() - 1])
}

/// Mean cross-entropy over the batch, in f64.
pub(super) fn exact_loss(network: &Sequential, values: &[f32]) -> f64 {
    let (pictures, labels) = batch(network);
    let pictures = pictures.chunks_exact(pictures.len() / labels.len());
    let losses = pictures.zip(labels).map(|(picture, label)| {
        let logits = network.exact_logits(values, picture, None);
        let sum: f64 = logits.iter().map(|z| z.exp()).sum();
        sum.ln() - logits[label]
    });
    losses.sum::<f64>() / labels.len() as f64
}

#[test]
fn logits_are_exact() -> Result<(), Error> {
    for network in forty_networks() {
        let weights = network.initial_weights(1);
        let (pictures, labels) = batch(&network);
        let values = network.values(&weights)?;
        for tuning in kinds(&network) {
            let engine = kernels(&network, &weights, tuning)?;
            let found = engine.logits(&pictures)?;
            let exact = pictures
                .chunks_exact(pictures.len() / labels.len())
                .flat_map(|picture| network.exact_logits(&values, picture, None));
            for (found, exact) in found.iter().zip(exact) {
                assert!(
                    (f64::from(*found) - exact).abs() < 1e-5,
                    "{tuning:?} {network:?}"
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
    let kinds = |network: Sequential| {
        kinds(&network)
            .into_iter()
            .map(move |kind| (network.clone(), kind))
    };
    for (network, tuning) in forty_networks().into_iter().flat_map(kinds) {
        let weights = network.initial_weights(2);
        let mut engine = kernels(&network, &weights, tuning)?;
        let (pictures, labels) = batch(&network);
        // From no momentum a step of rate 1 is the gradient.
        engine.step(&pictures, &labels, sgd)?;
        assert_gradient(&engine, &weights, &|values| exact_loss(&network, values))?;
    }
    Ok(())
}

/// Whether a step of rate 1 from `weights` was the gradient of a loss, at some of the parameters.
pub(super) fn assert_gradient(
    engine: &SequentialKernels,
    weights: &Tensors,
    loss: &dyn Fn(&[f32]) -> f64,
) -> Result<(), Error> {
    let network = engine.network();
    let (before, after) = (network.values(weights)?, network.values(&engine.weights())?);
    let count = before.len();
    for index in (0..30).map(|i| i * (count - 1) / 29) {
        let gradient = f64::from(before[index]) - f64::from(after[index]);
        // A short way, so that hardly a ReLU or a maximum changes sides on it.
        let at = |change: f32| {
            let mut values = before.clone();
            values[index] += change;
            (f64::from(values[index]), loss(&values))
        };
        let (above, middle, below) = (at(2e-5), at(0.0), at(-2e-5));
        // Where one does, the difference to one side is right.
        let differences = [(above, below), (above, middle), (middle, below)];
        let differences = differences.map(|(a, b)| (a.1 - b.1) / (a.0 - b.0));
        assert!(
            differences
                .iter()
                .any(|d| (gradient - d).abs() < 2e-5 + 1e-2 * d.abs()),
            "parameter {index}: {gradient} against {differences:?} in {network:?}"
        );
    }
    Ok(())
}

/// Convolutions in the blocks of VGGs of so many layers.
const ELEVEN: [usize; 5] = [1, 1, 2, 2, 2];
const SIXTEEN: [usize; 5] = [2, 2, 3, 3, 3];
const NINETEEN: [usize; 5] = [2, 2, 4, 4, 4];

/// VGG-11 on pictures of 32x32.
pub(super) fn small_vgg(channels: usize) -> Sequential {
    let input = PictureShape { channels, side: 32 };
    Sequential::vgg("VGG-11", ELEVEN, 64, input, 10)
}

#[test]
fn deep_networks_have_the_parameters_of_torchvision() {
    let input = PictureShape {
        channels: 3,
        side: 224,
    };
    let vgg = |blocks| Sequential::vgg("VGG", blocks, 64, input, 1000);
    assert_eq!(vgg(ELEVEN).parameter_count(), 132_863_336);
    assert_eq!(vgg([2, 2, 2, 2, 2]).parameter_count(), 133_047_848);
    assert_eq!(vgg(SIXTEEN).parameter_count(), 138_357_544);
    assert_eq!(vgg(NINETEEN).parameter_count(), 143_667_240);
    assert_eq!(Sequential::alexnet(3, 1000).parameter_count(), 61_100_840);
    let names = |network: &Sequential| -> Vec<String> {
        let convolutions = network.convolutions.iter().map(|layer| &layer.name);
        let dense = network.dense.iter().map(|layer| &layer.name);
        convolutions.chain(dense).map(ToString::to_string).collect()
    };
    let eleven = names(&vgg(ELEVEN));
    let features = [0, 3, 6, 8, 11, 13, 16, 18].map(|i| format!("features.{i}"));
    assert_eq!(eleven[..8], features);
    assert_eq!(
        eleven[8..],
        ["classifier.0", "classifier.3", "classifier.6"]
    );
    assert_eq!(names(&vgg(SIXTEEN))[12], "features.28");
    assert_eq!(names(&vgg(NINETEEN))[15], "features.34");
    assert_eq!(vgg(ELEVEN).masked_side(), 112);
    assert_eq!(vgg(SIXTEEN).masked_side(), 224);
    assert_eq!(Sequential::alexnet(1, 10).masked_side(), 55);
    let tuning = SequentialTuning::default();
    assert!(Sequential::lenet(3, 10).is_narrow(&tuning) && !vgg(ELEVEN).is_narrow(&tuning));
}

#[test]
fn vgg_begins_with_normal_weights_of_the_right_width() {
    let network = small_vgg(1);
    let weights = network.initial_weights(0);
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
fn pictures(network: &Sequential, count: usize) -> Vec<f32> {
    let len = count * network.input_len();
    (0..len)
        .map(|i| ((i * 53 + i / 7) % 97) as f32 / 96.0)
        .collect()
}

#[test]
fn vgg_gives_exact_logits_and_masked_outputs() -> Result<(), Error> {
    let network = small_vgg(3);
    let weights = network.initial_weights(3);
    let engine = SequentialKernels::new(network.clone(), &weights, &Tensors::new())?;
    let players: Vec<[usize; 2]> = (0..10).map(|i| [1 + i / 2, 1 + (i * 3) % 6]).collect();
    let masks = PatchMasks::new(&players, network.masked_side());
    let picture = pictures(&network, 1);
    let logits = engine.masked_logits(&picture, &masks)?;
    let whole = engine.logits(&picture)?;
    for (mask, found) in [0, 341, 700, 1023].map(|mask| (mask, &logits[10 * mask..][..10])) {
        let exact = engine.exact_masked_logits(&picture, &masks, mask)?;
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
    let mut network = small_vgg(1);
    // The first block and a head: enough to see it.
    network.convolutions.truncate(3);
    network.dense[0].inputs = 256 * 64;
    let weights = network.initial_weights(4);
    let pictures = pictures(&network, 9);
    let labels: Vec<usize> = (0..9).collect();
    // Nine pictures that are hardly different: a larger rate overshoots.
    let sgd = Sgd {
        learning_rate: 0.001,
        momentum: 0.9,
    };
    let run = || -> Result<_, Error> {
        let mut engine = SequentialKernels::new(network.clone(), &weights, &Tensors::new())?;
        for _ in 0..3 {
            engine.step(&pictures, &labels, sgd)?;
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

/// The perceptron of 784-128-64-10.
fn perceptron() -> Sequential {
    Sequential::mlp("MLP", 28, &[128, 64, 10], Activation::Relu)
}

#[test]
fn a_perceptron_has_the_parameters_of_torch_and_takes_them_back() -> Result<(), Error> {
    let network = perceptron();
    let tuning = SequentialTuning::default();
    assert!(network.is_narrow(&tuning));
    assert_eq!(network.parameter_count(), 109_386);
    let weights = network.initial_weights(5);
    let shapes: Vec<(&str, &[usize])> = weights
        .iter()
        .map(|(name, tensor)| (&name[..], &tensor.shape[..]))
        .collect();
    let expected: [(&str, &[usize]); 6] = [
        ("1.bias", &[128]),
        ("1.weight", &[128, 784]),
        ("3.bias", &[64]),
        ("3.weight", &[64, 128]),
        ("5.bias", &[10]),
        ("5.weight", &[10, 64]),
    ];
    assert_eq!(shapes, expected);
    let wide = Sequential::mlp("MLP", 28, &[512, 10], Activation::Relu);
    assert!(!wide.is_narrow(&tuning));
    for network in [network, wide] {
        let weights = network.initial_weights(6);
        let engine = SequentialKernels::new(network, &weights, &weights)?;
        assert_eq!(engine.weights(), weights);
        assert_eq!(engine.momentum(), weights);
    }
    Ok(())
}

#[test]
fn a_perceptron_gives_exact_outputs_on_all_masks_of_the_picture() -> Result<(), Error> {
    for tuning in [narrow(), wide()] {
        let network = perceptron();
        let weights = network.initial_weights(7);
        let picture: Vec<f32> = pictures(&network, 1)
            .iter()
            .map(|x| 2.0 * x - 0.7)
            .collect();
        let engine = kernels(&network, &weights, tuning)?;
        let players = [[1, 1], [2, 4], [3, 3], [3, 4], [5, 2], [6, 6]];
        let masks = PatchMasks::new(&players, network.masked_side());
        let logits = engine.masked_logits(&picture, &masks)?;
        for mask in 0..64 {
            let masked = |(pixel, value): (usize, &f32)| match masks.keeps(mask as u32, pixel) {
                true => *value,
                false => 0.0,
            };
            let masked: Vec<f32> = picture.iter().enumerate().map(masked).collect();
            let exact = network.exact_logits(&network.values(&weights)?, &masked, None);
            assert_eq!(exact, engine.exact_masked_logits(&picture, &masks, mask)?);
            for (exact, found) in exact.iter().zip(&logits[10 * mask..]) {
                let difference = (exact - f64::from(*found)).abs();
                assert!(difference < 1e-6, "{tuning:?}, {mask}: {difference}");
            }
        }
    }
    Ok(())
}

/// What a refusal says.
pub(crate) fn refusal<T>(outcome: Result<T, Error>) -> String {
    outcome
        .err()
        .map_or_else(String::new, |error| error.to_string())
}

#[test]
fn networks_that_cannot_be_are_refused() {
    let refused = |change: fn(&mut Sequential), words: &str| {
        let mut network = Sequential::lenet(1, 10);
        change(&mut network);
        let text = refusal(SequentialKernels::new(
            network,
            &Tensors::new(),
            &Tensors::new(),
        ));
        assert!(text.contains(words), "{text:?} instead of {words:?}");
    };
    refused(|n| n.input.side = 0, "no values");
    refused(|n| n.input.channels = 3, "conv1 takes 1 channels");
    refused(|n| n.convolutions[1].side = 13, "conv2 takes 6 channels");
    refused(|n| n.convolutions[0].kernel = 33, "conv1 has a kernel");
    refused(|n| n.convolutions[0].stride = 0, "no stride");
    refused(|n| n.convolutions[1].outputs = 0, "no outputs");
    refused(
        |n| n.convolutions[1].pool = Some(Pool { size: 2, stride: 0 }),
        "strides of 0",
    );
    refused(
        |n| {
            n.convolutions[1].pool = Some(Pool {
                size: 11,
                stride: 1,
            });
        },
        "side 11",
    );
    refused(|n| n.dense[0].inputs = 401, "fc1 makes");
    refused(|n| n.dense[2].outputs = 0, "fc3 makes 0 values");
    refused(|n| n.dense.clear(), "no dense layer");
    refused(|n| n.masked = Masked::Convolution(2), "convolution 2");
    // A byte tells places of a window apart up to 16x16.
    let mut network = small_vgg(1);
    network.convolutions[0].pool = Some(Pool {
        size: 17,
        stride: 1,
    });
    assert!(refusal(network.check()).contains("at most 16"));
    // Five poolings leave nothing of 16x16.
    let input = PictureShape {
        channels: 1,
        side: 16,
    };
    let network = Sequential::vgg("VGG-11", ELEVEN, 64, input, 10);
    assert!(refusal(network.check()).contains("features.18"));
}

#[test]
fn what_does_not_fit_a_network_is_refused() -> Result<(), Error> {
    let sgd = Sgd {
        learning_rate: 0.1,
        momentum: 0.0,
    };
    for tuning in [narrow(), wide()] {
        let network = Sequential::lenet(1, 10);
        let weights = network.initial_weights(1);
        let mut engine = kernels(&network, &weights, tuning)?;
        let pictures = pictures(&network, 2);
        let said = refusal(engine.logits(&pictures[1..]));
        assert!(said.contains("2047 values"), "{said}");
        assert!(refusal(engine.step(&pictures, &[1], sgd)).contains("2 pictures with 1 labels"));
        assert!(refusal(engine.step(&pictures, &[1, 10], sgd)).contains("label 10"));
        let masks = PatchMasks::new(&[[1, 1], [2, 2]], 28);
        assert!(refusal(engine.masked_logits(&pictures, &masks)).contains("2 pictures"));
        let masks = PatchMasks::new(&[[1, 1], [2, 2]], 27);
        let said = refusal(engine.masked_logits(&pictures[..1024], &masks));
        assert!(said.contains("27x27") && said.contains("28x28"), "{said}");
        // Nothing is nothing.
        assert!(engine.logits(&[])?.is_empty());
        engine.step(&[], &[], sgd)?;
        assert!(engine.take_losses().is_empty() && engine.weights() == weights);
    }
    Ok(())
}
