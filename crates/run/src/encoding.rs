//! The arrays of a run as bytes: weights, training states, outputs, interactions. Bytes only, so the page reads and writes them too.

use std::collections::BTreeMap;

use spindle_interactions::decompose::{Certificate, Decomposition};

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

/// Prefix of the momentum buffers' names in a training state.
const MOMENTUM: &str = "momentum.";

/// Weights as a safetensors file under their own names, f32, as PyTorch's `load_state_dict` takes them.
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

/// Weights from any safetensors file of f32 or f64 tensors (f64 is rounded), Spindle's or not.
///
/// # Errors
/// [`Error::Safetensors`] for truncated or foreign bytes, [`Error::Array`] for other types.
pub fn decode_weights(bytes: &[u8]) -> Result<Tensors, Error> {
    let reader = Reader::new(bytes)?;
    reader
        .names()
        .into_iter()
        .map(|name| Ok((name.clone(), tensor(&reader, &name)?)))
        .collect()
}

/// A training state as a safetensors file: weights, momentum buffers with `momentum.` before their names, the step in the description.
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

/// Losses of all samples as a safetensors file: `train` f32 [training samples], `test` f32 [test samples], in nats.
///
/// # Errors
/// None that the data can cause.
pub fn encode_losses(losses: &SampleLosses) -> Result<Vec<u8>, Error> {
    Writer::new()
        .array("train", &[losses.train.len()], losses.train.iter().copied())?
        .array("test", &[losses.test.len()], losses.test.iter().copied())?
        .finish(Description {
            step: Some(losses.step),
            ..Description::new(LOSSES)
        })
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
        test: reader.values("test")?,
    })
}

/// Masked outputs as a safetensors file: `values` f64 [samples, 2^n] (log-odds, nats), `logits` f32 [samples, 2^n, classes].
///
/// # Errors
/// [`Error::Array`] when values and logits do not fill these shapes for the same number of samples.
pub fn encode_outputs(outputs: &Outputs) -> Result<Vec<u8>, Error> {
    let masks = masks(outputs.players)?;
    let samples = outputs.values.len() / masks;
    Writer::new()
        .array("values", &[samples, masks], outputs.values.iter().copied())?
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
/// [`Error::Safetensors`], [`Error::Digest`], [`Error::Kind`], [`Error::Newer`], [`Error::Array`] for other bytes.
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
        values: reader.shaped("values", &[samples, masks])?,
        noise_floor: reader.description.noise_floor.unwrap_or(f64::NAN),
    })
}

/// Decompositions of samples with the same n as a safetensors file.
///
/// f64 [samples, 2^n]: `and`, `or`, `noise` (reconstruction - v) and `dual_point` (the point that proves the lower bound).
/// f64 \[samples\]: `baseline` (v of the empty mask), `primal`, `dual` (upper and lower bound of the L1 norm), `gap`, `noise_bound`,
/// `tie_break`, `regularized`, `excess`. i64 \[samples\]: `iterations`. Effects and bounds have the unit of v.
///
/// # Errors
/// [`Error::Array`] when the decompositions are not of the same n.
pub fn encode_decompositions(
    decompositions: &[Decomposition],
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

type Masked = fn(&Decomposition) -> &Vec<f64>;
type Scalar = fn(&Decomposition) -> f64;

const MASKED: [(&str, Masked); 4] = [
    ("and", |d| &d.and),
    ("or", |d| &d.or),
    ("noise", |d| &d.noise),
    ("dual_point", |d| &d.dual),
];

const SCALARS: [(&str, Scalar); 8] = [
    ("baseline", |d| d.baseline),
    ("primal", |d| d.certificate.primal),
    ("dual", |d| d.certificate.dual),
    ("gap", |d| d.certificate.gap),
    ("noise_bound", |d| d.certificate.noise_bound),
    ("tie_break", |d| d.certificate.tie_break),
    ("regularized", |d| d.certificate.regularized),
    ("excess", |d| d.certificate.excess),
];

/// The decompositions that [`encode_decompositions`] wrote, one a sample.
///
/// # Errors
/// [`Error::Safetensors`], [`Error::Digest`], [`Error::Kind`], [`Error::Newer`], [`Error::Array`] for other bytes.
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
    let (noise_bound, tie_break) = (column("noise_bound")?, column("tie_break")?);
    let (regularized, excess) = (column("regularized")?, column("excess")?);
    let iterations = reader.shaped::<i64>("iterations", &[samples])?;
    let row = |values: &[f64], sample: usize| values[sample * masks..(sample + 1) * masks].to_vec();
    let decompositions = (0..samples)
        .map(|sample| Decomposition {
            baseline: baseline[sample],
            and: row(&and, sample),
            or: row(&or, sample),
            noise: row(&noise, sample),
            dual: row(&dual_point, sample),
            certificate: Certificate {
                primal: primal[sample],
                dual: dual[sample],
                gap: gap[sample],
                iterations: usize::try_from(iterations[sample]).unwrap_or_default(),
                noise_bound: noise_bound[sample],
                tie_break: tie_break[sample],
                regularized: regularized[sample],
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
    let data = match reader.values::<f32>(name) {
        Err(Error::Array { .. }) => {
            let expected = |error| match error {
                Error::Array { array, found, .. } => Error::Array {
                    array,
                    found,
                    expected: "F32 or F64".into(),
                },
                error => error,
            };
            reader
                .values::<f64>(name)
                .map_err(expected)?
                .into_iter()
                .map(|value| value as f32)
                .collect()
        }
        data => data?,
    };
    Ok(Tensor {
        shape: reader.shape(name)?,
        data,
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
    let masks = masks(record.experiment.players)?;
    decompositions
        .iter()
        .try_for_each(|decomposition| agree("number of masks", decomposition.and.len(), masks))
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
