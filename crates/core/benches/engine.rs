//! Rates of the engines, of LeNet on 32x32 digits and of deep networks; LeNet's games for other
//! benchmarks.
//!
//! ```text
//! cargo bench -p spindle-core --bench engine -- training [--json]
//! cargo bench -p spindle-core --bench engine -- masked [--json]
//! cargo bench -p spindle-core --bench engine -- deep [--model lenet|mlp|vgg-11|vgg-13|vgg-16|vgg-19|vgg-11-224|vgg-16-224|alexnet|bert-tiny|bert-medium|dgcnn] [--batch 128] [--rounds 5] [--device cpu|gpu|cuda] [--json]
//! cargo bench -p spindle-core --bench engine -- picture --players N [--rounds 1] [--json]
//! cargo bench -p spindle-core --bench engine -- games --file FILE --players N --samples K --epochs 0,1,16 [--json]
//! ```
//!
//! `training`: steps a second, and a pass forward of a batch. `masked`: the outputs of a picture on
//! the 1,024 masks of ten players. In both, the fused kernels and Burn's flex take turns. `deep`:
//! seconds of a training step and of the outputs of an input on the 1,024 masks of ten players, of
//! a network with random weights, on any device that the build has, and how far these outputs are
//! off. `picture`: one picture with any number of players, and the
//! peak of this process's memory. `games`: writes the outputs of K test samples at every one of the
//! epochs to FILE, as little-endian f64.

#[path = "../../interactions/benches/support/mod.rs"]
mod support;

use std::{
    io::{Error, Result},
    str::FromStr,
    sync::Arc,
};

use pollster::block_on;
use serde_json::{Value, json};
use spindle_core::{
    backend,
    device::{self, Wanted},
    extract::{Extraction, Measured, Part},
    network::{Evaluator, Network, Sgd, Snapshot, initial_weights},
    networks::Networks,
    train::Learner,
};
use spindle_data::{Data, DataKind as _, MeasuredSample, measured_samples, mnist};
use spindle_run::{
    Experiment,
    device::Place,
    event::Tensors,
    experiment::{Family, Kind, Model, Placement},
    input::{CloudShape, PictureSize, Points, TextShape, Tokens},
    modality::{Clouds, NetworkShape, Pictures, Texts},
    player::{CLUSTERS, ClusterMasks, PatchMasks, WordMasks},
    random::{Stream, normal},
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

/// Rounds in which the engines take turns, after one that warms up.
const ROUNDS: usize = 7;
/// Training steps in a turn.
const STEPS: usize = 20;

/// The default experiment, whose training samples are not measured.
fn experiment() -> Experiment {
    let mut experiment = Experiment::default();
    experiment.measurement.train_samples = 0;
    experiment
}

type Digits = Data<Pictures>;

fn lenet(data: &Digits) -> Result<Arc<dyn Network<Pictures>>> {
    let size = Pictures::size(data.train.samples());
    Pictures::network(Model::Lenet, size, data.classes.len()).map_err(Error::other)
}

fn learner(place: Place, data: &Digits) -> Result<Learner<Pictures>> {
    let experiment = experiment().check().map_err(Error::other)?;
    Learner::new(experiment, data, lenet(data)?, None, place).map_err(Error::other)
}

fn digits() -> Result<Digits> {
    mnist::embedded().map_err(Error::other)
}

/// Training steps a second, and milliseconds of a pass forward of one batch.
fn training() -> Result<Value> {
    let data = digits()?;
    let mut learners = [
        learner(Place::CPU, &data)?,
        learner(Place::BURN_ON_CPU, &data)?,
    ];
    let batch = batch(&data)?;
    let mut times = [(); 2].map(|()| (Vec::new(), Vec::new()));
    for round in 0..=ROUNDS {
        for (learner, (steps, passes)) in learners.iter_mut().zip(&mut times) {
            let (seconds, loss) = timed(|| block_on(learner.advance(&data, STEPS)));
            loss.map_err(Error::other)?;
            let (pass, logits) = timed(|| block_on(learner.evaluator().logits(&batch)));
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
fn batch(data: &Digits) -> Result<Vec<f32>> {
    let positions: Vec<usize> = (0..Experiment::default().training.batch).collect();
    let shape = lenet(data)?.shape().input;
    data.train.batch(&positions, shape).map_err(Error::other)
}

/// Sets of players besides those that all samples share.
const PLAYER_SETS: usize = 7;

/// Milliseconds of 1,024 masked outputs: with the players of the default experiment, and with
/// several sets of players, by the kernels; with those of the default experiment, by Burn's flex.
fn masked() -> Result<Value> {
    let data = digits()?;
    let learner = learner(Place::CPU, &data)?;
    let weights = block_on(learner.weights()).map_err(Error::other)?;
    let network = lenet(&data)?;
    let at = |place| Measured::new(&*network, &weights, place).map_err(Error::other);
    let (kernels, flex) = (at(Place::CPU)?, at(Place::BURN_ON_CPU)?);
    let shared = samples(&experiment(), &data, &learner)?.swap_remove(0);
    let mut others = experiment();
    others.measurement.placement = Placement::PerSample;
    others.measurement.samples = PLAYER_SETS;
    let others = samples(&others, &data, &learner)?;
    let (mut of_shared, mut of_flex) = (Vec::new(), Vec::new());
    let mut of_others = vec![Vec::new(); PLAYER_SETS];
    for round in 0..=ROUNDS {
        // In a run the samples share their players, and how they are evaluated is planned once.
        masked_milliseconds(&kernels, &shared)?;
        let first = masked_milliseconds(&kernels, &shared)?;
        let by_flex = masked_milliseconds(&flex, &shared)?;
        for (sample, times) in others.iter().zip(&mut of_others) {
            times.push(masked_milliseconds(&kernels, sample)?);
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

fn samples(
    experiment: &Experiment,
    data: &Digits,
    learner: &Learner<Pictures>,
) -> Result<Vec<MeasuredSample<Pictures>>> {
    let shape = learner.network().shape();
    measured_samples(experiment, data, learner.set(), shape).map_err(Error::other)
}

/// Milliseconds of one picture's outputs on all masks of its players.
fn masked_milliseconds(
    network: &Measured<Pictures>,
    sample: &MeasuredSample<Pictures>,
) -> Result<f64> {
    let (seconds, logits) = timed(|| block_on(network.masked_logits(sample)));
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

/// Word pieces of a text, and points of a cloud.
const LENGTH: usize = 32;
const POINTS: usize = 128;

/// A kind of data with made inputs.
trait Made: Networks {
    fn inputs(shape: NetworkShape<Self>, count: usize) -> Self::Batch;
    fn ten_players(shape: NetworkShape<Self>, input: &Self::Batch) -> Self::Masks;
}

fn number(i: usize) -> f32 {
    ((i * 37 + i / 11) % 101) as f32 / 100.0
}

fn ten() -> Vec<usize> {
    (1..11).collect()
}

impl Made for Pictures {
    fn inputs(shape: NetworkShape<Self>, count: usize) -> Vec<f32> {
        let len = count * shape.input.channels * shape.input.side.pow(2);
        (0..len).map(number).collect()
    }

    fn ten_players(shape: NetworkShape<Self>, _input: &Vec<f32>) -> PatchMasks {
        PatchMasks::new(&TEN_PLAYERS, shape.masked.side)
    }
}

impl Made for Texts {
    fn inputs(shape: NetworkShape<Self>, count: usize) -> Tokens {
        let vocabulary = shape.input.vocabulary;
        let ids = (0..count * LENGTH).map(|i| ((i * 7919 + 1) % vocabulary) as u32);
        let (ids, types): (Vec<u32>, _) = (ids.collect(), [0; LENGTH]);
        Tokens::new(ids.chunks(LENGTH).map(|ids| (ids, &types[..])))
    }

    fn ten_players(_shape: NetworkShape<Self>, _input: &Tokens) -> WordMasks {
        let words: Vec<_> = (0..LENGTH).map(Some).collect();
        WordMasks::new(&ten(), &words)
    }
}

impl Made for Clouds {
    fn inputs(shape: NetworkShape<Self>, count: usize) -> Points {
        let points = shape.input.points;
        // Random: among points at equal distances rounding would decide which are neighbours.
        let mut rng = Stream::Points.rng(0, 0);
        let values = (0..count * points * 3).map(|_| normal(&mut rng) as f32);
        Points {
            values: values.collect(),
            points,
        }
    }

    fn ten_players(_shape: NetworkShape<Self>, input: &Points) -> ClusterMasks {
        let clusters: Vec<u8> = (0..POINTS).map(|i| (i % CLUSTERS) as u8).collect();
        ClusterMasks::new(&ten(), input.values.as_chunks::<3>().0, &clusters)
    }
}

/// Seconds of a training step, of a pass forward of a batch, and of masked outputs.
fn deep(arguments: &Arguments) -> Result<Value> {
    let name = arguments.value("--model", "vgg-11".to_owned())?;
    let (title, large) = match name.strip_suffix("-224") {
        Some(title) => (title, true),
        None => (name.as_str(), name == "alexnet"),
    };
    let model = Model::ALL
        .iter()
        .copied()
        .find(|model| model.title().to_lowercase() == title);
    let model = model.ok_or_else(|| Error::other(format!("\"{name}\" is no network")))?;
    match model.kind() {
        Kind::Pictures => {
            let (channels, side, classes) = match model.family() {
                _ if large => (3, 224, 1000),
                Family::Mlp { .. } => (1, 28, 10),
                _ => (1, 32, 10),
            };
            let side = Some(side);
            let size = PictureSize { channels, side };
            deep_network(arguments, &name, Pictures::network(model, size, classes))
        }
        Kind::Texts => {
            let size = TextShape { vocabulary: 30_522 };
            deep_network(arguments, &name, Texts::network(model, size, 2))
        }
        Kind::Clouds => {
            let size = CloudShape { points: POINTS };
            deep_network(arguments, &name, Clouds::network(model, size, 16))
        }
    }
}

fn deep_network<M: Made>(
    arguments: &Arguments,
    name: &str,
    network: std::result::Result<Arc<dyn Network<M>>, spindle_core::Error>,
) -> Result<Value> {
    let network = network.map_err(Error::other)?;
    let rounds: usize = arguments.value("--rounds", 5)?;
    let batch: usize = arguments.value("--batch", 128)?;
    let (one, all) = (
        M::inputs(network.shape(), 1),
        M::inputs(network.shape(), batch),
    );
    let masks = M::ten_players(network.shape(), &one);
    let labels: Vec<usize> = (0..batch).map(|i| i * 7 % network.classes()).collect();
    let from = Snapshot {
        weights: initial_weights(&*network, 0),
        momentum: Tensors::new(),
    };
    let choice = backend::Choice::new(&*network, place(arguments)?).map_err(Error::other)?;
    let mut trainer = choice
        .trainer
        .trainer(&*network, &from)
        .map_err(Error::other)?;
    let off = {
        let evaluator = choice.evaluator.evaluator(&*network, &from.weights);
        off(&*network, &*evaluator.map_err(Error::other)?, &from.weights)?
    };
    drop(from);
    let sgd = Sgd {
        learning_rate: 0.01,
        momentum: 0.9,
    };
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    let mut first_masked = 0.0;
    for round in 0..=rounds {
        let step = timed(|| {
            trainer.step(&all, &labels, sgd)?;
            block_on(trainer.take_losses())
        });
        step.1.map_err(Error::other)?;
        let own;
        let evaluator: &dyn Evaluator<M> = if choice.is_one() {
            trainer.evaluator()
        } else {
            let weights = block_on(trainer.snapshot()).map_err(Error::other)?.weights;
            own = choice
                .evaluator
                .evaluator(&*network, &weights)
                .map_err(Error::other)?;
            &*own
        };
        let pass = timed(|| block_on(evaluator.logits(&all)));
        let masked = timed(|| block_on(evaluator.masked_logits(&one, &masks)));
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
        "engine": trainer.describe(),
        "off": off,
        "step_seconds": step,
        "forward_seconds": pass,
        "masked_seconds": masked,
        "first_masked_seconds": first_masked,
        "peak_megabytes": peak_megabytes(),
    }))
}

/// Where a network is computed.
fn place(arguments: &Arguments) -> Result<Place> {
    let wanted = arguments.value("--device", "cpu".to_owned())?;
    let wanted = Wanted::from_str(&wanted).map_err(Error::other)?;
    let opened = block_on(device::open(&wanted)).map_err(Error::other)?;
    Ok(Place {
        device: opened.device,
        backend: None,
    })
}

/// Masks, evenly spaced, whose outputs are compared with exact ones.
const COMPARED: usize = 4;

/// Root of the mean square of what masked outputs are off, relative to that of exact ones.
fn off<M: Made>(
    network: &dyn Network<M>,
    evaluator: &dyn Evaluator<M>,
    weights: &Tensors,
) -> Result<f64> {
    let one = M::inputs(network.shape(), 1);
    let masks = M::ten_players(network.shape(), &one);
    let logits = block_on(evaluator.masked_logits(&one, &masks)).map_err(Error::other)?;
    let exact = network.exact(weights).map_err(Error::other)?;
    let (mut errors, mut squares) = (0.0, 0.0);
    let count = M::mask_count(&masks);
    for mask in (0..count).step_by(count / COMPARED) {
        let expected = exact
            .masked_logits(&one, &masks, mask)
            .map_err(Error::other)?;
        let found = &logits[mask * network.classes()..];
        for (found, expected) in found.iter().zip(expected) {
            errors += (f64::from(*found) - expected).powi(2);
            squares += expected.powi(2);
        }
    }
    Ok((errors / squares).sqrt())
}

/// Milliseconds of one picture's outputs on 2^n masks by the kernels, from random weights, and this
/// process's peak of memory.
fn picture(arguments: &Arguments) -> Result<Value> {
    let data = digits()?;
    let rounds: usize = arguments.value("--rounds", 1)?;
    let mut experiment = experiment();
    experiment.measurement.players = arguments.value("--players", 10)?;
    experiment.measurement.samples = 1;
    let learner = learner(Place::CPU, &data)?;
    let weights = block_on(learner.weights()).map_err(Error::other)?;
    let network = lenet(&data)?;
    let network = Measured::new(&*network, &weights, Place::CPU).map_err(Error::other)?;
    let sample = samples(&experiment, &data, &learner)?.swap_remove(0);
    let times = (0..rounds).map(|_| masked_milliseconds(&network, &sample));
    let times = times.collect::<Result<_>>()?;
    Ok(json!({"milliseconds": median(times), "peak_megabytes": peak_megabytes()}))
}

/// Writes the outputs on all masks of some test samples at some epochs of a training on the
/// embedded digits.
fn games(arguments: &Arguments) -> Result<Value> {
    let data = digits()?;
    let mut experiment = experiment();
    experiment.measurement.players = arguments.value("--players", 10)?;
    experiment.measurement.samples = arguments.value("--samples", 2)?;
    let epochs = arguments.value("--epochs", "0,1,16".to_owned())?;
    let file = arguments.value("--file", String::new())?;
    let mut learner = learner(Place::CPU, &data)?;
    let samples = samples(&experiment, &data, &learner)?;
    let mut games = Vec::new();
    for epoch in epochs.split(',') {
        let epoch: usize = epoch.parse().map_err(Error::other)?;
        let left = (epoch * learner.steps_per_epoch()).saturating_sub(learner.step());
        if left > 0 {
            block_on(learner.advance(&data, left)).map_err(Error::other)?;
        }
        games.extend(outputs(&learner, &experiment, &samples)?);
    }
    write_games(&file, &games)?;
    let players = experiment.measurement.players;
    Ok(json!({"file": file, "games": games.len() >> players}))
}

/// Log-odds of each sample's label on all masks, one sample after the other.
fn outputs(
    learner: &Learner<Pictures>,
    experiment: &Experiment,
    samples: &[MeasuredSample<Pictures>],
) -> Result<Vec<f64>> {
    let outputs = block_on(async {
        let weights = learner.weights().await?;
        let network = Measured::new(&**learner.network(), &weights, Place::CPU)?;
        let part = Part {
            step: learner.step(),
            players: experiment.measurement.players,
            first: 0,
            all: samples.len(),
            noise: None,
        };
        let mut extraction = Extraction::new(samples, part);
        while !extraction.is_done() {
            extraction.advance(&network).await?;
        }
        Ok(extraction.into_outputs())
    });
    outputs
        .map(|outputs| outputs.values)
        .map_err(|error: spindle_core::Error| Error::other(error))
}
