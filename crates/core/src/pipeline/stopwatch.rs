//! How fast a network learns: training steps and nothing else.

use spindle_data::{AnyData, Data};
use spindle_run::{device::Place, each::Each, experiment::CheckedExperiment};

use crate::{Error, network::Answer, networks::Networks, train::Learner};

/// A training that tells nothing.
pub trait Stopwatch {
    /// Does some training steps.
    ///
    /// # Errors
    /// The network diverged or the device failed.
    fn advance(&mut self, steps: usize) -> Answer<'_, f64>;
}

struct StopwatchOf<M: Networks> {
    data: Data<M>,
    learner: Learner<M>,
}

impl<M: Networks> StopwatchOf<M> {
    fn new(experiment: CheckedExperiment, data: Data<M>, place: Place) -> Result<Self, Error> {
        let model = experiment.training.model;
        let network = M::network(model, M::size(data.train.samples()), data.classes.len())?;
        let learner = Learner::new(experiment, &data, network, None, place)?;
        Ok(Self { data, learner })
    }
}

impl<M: Networks> Stopwatch for StopwatchOf<M> {
    fn advance(&mut self, steps: usize) -> Answer<'_, f64> {
        Box::pin(self.learner.advance(&self.data, steps))
    }
}

/// A training of an experiment, from random weights.
///
/// # Errors
/// As [`super::lab`].
pub fn stopwatch(
    experiment: CheckedExperiment,
    data: AnyData,
    place: Place,
) -> Result<Box<dyn Stopwatch>, Error> {
    Ok(match data {
        Each::Pictures(data) => Box::new(StopwatchOf::new(experiment, data, place)?),
        Each::Texts(data) => Box::new(StopwatchOf::new(experiment, data, place)?),
        Each::Clouds(data) => Box::new(StopwatchOf::new(experiment, data, place)?),
    })
}
