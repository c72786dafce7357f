//! Outputs on all masks, in 16 bits each.

use spindle_interactions::decompose::Decomposition;

use super::history::whole;
use crate::{
    Error,
    archive::{Description, Reader, Writer},
    encoding,
    record::RunRecord,
};

const KIND: &str = "quantized outputs";
/// Codes go from minus this to this.
const LARGEST: f64 = i16::MAX as f64;

/// Outputs v on all masks of the first samples: v = center + scale * code, off by at most scale /
/// 2, which is 1/131,068 of the range.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizedOutputs {
    /// Samples that have them: positions in `RunRecord::samples`.
    pub samples: Vec<usize>,
    /// [checkpoints, samples, 2^n].
    codes: Vec<i16>,
    /// [checkpoints, samples], nats.
    centers: Vec<f64>,
    /// [checkpoints, samples], nats.
    scales: Vec<f64>,
    players: usize,
}

impl QuantizedOutputs {
    pub(super) fn new(
        record: &RunRecord,
        steps: &[usize],
        budget: usize,
        decompositions: &mut dyn FnMut(usize) -> Result<Vec<Decomposition>, Error>,
    ) -> Result<Self, Error> {
        let players = record.experiment.measurement.players;
        let each = (steps.len() * size_of::<i16>()).max(1) * encoding::masks(players)?;
        let samples: Vec<_> = (0..record.samples.len().min(budget / each)).collect();
        let mut outputs = Self {
            samples,
            codes: Vec::new(),
            centers: Vec::new(),
            scales: Vec::new(),
            players,
        };
        // The record keeps no outputs beside the decompositions: what these reproduce less their
        // noise is v, up to rounding.
        for &step in steps {
            if outputs.samples.is_empty() {
                break;
            }
            for decomposition in decompositions(step)?.iter().take(outputs.samples.len()) {
                let reconstruction =
                    decomposition
                        .reconstruct()
                        .map_err(|error| Error::Mismatch {
                            what: "a decomposition",
                            found: error.to_string(),
                            expected: "AND and OR effects of the same players".into(),
                        })?;
                let values: Vec<f64> = reconstruction
                    .iter()
                    .zip(&decomposition.noise)
                    .map(|(sum, noise)| sum - noise)
                    .collect();
                outputs.push(&values);
            }
        }
        Ok(outputs)
    }

    fn push(&mut self, values: &[f64]) {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (center, scale) = (f64::midpoint(low, high), (high - low) / (2.0 * LARGEST));
        let code = |value: f64| {
            if scale > 0.0 {
                ((value - center) / scale).round() as i16
            } else {
                0
            }
        };
        self.codes.extend(values.iter().map(|&value| code(value)));
        self.centers.push(center);
        self.scales.push(scale);
    }

    /// v on all masks at a checkpoint (a position in `History::steps`), nats; `None` for samples
    /// that were left out.
    #[must_use]
    pub fn values(&self, checkpoint: usize, sample: usize) -> Option<Vec<f64>> {
        let position = self.samples.iter().position(|&kept| kept == sample)?;
        let row = checkpoint * self.samples.len() + position;
        let (center, scale) = (*self.centers.get(row)?, *self.scales.get(row)?);
        let codes = self
            .codes
            .get(row << self.players..(row + 1) << self.players)?;
        Some(
            codes
                .iter()
                .map(|&code| center + scale * f64::from(code))
                .collect(),
        )
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, Error> {
        let samples = self.samples.len();
        let checkpoints = self.centers.len().checked_div(samples).unwrap_or(0);
        Writer::new()
            .array(
                "sample",
                &[samples],
                self.samples.iter().map(|&sample| sample as i64),
            )?
            .array(
                "code",
                &[checkpoints, samples, 1 << self.players],
                self.codes.iter().copied(),
            )?
            .array(
                "center",
                &[checkpoints, samples],
                self.centers.iter().copied(),
            )?
            .array(
                "scale",
                &[checkpoints, samples],
                self.scales.iter().copied(),
            )?
            .finish(Description::new(KIND).with_masks(self.players))
    }

    pub(super) fn decode(bytes: &[u8], record: &RunRecord, steps: &[usize]) -> Result<Self, Error> {
        let reader = Reader::of_kind(bytes, KIND)?;
        let players = record.experiment.measurement.players;
        encoding::check_players(&reader, players)?;
        let samples = whole(&reader.values("sample")?)?;
        if let Some(sample) = samples
            .iter()
            .find(|&&sample| sample >= record.samples.len())
        {
            let expected = format!("below {}", record.samples.len());
            return Err(Error::Mismatch {
                what: "a sample",
                found: sample.to_string(),
                expected,
            });
        }
        let checkpoints = if samples.is_empty() { 0 } else { steps.len() };
        let rows = [checkpoints, samples.len()];
        Ok(Self {
            codes: reader.shaped(
                "code",
                &[checkpoints, samples.len(), encoding::masks(players)?],
            )?,
            centers: reader.shaped("center", &rows)?,
            scales: reader.shaped("scale", &rows)?,
            samples,
            players,
        })
    }
}
