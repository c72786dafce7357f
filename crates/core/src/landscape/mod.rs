//! The loss around the weights of checkpoints: what a run's interactions are compared with.
//!
//! Products with the Hessian are differences of two gradients.

mod bound;
mod curvature;
mod features;

use std::{num::NonZeroUsize, sync::Arc};

use spindle_data::{AnyData, Data, Labelled as _, TrainingSet};
use spindle_interactions::bootstrap::Estimate;
use spindle_run::{
    analysis::landscape::{Bound, Curvature, DIRECTIONS, Landscape, RANDOM_SHARE, SAM_RADIUS},
    device::Places,
    each,
    event::Tensors,
    experiment::CheckedExperiment,
    random::Stream,
};

use self::features::LastLayer;
use crate::{
    Error,
    around::{Direction, Learner, Probe, Sampled},
    network::{Answer, Network, initial_weights},
    networks::Networks,
    pipeline::AfterSample,
};

/// Training samples that are looked at if nothing else is said.
pub const SAMPLES: NonZeroUsize = NonZeroUsize::new(512).expect("not zero");

/// Half the distance of the two gradients whose difference is a product with the Hessian, as a share
/// of the weights' norm.
const DIFFERENCE: f64 = 1e-3;

/// The survey of an experiment on about so many of its training samples, and as many test samples.
///
/// # Errors
/// A model that does not take what the data set holds, a place where it cannot be trained, a sample
/// that cannot be read by now.
pub fn survey(
    experiment: &CheckedExperiment,
    data: &AnyData,
    places: Places,
    samples: usize,
) -> Result<Box<dyn Probe<Landscape>>, Error> {
    each!(data, data => of_kind(experiment, data, places, samples))
}

fn of_kind<M: Networks>(
    experiment: &CheckedExperiment,
    data: &Data<M>,
    places: Places,
    samples: usize,
) -> Result<Box<dyn Probe<Landscape>>, Error> {
    let network = M::network(
        experiment.training.model,
        M::size(data.train.samples()),
        data.classes.len(),
    )?;
    Ok(Box::new(SurveyOf::new(
        experiment, data, network, places, samples,
    )?))
}

struct SurveyOf<M: Networks> {
    learner: Learner<M>,
    seed: u64,
    /// Weights before training.
    first: Tensors,
    /// Size of the whole training set.
    training: usize,
    train: Sampled<M>,
    test: Sampled<M>,
}

impl<M: Networks> SurveyOf<M> {
    fn new(
        experiment: &CheckedExperiment,
        data: &Data<M>,
        network: Arc<dyn Network<M>>,
        places: Places,
        samples: usize,
    ) -> Result<Self, Error> {
        let set = TrainingSet::draw(experiment, data.about())?;
        let (batch, shape) = (experiment.training.batch, network.shape().input);
        let [train, test] = Sampled::of_both(data, &set, samples, batch, shape)?;
        Ok(Self {
            seed: experiment.training.seed,
            first: initial_weights(&*network, experiment.training.seed),
            training: set.len(),
            train,
            test,
            learner: Learner::new(network, places)?,
        })
    }

    /// Gradient of the mean loss of the training samples.
    async fn gradient(&self, weights: &Tensors) -> Result<Direction, Error> {
        self.learner.gradient(self.train.batches(), weights).await
    }

    /// Logits of all samples.
    async fn logits(&self, samples: &Sampled<M>, weights: &Tensors) -> Result<Vec<f32>, Error> {
        self.learner.logits(samples, weights).await
    }

    async fn loss(&self, weights: &Tensors) -> Result<f64, Error> {
        Ok(self
            .train
            .answers(&self.logits(&self.train, weights).await?)
            .loss())
    }
}

/// What is measured around the weights of one checkpoint.
struct Around<'a, M: Networks> {
    survey: &'a SurveyOf<M>,
    step: usize,
    weights: &'a Tensors,
    gradient: Direction,
    each: AfterSample<'a>,
}

impl<'a, M: Networks> Around<'a, M> {
    async fn measured(
        survey: &'a SurveyOf<M>,
        step: usize,
        weights: &'a Tensors,
        each: AfterSample<'a>,
    ) -> Result<Landscape, Error> {
        let around = Self {
            gradient: survey.gradient(weights).await?,
            survey,
            step,
            weights,
            each,
        };
        let train = survey.logits(&survey.train, weights).await?;
        let test = survey.logits(&survey.test, weights).await?;
        let loss = survey.train.answers(&train).loss();
        let margins = |samples: &Sampled<M>, logits: &[f32]| {
            let found = samples.answers(logits).margins();
            found.ok_or_else(|| Error::Data("there is no sample to look at".to_owned()))
        };
        Ok(Landscape {
            samples: survey.train.len(),
            loss,
            gradient_norm: around.gradient.norm(),
            curvature: around.curvature().await?,
            sam: around.sam(loss).await?,
            random: around.random(loss).await?,
            train_margin: margins(&survey.train, &train)?,
            test_margin: margins(&survey.test, &test)?,
            bound: around.bound().await?,
            bin_entropy: around.bin_entropy().await?,
        })
    }

    fn go_on(&self) -> Result<(), Error> {
        match (self.each)().is_break() {
            true => Err(Error::Stopped),
            false => Ok(()),
        }
    }

    /// A direction of its own for every number.
    fn direction(&self, number: u64) -> Direction {
        let seed = Stream::Directions.seed(self.survey.seed, number);
        let mut rng = Stream::Directions.rng(seed, self.step as u64);
        Direction::random(&self.gradient, &mut rng)
    }

    async fn curvature(&self) -> Result<Curvature, Error> {
        let length = DIFFERENCE * self.gradient.same_of(self.weights).norm();
        let product = async |direction: &Direction| {
            self.go_on()?;
            let ahead = self
                .survey
                .gradient(&direction.from(self.weights, length))
                .await?;
            let behind = self
                .survey
                .gradient(&direction.from(self.weights, -length))
                .await?;
            let half = 0.5 / length;
            Ok(ahead.combined(half, &behind, -half))
        };
        curvature::largest(&self.direction(0), product).await
    }

    /// Rise of the loss by a step along the gradient.
    async fn sam(&self, loss: f64) -> Result<f64, Error> {
        let norm = self.gradient.norm();
        if norm == 0.0 {
            return Ok(0.0);
        }
        let moved = self.gradient.from(self.weights, SAM_RADIUS / norm);
        Ok(self.survey.loss(&moved).await? - loss)
    }

    /// Mean rise of the loss in random directions.
    async fn random(&self, loss: f64) -> Result<Estimate, Error> {
        let mut rises = Vec::with_capacity(DIRECTIONS);
        for number in 1..=DIRECTIONS as u64 {
            self.go_on()?;
            let direction = self.direction(number).by_tensor(self.weights, RANDOM_SHARE);
            let moved = direction.from(self.weights, 1.0);
            rises.push(self.survey.loss(&moved).await? - loss);
        }
        Ok(mean(&rises))
    }

    async fn bound(&self) -> Result<Bound, Error> {
        let train = &self.survey.train;
        let mut errors = [0.0; bound::DEVIATIONS.len()];
        for draw in 0..bound::DRAWS {
            // Drawing it takes longer than looking where it leads.
            let noise = self.direction(100 + draw);
            for (sum, deviation) in errors.iter_mut().zip(bound::DEVIATIONS) {
                self.go_on()?;
                let moved = noise.from(self.weights, deviation);
                let logits = self.survey.logits(train, &moved).await?;
                *sum += train.answers(&logits).error();
            }
        }
        for sum in &mut errors {
            *sum /= bound::DRAWS as f64;
        }
        let [first, now] = [&self.survey.first, self.weights].map(|w| self.gradient.same_of(w));
        let distance = now.combined(1.0, &first, -1.0).norm();
        Ok(bound::best(&errors, distance, self.survey.training))
    }

    async fn bin_entropy(&self) -> Result<f64, Error> {
        let survey = self.survey;
        let last = LastLayer::of(&survey.learner.network.parameters());
        let last = last.ok_or_else(|| {
            Error::Data(format!(
                "{} does not end with a dense layer",
                survey.learner.network.title()
            ))
        })?;
        let mut answers = Vec::new();
        for weights in last.answering(self.weights) {
            self.go_on()?;
            answers.push(survey.logits(&survey.train, &weights).await?);
        }
        Ok(last.bin_entropy(&answers))
    }
}

/// Mean, with its 95 % interval by Student's t for as many directions as there are.
fn mean(values: &[f64]) -> Estimate {
    /// Student's t of 15 degrees of freedom, 97.5 %.
    const T: f64 = 2.131;
    let count = values.len() as f64;
    let value = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|x| (x - value).powi(2)).sum();
    let error = (squares / (count - 1.0) / count).sqrt();
    Estimate {
        value,
        low: value - T * error,
        high: value + T * error,
    }
}

impl<M: Networks> Probe<Landscape> for SurveyOf<M> {
    fn is_wanted(&self, found: &Landscape) -> bool {
        found.samples == self.train.len()
    }

    fn at<'a>(
        &'a self,
        step: usize,
        weights: &'a Tensors,
        each: AfterSample<'a>,
    ) -> Answer<'a, Landscape> {
        Box::pin(async move {
            let found = Around::measured(self, step, weights, each).await?;
            match found.not_finite() {
                None => Ok(found),
                Some(what) => Err(Error::Overflow { what, step }),
            }
        })
    }
}

#[cfg(test)]
mod tests;
