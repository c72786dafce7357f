//! Two small runs with made-up outputs, for the page's tests: one of texts, one of clouds. What is
//! measured on them is measured as on real outputs.
//!
//!     cargo run --example made_runs -- tests/page/fixtures

use std::{error::Error, fs, path::Path};

use spindle_core::pipeline::{self, Description, Quiet, Run};
use spindle_run::{
    Experiment, MemoryStore,
    content::{Cloud, Content, Contents, Text},
    event::{Event, Outputs, SampleLosses, Tensors},
    experiment::{self, Dataset, Model, Solving, Training},
    export::{Budget, Export},
    record::{Group, LossRecord, Players, Provenance, SampleRecord},
};

const PLAYERS: usize = 6;
/// Epochs of the checkpoints, and the weights of orders 1, 2 and 4 there: orders fall, then rise.
const COURSE: [(f64, [f64; 3]); 5] = [
    (0.0, [0.2, 0.2, 0.1]),
    (0.5, [1.5, 0.6, 0.1]),
    (2.0, [3.0, 1.0, 0.1]),
    (8.0, [4.0, 3.0, 1.5]),
    (32.0, [4.0, 4.0, 4.0]),
];
const STEPS_PER_EPOCH: f64 = 10.0;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args()
        .nth(1)
        .ok_or("the folder to write to is missing")?;
    for (name, export) in [("words", texts()?), ("points", clouds()?)] {
        fs::write(
            Path::new(&folder).join(format!("{name}.spindle")),
            export.pack()?,
        )?;
    }
    Ok(())
}

fn experiment(model: Model, data: Dataset, samples: usize) -> Experiment {
    Experiment {
        training: Training {
            model,
            data,
            epochs: 32,
            label_noise: 0.0,
            ..Training::default()
        },
        measurement: experiment::Measurement {
            players: PLAYERS,
            samples,
            train_samples: 1,
            checkpoints: COURSE.len(),
            ..experiment::Measurement::default()
        },
        decomposition: Solving {
            resamples: 200,
            ..Solving::default()
        },
    }
}

fn texts() -> Result<Export, Box<dyn Error>> {
    let written = [
        (
            "not a good film, but a fine evening",
            vec![0, 2, 3, 4, 6, 7],
            0,
        ),
        (
            "The plot is thin.\nNobody will notice the plot.",
            vec![1, 3, 4, 5, 6, 8],
            1,
        ),
        (
            "warm, funny and never too long to follow",
            vec![0, 1, 3, 4, 5, 7],
            1,
        ),
        (
            "a dull and dreary walk through old jokes",
            vec![1, 3, 4, 5, 6, 7],
            0,
        ),
    ];
    let samples = written
        .iter()
        .enumerate()
        .map(|(index, (text, players, label))| {
            let players = Players::Words {
                words: players.clone(),
            };
            let text = Text {
                text: (*text).to_owned(),
                words: words(text),
            };
            (sample(index, *label, players), Content::Texts(text))
        });
    let experiment = Experiment {
        training: Training {
            data_dir: Some("movie-snippets".into()),
            ..experiment(Model::BertTiny, Dataset::Sst2, written.len() - 1).training
        },
        ..experiment(Model::BertTiny, Dataset::Sst2, written.len() - 1)
    };
    let classes = ["negative", "positive"].map(str::to_owned).to_vec();
    run(experiment, classes, samples.collect())
}

/// Runs of letters.
fn words(text: &str) -> Vec<[usize; 2]> {
    let mut words: Vec<[usize; 2]> = Vec::new();
    for (at, _) in text
        .char_indices()
        .filter(|(_, letter)| letter.is_alphabetic())
    {
        match words.last_mut() {
            Some([_, end]) if *end == at => *end = at + 1,
            _ => words.push([at, at + 1]),
        }
    }
    words
}

fn clouds() -> Result<Export, Box<dyn Error>> {
    let samples = (0..3).map(|index| {
        let players = Players::Clusters {
            clusters: vec![0, 2, 5, 7, 8, 11],
        };
        (
            sample(index, index % 2, players),
            Content::Clouds(ring(index)),
        )
    });
    let classes = ["torus", "cone"].map(str::to_owned).to_vec();
    run(
        experiment(Model::Dgcnn, Dataset::Solids, 2),
        classes,
        samples.collect(),
    )
}

/// A ring in 12 clusters, tighter from sample to sample.
fn ring(index: usize) -> Cloud {
    const POINTS: usize = 600;
    /// Turns of the tube from point to point: no two lie in line.
    const GOLDEN: f32 = 0.618_034;
    let point = |at: usize| {
        let (around, tube) = (at as f32 / POINTS as f32, at as f32 * GOLDEN);
        let [around, tube] = [around, tube].map(|turn| turn * std::f32::consts::TAU);
        let radius = 0.7 - 0.1 * index as f32 + 0.2 * tube.cos();
        [
            radius * around.cos(),
            0.2 * tube.sin(),
            radius * around.sin(),
        ]
    };
    Cloud {
        points: (0..POINTS).map(point).collect(),
        clusters: (0..POINTS).map(|at| (at * 12 / POINTS) as u8).collect(),
    }
}

/// The last sample stands for training samples.
fn sample(index: usize, label: usize, players: Players) -> SampleRecord {
    SampleRecord {
        group: Group::Test,
        position: 10 + index,
        label,
        true_label: label,
        players,
    }
}

fn run(
    experiment: Experiment,
    classes: Vec<String>,
    samples: Vec<(SampleRecord, Content)>,
) -> Result<Export, Box<dyn Error>> {
    let (mut records, contents): (Vec<_>, Vec<_>) = samples.into_iter().unzip();
    if let Some(last) = records.last_mut() {
        last.group = Group::Train;
    }
    let contents = Contents::of(&contents)?;
    let count = records.len();
    let description = Description {
        experiment,
        provenance: provenance(),
        classes,
        samples: records,
        warnings: Vec::new(),
    };
    let mut run = Run::begin(MemoryStore::default(), description)?;
    for (epoch, weights) in COURSE {
        let losses = losses(epoch);
        run.apply(Event::Epoch(losses))?;
        run.apply(Event::Checkpoint {
            losses,
            sample_losses: sample_losses(losses),
            weights: Tensors::new(),
        })?;
        run.put_outputs(&outputs(losses.step, weights, count), 0.0)?;
    }
    pipeline::analyze(&mut run, &Quiet)?;
    let (store, record) = run.into_parts();
    let mut export = store.export(record, contents, Budget::default())?;
    export.weights.clear();
    Ok(export)
}

/// Every sample's loss is the mean.
fn sample_losses(at: LossRecord) -> SampleLosses {
    SampleLosses {
        step: at.step,
        train: vec![at.train_loss as f32; 20],
        is_reset: vec![false; 20],
        test: vec![at.test_loss as f32; 20],
    }
}

/// An AND of each of some sets, an OR of one, as outputs on all masks; samples differ by which
/// players they are.
fn outputs(step: usize, [single, pair, four]: [f64; 3], samples: usize) -> Outputs {
    let and = |mask: u32, set: u32| if mask & set == set { 1.0 } else { 0.0 };
    let value = |mask: u32| {
        let or = if mask & 0b11_0000 == 0 { 0.0 } else { 1.0 };
        single * (and(mask, 1) - 0.5 * and(mask, 4))
            + pair * (and(mask, 0b11) - 0.7 * or)
            + four * (and(mask, 0b1_1110) - 0.4 * and(mask, 0b10_1101))
    };
    let turned =
        |mask: u32, by: u32| (mask << by | mask >> (PLAYERS as u32 - by)) & ((1 << PLAYERS) - 1);
    let masks = 1u32 << PLAYERS;
    let values = (0..samples as u32).flat_map(|sample| {
        (0..masks).map(move |mask| value(turned(mask, sample % PLAYERS as u32)) - 0.5)
    });
    Outputs {
        step,
        players: PLAYERS,
        classes: 2,
        logits: vec![0.0; (samples << PLAYERS) * 2],
        values: values.collect(),
        noise_floor: 1e-6,
    }
}

fn losses(epoch: f64) -> LossRecord {
    LossRecord {
        step: (epoch * STEPS_PER_EPOCH) as usize,
        epoch,
        train_loss: 0.7 / (1.0 + epoch),
        right_train_loss: Some(0.7 / (1.0 + epoch)),
        test_loss: 0.7 / (1.0 + epoch) + 0.01 * epoch,
        train_accuracy: 1.0 - 0.5 / (1.0 + epoch),
        test_accuracy: 0.8 - 0.3 / (1.0 + epoch),
    }
}

fn provenance() -> Provenance {
    Provenance {
        stand_in: None,
        version: env!("CARGO_PKG_VERSION").into(),
        engine: "none: made-up outputs".into(),
        data: "made up".into(),
        data_digest: "0".repeat(64),
        train_size: 20,
        mislabelled: 0,
        test_size: 20,
        chance_loss: Some(std::f64::consts::LN_10),
        train_seconds: 0.0,
        extract_seconds: 0.0,
        decompose_seconds: 0.0,
    }
}
