//! LeNet on 32x32 digits: rates of the engines, and its games for other benchmarks.
//!
//! ```text
//! cargo bench -p spindle-core --bench engine -- training [--json]
//! cargo bench -p spindle-core --bench engine -- masked [--json]
//! cargo bench -p spindle-core --bench engine -- vgg [--model vgg-11|vgg-13|vgg-16|vgg-11-224|vgg-16-224|alexnet] [--batch 128] [--rounds 5] [--json]
//! cargo bench -p spindle-core --bench engine -- picture --players N [--rounds 1] [--json]
//! cargo bench -p spindle-core --bench engine -- games --file FILE --players N --samples K --epochs 0,1,16 [--json]
//! ```
//!
//! `training`: steps a second, and a pass forward of a batch. `masked`: the outputs of a picture on the 1,024 masks of ten players. In both, the fused kernels and
//! Burn's flex take turns. `vgg`: seconds of a training step and of the outputs of a picture on the 1,024 masks of ten players, of a deep network with random
//! weights, by the kernels alone. `picture`: one picture with any number of players, and the peak of this process's memory. `games`:
//! writes the outputs of K test samples at every one of the epochs to FILE, as little-endian f64.

#[path = "../../interactions/benches/support/mod.rs"]
mod support;

use std::io::{Error, Result};

use pollster::block_on;
use serde_json::{Value, json};
use spindle_core::{
    architecture::Architecture,
    dataset::{Data, MeasuredSample, measured_samples},
    engine::{Engine, Sgd},
    extract::Extraction,
    input::Inputs,
    kernel::{Stack, StackEngine, VggDepth, VggSide},
    player::PatchMasks,
    train::Trainer,
};
use spindle_run::{
    Experiment,
    event::Tensors,
    experiment::{Device, Placement},
};
use support::{Arguments, median, peak_megabytes, timed, write_games};

fn main() -> Result<()> {
    let arguments = Arguments::of_program();
    let found = match arguments.command() {
        "training" => training()?,
        "masked" => masked()?,
        "vgg" => deep(&arguments)?,
        "picture" => picture(&arguments)?,
        "games" => games(&arguments)?,
        other => {
            let known = "training, masked, vgg, picture and games";
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

/// Seconds of a training step, of a pass forward of a batch, and of masked outputs.
fn deep(arguments: &Arguments) -> Result<Value> {
    let model = arguments.value("--model", "vgg-11".to_owned())?;
    let stack = match model.as_str() {
        "vgg-11" => Stack::vgg(VggDepth::Eleven, 1, VggSide::Small, 10),
        "vgg-13" => Stack::vgg(VggDepth::Thirteen, 1, VggSide::Small, 10),
        "vgg-16" => Stack::vgg(VggDepth::Sixteen, 1, VggSide::Small, 10),
        "vgg-11-224" => Stack::vgg(VggDepth::Eleven, 3, VggSide::Large, 1000),
        "vgg-16-224" => Stack::vgg(VggDepth::Sixteen, 3, VggSide::Large, 1000),
        "alexnet" => Stack::alexnet(3, 1000),
        other => return Err(Error::other(format!("\"{other}\" is no deep network"))),
    };
    let rounds: usize = arguments.value("--rounds", 5)?;
    let batch: usize = arguments.value("--batch", 128)?;
    let picture_len = stack.side().pow(2) * stack.convolutions[0].inputs;
    let pictures = (0..batch * picture_len).map(|i| ((i * 37 + i / 11) % 101) as f32 / 100.0);
    let pictures: Vec<f32> = pictures.collect();
    let labels: Vec<usize> = (0..batch).map(|i| i * 7 % stack.classes()).collect();
    let masks = PatchMasks::new(&TEN_PLAYERS, stack.masked_side());
    let weights = stack.initial_weights(0);
    let mut engine = StackEngine::new(stack, &weights, &Tensors::new()).map_err(Error::other)?;
    drop(weights);
    let sgd = Sgd {
        learning_rate: 0.01,
        momentum: 0.9,
    };
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    let mut planned = 0.0;
    for round in 0..=rounds {
        let step = timed(|| engine.step(&pictures, &labels, sgd)).0;
        let pass = timed(|| engine.logits(&pictures)).0;
        let masked = timed(|| engine.masked_logits(&pictures[..picture_len], &masks)).0;
        if round == 0 {
            planned = masked;
        } else {
            for (times, seconds) in times.iter_mut().zip([step, pass, masked]) {
                times.push(seconds);
            }
        }
    }
    let [step, pass, masked] = times.map(median);
    Ok(json!({
        "model": model,
        "step_seconds": step,
        "forward_seconds": pass,
        "masked_seconds": masked,
        "first_masked_seconds": planned,
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
