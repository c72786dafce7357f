//! Rates of the engines, of LeNet on 32x32 digits and of deep networks; LeNet's games for other benchmarks.
//!
//! ```text
//! cargo bench -p spindle-core --bench engine -- training [--json]
//! cargo bench -p spindle-core --bench engine -- masked [--json]
//! cargo bench -p spindle-core --bench engine -- deep [--model vgg-11|vgg-13|vgg-16|vgg-11-224|vgg-16-224|alexnet|bert-tiny|bert-medium|dgcnn] [--batch 128] [--rounds 5] [--json]
//! cargo bench -p spindle-core --bench engine -- picture --players N [--rounds 1] [--json]
//! cargo bench -p spindle-core --bench engine -- games --file FILE --players N --samples K --epochs 0,1,16 [--json]
//! ```
//!
//! `training`: steps a second, and a pass forward of a batch. `masked`: the outputs of a picture on the 1,024 masks of ten players. In both, the fused kernels and
//! Burn's flex take turns. `deep`: seconds of a training step and of the outputs of an input on the 1,024 masks of ten players, of a deep network with random
//! weights. `picture`: one picture with any number of players, and the peak of this process's memory. `games`:
//! writes the outputs of K test samples at every one of the epochs to FILE, as little-endian f64.

#[path = "../../interactions/benches/support/mod.rs"]
mod support;

use spindle_run::input::{CloudShape, PictureShape, Points, TextShape};
use spindle_run::modality::{InputShape, Inputs, Masks};
use std::io::{Error, Result};

use pollster::block_on;
use serde_json::{Value, json};
use spindle_core::{
    architecture::Architecture,
    engine::{Engine, Sgd},
    extract::Extraction,
    train::Trainer,
};
use spindle_data::{Data, MeasuredSample, measured_samples};
use spindle_run::{
    Experiment,
    event::Tensors,
    experiment::{Device, Kind, Model, Placement},
};
use spindle_run::{
    input::Tokens,
    player::{CLUSTERS, ClusterMasks, PatchMasks, WordMasks},
};
use support::{Arguments, median, peak_megabytes, timed, write_games};

fn main() -> Result<()> {
    let arguments = Arguments::of_program();
    let found = match arguments.command() {
        "training" => training()?,
        "masked" => masked()?,
        "deep" => deep(&arguments)?,
        "picture" => picture(&arguments)?,
        "games" => games(&arguments)?,
        other => {
            let known = "training, masked, deep, picture and games";
            return Err(Error::other(format!("\"{other}\" is none of {known}")));
        }
    };
    arguments.print(&found);
    Ok(())
}

const LENET: Architecture = Architecture::LENET_ON_MNIST;

/// Rounds in which the engines take turns, after one that warms up.
const ROUNDS: usize = 7;
/// Training steps in a turn.
const STEPS: usize = 20;

/// The default experiment on one of the engines.
fn experiment(device: Device) -> Experiment {
    Experiment {
        device,
        train_samples: 0,
        ..Experiment::default()
    }
}

fn trainer(device: Device, data: &Data) -> Result<Trainer> {
    Trainer::new(experiment(device), data).map_err(Error::other)
}

fn digits() -> Result<Data> {
    Data::embedded_mnist().map_err(Error::other)
}

/// Training steps a second, and milliseconds of a pass forward of one batch.
fn training() -> Result<Value> {
    let data = digits()?;
    let mut trainers = [trainer(Device::Cpu, &data)?, trainer(Device::Flex, &data)?];
    let batch = batch(&data)?;
    let mut times = [(); 2].map(|()| (Vec::new(), Vec::new()));
    for round in 0..=ROUNDS {
        for (trainer, (steps, passes)) in trainers.iter_mut().zip(&mut times) {
            let (seconds, loss) = timed(|| block_on(trainer.advance(&data, STEPS)));
            loss.map_err(Error::other)?;
            let (pass, logits) = timed(|| block_on(trainer.engine().logits(&batch)));
            logits.map_err(Error::other)?;
            if round > 0 {
                steps.push(seconds / STEPS as f64);
                passes.push(1e3 * pass);
            }
        }
    }
    let [kernels, flex] = times.map(|(steps, passes)| (1.0 / median(steps), median(passes)));
    Ok(json!({
        "steps_per_second": kernels.0,
        "forward_milliseconds": kernels.1,
        "flex_steps_per_second": flex.0,
        "flex_forward_milliseconds": flex.1,
    }))
}

/// The first pictures of the training set, as many as a step takes.
fn batch(data: &Data) -> Result<Inputs> {
    let positions: Vec<usize> = (0..Experiment::default().batch).collect();
    let inputs = data.train.inputs(&positions, LENET.input);
    inputs.map_err(Error::other)
}

/// Sets of players besides those that all samples share.
const PLAYER_SETS: usize = 7;

/// Milliseconds of 1,024 masked outputs: with the players of the default experiment, and with several sets of players, by the kernels;
/// with those of the default experiment, by Burn's flex.
fn masked() -> Result<Value> {
    let data = digits()?;
    let [kernels, flex] = [trainer(Device::Cpu, &data)?, trainer(Device::Flex, &data)?];
    let shared = samples(&experiment(Device::Cpu), &data, &kernels)?.swap_remove(0);
    let others = Experiment {
        placement: Placement::PerSample,
        samples: PLAYER_SETS,
        ..experiment(Device::Cpu)
    };
    let others = samples(&others, &data, &kernels)?;
    let (mut of_shared, mut of_flex) = (Vec::new(), Vec::new());
    let mut of_others = vec![Vec::new(); PLAYER_SETS];
    for round in 0..=ROUNDS {
        // In a run the samples share their players, and how they are evaluated is planned once.
        masked_milliseconds(kernels.engine(), &shared)?;
        let first = masked_milliseconds(kernels.engine(), &shared)?;
        let by_flex = masked_milliseconds(flex.engine(), &shared)?;
        for (sample, times) in others.iter().zip(&mut of_others) {
            times.push(masked_milliseconds(kernels.engine(), sample)?);
        }
        if round > 0 {
            of_shared.push(first);
            of_flex.push(by_flex);
        }
    }
    let sets: Vec<f64> = of_others.into_iter().map(median).collect();
    Ok(json!({
        "milliseconds": median(of_shared),
        "sets_milliseconds": sets,
        "sets_median_milliseconds": median(sets.clone()),
        "flex_milliseconds": median(of_flex),
    }))
}

fn samples(experiment: &Experiment, data: &Data, trainer: &Trainer) -> Result<Vec<MeasuredSample>> {
    measured_samples(experiment, data, trainer.set(), LENET.input).map_err(Error::other)
}

/// Milliseconds of one picture's outputs on all masks of its players.
fn masked_milliseconds(engine: &Engine, sample: &MeasuredSample) -> Result<f64> {
    let masks = sample.masks(LENET.masked_side());
    let (seconds, logits) = timed(|| block_on(engine.masked_logits(&sample.input, &masks)));
    logits.map_err(Error::other)?;
    Ok(1e3 * seconds)
}

/// Players of a deep network's picture: scattered, as drawn ones are.
const TEN_PLAYERS: [[usize; 2]; 10] = [
    [1, 2],
    [1, 5],
    [2, 1],
    [2, 4],
    [3, 3],
    [4, 1],
    [4, 6],
    [5, 2],
    [5, 5],
    [6, 4],
];

/// A deep network with a batch of inputs and the masks of one of them.
struct Deep {
    architecture: Architecture,
    /// The first of the batch, and the batch.
    inputs: [Inputs; 2],
    masks: Masks,
}

/// Word pieces of a text, and points of a cloud.
const LENGTH: usize = 32;
const POINTS: usize = 128;

impl Deep {
    fn new(name: &str, batch: usize) -> Result<Self> {
        let (name, large) = match name.strip_suffix("-224") {
            Some(name) => (name, true),
            None => (name, name == "alexnet"),
        };
        let model = Model::ALL.into_iter().find(|model| {
            let title = model.title().to_lowercase();
            title == name && *model != Model::Lenet
        });
        let model = model.ok_or_else(|| Error::other(format!("\"{name}\" is no deep network")))?;
        let number = |i: usize| ((i * 37 + i / 11) % 101) as f32 / 100.0;
        let ten: Vec<usize> = (1..11).collect();
        let (input, classes) = match model.kind() {
            Kind::Pictures if large => (
                InputShape::Pictures(PictureShape {
                    channels: 3,
                    side: 224,
                }),
                1000,
            ),
            Kind::Pictures => (
                InputShape::Pictures(PictureShape {
                    channels: 1,
                    side: 32,
                }),
                10,
            ),
            Kind::Texts => (InputShape::Texts(TextShape { vocabulary: 30_522 }), 2),
            Kind::Clouds => (InputShape::Clouds(CloudShape { points: POINTS }), 16),
        };
        let architecture = Architecture {
            model,
            input,
            classes,
        };
        let inputs = [1, batch].map(|count| match input {
            InputShape::Pictures(PictureShape { channels, side }) => {
                Inputs::Pictures((0..count * channels * side * side).map(number).collect())
            }
            InputShape::Texts(TextShape { vocabulary }) => {
                let ids = (0..count * LENGTH).map(|i| ((i * 7919 + 1) % vocabulary) as u32);
                let (ids, types): (Vec<u32>, _) = (ids.collect(), [0; LENGTH]);
                let texts = ids.chunks(LENGTH).map(|ids| (ids, &types[..]));
                Inputs::Texts(Tokens::new(texts))
            }
            InputShape::Clouds(CloudShape { points }) => Inputs::Clouds(Points {
                values: (0..count * points * 3).map(number).collect(),
                points,
            }),
        });
        let masks = match &inputs[0] {
            Inputs::Pictures(_) => {
                Masks::Pictures(PatchMasks::new(&TEN_PLAYERS, architecture.masked_side()))
            }
            Inputs::Texts(_) => {
                let words: Vec<_> = (0..LENGTH).map(Some).collect();
                Masks::Texts(WordMasks::new(&ten, &words))
            }
            cloud @ Inputs::Clouds(Points { .. }) => {
                let clusters: Vec<u8> = (0..POINTS).map(|i| (i % CLUSTERS) as u8).collect();
                let points = cloud.points().as_chunks::<3>().0;
                Masks::Clouds(ClusterMasks::new(&ten, points, &clusters))
            }
        };
        Ok(Self {
            architecture,
            inputs,
            masks,
        })
    }
}

/// Seconds of a training step, of a pass forward of a batch, and of masked outputs.
fn deep(arguments: &Arguments) -> Result<Value> {
    let name = arguments.value("--model", "vgg-11".to_owned())?;
    let rounds: usize = arguments.value("--rounds", 5)?;
    let batch: usize = arguments.value("--batch", 128)?;
    let Deep {
        architecture,
        inputs: [one, all],
        masks,
    } = Deep::new(&name, batch)?;
    let labels: Vec<usize> = (0..batch).map(|i| i * 7 % architecture.classes).collect();
    let weights = architecture.initial_weights(0).map_err(Error::other)?;
    let mut engine =
        Engine::new(&architecture, Device::Cpu, &weights, &Tensors::new()).map_err(Error::other)?;
    drop(weights);
    let sgd = Sgd {
        learning_rate: 0.01,
        momentum: 0.9,
    };
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    let mut first_masked = 0.0;
    for round in 0..=rounds {
        let step = timed(|| {
            engine.step(&all, &labels, sgd)?;
            block_on(engine.take_losses())
        });
        let pass = timed(|| block_on(engine.logits(&all)));
        let masked = timed(|| block_on(engine.masked_logits(&one, &masks)));
        step.1.map_err(Error::other)?;
        pass.1.and(masked.1).map_err(Error::other)?;
        if round == 0 {
            first_masked = masked.0;
        } else {
            for (times, seconds) in times.iter_mut().zip([step.0, pass.0, masked.0]) {
                times.push(seconds);
            }
        }
    }
    let [step, pass, masked] = times.map(median);
    Ok(json!({
        "model": name,
        "step_seconds": step,
        "forward_seconds": pass,
        "masked_seconds": masked,
        "first_masked_seconds": first_masked,
        "peak_megabytes": peak_megabytes(),
    }))
}

/// Milliseconds of one picture's outputs on 2^n masks by the kernels, from random weights, and this process's peak of memory.
fn picture(arguments: &Arguments) -> Result<Value> {
    let data = digits()?;
    let rounds: usize = arguments.value("--rounds", 1)?;
    let experiment = Experiment {
        players: arguments.value("--players", 10)?,
        samples: 1,
        ..experiment(Device::Cpu)
    };
    let trainer = Trainer::new(experiment.clone(), &data).map_err(Error::other)?;
    let sample = samples(&experiment, &data, &trainer)?.swap_remove(0);
    let times = (0..rounds).map(|_| masked_milliseconds(trainer.engine(), &sample));
    let times = times.collect::<Result<_>>()?;
    Ok(json!({"milliseconds": median(times), "peak_megabytes": peak_megabytes()}))
}

/// Writes the outputs on all masks of some test samples at some epochs of a training on the embedded digits.
fn games(arguments: &Arguments) -> Result<Value> {
    let data = digits()?;
    let experiment = Experiment {
        players: arguments.value("--players", 10)?,
        samples: arguments.value("--samples", 2)?,
        ..experiment(Device::Cpu)
    };
    let epochs = arguments.value("--epochs", "0,1,16".to_owned())?;
    let file = arguments.value("--file", String::new())?;
    let mut trainer = Trainer::new(experiment.clone(), &data).map_err(Error::other)?;
    let samples = samples(&experiment, &data, &trainer)?;
    let mut games = Vec::new();
    for epoch in epochs.split(',') {
        let epoch: usize = epoch.parse().map_err(Error::other)?;
        let left = (epoch * trainer.steps_per_epoch()).saturating_sub(trainer.step());
        if left > 0 {
            block_on(trainer.advance(&data, left)).map_err(Error::other)?;
        }
        games.extend(outputs(&trainer, &experiment, &samples)?);
    }
    write_games(&file, &games)?;
    Ok(json!({"file": file, "games": games.len() >> experiment.players}))
}

/// Log-odds of each sample's label on all masks, one sample after the other.
fn outputs(
    trainer: &Trainer,
    experiment: &Experiment,
    samples: &[MeasuredSample],
) -> Result<Vec<f64>> {
    let engine = trainer.engine();
    let outputs = block_on(async {
        let step = trainer.step();
        let mut extraction = Extraction::new(LENET, samples, experiment.players, step);
        while !extraction.is_done() {
            extraction.advance(engine).await?;
        }
        Ok(extraction.into_outputs())
    });
    outputs
        .map(|outputs| outputs.values)
        .map_err(|error: spindle_core::Error| Error::other(error))
}
