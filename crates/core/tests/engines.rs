//! The fused kernels against Burn's flex and against exact arithmetic; training that repeats and resumes to the bit.

use pollster::block_on;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use spindle_core::{
    Error,
    architecture::Architecture,
    engine::{self, Engine},
    log_odds::log_odds,
    train::Trainer,
};
use spindle_data::Data;
use spindle_kernels::{Sequential, SequentialKernels};
use spindle_run::input::{CloudShape, Points, TextShape};
use spindle_run::modality::{InputShape, Inputs, Masks};
use spindle_run::{
    Experiment,
    event::{Tensors, TrainingState},
    experiment::{Device, Model},
};
use spindle_run::{
    input::Tokens,
    player::{ClusterMasks, PatchMasks, WordMasks, cluster},
};

type Outcome = Result<(), Error>;

fn data() -> Result<Data, Error> {
    Ok(Data::embedded_mnist()?)
}

fn small() -> Experiment {
    Experiment {
        train_size: Some(300),
        batch: 70,
        learning_rate: 0.05,
        ..Experiment::default()
    }
}

fn largest_difference(a: &Tensors, b: &Tensors) -> f32 {
    assert!(a.keys().eq(b.keys()));
    let pairs = a
        .iter()
        .zip(b)
        .flat_map(|((_, a), (_, b))| a.data.iter().zip(&b.data));
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn lenet_has_the_published_number_of_parameters() {
    assert_eq!(Sequential::lenet(1, 10).parameter_count(), 61_706);
}

#[test]
fn kernels_train_as_burn_does() -> Outcome {
    let data = data()?;
    let on = |device| Trainer::new(Experiment { device, ..small() }, &data);
    let (mut kernels, mut flex) = (on(Device::Cpu)?, on(Device::Flex)?);
    // 10 steps: two epochs whose last batch is a partial one.
    for _ in 0..10 {
        let losses = (
            block_on(kernels.advance(&data, 1))?,
            block_on(flex.advance(&data, 1))?,
        );
        assert!((losses.0 - losses.1).abs() < 1e-5, "{losses:?}");
    }
    let (a, b) = (block_on(kernels.state())?, block_on(flex.state())?);
    assert!(largest_difference(&a.weights, &b.weights) < 1e-5);
    assert!(largest_difference(&a.momentum, &b.momentum) < 1e-4);
    Ok(())
}

#[test]
fn masked_outputs_agree_with_burn_and_with_exact_arithmetic() -> Outcome {
    let stack = Sequential::lenet(1, 10);
    let weights = stack.initial_weights(3);
    let players = [[1, 1], [2, 4], [3, 3], [4, 6], [6, 2]];
    let masks = PatchMasks::new(&players, stack.masked_side());
    let picture: Vec<f32> = (0..1024).map(|i| ((i * 37) % 101) as f32 / 100.0).collect();
    let exact = SequentialKernels::new(stack.clone(), &weights, &Tensors::new())?;
    let engine = |device| {
        Engine::new(
            &Architecture::LENET_ON_MNIST,
            device,
            &weights,
            &Tensors::new(),
        )
    };
    let (input, all) = (
        Inputs::Pictures(picture.clone()),
        Masks::Pictures(masks.clone()),
    );
    let kernels = block_on(engine(Device::Cpu)?.masked_logits(&input, &all))?;
    let flex = block_on(engine(Device::Flex)?.masked_logits(&input, &all))?;
    assert_eq!(kernels.len(), 32 * 10);
    for (mask, (a, b)) in kernels.chunks(10).zip(flex.chunks(10)).enumerate() {
        let truth = exact.exact_masked_logits(&picture, &masks, mask)?;
        for class in 0..10 {
            assert!(
                (f64::from(a[class]) - truth[class]).abs() < 1e-6,
                "mask {mask}"
            );
            assert!(
                (f64::from(b[class]) - truth[class]).abs() < 1e-6,
                "mask {mask}"
            );
        }
    }
    // The full mask is the picture itself.
    let whole = block_on(engine(Device::Cpu)?.logits(&input))?;
    let full = &kernels[31 * 10..];
    assert!((log_odds(&whole, 4) - log_odds(full, 4)).abs() < 1e-6);
    // Absent players do change the output.
    assert!((log_odds(&kernels[..10], 4) - log_odds(full, 4)).abs() > 1e-6);
    Ok(())
}

#[test]
fn gradients_are_those_of_the_loss() -> Outcome {
    // One plain step from zero momentum is -lr times the gradient; check it against differences of exact losses.
    let stack = Sequential::lenet(1, 10);
    let weights = stack.initial_weights(5);
    let picture: Vec<f32> = (0..1024).map(|i| ((i * 53) % 97) as f32 / 96.0).collect();
    let label = 7;
    let mut engine = SequentialKernels::new(stack.clone(), &weights, &Tensors::new())?;
    let sgd = engine::Sgd {
        learning_rate: 1.0,
        momentum: 0.0,
    };
    engine.step(&picture, &[label], sgd)?;
    let after = engine.weights();
    let loss = |weights: &Tensors| -> Result<f64, Error> {
        let engine = SequentialKernels::new(stack.clone(), weights, &Tensors::new())?;
        let nobody = PatchMasks::new(&[[1, 1], [1, 2]], stack.masked_side());
        let logits = engine.exact_masked_logits(&picture, &nobody, 3)?;
        let sum: f64 = logits.iter().map(|z| z.exp()).sum();
        Ok(sum.ln() - logits[label])
    };
    for (name, tensor) in &weights {
        let index = tensor.data.len() / 3;
        let gradient = f64::from(tensor.data[index]) - f64::from(after[name].data[index]);
        // A short way, so that hardly a ReLU or a maximum changes sides on it.
        let mut shifted = weights.clone();
        let mut at = |change: f32| -> Result<(f64, f64), Error> {
            let value = tensor.data[index] + change;
            if let Some(tensor) = shifted.get_mut(name) {
                tensor.data[index] = value;
            }
            Ok((f64::from(value), loss(&shifted)?))
        };
        let (above, below) = (at(3e-5)?, at(-3e-5)?);
        let difference = (above.1 - below.1) / (above.0 - below.0);
        assert!(
            (gradient - difference).abs() < 1e-3 * (0.01 + difference.abs()),
            "{name}: {gradient} against {difference}"
        );
    }
    Ok(())
}

#[test]
fn training_repeats_and_resumes_to_the_bit() -> Outcome {
    let data = data()?;
    let mut unbroken = Trainer::new(small(), &data)?;
    block_on(unbroken.advance(&data, 13))?;
    let mut first = Trainer::new(small(), &data)?;
    block_on(first.advance(&data, 6))?;
    let state: TrainingState = block_on(first.state())?;
    drop(first);
    let mut resumed = Trainer::resume(small(), &data, &state)?;
    block_on(resumed.advance(&data, 7))?;
    assert_eq!(block_on(unbroken.state())?, block_on(resumed.state())?);
    Ok(())
}

#[test]
fn training_does_not_depend_on_the_number_of_threads() -> Outcome {
    let data = data()?;
    let with = |threads| -> Result<TrainingState, Error> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|error| Error::Data(error.to_string()))?;
        pool.install(|| {
            let mut trainer = Trainer::new(small(), &data)?;
            block_on(trainer.advance(&data, 7))?;
            block_on(trainer.state())
        })
    };
    let one = with(1)?;
    assert_eq!(one, with(2)?);
    assert_eq!(one, with(5)?);
    Ok(())
}

#[test]
fn a_diverging_network_is_told_with_its_step() -> Outcome {
    let data = data()?;
    let wild = Experiment {
        learning_rate: 1e8,
        ..small()
    };
    let mut trainer = Trainer::new(wild, &data)?;
    let error = block_on(trainer.advance(&data, 20)).err();
    let Some(Error::Diverged { step, .. }) = error else {
        return Err(Error::Data(format!(
            "expected a divergence, found {error:?}"
        )));
    };
    assert!((1..20).contains(&step));
    Ok(())
}

#[test]
fn weights_that_do_not_fit_are_all_listed() {
    let mut weights = Sequential::lenet(1, 10).initial_weights(0);
    weights.remove("fc1.bias");
    if let Some(tensor) = weights.get_mut("conv2.weight") {
        tensor.shape = vec![16, 6, 25];
    }
    let stray = weights["fc3.bias"].clone();
    weights.insert("fc4.bias".to_owned(), stray);
    for device in [Device::Cpu, Device::Flex] {
        let text = match Engine::new(
            &Architecture::LENET_ON_MNIST,
            device,
            &weights,
            &Tensors::new(),
        ) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        };
        assert!(text.contains("fc1.bias [120] is missing"), "{text}");
        assert!(
            text.contains("conv2.weight is [16, 6, 25], expected [16, 6, 5, 5]"),
            "{text}"
        );
        assert!(text.contains("fc4.bias [10] is not part of it"), "{text}");
    }
}

/// Random points, of which 10 of 30 clusters are players.
fn masked_cloud(points: usize) -> (Inputs, Masks) {
    let mut rng = ChaCha8Rng::seed_from_u64(points as u64);
    let cloud: Vec<[f32; 3]> = (0..points).map(|_| rng.random()).collect();
    let clusters = cluster(&cloud, &mut rng);
    let masks = ClusterMasks::new(&[0, 3, 4, 9, 21, 29], &cloud, &clusters);
    let values = cloud.into_flattened();
    (
        Inputs::Clouds(Points { values, points }),
        Masks::Clouds(masks),
    )
}

#[test]
fn outputs_of_dgcnn_agree_with_burn_and_with_exact_arithmetic() -> Outcome {
    // A number of points that fills no panel.
    let points = 77;
    let (cloud, masks) = masked_cloud(points);
    let architecture = Architecture {
        model: Model::Dgcnn,
        input: InputShape::Clouds(CloudShape { points }),
        classes: 5,
    };
    let mut weights = architecture.initial_weights(3)?;
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    for (name, tensor) in &mut weights {
        // Normalisations that do something, some of them turned around.
        if name.starts_with("bn") && !name.ends_with("var") {
            let values = tensor.data.iter_mut();
            values.for_each(|value| *value += rng.random_range(-1.5..0.5));
        }
    }
    let engine = |device| Engine::new(&architecture, device, &weights, &Tensors::new());
    let (kernels, flex) = (engine(Device::Cpu)?, engine(Device::Flex)?);
    let all: Vec<usize> = (0..masks.count()).collect();
    let truth = block_on(flex.exact_masked_logits(&cloud, &masks, &all))?.concat();
    let check = |logits: &[f32], truth: &[f64]| {
        assert_eq!(logits.len(), truth.len());
        let distances = logits
            .iter()
            .zip(truth)
            .map(|(a, b)| (f64::from(*a) - b).abs());
        let largest = distances.fold(0.0, f64::max);
        assert!(largest < 1e-5, "{largest}");
    };
    check(&block_on(kernels.masked_logits(&cloud, &masks))?, &truth);
    check(&block_on(flex.masked_logits(&cloud, &masks))?, &truth);
    check(
        &block_on(kernels.logits(&cloud))?,
        &truth[truth.len() - 5..],
    );
    Ok(())
}

#[test]
fn dgcnn_is_evaluated_with_the_weights_of_its_last_step() -> Outcome {
    let (cloud, masks) = masked_cloud(40);
    let Inputs::Clouds(Points { values, points }) = cloud else {
        return Ok(());
    };
    let batch = Inputs::Clouds(Points {
        values: values.repeat(4),
        points,
    });
    let architecture = Architecture {
        model: Model::Dgcnn,
        input: InputShape::Clouds(CloudShape { points }),
        classes: 2,
    };
    let weights = architecture.initial_weights(1)?;
    let mut engine = Engine::new(&architecture, Device::Cpu, &weights, &Tensors::new())?;
    let one = Inputs::Clouds(Points { values, points });
    let before = block_on(engine.masked_logits(&one, &masks))?;
    let sgd = engine::Sgd {
        learning_rate: 0.1,
        momentum: 0.0,
    };
    engine.step(&batch, &[0, 1, 1, 1], sgd)?;
    let after = block_on(engine.masked_logits(&one, &masks))?;
    assert!(before.iter().zip(&after).any(|(a, b)| (a - b).abs() > 1e-3));
    let weights = block_on(engine.weights())?;
    let anew = Engine::new(&architecture, Device::Cpu, &weights, &Tensors::new())?;
    assert_eq!(after, block_on(anew.masked_logits(&one, &masks))?);
    Ok(())
}

/// Texts of several lengths, some of them longer than a panel, some pairs.
fn texts(count: usize, vocabulary: u32) -> Inputs {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let texts: Vec<(Vec<u32>, Vec<u8>)> = (0..count)
        .map(|index| {
            let length = 1 + index * 23 % 71;
            let ids = (0..length).map(|_| rng.random_range(1..vocabulary));
            let second = length - index % 3 * length / 4;
            let types = (0..length).map(|piece| u8::from(piece >= second));
            (ids.collect(), types.collect())
        })
        .collect();
    let texts = texts.iter().map(|(ids, types)| (&ids[..], &types[..]));
    Inputs::Texts(Tokens::new(texts))
}

const SMALL_BERT: Architecture = Architecture {
    model: Model::BertTiny,
    input: InputShape::Texts(TextShape { vocabulary: 200 }),
    classes: 3,
};

#[test]
fn bert_trains_as_it_does_on_burn() -> Outcome {
    let weights = SMALL_BERT.initial_weights(3)?;
    let engine = |device| Engine::new(&SMALL_BERT, device, &weights, &Tensors::new());
    let (mut kernels, mut flex) = (engine(Device::Cpu)?, engine(Device::Flex)?);
    let inputs = texts(30, 200);
    let labels: Vec<usize> = (0..30).map(|i| i * 5 % 3).collect();
    let sgd = engine::Sgd {
        learning_rate: 0.1,
        momentum: 0.9,
    };
    for _ in 0..4 {
        for engine in [&mut kernels, &mut flex] {
            engine.step(&inputs, &labels, sgd)?;
        }
        let losses = (
            block_on(kernels.take_losses())?[0],
            block_on(flex.take_losses())?[0],
        );
        assert!((losses.0 - losses.1).abs() < 1e-5, "{losses:?}");
    }
    let weights = [block_on(kernels.weights())?, block_on(flex.weights())?];
    assert!(largest_difference(&weights[0], &weights[1]) < 2e-5);
    let momentum = [block_on(kernels.momentum())?, block_on(flex.momentum())?];
    assert!(largest_difference(&momentum[0], &momentum[1]) < 1e-4);
    // What was read off goes on where it was.
    let mut anew = Engine::new(&SMALL_BERT, Device::Cpu, &weights[0], &momentum[0])?;
    for engine in [&mut kernels, &mut anew] {
        engine.step(&inputs, &labels, sgd)?;
    }
    assert_eq!(block_on(kernels.weights())?, block_on(anew.weights())?);
    Ok(())
}

#[test]
fn masked_outputs_of_bert_agree_with_exact_arithmetic() -> Outcome {
    let weights = SMALL_BERT.initial_weights(4)?;
    let engine = Engine::new(&SMALL_BERT, Device::Cpu, &weights, &Tensors::new())?;
    let ids: Vec<u32> = (0..45).map(|i| 1 + i * 29 % 90).collect();
    let words: Vec<Option<usize>> = (0..45).map(|piece: usize| piece.checked_sub(1)).collect();
    let text = Inputs::Texts(Tokens::new([(&ids[..], &[0; 45][..])].into_iter()));
    let masks = Masks::Texts(WordMasks::new(&[0, 7, 20, 33, 43], &words));
    let logits = block_on(engine.masked_logits(&text, &masks))?;
    let all: Vec<usize> = (0..32).collect();
    let truth = block_on(engine.exact_masked_logits(&text, &masks, &all))?.concat();
    assert_eq!(logits.len(), truth.len());
    for (a, b) in logits.iter().zip(truth) {
        assert!((f64::from(*a) - b).abs() < 2e-6, "{a} {b}");
    }
    let whole = block_on(engine.logits(&text))?;
    assert_eq!(whole, logits[31 * 3..]);
    Ok(())
}
