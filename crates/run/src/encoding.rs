//! The arrays of a run as bytes: weights, training states, outputs, interactions. Bytes only, so
//! the page reads and writes them too.

use std::collections::BTreeMap;

use spindle_interactions::decompose::{Certificate, Decomposition, PROOFS, Proof, Ranges};

use crate::{
    Error,
    archive::{Description, Reader, Writer},
    event::{Outputs, SampleLosses, Tensor, Tensors, TrainingState},
    record::RunRecord,
};

const WEIGHTS: &str = "weights";
const STATE: &str = "training state";
const LOSSES: &str = "losses";
const OUTPUTS: &str = "outputs";
const INTERACTIONS: &str = "interactions";

/// Outputs on all masks, in files of outputs and of decompositions.
const VALUES: &str = "values";

/// Prefix of the momentum buffers' names in a training state.
const MOMENTUM: &str = "momentum.";

/// Weights as a safetensors file under their own names, f32, as PyTorch's `load_state_dict` takes
/// them.
///
/// # Errors
/// [`Error::Array`] for a tensor whose data does not fill its shape.
pub fn encode_weights(weights: &Tensors, step: Option<usize>) -> Result<Vec<u8>, Error> {
    let writer = weights
        .iter()
        .try_fold(Writer::new(), |writer, (name, tensor)| {
            append(writer, name.clone(), tensor)
        })?;
    writer.finish(Description {
        step,
        ..Description::new(WEIGHTS)
    })
}

/// Buffers of integers that PyTorch keeps beside weights and that say nothing of their own: counts of
/// batches that a normalisation has seen, numbers of places in a text.
#[must_use]
pub fn is_counting_buffer(name: &str) -> bool {
    let names = ["num_batches_tracked", "position_ids", "token_type_ids"];
    names.iter().any(|buffer| name.ends_with(buffer))
}

/// Weights from any safetensors file of floats (f64 is rounded), Spindle's or not, without buffers
/// that count.
///
/// # Errors
/// [`Error::Safetensors`] for truncated or foreign bytes, [`Error::Array`] for other types.
pub fn decode_weights(bytes: &[u8]) -> Result<Tensors, Error> {
    let reader = Reader::new(bytes)?;
    let names = reader.names().into_iter();
    names
        .filter(|name| !(is_counting_buffer(name) && reader.is_of_integers(name)))
        .map(|name| Ok((name.clone(), tensor(&reader, &name)?)))
        .collect()
}

/// A training state as a safetensors file: weights, momentum buffers with `momentum.` before their
/// names, the step in the description.
///
/// # Errors
/// [`Error::Array`] for a tensor whose data does not fill its shape.
pub fn encode_state(state: &TrainingState) -> Result<Vec<u8>, Error> {
    let momentum = state
        .momentum
        .iter()
        .map(|(name, tensor)| (format!("{MOMENTUM}{name}"), tensor));
    let weights = state
        .weights
        .iter()
        .map(|(name, tensor)| (name.clone(), tensor));
    let writer = weights
        .chain(momentum)
        .try_fold(Writer::new(), |writer, (name, tensor)| {
            append(writer, name, tensor)
        })?;
    writer.finish(Description {
        step: Some(state.step),
        ..Description::new(STATE)
    })
}

/// The training state that [`encode_state`] wrote.
///
/// # Errors
/// [`Error::Safetensors`], [`Error::Digest`], [`Error::Kind`], [`Error::Newer`] for other bytes.
pub fn decode_state(bytes: &[u8]) -> Result<TrainingState, Error> {
    let reader = Reader::of_kind(bytes, STATE)?;
    let (mut weights, mut momentum) = (BTreeMap::new(), BTreeMap::new());
    for name in reader.names() {
        let tensor = tensor(&reader, &name)?;
        match name.strip_prefix(MOMENTUM) {
            Some(weight) => momentum.insert(weight.to_owned(), tensor),
            None => weights.insert(name, tensor),
        };
    }
    Ok(TrainingState {
        step: step(&reader)?,
        weights,
        momentum,
    })
}

/// Losses of all samples as a safetensors file: `train` f32 [training samples], `test` f32 [test
/// samples], in nats; `is_reset` u8 [training samples], 1 for a label that was reset.
///
/// # Errors
/// None that the data can cause.
pub fn encode_losses(losses: &SampleLosses) -> Result<Vec<u8>, Error> {
    Writer::new()
        .array("train", &[losses.train.len()], losses.train.iter().copied())?
        .array(
            IS_RESET,
            &[losses.is_reset.len()],
            losses.is_reset.iter().map(|&is_reset| u8::from(is_reset)),
        )?
        .array("test", &[losses.test.len()], losses.test.iter().copied())?
        .finish(Description {
            step: Some(losses.step),
            ..Description::new(LOSSES)
        })
}

const IS_RESET: &str = "is_reset";

/// Files of version 3 and before do not have it.
fn is_reset(reader: &Reader) -> Result<Vec<bool>, Error> {
    if !reader.has(IS_RESET) {
        return Ok(Vec::new());
    }
    let values: Vec<u8> = reader.values(IS_RESET)?;
    Ok(values.into_iter().map(|value| value != 0).collect())
}

/// The losses that [`encode_losses`] wrote.
///
/// # Errors
/// [`Error::Safetensors`], [`Error::Digest`], [`Error::Kind`], [`Error::Newer`] for other bytes.
pub fn decode_losses(bytes: &[u8]) -> Result<SampleLosses, Error> {
    let reader = Reader::of_kind(bytes, LOSSES)?;
    Ok(SampleLosses {
        step: step(&reader)?,
        train: reader.values("train")?,
        is_reset: is_reset(&reader)?,
        test: reader.values("test")?,
    })
}

/// Masked outputs as a safetensors file: `values` f64 [samples, 2^n] (log-odds, nats), `logits` f32
/// [samples, 2^n, classes].
///
/// # Errors
/// [`Error::Array`] when values and logits do not fill these shapes for the same number of samples.
pub fn encode_outputs(outputs: &Outputs) -> Result<Vec<u8>, Error> {
    let masks = masks(outputs.players)?;
    let samples = outputs.values.len() / masks;
    Writer::new()
        .array(VALUES, &[samples, masks], outputs.values.iter().copied())?
        .array(
            "logits",
            &[samples, masks, outputs.classes],
            outputs.logits.iter().copied(),
        )?
        .finish(Description {
            step: Some(outputs.step),
            noise_floor: Some(outputs.noise_floor),
            ..Description::new(OUTPUTS).with_masks(outputs.players)
        })
}

/// The outputs that [`encode_outputs`] wrote.
///
/// # Errors
/// [`Error::Safetensors`], [`Error::Digest`], [`Error::Kind`], [`Error::Newer`], [`Error::Array`]
/// for other bytes.
pub fn decode_outputs(bytes: &[u8]) -> Result<Outputs, Error> {
    let reader = Reader::of_kind(bytes, OUTPUTS)?;
    let players = reader.description.players.unwrap_or_default();
    let masks = masks(players)?;
    let shape = reader.shape("logits")?;
    let [samples, _, classes] = shape[..] else {
        let expected = format!("[samples, {masks}, classes]");
        return Err(Error::Array {
            array: "logits".into(),
            found: format!("{shape:?}"),
            expected,
        });
    };
    Ok(Outputs {
        step: step(&reader)?,
        players,
        classes,
        logits: reader.shaped("logits", &[samples, masks, classes])?,
        values: reader.shaped(VALUES, &[samples, masks])?,
        noise_floor: reader.description.noise_floor.unwrap_or(f64::NAN),
    })
}

/// Decompositions of samples with the same n as a safetensors file.
///
/// f64 [samples, 2^n]: `and`, `or`, `noise` (reconstruction - v) and `dual_point` (the point that
/// proves the lower bound). f64 \[samples\]: `baseline` (v of the empty mask), `primal`, `dual`
/// (the answer's L1 norm and a lower bound of all), `smallest_norm`, `gap`, `noise_bound`,
/// `excess`. i64 \[samples\]: `iterations`. Where there are ranges, f64 \[samples\] `range_limit`,
/// f64 [samples, 4] `range_bounds`, f32 [samples, 4, 2^n] `range_dual_points`; the limit of a game
/// without effects is 0. With `outputs`, f64 [samples, 2^n] `values`. Effects and bounds have the
/// unit of v.
///
/// # Errors
/// [`Error::Array`] when the decompositions are not of the same n.
pub fn encode_decompositions(
    decompositions: &[Decomposition],
    outputs: Option<&[f64]>,
    step: Option<usize>,
) -> Result<Vec<u8>, Error> {
    let samples = decompositions.len();
    let masks = decompositions.first().map_or(1, |first| first.and.len());
    let players = masks.max(1).trailing_zeros() as usize;
    let mut writer = Writer::new();
    for (name, array) in MASKED {
        for decomposition in decompositions {
            let found = array(decomposition).len();
            if found != masks {
                let (found, expected) = (format!("[{found}]"), format!("[{masks}]"));
                return Err(Error::Array {
                    array: name.into(),
                    found,
                    expected,
                });
            }
        }
        writer = writer.array(
            name,
            &[samples, masks],
            decompositions.iter().flat_map(array).copied(),
        )?;
    }
    for (name, scalar) in SCALARS {
        writer = writer.array(name, &[samples], decompositions.iter().map(scalar))?;
    }
    if let Some(outputs) = outputs {
        writer = writer.array(VALUES, &[samples, masks], outputs.iter().copied())?;
    }
    if decompositions.iter().any(|d| d.ranges.is_some()) {
        writer = append_ranges(writer, decompositions, masks)?;
    }
    writer
        .array(
            "iterations",
            &[samples],
            decompositions
                .iter()
                .map(|d| d.certificate.iterations as i64),
        )?
        .finish(Description {
            step,
            ..Description::new(INTERACTIONS).with_masks(players)
        })
}

/// Ranges of all samples; a game that has none has the limit 0.
fn append_ranges(
    writer: Writer,
    decompositions: &[Decomposition],
    masks: usize,
) -> Result<Writer, Error> {
    let samples = decompositions.len();
    let nothing = Proof {
        bound: 0.0,
        dual: vec![0.0; masks],
    };
    let proofs: Vec<&Proof> = decompositions
        .iter()
        .flat_map(|d| -> [&Proof; PROOFS] {
            match &d.ranges {
                Some(ranges) => ranges.proofs.each_ref(),
                None => [&nothing; PROOFS],
            }
        })
        .collect();
    let limits = decompositions
        .iter()
        .map(|d| d.ranges.as_ref().map_or(0.0, |r| r.limit));
    let points = proofs.iter().flat_map(|proof| proof.dual.iter().copied());
    writer
        .array("range_limit", &[samples], limits)?
        .array(
            "range_bounds",
            &[samples, PROOFS],
            proofs.iter().map(|proof| proof.bound),
        )?
        .array("range_dual_points", &[samples, PROOFS, masks], points)
}

/// Ranges of all samples, where the file has them.
fn ranges(reader: &Reader<'_>, samples: usize, masks: usize) -> Result<Vec<Option<Ranges>>, Error> {
    if !reader.names().iter().any(|name| name == "range_limit") {
        return Ok(vec![None; samples]);
    }
    let limits = reader.shaped::<f64>("range_limit", &[samples])?;
    let bounds = reader.shaped::<f64>("range_bounds", &[samples, PROOFS])?;
    let points = reader.shaped::<f32>("range_dual_points", &[samples, PROOFS, masks])?;
    let of = |(sample, limit): (usize, &f64)| {
        let proof = |at: usize| Proof {
            bound: bounds[sample * PROOFS + at],
            dual: points[(sample * PROOFS + at) * masks..][..masks].to_vec(),
        };
        (*limit > 0.0).then(|| Ranges {
            limit: *limit,
            proofs: std::array::from_fn(proof),
        })
    };
    Ok(limits.iter().enumerate().map(of).collect())
}

/// Outputs on all masks, where a file of decompositions has them.
///
/// # Errors
/// As [`decode_decompositions`].
pub fn decode_decomposed_outputs(bytes: &[u8]) -> Result<Option<Vec<f64>>, Error> {
    let reader = Reader::of_kind(bytes, INTERACTIONS)?;
    if !reader.names().iter().any(|name| name == VALUES) {
        return Ok(None);
    }
    let masks = masks(reader.description.players.unwrap_or_default())?;
    let samples = reader.shape("baseline")?.iter().product();
    Ok(Some(reader.shaped(VALUES, &[samples, masks])?))
}

type Masked = fn(&Decomposition) -> &Vec<f64>;
type Scalar = fn(&Decomposition) -> f64;

const MASKED: [(&str, Masked); 4] = [
    ("and", |d| &d.and),
    ("or", |d| &d.or),
    ("noise", |d| &d.noise),
    ("dual_point", |d| &d.dual),
];

const SCALARS: [(&str, Scalar); 7] = [
    ("baseline", |d| d.baseline),
    ("primal", |d| d.certificate.primal),
    ("dual", |d| d.certificate.dual),
    ("gap", |d| d.certificate.gap),
    ("noise_bound", |d| d.certificate.noise_bound),
    ("smallest_norm", |d| d.certificate.smallest_norm),
    ("excess", |d| d.certificate.excess),
];

/// The decompositions that [`encode_decompositions`] wrote, one a sample.
///
/// # Errors
/// [`Error::Safetensors`], [`Error::Digest`], [`Error::Kind`], [`Error::Newer`], [`Error::Array`]
/// for other bytes.
pub fn decode_decompositions(bytes: &[u8]) -> Result<Vec<Decomposition>, Error> {
    Ok(decode_interactions(bytes)?.1)
}

/// Step, where there is one, and decompositions.
pub(crate) fn decode_interactions(
    bytes: &[u8],
) -> Result<(Option<usize>, Vec<Decomposition>), Error> {
    let reader = Reader::of_kind(bytes, INTERACTIONS)?;
    let masks = masks(reader.description.players.unwrap_or_default())?;
    let samples = reader.shape("baseline")?.iter().product();
    let rows = |name| reader.shaped::<f64>(name, &[samples, masks]);
    let column = |name| reader.shaped::<f64>(name, &[samples]);
    let (and, or, noise, dual_point) = (
        rows("and")?,
        rows("or")?,
        rows("noise")?,
        rows("dual_point")?,
    );
    let (baseline, primal, dual, gap) = (
        column("baseline")?,
        column("primal")?,
        column("dual")?,
        column("gap")?,
    );
    let (noise_bound, excess) = (column("noise_bound")?, column("excess")?);
    // Up to version 2 the decomposition shown was the sparsest one found.
    let smallest_norm = if reader.description.schema < 3 {
        primal.clone()
    } else {
        column("smallest_norm")?
    };
    let ranges = ranges(&reader, samples, masks)?;
    let iterations = reader.shaped::<i64>("iterations", &[samples])?;
    let row = |values: &[f64], sample: usize| values[sample * masks..(sample + 1) * masks].to_vec();
    let decompositions = (0..samples)
        .zip(ranges)
        .map(|(sample, ranges)| Decomposition {
            baseline: baseline[sample],
            and: row(&and, sample),
            or: row(&or, sample),
            noise: row(&noise, sample),
            dual: row(&dual_point, sample),
            ranges,
            certificate: Certificate {
                primal: primal[sample],
                dual: dual[sample],
                gap: gap[sample],
                iterations: usize::try_from(iterations[sample]).unwrap_or_default(),
                noise_bound: noise_bound[sample],
                smallest_norm: smallest_norm[sample],
                excess: excess[sample],
            },
        })
        .collect();
    Ok((reader.description.step, decompositions))
}

fn append(writer: Writer, name: String, tensor: &Tensor) -> Result<Writer, Error> {
    writer.array(name, &tensor.shape, tensor.data.iter().copied())
}

fn tensor(reader: &Reader<'_>, name: &str) -> Result<Tensor, Error> {
    Ok(Tensor {
        shape: reader.shape(name)?,
        data: reader.floats(name)?,
    })
}

fn step(reader: &Reader<'_>) -> Result<usize, Error> {
    let missing = || Error::Mismatch {
        what: "step",
        found: "missing".into(),
        expected: "a number of steps".into(),
    };
    reader.description.step.ok_or_else(missing)
}

/// 2^n, for n that this program can read.
pub(crate) fn masks(players: usize) -> Result<usize, Error> {
    if (1..=crate::experiment::MAX_PLAYERS).contains(&players) {
        return Ok(1 << players);
    }
    Err(Error::Mismatch {
        what: "number of players",
        found: players.to_string(),
        expected: "1 to 20".into(),
    })
}

/// [`Error::Mismatch`] unless there is one decomposition a sample of `record`, of as many players.
pub(crate) fn check_fit(decompositions: &[Decomposition], record: &RunRecord) -> Result<(), Error> {
    agree(
        "number of samples",
        decompositions.len(),
        record.samples.len(),
    )?;
    let masks = masks(record.experiment.measurement.players)?;
    decompositions
        .iter()
        .try_for_each(|decomposition| agree("number of masks", decomposition.and.len(), masks))
}

/// [`Error::Mismatch`] unless a file is of so many players.
pub(crate) fn check_players(reader: &Reader, players: usize) -> Result<(), Error> {
    agree(
        "number of players",
        reader.description.players.unwrap_or(0),
        players,
    )
}

/// [`Error::Mismatch`] unless both are the same.
pub(crate) fn agree(what: &'static str, found: usize, expected: usize) -> Result<(), Error> {
    if found == expected {
        return Ok(());
    }
    Err(Error::Mismatch {
        what,
        found: found.to_string(),
        expected: expected.to_string(),
    })
}
