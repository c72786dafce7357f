//! Extraction: the outputs of a network on all 2^n masked versions of every measured sample.

use spindle_run::{event::Outputs, experiment::Model};

use crate::{
    Error,
    dataset::MeasuredSample,
    device,
    engine::{self, Engine},
    kernel::StackEngine,
    log_odds::log_odds,
    picture,
    player::PatchMasks,
};

/// Logits are kept as long as all of a checkpoint's take no more than this many values (256 MiB).
const MOST_LOGITS: usize = 1 << 26;
/// Samples and masks of each on which rounding noise is measured.
const NOISE_SAMPLES: usize = 10;
const NOISE_MASKS: usize = 8;

/// Logits `[2^n, classes]` of a square picture of grey pixels on all masks of its players.
///
/// # Errors
/// The device failed.
pub async fn masked_logits(
    engine: &Engine,
    model: Model,
    pixels: &[u8],
    players: &[[usize; 2]],
) -> Result<Vec<f32>, Error> {
    let (picture, masks) = network_input(model, pixels, players);
    engine.masked_logits(&picture, &masks).await
}

/// A picture as the network takes it, and its players' masks over the masked feature map.
fn network_input(model: Model, pixels: &[u8], players: &[[usize; 2]]) -> (Vec<f32>, PatchMasks) {
    let stack = engine::stack(model);
    let picture = picture::values([pixels].into_iter(), pixels.len().isqrt(), stack.side());
    (picture, PatchMasks::new(players, stack.masked_side()))
}

/// One checkpoint's extraction, sample by sample.
pub struct Extraction<'a> {
    samples: &'a [MeasuredSample],
    model: Model,
    next: usize,
    outputs: Outputs,
    /// Weights on the kernels, for exact outputs.
    exact: StackEngine,
    squared_noise: Vec<f64>,
}

impl<'a> Extraction<'a> {
    /// Begins with the network as it is at `step`.
    ///
    /// # Errors
    /// The device failed.
    pub async fn new(
        engine: &Engine,
        model: Model,
        samples: &'a [MeasuredSample],
        players: usize,
        step: usize,
    ) -> Result<Self, Error> {
        let classes = engine::stack(model).classes();
        let outputs = Outputs {
            step,
            players,
            classes,
            logits: Vec::new(),
            values: Vec::with_capacity(samples.len() << players),
            noise_floor: 0.0,
        };
        Ok(Self {
            samples,
            model,
            next: 0,
            outputs,
            exact: engine.kernels(model).await?,
            squared_noise: Vec::new(),
        })
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
        let (picture, masks) = network_input(self.model, &sample.picture, &sample.record.players);
        let logits = engine.masked_logits(&picture, &masks).await?;
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
        if self.next < NOISE_SAMPLES {
            self.measure_noise(&picture, &masks, sample.record.label, first);
        }
        self.next += 1;
        Ok(())
    }

    /// Compares outputs on a few masks, evenly spaced, with exact ones.
    fn measure_noise(&mut self, picture: &[f32], masks: &PatchMasks, label: usize, first: usize) {
        let step = (masks.count() / NOISE_MASKS).max(1);
        let values = &self.outputs.values[first..];
        let squares = device::in_parallel(masks.count() / step, |index| {
            let mask = index * step;
            let exact = log_odds(&self.exact.exact_masked_logits(picture, masks, mask), label);
            (values[mask] - exact).powi(2)
        });
        self.squared_noise.extend(squares);
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
