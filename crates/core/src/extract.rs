//! Extraction: the outputs of a network on all 2^n masked versions of every measured sample.

use spindle_data::{DataKind, MeasuredSample};
use spindle_run::{
    device::Place,
    event::{Outputs, Tensors},
    parallel,
};

use crate::{
    Error, backend,
    log_odds::log_odds,
    network::{Evaluator, Exact, Network, NoiseProbes},
};

/// Logits are kept as long as all of a checkpoint's take no more than this many values (256 MiB).
const MOST_LOGITS: usize = 1 << 26;

/// A network of fixed weights, to be measured.
pub struct Measured<M: DataKind> {
    evaluator: Box<dyn Evaluator<M>>,
    exact: Box<dyn Exact<M>>,
    mask_shape: M::MaskShape,
    probes: NoiseProbes,
    classes: usize,
}

impl<M: DataKind> Measured<M> {
    /// A network with these weights; made once for all samples.
    ///
    /// # Errors
    /// Tensors that do not fit, a place where it cannot be evaluated.
    pub fn new(network: &dyn Network<M>, weights: &Tensors, place: Place) -> Result<Self, Error> {
        Ok(Self {
            evaluator: backend::evaluator(network, place, weights)?,
            exact: network.exact(weights)?,
            mask_shape: network.shape().masked,
            probes: network.noise_probes(),
            classes: network.classes(),
        })
    }

    /// Logits `[2^n, classes]` of a sample on all masks of its players.
    ///
    /// # Errors
    /// The device failed.
    pub async fn masked_logits(&self, sample: &MeasuredSample<M>) -> Result<Vec<f32>, Error> {
        let masks = sample.masks(self.mask_shape);
        self.evaluator.masked_logits(sample.input(), &masks).await
    }
}

/// Which samples of a checkpoint are extracted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The checkpoint's step.
    pub step: usize,
    /// Players of a sample.
    pub players: usize,
    /// Position of the first one among all measured samples.
    pub first: usize,
    /// Number of all measured samples.
    pub all: usize,
}

/// One checkpoint's extraction, sample by sample.
pub struct Extraction<'a, M: DataKind> {
    samples: &'a [MeasuredSample<M>],
    part: Part,
    next: usize,
    outputs: Outputs,
    squared_noise: Vec<f64>,
}

impl<'a, M: DataKind> Extraction<'a, M> {
    /// Begins with the samples of a part.
    #[must_use]
    pub fn new(samples: &'a [MeasuredSample<M>], part: Part) -> Self {
        let outputs = Outputs {
            step: part.step,
            players: part.players,
            classes: 0,
            logits: Vec::new(),
            values: Vec::with_capacity(samples.len() << part.players),
            noise_floor: 0.0,
        };
        Self {
            samples,
            part,
            next: 0,
            outputs,
            squared_noise: Vec::new(),
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
    pub async fn advance(&mut self, network: &Measured<M>) -> Result<(), Error> {
        let Some(sample) = self.samples.get(self.next) else {
            return Ok(());
        };
        let logits = network.masked_logits(sample).await?;
        let first = self.outputs.values.len();
        for (mask, logits) in logits.chunks_exact(network.classes).enumerate() {
            let value = log_odds(logits, sample.record().label);
            if !value.is_finite() {
                return Err(Error::NotFinite {
                    sample: self.part.first + self.next,
                    mask,
                    step: self.part.step,
                    value,
                });
            }
            self.outputs.values.push(value);
        }
        if (self.part.all << self.part.players) * network.classes <= MOST_LOGITS {
            self.outputs.classes = network.classes;
            self.outputs.logits.extend(logits);
        }
        if self.next < network.probes.samples {
            self.measure_noise(network, sample, first)?;
        }
        self.next += 1;
        Ok(())
    }

    /// Compares outputs on a few masks, evenly spaced, with exact ones.
    fn measure_noise(
        &mut self,
        network: &Measured<M>,
        sample: &MeasuredSample<M>,
        first: usize,
    ) -> Result<(), Error> {
        let masks = sample.masks(network.mask_shape);
        let values = &self.outputs.values[first..];
        let step = (values.len() / network.probes.masks).max(1);
        let squares = parallel::map(values.len() / step, |index| {
            let mask = index * step;
            let exact = network.exact.masked_logits(sample.input(), &masks, mask)?;
            Ok((values[mask] - log_odds(&exact, sample.record().label)).powi(2))
        });
        let squares = squares.into_iter().collect::<Result<Vec<f64>, Error>>()?;
        self.squared_noise.extend(squares);
        Ok(())
    }

    /// The outputs of all samples; with 0 classes where their logits were too many to keep.
    #[must_use]
    pub fn into_outputs(mut self) -> Outputs {
        let count = self.squared_noise.len().max(1) as f64;
        self.outputs.noise_floor = (self.squared_noise.iter().sum::<f64>() / count).sqrt();
        self.outputs
    }
}
