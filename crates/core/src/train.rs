//! Training as the papers do it: SGD with momentum, no decay, mean cross-entropy over a batch; with a
//! penalty on interactions where one is asked for.

use std::sync::Arc;

use spindle_data::{Data, DataKind, Labelled as _, Split, TrainingSet};
use spindle_run::{
    device::Place,
    event::{SampleLosses, Tensors, TrainingState},
    experiment::CheckedExperiment,
    record::LossRecord,
};

use crate::{
    Error,
    backend::Choice,
    log_odds::log_sum_exp,
    network::{Evaluator, Network, Penalty, Sgd, Snapshot, Trainer, initial_weights},
    penalty,
};

/// A network that learns an experiment's training set.
pub struct Learner<M: DataKind> {
    network: Arc<dyn Network<M>>,
    shape: M::Shape,
    choice: Choice<M>,
    trainer: Box<dyn Trainer<M>>,
    step: usize,
    experiment: CheckedExperiment,
    set: TrainingSet,
    /// The epoch whose order of samples is at hand.
    order: (usize, Vec<usize>),
}

impl<M: DataKind> Learner<M> {
    /// From random weights, or on from a state to the same numbers as a training that was never
    /// broken off.
    ///
    /// # Errors
    /// A training set that cannot be drawn as the experiment asks, a state whose tensors do not fit
    /// the network, a place where it cannot be trained.
    pub fn new(
        experiment: CheckedExperiment,
        data: &Data<M>,
        network: Arc<dyn Network<M>>,
        state: Option<&TrainingState>,
        place: Place,
    ) -> Result<Self, Error> {
        let set = TrainingSet::draw(&experiment, data.about())?;
        let seed = experiment.training.seed;
        let from = match state {
            Some(state) => Snapshot {
                weights: state.weights.clone(),
                momentum: state.momentum.clone(),
            },
            None => Snapshot {
                weights: initial_weights(&*network, seed),
                momentum: Tensors::new(),
            },
        };
        let choice = Choice::new(&*network, place)?;
        let trainer = choice.trainer.trainer(&*network, &from)?;
        if experiment.training.penalty > 0.0 && !trainer.penalises() {
            return Err(penalty::unknown(
                experiment.training.penalty,
                &trainer.describe(),
            ));
        }
        Ok(Self {
            trainer,
            choice,
            shape: network.shape().input,
            network,
            step: state.map_or(0, |state| state.step),
            order: (0, set.order(seed, 0)),
            experiment,
            set,
        })
    }

    /// All that is needed to go on from here.
    ///
    /// # Errors
    /// The device failed.
    pub async fn state(&self) -> Result<TrainingState, Error> {
        let Snapshot { weights, momentum } = self.trainer.snapshot().await?;
        Ok(TrainingState {
            step: self.step,
            weights,
            momentum,
        })
    }

    /// What computes, in words.
    #[must_use]
    pub fn describe(&self) -> String {
        match self.choice.is_one() {
            true => self.trainer.describe(),
            false => format!(
                "{}; outputs on {}",
                self.trainer.describe(),
                self.choice.evaluation()
            ),
        }
    }

    /// The network.
    #[must_use]
    pub fn network(&self) -> &Arc<dyn Network<M>> {
        &self.network
    }

    /// The training set in use.
    #[must_use]
    pub fn set(&self) -> &TrainingSet {
        &self.set
    }

    /// Steps done.
    #[must_use]
    pub fn step(&self) -> usize {
        self.step
    }

    /// Steps in an epoch; the last one may have a smaller batch.
    #[must_use]
    pub fn steps_per_epoch(&self) -> usize {
        self.set.len().div_ceil(self.experiment.training.batch)
    }

    /// Epochs done, with fractions.
    #[must_use]
    pub fn epoch(&self) -> f64 {
        self.epoch_at(self.step)
    }

    fn epoch_at(&self, step: usize) -> f64 {
        step as f64 / self.steps_per_epoch() as f64
    }

    /// Does `steps` training steps and returns their mean loss, in nats.
    ///
    /// # Errors
    /// [`Error::Diverged`] with the first step whose loss is not finite; the network is then of no
    /// more use. A picture that cannot be read by now.
    pub async fn advance(&mut self, data: &Data<M>, steps: usize) -> Result<f64, Error> {
        let first = self.step;
        for _ in 0..steps {
            self.one_step(data)?;
        }
        let losses = self.trainer.take_losses().await?;
        if let Some(index) = losses.iter().position(|loss| !loss.is_finite()) {
            return Err(Error::Diverged {
                step: first + index,
                epoch: self.epoch_at(first + index),
                loss: f64::from(losses[index]),
            });
        }
        Ok(losses.iter().map(|&loss| f64::from(loss)).sum::<f64>() / losses.len() as f64)
    }

    fn one_step(&mut self, data: &Data<M>) -> Result<(), Error> {
        let batch = self.next_batch();
        let positions: Vec<usize> = batch.iter().map(|&i| self.set.position(i)).collect();
        let labels: Vec<usize> = batch.iter().map(|&i| self.set.label(i)).collect();
        let inputs = data.train.batch(&positions, self.shape)?;
        let sgd = Sgd {
            learning_rate: self.experiment.training.learning_rate,
            momentum: self.experiment.training.momentum,
        };
        let masked = self.network.shape().masked;
        match penalty::of_step(&self.experiment, data, masked, self.step, &positions)? {
            Some(draws) => {
                let count = draws.len();
                let penalty = Penalty {
                    inputs: data.train.batch(&positions[..count], self.shape)?,
                    labels: labels[..count].to_vec(),
                    weight: self.experiment.training.penalty,
                    draws,
                };
                self.trainer
                    .step_penalised(&inputs, &labels, &penalty, sgd)?;
            }
            None => self.trainer.step(&inputs, &labels, sgd)?,
        }
        self.step += 1;
        Ok(())
    }

    /// Indices of the samples of the next batch.
    fn next_batch(&mut self) -> Vec<usize> {
        let per_epoch = self.steps_per_epoch();
        let (epoch, within) = (self.step / per_epoch, self.step % per_epoch);
        let training = &self.experiment.training;
        if self.order.0 != epoch {
            self.order = (epoch, self.set.order(training.seed, epoch));
        }
        let start = within * training.batch;
        let end = (start + training.batch).min(self.set.len());
        self.order.1[start..end].to_vec()
    }

    /// Losses and accuracies over the whole training set, with its reset labels, and the whole test
    /// set; every sample's loss beside them.
    ///
    /// # Errors
    /// The device failed.
    pub async fn evaluate(&self, data: &Data<M>) -> Result<(LossRecord, SampleLosses), Error> {
        let train: Vec<_> = (0..self.set.len())
            .map(|index| (self.set.position(index), self.set.label(index)))
            .collect();
        let test: Vec<_> = (0..data.test.len())
            .map(|position| (position, data.test.labels().label(position)))
            .collect();
        if self.choice.is_one() {
            let evaluator = self.trainer.evaluator();
            self.losses(evaluator, [(&data.train, &train), (&data.test, &test)])
                .await
        } else {
            let weights = self.trainer.snapshot().await?.weights;
            let evaluator = self.choice.evaluator.evaluator(&*self.network, &weights)?;
            self.losses(&*evaluator, [(&data.train, &train), (&data.test, &test)])
                .await
        }
    }

    async fn losses(
        &self,
        evaluator: &dyn Evaluator<M>,
        [train, test]: [Labelled<'_, M>; 2],
    ) -> Result<(LossRecord, SampleLosses), Error> {
        let train = losses_and_accuracy(evaluator, train, self.shape).await?;
        let test = losses_and_accuracy(evaluator, test, self.shape).await?;
        let sample_losses = SampleLosses {
            step: self.step,
            train: train.losses,
            is_reset: self.set.is_reset().to_vec(),
            test: test.losses,
        };
        let right: Vec<f32> = sample_losses.rightly_labelled().collect();
        let losses = LossRecord {
            step: self.step,
            epoch: self.epoch(),
            train_loss: mean(&sample_losses.train),
            right_train_loss: Some(mean(&right)).filter(|loss| loss.is_finite()),
            test_loss: mean(&sample_losses.test),
            train_accuracy: train.accuracy,
            test_accuracy: test.accuracy,
        };
        Ok((losses, sample_losses))
    }

    /// The network as it is now, evaluated by what trains it.
    #[must_use]
    pub fn evaluator(&self) -> &dyn Evaluator<M> {
        self.trainer.evaluator()
    }

    /// Weights under PyTorch's names.
    ///
    /// # Errors
    /// The device failed.
    pub async fn weights(&self) -> Result<Tensors, Error> {
        Ok(self.trainer.snapshot().await?.weights)
    }
}

/// A split, and samples of it given as (position, label).
type Labelled<'a, M> = (&'a Split<M>, &'a [(usize, usize)]);

/// What a network says to labelled samples.
struct Evaluated {
    /// Cross-entropy of each, in nats.
    losses: Vec<f32>,
    /// Share classified as labelled.
    accuracy: f64,
}

async fn losses_and_accuracy<M: DataKind>(
    evaluator: &dyn Evaluator<M>,
    (split, samples): Labelled<'_, M>,
    shape: M::Shape,
) -> Result<Evaluated, Error> {
    let (mut losses, mut right) = (Vec::with_capacity(samples.len()), 0u32);
    let mut size = evaluator.chunk();
    while let Some(chunk) = samples.get(losses.len()..samples.len().min(losses.len() + size))
        && !chunk.is_empty()
    {
        let positions: Vec<usize> = chunk.iter().map(|(position, _)| *position).collect();
        let inputs = split.batch(&positions, shape)?;
        let logits = match evaluator.logits(&inputs).await {
            // It may be the memory; what else is wrong with the device is so with one, too.
            Err(Error::Device { .. }) if size > 1 => {
                size /= 2;
                continue;
            }
            logits => logits?,
        };
        let rows = logits.chunks_exact(logits.len() / chunk.len());
        for (row, (_, label)) in rows.zip(chunk) {
            let loss = log_sum_exp(row.iter().copied()) - f64::from(row[*label]);
            losses.push(loss as f32);
            right += u32::from(row.iter().all(|&z| z <= row[*label]));
        }
    }
    Ok(Evaluated {
        losses,
        accuracy: f64::from(right) / samples.len() as f64,
    })
}

fn mean(losses: &[f32]) -> f64 {
    losses.iter().map(|&loss| f64::from(loss)).sum::<f64>() / losses.len() as f64
}
