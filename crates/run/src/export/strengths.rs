//! Strengths by order and certificates of every sample at every checkpoint, in 32 bits: what a
//! run's first numbers are computed from.

use spindle_interactions::{
    decompose::{Decomposition, RangeBounds},
    strength::{self, SampleStrength},
};

use super::history::{analysed_steps, whole};
use crate::{
    Error,
    archive::{Description, Reader, Writer},
    encoding,
    record::{Group, RunRecord, SampleCertificate},
};

const KIND: &str = "strengths and certificates";
/// Columns of a certificate.
const CERTIFICATE: usize = 6;
/// Columns of what its ranges follow from.
const RANGES: usize = 5;

/// Of every sample at every analysed checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Strengths {
    /// Steps of the analysed checkpoints.
    pub steps: Vec<usize>,
    players: usize,
    samples: usize,
    /// Summed |effects| by order of all interactions, [checkpoints, samples, n], nats.
    all: Vec<f32>,
}

impl Strengths {
    pub(super) fn new(
        record: &RunRecord,
        decompositions: &mut dyn FnMut(usize) -> Result<Vec<Decomposition>, Error>,
    ) -> Result<Self, Error> {
        let mut strengths = Self {
            steps: analysed_steps(record)
                .into_iter()
                .map(|(step, _)| step)
                .collect(),
            players: record.experiment.measurement.players,
            samples: record.samples.len(),
            all: Vec::new(),
        };
        for &step in &strengths.steps {
            for found in decompositions(step)? {
                let SampleStrength { positive, negative } = strength::of_sample(&found, 0.0);
                let sums = positive
                    .iter()
                    .zip(&negative)
                    .map(|(above, below)| above - below);
                strengths.all.extend(sums.map(|sum| sum as f32));
            }
        }
        Ok(strengths)
    }

    /// Strengths by order of all interactions of a group's samples at a checkpoint (a position in
    /// `steps`), signs taken together.
    #[must_use]
    pub fn of(&self, record: &RunRecord, checkpoint: usize, group: Group) -> Vec<SampleStrength> {
        let rows = self
            .all
            .chunks_exact(self.players.max(1))
            .skip(checkpoint * self.samples);
        let samples = rows
            .zip(&record.samples)
            .filter(|(_, sample)| sample.group == group);
        let wide = |row: &[f32]| SampleStrength {
            positive: row.iter().map(|&sum| f64::from(sum)).collect(),
            negative: vec![0.0; row.len()],
        };
        samples.map(|(row, _)| wide(row)).collect()
    }

    /// The file, and in it the certificates of `record`, which its `run.json` is then written
    /// without.
    pub(super) fn encode(&self, record: &RunRecord) -> Result<Vec<u8>, Error> {
        let (checkpoints, samples) = (self.steps.len(), self.samples);
        let summaries = record.checkpoints.iter().filter_map(|c| c.summary.as_ref());
        let certificates: Vec<&SampleCertificate> = summaries
            .flat_map(|summary| &summary.certificates)
            .collect();
        Writer::new()
            .array(
                "step",
                &[checkpoints],
                self.steps.iter().map(|&step| step as i64),
            )?
            .array(
                "strength",
                &[checkpoints, samples, self.players],
                self.all.iter().copied(),
            )?
            .array(
                "certificate",
                &[checkpoints, samples, CERTIFICATE],
                certificates.iter().flat_map(|found| columns(found)),
            )?
            .array(
                "ranges",
                &[checkpoints, samples, RANGES],
                certificates.iter().flat_map(|found| ranges(found)),
            )?
            .finish(Description::new(KIND).with_masks(self.players))
    }

    /// Reads the file and puts the certificates back.
    pub(super) fn decode(bytes: &[u8], record: &mut RunRecord) -> Result<Self, Error> {
        let reader = Reader::of_kind(bytes, KIND)?;
        let (players, samples) = (record.experiment.measurement.players, record.samples.len());
        encoding::check_players(&reader, players)?;
        let steps = whole(&reader.values("step")?)?;
        let analysed = analysed_steps(record).len();
        encoding::agree("number of analysed checkpoints", steps.len(), analysed)?;
        let shape = |columns| [steps.len(), samples, columns];
        let certificates: Vec<f32> = reader.shaped("certificate", &shape(CERTIFICATE))?;
        let ranges: Vec<f32> = reader.shaped("ranges", &shape(RANGES))?;
        let all = reader.shaped("strength", &shape(players))?;
        let summaries = record
            .checkpoints
            .iter_mut()
            .filter_map(|c| c.summary.as_mut());
        let rows = certificates.chunks(CERTIFICATE * samples.max(1));
        for ((summary, rows), ranges) in summaries
            .zip(rows)
            .zip(ranges.chunks(RANGES * samples.max(1)))
        {
            let rows = rows.as_chunks().0.iter().zip(ranges.as_chunks().0);
            summary.certificates = rows.map(|(row, ranges)| certificate(row, ranges)).collect();
        }
        Ok(Self {
            steps,
            players,
            samples,
            all,
        })
    }
}

/// A run's record without what is in this file.
pub(super) fn without_certificates(record: &RunRecord) -> RunRecord {
    let mut record = record.clone();
    let summaries = record
        .checkpoints
        .iter_mut()
        .filter_map(|c| c.summary.as_mut());
    summaries.for_each(|summary| summary.certificates.clear());
    record
}

/// Certificates as they come back from this file.
pub(super) fn round_certificates(record: &mut RunRecord) {
    let summaries = record
        .checkpoints
        .iter_mut()
        .filter_map(|c| c.summary.as_mut());
    for found in summaries.flat_map(|summary| &mut summary.certificates) {
        *found = certificate(&columns(found), &ranges(found));
    }
}

fn columns(found: &SampleCertificate) -> [f32; CERTIFICATE] {
    [
        found.primal,
        found.dual,
        found.iterations as f64,
        found.noise_bound,
        found.residual,
        found.smallest_norm.unwrap_or(f64::NAN),
    ]
    .map(|value| value as f32)
}

/// NaN where there are none.
fn ranges(found: &SampleCertificate) -> [f32; RANGES] {
    let Some(RangeBounds {
        limit,
        bounds: [a, b, c, d],
    }) = found.ranges
    else {
        return [f32::NAN; RANGES];
    };
    [limit, a, b, c, d].map(|value| value as f32)
}

fn certificate(row: &[f32; CERTIFICATE], ranges: &[f32; RANGES]) -> SampleCertificate {
    let [primal, dual, iterations, noise_bound, residual, smallest] = row.map(f64::from);
    let [limit, a, b, c, d] = ranges.map(f64::from);
    let gap = if primal > 0.0 {
        ((primal - dual) / primal).max(0.0)
    } else {
        0.0
    };
    SampleCertificate {
        primal,
        dual,
        gap,
        iterations: iterations as usize,
        noise_bound,
        residual,
        smallest_norm: (!smallest.is_nan()).then_some(smallest),
        ranges: (!limit.is_nan()).then_some(RangeBounds {
            limit,
            bounds: [a, b, c, d],
        }),
    }
}
