//! Extraction and decomposition of some samples of a checkpoint, on the CPU whatever trained the network.

use std::ops::ControlFlow;

use serde_bytes::ByteBuf;
use spindle_core::{architecture::Architecture, engine::Engine, extract::Extraction};
use spindle_data::{MeasuredSample, drawing::SIDE};
use spindle_run::{
    Experiment,
    content::Picture,
    decomposition::decompose_outputs,
    encoding::{decode_weights, encode_decompositions, encode_outputs},
    event::{Outputs, Tensors},
    experiment::Device,
    record::SampleRecord,
};
use web_time::Instant;

use crate::{Error, protocol::MeasuredPart};

/// Pixels along one side of what LeNet takes in.
pub(super) const NETWORK_SIDE: usize = 32;

/// Measures samples, given with their pictures (28x28 each) and the weights as safetensors.
///
/// # Errors
/// Weights or pictures that do not fit, outputs that are not finite.
pub async fn measure(
    experiment: &Experiment,
    step: usize,
    weights: &[u8],
    samples: Vec<SampleRecord>,
    pictures: &[u8],
) -> Result<MeasuredPart, Error> {
    let samples = with_pictures(samples, pictures)?;
    let start = Instant::now();
    let outputs = extract(experiment, step, weights, &samples).await?;
    let extract_seconds = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let never_stop = |_| ControlFlow::Continue(());
    // Ranges of every sample at every checkpoint take longer than the training; the page asks for those of the sample that is looked at.
    let experiment = Experiment {
        ranges: false,
        ..experiment.clone()
    };
    let found = decompose_outputs(&experiment, &outputs, &never_stop)?;
    Ok(MeasuredPart {
        outputs: ByteBuf::from(encode_outputs(&outputs)?),
        decompositions: ByteBuf::from(encode_decompositions(
            &found.decompositions,
            None,
            Some(step),
        )?),
        warnings: found.warnings,
        extract_seconds,
        decompose_seconds: start.elapsed().as_secs_f64(),
    })
}

fn with_pictures(
    samples: Vec<SampleRecord>,
    pictures: &[u8],
) -> Result<Vec<MeasuredSample>, Error> {
    if pictures.len() != samples.len() * SIDE * SIDE {
        return Err(Error::Input(format!(
            "{} samples came with {} pixels, {SIDE}x{SIDE} each are needed",
            samples.len(),
            pictures.len()
        )));
    }
    let pictures = pictures.chunks_exact(SIDE * SIDE);
    let measured = samples.into_iter().zip(pictures);
    let measured = measured.map(|(record, pixels)| {
        let picture = Picture {
            side: SIDE,
            channels: 1,
            pixels: pixels.to_vec(),
        };
        Ok(MeasuredSample::of_picture(record, picture, NETWORK_SIDE)?)
    });
    measured.collect()
}

/// Outputs of all samples on all masks.
async fn extract(
    experiment: &Experiment,
    step: usize,
    weights: &[u8],
    samples: &[MeasuredSample],
) -> Result<Outputs, Error> {
    let weights = decode_weights(weights)?;
    let architecture = Architecture::LENET_ON_MNIST;
    let engine = Engine::new(&architecture, Device::Cpu, &weights, &Tensors::new())?;
    let players = experiment.players;
    let mut extraction = Extraction::new(architecture, samples, players, step);
    while !extraction.is_done() {
        extraction.advance(&engine).await?;
    }
    Ok(extraction.into_outputs())
}
