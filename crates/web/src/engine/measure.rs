//! Extraction and decomposition of some samples of a checkpoint, on the CPU whatever trained the
//! network.

use std::ops::ControlFlow;

use serde_bytes::ByteBuf;
use spindle_core::pipeline::EncodedBench;
use spindle_run::{
    Experiment,
    decomposition::decompose_outputs,
    device::Place,
    encoding::{decode_weights, encode_decompositions, encode_outputs},
};
use web_time::Instant;

use crate::{Error, protocol::MeasuredPart};

/// Measures samples, given with the network and its weights as safetensors.
///
/// # Errors
/// Weights or samples that do not fit, outputs that are not finite.
pub async fn measure(
    experiment: &Experiment,
    step: usize,
    weights: &[u8],
    bench: EncodedBench,
) -> Result<MeasuredPart, Error> {
    let bench = bench.decode(Place::CPU)?;
    let weights = decode_weights(weights)?;
    let start = Instant::now();
    let outputs = bench.extract(step, &weights, &|| ControlFlow::Continue(()));
    let outputs = outputs.await?;
    let extract_seconds = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let never_stop = |_| ControlFlow::Continue(());
    // Ranges of every sample at every checkpoint take longer than the training; the page asks for
    // those of the sample that is looked at.
    let mut experiment = experiment.clone();
    experiment.decomposition.ranges = false;
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
