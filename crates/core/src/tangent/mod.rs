//! How outputs on masked samples move where weights do, at the checkpoints of a run: along a step of
//! gradient descent, and in random directions, whose products are the tangent kernel.
//!
//! These are differences of the outputs on both sides of the weights, so that whatever evaluates a
//! network gives them.

mod agreement;

use std::{collections::BTreeMap, num::NonZeroUsize, sync::Arc};

use spindle_data::{AnyData, Data, Labelled as _, MeasuredSample, TrainingSet, measured_samples};
use spindle_run::{
    analysis::tangent::{GroupTangent, Movement, RANDOM, Rounding, STEP, Tangent, of_group},
    device::Places,
    each,
    event::Tensors,
    experiment::CheckedExperiment,
    random::Stream,
    record::Group,
};

use crate::{
    Error,
    around::{Direction, Learner, Probe, Sampled},
    extract::Measured,
    log_odds::log_odds,
    network::{Answer, Network},
    networks::Networks,
    pipeline::AfterSample,
};

/// How much is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Training samples of the loss that is descended, and as many test samples beside them; rounded
    /// down to whole batches.
    pub samples: usize,
    /// Measured samples of each group at most.
    pub measured: usize,
    /// Random directions.
    pub directions: usize,
}

/// Training samples if nothing else is said: batches enough for an interval over them.
pub const SAMPLES: NonZeroUsize = NonZeroUsize::new(2048).expect("not zero");
/// Measured samples of each group if nothing else is said.
pub const MEASURED: NonZeroUsize = NonZeroUsize::new(50).expect("not zero");
/// Random directions if nothing else is said.
pub const DIRECTIONS: NonZeroUsize = NonZeroUsize::new(16).expect("not zero");

/// The tangents of an experiment whose weights before training were `first`. `rounding` is that of
/// outputs at checkpoints, by their steps, as their extraction has found it.
///
/// # Errors
/// A model that does not take what the data set holds, a place where it cannot be trained, a sample
/// that cannot be read by now.
pub fn tangents(
    experiment: &CheckedExperiment,
    data: &AnyData,
    places: Places,
    wanted: Wanted,
    first: Tensors,
    rounding: BTreeMap<usize, f64>,
) -> Result<Box<dyn Probe<Tangent>>, Error> {
    each!(data, data => of_kind(experiment, data, places, wanted, first, rounding))
}

fn of_kind<M: Networks>(
    experiment: &CheckedExperiment,
    data: &Data<M>,
    places: Places,
    wanted: Wanted,
    first: Tensors,
    rounding: BTreeMap<usize, f64>,
) -> Result<Box<dyn Probe<Tangent>>, Error> {
    let network = M::network(
        experiment.training.model,
        M::size(data.train.samples()),
        data.classes.len(),
    )?;
    let tangents = TangentsOf::with(experiment, data, network, places, wanted, first)?;
    Ok(Box::new(TangentsOf {
        rounding,
        ..tangents
    }))
}

struct TangentsOf<M: Networks> {
    experiment: CheckedExperiment,
    learner: Learner<M>,
    /// Weights before training.
    first: Tensors,
    train: Sampled<M>,
    test: Sampled<M>,
    /// In the order of their groups.
    measured: Vec<MeasuredSample<M>>,
    directions: usize,
    /// Of outputs, by steps, nats.
    rounding: BTreeMap<usize, f64>,
}

impl<M: Networks> TangentsOf<M> {
    fn with(
        experiment: &CheckedExperiment,
        data: &Data<M>,
        network: Arc<dyn Network<M>>,
        places: Places,
        wanted: Wanted,
        first: Tensors,
    ) -> Result<Self, Error> {
        let set = TrainingSet::draw(experiment, data.about())?;
        let (batch, shape) = (experiment.training.batch, network.shape());
        let measured = measured_samples(experiment, data, &set, shape)?;
        let [train, test] = Sampled::of_both(data, &set, wanted.samples, batch, shape.input)?;
        Ok(Self {
            train,
            test,
            measured: some_of_each(measured, wanted.measured),
            directions: wanted.directions,
            experiment: experiment.clone(),
            first,
            rounding: BTreeMap::new(),
            learner: Learner::new(network, places)?,
        })
    }

    /// Outputs of all measured samples on all masks, nats.
    async fn outputs(
        &self,
        step: usize,
        weights: &Tensors,
        each: AfterSample<'_>,
    ) -> Result<Vec<Vec<f64>>, Error> {
        let network = &*self.learner.network;
        let measured = Measured::new(network, weights, self.learner.place)?;
        let mut outputs = Vec::with_capacity(self.measured.len());
        for (index, sample) in self.measured.iter().enumerate() {
            let logits = measured.masked_logits(sample).await?;
            let label = sample.record().label;
            let values = logits.chunks_exact(network.classes());
            let values: Vec<f64> = values.map(|logits| log_odds(logits, label)).collect();
            if let Some(mask) = values.iter().position(|value| !value.is_finite()) {
                return Err(Error::NotFinite {
                    sample: index,
                    mask,
                    step,
                    value: values[mask],
                });
            }
            outputs.push(values);
            if each().is_break() {
                return Err(Error::Stopped);
            }
        }
        Ok(outputs)
    }

    /// Difference quotients of all outputs in a direction, over a share of the weights' norm to each
    /// side, for a movement by their own norm; zeros where it is none.
    async fn moved(
        &self,
        step: usize,
        weights: &Tensors,
        (direction, share): (&Direction, f64),
        each: AfterSample<'_>,
    ) -> Result<Vec<Vec<f64>>, Error> {
        let norm = direction.norm();
        let length = match norm > 0.0 {
            true => share * direction.same_of(weights).norm() / norm,
            false => 0.0,
        };
        let ahead = direction.from(weights, length);
        let ahead = self.outputs(step, &ahead, each).await?;
        let behind = direction.from(weights, -length);
        let behind = self.outputs(step, &behind, each).await?;
        let samples = ahead.iter().zip(&behind);
        let difference = |(ahead, behind): (&Vec<f64>, &Vec<f64>)| {
            let pairs = ahead.iter().zip(behind);
            pairs.map(|(a, b)| (a - b) / (2.0 * share)).collect()
        };
        Ok(samples.map(difference).collect())
    }

    async fn measure(
        &self,
        step: usize,
        weights: &Tensors,
        each: AfterSample<'_>,
    ) -> Result<Tangent, Error> {
        let [train, test] = [&self.train, &self.test];
        let gradients = [
            self.gradients(train, weights).await?,
            self.gradients(test, weights).await?,
        ];
        let descent = agreement::mean(&gradients[0]).scaled(-1.0);
        let mut samples: Vec<Movement> = Vec::new();
        let now = self.outputs(step, weights, each).await?;
        let then = self.outputs(0, &self.first, each).await?;
        let along = self.moved(step, weights, (&descent, STEP), each).await?;
        for ((outputs, first), along) in now.into_iter().zip(then).zip(along) {
            samples.push(Movement {
                outputs,
                first,
                step: along,
                random: Vec::new(),
            });
        }
        for number in 0..self.directions as u64 {
            let seed = Stream::Directions.seed(self.experiment.training.seed, FIRST + number);
            let mut rng = Stream::Directions.rng(seed, step as u64);
            let direction = Direction::random(&descent, &mut rng);
            let moved = self
                .moved(step, weights, (&direction, RANDOM), each)
                .await?;
            for (sample, moved) in samples.iter_mut().zip(moved) {
                sample.random.push(moved);
            }
        }
        let batch = self.train.len() / train.batches().len();
        Ok(Tangent {
            samples: train.len(),
            directions: self.directions,
            agreement: agreement::of(batch, &gradients),
            groups: self.groups(step, &samples)?,
        })
    }

    /// One gradient a batch.
    async fn gradients(
        &self,
        samples: &Sampled<M>,
        weights: &Tensors,
    ) -> Result<Vec<Direction>, Error> {
        let mut gradients = Vec::new();
        for batch in samples.batches().chunks(1) {
            gradients.push(self.learner.gradient(batch, weights).await?);
        }
        Ok(gradients)
    }

    /// Groups with the number of their samples.
    fn measured(&self) -> Vec<(Group, usize)> {
        let groups = self
            .measured
            .chunk_by(|a, b| a.record().group == b.record().group);
        groups
            .map(|group| (group[0].record().group, group.len()))
            .collect()
    }

    fn groups(&self, step: usize, samples: &[Movement]) -> Result<Vec<GroupTangent>, Error> {
        let of = |step| self.rounding.get(&step).copied().unwrap_or_default();
        let rounding = Rounding {
            now: of(step),
            first: of(0),
        };
        let mut groups = Vec::new();
        let mut first = 0;
        for (group, count) in self.measured() {
            let samples = &samples[first..first + count];
            groups.extend(of_group(&self.experiment, group, samples, rounding)?);
            first += count;
        }
        Ok(groups)
    }
}

/// Number of the first direction: `crate::landscape` has those below.
const FIRST: u64 = 1000;

/// At most so many samples of each group, evenly among them.
fn some_of_each<M: Networks>(
    samples: Vec<MeasuredSample<M>>,
    most: usize,
) -> Vec<MeasuredSample<M>> {
    let groups = samples.chunk_by(|a, b| a.record().group == b.record().group);
    let some = groups.flat_map(|group| {
        let count = most.min(group.len());
        (0..count).map(move |index| group[index * group.len() / count].clone())
    });
    some.collect()
}

impl<M: Networks> Probe<Tangent> for TangentsOf<M> {
    fn is_wanted(&self, found: &Tangent) -> bool {
        let groups = found.groups.iter().map(|at| (at.group, at.samples));
        found.samples == self.train.len()
            && found.directions == self.directions
            && groups.eq(self.measured())
    }

    fn at<'a>(
        &'a self,
        step: usize,
        weights: &'a Tensors,
        each: AfterSample<'a>,
    ) -> Answer<'a, Tangent> {
        Box::pin(self.measure(step, weights, each))
    }
}

#[cfg(test)]
mod tests;
