//! Samples that are measured, and the network that they are measured with; without a data set, so
//! that a worker can have some of them.

use std::{cell::RefCell, ops::ControlFlow, rc::Rc, sync::Arc};

use serde::{Deserialize, Serialize};
use spindle_data::{DataKind, EncodedSample, MeasuredSample};
use spindle_interactions::decompose::NoiseRatio;
use spindle_run::{
    content::Contents,
    device::Place,
    each,
    event::{Outputs, Tensors},
    experiment::Model,
    record::SampleRecord,
};

use crate::{
    Error,
    extract::{Extraction, Measured, Part},
    network::{Answer, Network},
    networks::{Architecture, Networks},
};

/// Samples and the network they are measured with.
pub struct Workbench<M: DataKind> {
    network: Arc<dyn Network<M>>,
    samples: Vec<MeasuredSample<M>>,
    place: Place,
    /// Players of a sample.
    players: usize,
    /// Samples of the whole run, of which these may be some.
    all: usize,
    /// The noise bound that outputs are to be decomposed with, where that is known.
    noise: Option<NoiseRatio>,
    /// The network with the weights of the last checkpoint.
    measured: RefCell<Option<(usize, Rc<Measured<M>>)>>,
}

/// Called after every sample; may stop the extraction.
pub type AfterSample<'a> = &'a dyn Fn() -> ControlFlow<()>;

impl<M: DataKind> Workbench<M> {
    /// Some of the `all` samples of a run, with the network that they are measured with.
    #[must_use]
    pub fn new(
        network: Arc<dyn Network<M>>,
        samples: Vec<MeasuredSample<M>>,
        all: usize,
        place: Place,
    ) -> Self {
        Self {
            players: samples
                .first()
                .map_or(0, |sample| sample.record().players.len()),
            network,
            samples,
            place,
            all,
            noise: None,
            measured: RefCell::new(None),
        }
    }

    /// Refuses outputs of a device whose rounding is too coarse for this noise bound.
    #[must_use]
    pub fn with_noise_bound(mut self, noise: NoiseRatio) -> Self {
        self.noise = Some(noise);
        self
    }

    /// The same samples and network on all cores of the CPU.
    #[must_use]
    pub fn on_cpu(&self) -> Self {
        Self {
            network: self.network.clone(),
            samples: self.samples.clone(),
            place: Place::CPU,
            measured: RefCell::new(None),
            ..*self
        }
    }

    /// The samples.
    #[must_use]
    pub fn samples(&self) -> &[MeasuredSample<M>] {
        &self.samples
    }

    /// The network as it is at a checkpoint; made once for its weights.
    fn measured(&self, step: usize, weights: &Tensors) -> Result<Rc<Measured<M>>, Error> {
        if let Some((last, measured)) = &*self.measured.borrow()
            && *last == step
        {
            return Ok(measured.clone());
        }
        let measured = Rc::new(Measured::new(&*self.network, weights, self.place)?);
        self.measured.replace(Some((step, measured.clone())));
        Ok(measured)
    }
}

/// Samples of whatever kind.
pub trait AnyWorkbench {
    /// What is said of the samples.
    fn records(&self) -> Vec<SampleRecord>;

    /// What the samples look like.
    ///
    /// # Errors
    /// Pictures of different sizes.
    fn contents(&self) -> Result<Contents, Error>;

    /// What a worker needs to measure these samples, or some of them.
    ///
    /// # Errors
    /// As [`MeasuredSample::encode`].
    fn encode(&self, model: Model) -> Result<EncodedBench, Error>;

    /// Outputs of all samples at a checkpoint with these weights.
    ///
    /// # Errors
    /// [`Error::Stopped`], weights that do not fit, a device that fails or rounds too coarsely,
    /// outputs that are not finite.
    fn extract<'a>(
        &'a self,
        step: usize,
        weights: &'a Tensors,
        each: AfterSample<'a>,
    ) -> Answer<'a, Outputs>;
}

impl<M: Networks> AnyWorkbench for Workbench<M> {
    fn records(&self) -> Vec<SampleRecord> {
        let samples = self.samples.iter();
        samples.map(|sample| sample.record().clone()).collect()
    }

    fn contents(&self) -> Result<Contents, Error> {
        let samples = self.samples.iter();
        let contents = samples.map(|sample| M::any_content(sample.content().clone()));
        Ok(Contents::of(&contents.collect::<Vec<_>>())?)
    }

    fn encode(&self, model: Model) -> Result<EncodedBench, Error> {
        let samples = self.samples.iter().map(MeasuredSample::encode);
        Ok(EncodedBench {
            architecture: Architecture {
                model,
                input: M::any_shape(self.network.shape().input),
                classes: self.network.classes(),
            },
            all: self.all,
            samples: samples.collect::<Result<_, _>>()?,
        })
    }

    fn extract<'a>(
        &'a self,
        step: usize,
        weights: &'a Tensors,
        each: AfterSample<'a>,
    ) -> Answer<'a, Outputs> {
        Box::pin(async move {
            let measured = self.measured(step, weights)?;
            let part = Part {
                step,
                players: self.players,
                first: 0,
                all: self.all,
                noise: self.noise,
            };
            let mut extraction = Extraction::new(&self.samples, part);
            while !extraction.is_done() {
                extraction.advance(&measured).await?;
                if each().is_break() {
                    return Err(Error::Stopped);
                }
            }
            Ok(extraction.into_outputs())
        })
    }
}

/// Samples in a message, with the network that they are measured with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EncodedBench {
    /// The network.
    pub architecture: Architecture,
    /// Samples of the whole run, of which these may be some.
    pub all: usize,
    /// The samples.
    pub samples: Vec<EncodedSample>,
}

impl EncodedBench {
    /// The samples out of the message.
    ///
    /// # Errors
    /// A network that does not take these inputs, samples that do not fit it.
    pub fn decode(self, place: Place) -> Result<Box<dyn AnyWorkbench>, Error> {
        let network = self.architecture.network()?;
        let (samples, all) = (self.samples, self.all);
        each!(network, network => decoded(network, samples, all, place))
    }
}

fn decoded<M: Networks>(
    network: Arc<dyn Network<M>>,
    samples: Vec<EncodedSample>,
    all: usize,
    place: Place,
) -> Result<Box<dyn AnyWorkbench>, Error> {
    let shape = network.shape().input;
    let samples = samples.into_iter();
    let samples = samples.map(|sample| MeasuredSample::decode(sample, shape));
    let samples = samples.collect::<Result<Vec<_>, _>>()?;
    Ok(Box::new(Workbench::new(network, samples, all, place)))
}
