//! `spindle values`: a network of given weights on all masked versions of test samples.

use anyhow::Context;
use serde::Serialize;
use spindle_core::{Error, pipeline};
use spindle_data::Labelled as _;

use crate::{
    arguments::Values,
    computation::{Computation, Work},
    inputs,
    interrupt::{self, Interrupted},
    output,
    terminal::Terminal,
};

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
    arguments
        .computation
        .guarded(terminal, Work::File, |computation| {
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
    let place = computation.open(terminal)?;
    let players = inputs::players(&arguments.players)?;
    let weights = inputs::weights(&arguments.weights, terminal)?;
    let experiment = arguments
        .files
        .experiment(arguments.data, arguments.model)
        .check()?;
    let data = spindle_data::load(&experiment)?;
    let warnings = data.about().warnings.iter();
    warnings.for_each(|warning| terminal.warn(warning));
    let places = computation.places(place, &experiment, &data, terminal)?;
    let place = places.evaluation;
    let bench = pipeline::test_bench(&experiment, &data, &arguments.samples, &players, place)?;
    let samples = bench.records();
    let bar = terminal.bar("extract", "samples", 0, samples.len());
    let each = || {
        bar.inc(1);
        interrupt::control()
    };
    let outputs = pollster::block_on(bench.extract(0, &weights, &each));
    let outputs = match outputs {
        Err(Error::Stopped) => return Err(Interrupted::File.into()),
        // Only these have to do with the file.
        Err(error @ (Error::Kernels(_) | Error::NotFinite { .. })) => {
            return Err(error).with_context(|| arguments.weights.display().to_string());
        }
        outputs => outputs?,
    };
    bar.finish_and_clear();
    inputs::write_outputs(&arguments.out, &outputs.values, samples.len())?;
    terminal.say(&format!(
        "{} on {} masks; next: spindle decompose {} --out interactions.safetensors",
        match samples.len() {
            1 => "1 sample".to_owned(),
            count => format!("{count} samples"),
        },
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
