//! Extraction: the outputs of a network on all 2^n masked versions of every measured sample.

use spindle_data::{DataKind, MeasuredSample};
use spindle_interactions::decompose::NoiseRatio;
use spindle_run::{
    decomposition::NOISE_FLOORS,
    device::{Device, Place},
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
    device: Device,
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
            device: place.device,
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
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// The checkpoint's step.
    pub step: usize,
    /// Players of a sample.
    pub players: usize,
    /// Position of the first one among all measured samples.
    pub first: usize,
    /// Number of all measured samples.
    pub all: usize,
    /// The noise bound that outputs are to be decomposed with, where that is known.
    pub noise: Option<NoiseRatio>,
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
    /// The device failed, an output is not finite; [`Error::Coarse`] where a device other than the
    /// CPU rounds too coarsely for the noise bound.
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
        let is_probed = self.next == network.probes.samples.min(self.samples.len());
        match self.part.noise {
            Some(noise) if is_probed && network.device != Device::Cpu => {
                self.check_noise(noise, &network.evaluator.describe())
            }
            _ => Ok(()),
        }
    }

    /// Whether rounding leaves room below the noise bound of most samples. The CPU's is what it is:
    /// there it is told when outputs are decomposed.
    fn check_noise(&self, noise: NoiseRatio, engine: &str) -> Result<(), Error> {
        let games = self.outputs.values.chunks_exact(1 << self.part.players);
        let mut bounds: Vec<f64> = games.map(|v| noise.bound(v)).collect();
        bounds.sort_by(f64::total_cmp);
        let (noise_floor, noise_bound) = (self.noise_floor(), bounds[bounds.len() / 2]);
        if noise_bound == 0.0 || NOISE_FLOORS * noise_floor <= noise_bound {
            return Ok(());
        }
        Err(Error::Coarse {
            engine: engine.to_owned(),
            step: self.part.step,
            noise_floor,
            noise_bound,
        })
    }

    /// Root of the mean square, nats.
    fn noise_floor(&self) -> f64 {
        let count = self.squared_noise.len().max(1) as f64;
        (self.squared_noise.iter().sum::<f64>() / count).sqrt()
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
        self.outputs.noise_floor = self.noise_floor();
        self.outputs
    }
}

#[cfg(test)]
mod tests {
    use spindle_interactions::decompose::NoiseScale;
    use spindle_run::modality::Pictures;

    use super::*;

    /// Two samples of one player whose outputs move by 1 and 3 nats, off by `noise` each.
    fn probed(noise: f64) -> Extraction<'static, Pictures> {
        let part = Part {
            step: 7,
            players: 1,
            first: 0,
            all: 2,
            noise: None,
        };
        let mut extraction = Extraction::new(&[], part);
        extraction.outputs.values = vec![0.0, 1.0, 5.0, 2.0];
        extraction.squared_noise = vec![noise * noise; 4];
        extraction
    }

    #[test]
    fn rounding_above_a_third_of_the_noise_bound_is_refused() {
        let ratio = |ratio| NoiseRatio {
            ratio,
            scale: NoiseScale::Change,
        };
        assert!(probed(0.009).check_noise(ratio(0.01), "a card").is_ok());
        let refused = probed(0.011).check_noise(ratio(0.01), "a card");
        let words = refused.map_err(|error| error.to_string()).unwrap_err();
        assert!(words.contains("at step 7 the outputs of a card are off by 1.1e-2 nats"));
        assert!(words.contains("noise bound of 3.0e-2"), "{words}");
        // Without a bound rounding is a part of what is asked for.
        assert!(probed(0.011).check_noise(ratio(0.0), "a card").is_ok());
    }
}
