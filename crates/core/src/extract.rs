//! Extraction: the outputs of a network on all 2^n masked versions of every measured sample.

use spindle_run::event::Outputs;
use spindle_run::modality::Masks;

use crate::{Error, architecture::Architecture, engine::Engine, log_odds::log_odds};
use spindle_data::MeasuredSample;

/// Logits are kept as long as all of a checkpoint's take no more than this many values (256 MiB).
const MOST_LOGITS: usize = 1 << 26;
/// Samples and masks of each on which rounding noise is measured.
const NOISE_PROBES: (usize, usize) = (10, 8);
/// The same for pictures of 224x224, where one exact output takes as long as many others.
const FEW_NOISE_PROBES: (usize, usize) = (1, 2);
/// Feature maps from this side on have few.
const LARGE_MAP: usize = 50;

/// One checkpoint's extraction, sample by sample.
pub struct Extraction<'a> {
    samples: &'a [MeasuredSample],
    masked_side: usize,
    next: usize,
    outputs: Outputs,
    squared_noise: Vec<f64>,
    /// Samples and masks of each.
    noise_probes: (usize, usize),
}

impl<'a> Extraction<'a> {
    /// Begins with a network of this architecture as it is at `step`.
    #[must_use]
    pub fn new(
        architecture: Architecture,
        samples: &'a [MeasuredSample],
        players: usize,
        step: usize,
    ) -> Self {
        let outputs = Outputs {
            step,
            players,
            classes: architecture.classes,
            logits: Vec::new(),
            values: Vec::with_capacity(samples.len() << players),
            noise_floor: 0.0,
        };
        Self {
            samples,
            masked_side: architecture.masked_side(),
            next: 0,
            outputs,
            squared_noise: Vec::new(),
            noise_probes: if architecture.masked_side() < LARGE_MAP {
                NOISE_PROBES
            } else {
                FEW_NOISE_PROBES
            },
        }
    }

    /// Whether all samples are done.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.next == self.samples.len()
    }

    /// Does one more sample.
    ///
    /// # Errors
    /// The device failed, or an output is not finite.
    pub async fn advance(&mut self, engine: &Engine) -> Result<(), Error> {
        let Some(sample) = self.samples.get(self.next) else {
            return Ok(());
        };
        let masks = sample.masks(self.masked_side);
        let logits = engine.masked_logits(&sample.input, &masks).await?;
        let first = self.outputs.values.len();
        for (mask, logits) in logits.chunks_exact(self.outputs.classes).enumerate() {
            let value = log_odds(logits, sample.record.label);
            if !value.is_finite() {
                return Err(Error::NotFinite {
                    sample: self.next,
                    mask,
                    step: self.outputs.step,
                    value,
                });
            }
            self.outputs.values.push(value);
        }
        if (self.samples.len() << self.outputs.players) * self.outputs.classes <= MOST_LOGITS {
            self.outputs.logits.extend(logits);
        }
        if self.next < self.noise_probes.0 {
            self.measure_noise(engine, sample, &masks, first).await?;
        }
        self.next += 1;
        Ok(())
    }

    /// Compares outputs on a few masks, evenly spaced, with exact ones.
    async fn measure_noise(
        &mut self,
        engine: &Engine,
        sample: &MeasuredSample,
        masks: &Masks,
        first: usize,
    ) -> Result<(), Error> {
        let step = (masks.count() / self.noise_probes.1).max(1);
        let of: Vec<usize> = (0..masks.count() / step).map(|i| i * step).collect();
        let exact = engine
            .exact_masked_logits(&sample.input, masks, &of)
            .await?;
        let values = &self.outputs.values[first..];
        let squares = of
            .iter()
            .zip(exact)
            .map(|(&mask, logits)| (values[mask] - log_odds(&logits, sample.record.label)).powi(2));
        self.squared_noise.extend(squares);
        Ok(())
    }

    /// The outputs of all samples; with 0 classes where their logits were too many to keep.
    #[must_use]
    pub fn into_outputs(mut self) -> Outputs {
        let count = self.squared_noise.len().max(1) as f64;
        if self.outputs.logits.is_empty() {
            self.outputs.classes = 0;
        }
        self.outputs.noise_floor = (self.squared_noise.iter().sum::<f64>() / count).sqrt();
        self.outputs
    }
}
