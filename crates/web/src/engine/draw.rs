//! What a network says to a drawing.

use spindle_core::{extract::Measured, log_odds::log_odds, networks::Networks as _};
use spindle_data::{
    MeasuredSample,
    drawing::{self, SIDE},
};
use spindle_run::{
    Experiment,
    content::Picture,
    device::Place,
    encoding::decode_weights,
    experiment::Measurement,
    input::{PictureShape, PictureSize},
    modality::{Modality as _, Pictures},
    player::{GRID, check_patches},
    record::{Group, Players, SampleRecord},
};

use crate::{
    Error,
    protocol::{Event, SampleSolver},
    sample::Sample,
    viewer::Viewer,
};

/// A canvas with ink on it.
#[derive(Clone, Copy, Debug)]
pub struct Drawing<'a> {
    /// How many classes the network tells apart.
    pub classes: usize,
    /// Ink from 0 (none) to 255, `side` x `side`.
    pub canvas: &'a [u8],
    /// Pixels along one side.
    pub side: usize,
    /// Patches that are players.
    pub players: &'a [[usize; 2]],
    /// Class whose log-odds are decomposed; the network's own answer without it.
    pub label: Option<usize>,
    /// Salience threshold, nats.
    pub threshold: f64,
}

/// Brings the drawing into MNIST's form, and decomposes what the network with these weights says to
/// it.
///
/// # Errors
/// An empty canvas, weights that do not fit.
pub async fn draw(
    experiment: &Experiment,
    weights: &[u8],
    drawing: Drawing<'_>,
    viewer: &mut Viewer,
) -> Result<Event, Error> {
    let Drawing {
        canvas,
        side,
        players,
        ..
    } = drawing;
    if canvas.len() != side * side {
        return Err(Error::Input(format!(
            "a canvas of {side}x{side} came with {} pixels",
            canvas.len()
        )));
    }
    check_patches([GRID, GRID], players)?;
    let picture = drawing::picture(canvas, side)
        .ok_or_else(|| Error::Input("there is nothing on the canvas yet".to_owned()))?;
    let experiment = Experiment {
        measurement: Measurement {
            players: players.len(),
            ..experiment.measurement.clone()
        },
        ..experiment.clone()
    }
    .check()?;
    let size = PictureSize {
        channels: 1,
        side: Some(SIDE),
    };
    let network = Pictures::network(experiment.training.model, size, drawing.classes)?;
    let drawn = drawn_sample(picture, players, network.shape().input)?;
    let network = Measured::new(&*network, &decode_weights(weights)?, Place::CPU)?;
    let logits = network.masked_logits(&drawn).await?;
    let logits: Vec<&[f32]> = logits.chunks_exact(logits.len() >> players.len()).collect();
    let probabilities = probabilities(logits[logits.len() - 1]);
    let label = drawing.label.unwrap_or_else(|| largest(&probabilities));
    if label >= probabilities.len() {
        return Err(Error::Input(format!("there is no class {label}")));
    }
    let values = logits
        .iter()
        .map(|logits| log_odds(logits, label))
        .collect();
    let sample = Sample::decomposed(&experiment, values, SampleSolver::Certified)?;
    let view = sample.view(
        Pictures::any_content(drawn.content().clone()),
        label,
        &drawn.record().players,
        drawing.threshold,
    );
    viewer.look_at(sample);
    Ok(Event::Drawn {
        sample: Box::new(view),
        probabilities,
    })
}

/// A drawing as a sample, which has no label of its own.
fn drawn_sample(
    pixels: Vec<u8>,
    players: &[[usize; 2]],
    shape: PictureShape,
) -> Result<MeasuredSample<Pictures>, Error> {
    let record = SampleRecord {
        group: Group::Test,
        position: 0,
        label: 0,
        true_label: 0,
        players: Players::Patches(players.to_vec()),
    };
    let picture = Picture {
        side: SIDE,
        channels: 1,
        pixels,
    };
    Ok(MeasuredSample::of_picture(record, picture, shape)?)
}

/// Probability of every class.
fn probabilities(logits: &[f32]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weights: Vec<f64> = logits
        .iter()
        .map(|&z| f64::from(z - largest).exp())
        .collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

fn largest(probabilities: &[f64]) -> usize {
    let ranked = probabilities.iter().enumerate();
    ranked
        .max_by(|a, b| a.1.total_cmp(b.1))
        .map_or(0, |(class, _)| class)
}
