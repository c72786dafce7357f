//! `spindle values`: a network of given weights on all masked versions of test samples.

use std::path::Path;

use anyhow::{Context, bail};
use pytorch_reader::{DType, PytorchReader};
use serde::{Deserialize, Serialize};
use spindle_core::pipeline;
use spindle_run::player::check_patches;
use spindle_run::{
    encoding,
    event::{Tensor, Tensors},
    record::Players,
};

use crate::{
    arguments::Values,
    computation::Computation,
    interrupt::{self, Interrupted},
    npy, output,
    terminal::Terminal,
};

/// The players file, for each kind of data.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum PlayersFile {
    Patches {
        grid: [usize; 2],
        patches: Vec<[usize; 2]>,
    },
    Words {
        words: Vec<usize>,
    },
    Clusters {
        clusters: Vec<usize>,
    },
}

#[derive(Serialize)]
struct Document {
    players: usize,
    samples: Vec<Sample>,
}

#[derive(Serialize)]
struct Sample {
    position: usize,
    label: usize,
    /// v of the whole sample and of the fully masked one, in nats.
    v_full: f64,
    v_empty: f64,
}

/// Runs the command.
pub(crate) fn values(arguments: &Values, terminal: &Terminal) -> anyhow::Result<()> {
    arguments.computation.guarded(terminal, |computation| {
        values_on(computation, arguments, terminal)
    })
}

fn values_on(
    computation: &Computation,
    arguments: &Values,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    output::check(
        &arguments.out,
        &[&arguments.weights, &arguments.players],
        terminal,
    )?;
    let players = read_players(&arguments.players)?;
    let experiment = arguments
        .files
        .experiment(arguments.data, arguments.model)
        .check()?;
    let place = computation.open(terminal)?;
    let data = spindle_data::load(&experiment)?;
    let places = computation.places(place, &experiment, &data, terminal)?;
    let place = places.evaluation;
    let bench = pipeline::test_bench(&experiment, &data, &arguments.samples, &players, place)?;
    let weights = read_weights(&arguments.weights)?;
    let samples = bench.records();
    let bar = terminal.bar("extract", "samples", 0, samples.len());
    let each = || {
        bar.inc(1);
        interrupt::control()
    };
    let outputs = pollster::block_on(bench.extract(0, &weights, &each));
    let outputs = match outputs {
        Err(spindle_core::Error::Stopped) => return Err(Interrupted::File.into()),
        outputs => outputs.with_context(|| arguments.weights.display().to_string())?,
    };
    bar.finish_and_clear();
    npy::write(&arguments.out, &outputs.values, samples.len())?;
    terminal.say(&format!(
        "{} samples on {} masks; next: spindle decompose {} --out interactions.safetensors",
        samples.len(),
        1 << players.len(),
        arguments.out.display()
    ));
    let rows = outputs.values.chunks_exact(1 << players.len());
    let samples = samples.iter().zip(rows).map(|(sample, v)| Sample {
        position: sample.position,
        label: sample.label,
        v_full: v[v.len() - 1],
        v_empty: v[0],
    });
    terminal.document(&Document {
        players: players.len(),
        samples: samples.collect(),
    })
}

fn read_players(path: &Path) -> anyhow::Result<Players> {
    let name = path.display();
    let json = std::fs::read(path).with_context(|| format!("cannot read {name}"))?;
    let players: PlayersFile = serde_json::from_slice(&json).with_context(|| {
        format!("{name} must be {{\"grid\": [8, 8], \"patches\": [[row, column], ...]}}, {{\"words\": [number, ...]}} or {{\"clusters\": [number, ...]}}")
    })?;
    Ok(match players {
        PlayersFile::Patches { grid, patches } => {
            check_patches(grid, &patches).with_context(|| name.to_string())?;
            Players::Patches(patches)
        }
        PlayersFile::Words { words } => Players::Words { words },
        PlayersFile::Clusters { clusters } => Players::Clusters { clusters },
    })
}

/// Weights from a `.safetensors` file, or from a `.pt` or `.pth` file as
/// `torch.save(model.state_dict(), ...)` writes it.
fn read_weights(path: &Path) -> anyhow::Result<Tensors> {
    let name = path.display();
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("pt" | "pth") => pytorch_weights(path).with_context(|| format!("cannot read {name}")),
        Some("safetensors") => {
            let bytes = std::fs::read(path).with_context(|| format!("cannot read {name}"))?;
            encoding::decode_weights(&bytes).with_context(|| format!("cannot read {name}"))
        }
        _ => bail!("{name}: weights are .safetensors, .pt or .pth files"),
    }
}

fn pytorch_weights(path: &Path) -> anyhow::Result<Tensors> {
    let mut tensors = Tensors::new();
    let mut problems = Vec::new();
    for (name, tensor) in PytorchReader::new(path)?.into_tensors() {
        let bytes = tensor.read()?;
        let data: Vec<f32> = match tensor.dtype() {
            DType::F32 => floats(&bytes, f32::from_le_bytes),
            DType::F64 => floats(&bytes, |b| f64::from_le_bytes(b) as f32),
            // PyTorch's count of batches that a normalisation has seen.
            _ if name.ends_with("num_batches_tracked") => continue,
            other => {
                problems.push(format!("{name} is {other:?}"));
                continue;
            }
        };
        let shape = tensor.shape().to_vec();
        tensors.insert(name, Tensor { shape, data });
    }
    if !problems.is_empty() {
        problems.sort_unstable();
        bail!("f32 or f64 is needed: {}", problems.join(", "));
    }
    Ok(tensors)
}

fn floats<const N: usize>(bytes: &[u8], convert: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    bytes
        .as_chunks::<N>()
        .0
        .iter()
        .map(|b| convert(*b))
        .collect()
}
