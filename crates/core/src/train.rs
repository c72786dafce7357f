//! Training as the papers do it: SGD with momentum, no decay, mean cross-entropy over a batch.

use spindle_run::{
    Experiment,
    event::{SampleLosses, TrainingState},
    record::LossRecord,
};

use crate::{
    Error,
    architecture::Architecture,
    engine::{Engine, Sgd},
    log_odds::log_sum_exp,
};
use spindle_data::{Data, Split, TrainingSet};

/// A network in training.
pub struct Trainer {
    engine: Engine,
    step: usize,
    experiment: Experiment,
    set: TrainingSet,
    architecture: Architecture,
    /// The epoch whose order of samples is at hand.
    order: (usize, Vec<usize>),
}

impl Trainer {
    /// Starts from random weights.
    ///
    /// # Errors
    /// The training set cannot be drawn as the experiment asks.
    pub fn new(experiment: Experiment, data: &Data) -> Result<Self, Error> {
        let architecture = Architecture::new(experiment.model, data)?;
        let state = TrainingState {
            step: 0,
            weights: architecture.initial_weights(experiment.seed)?,
            momentum: Default::default(),
        };
        Self::resume(experiment, data, &state)
    }

    /// Goes on from a state, to the same numbers as a training that was never broken off.
    ///
    /// # Errors
    /// The state's tensors do not fit the network, or the training set cannot be drawn.
    pub fn resume(
        experiment: Experiment,
        data: &Data,
        state: &TrainingState,
    ) -> Result<Self, Error> {
        let set = TrainingSet::draw(&experiment, data)?;
        let order = (0, set.order(experiment.seed, 0));
        let architecture = Architecture::new(experiment.model, data)?;
        let engine = Engine::new(
            &architecture,
            experiment.device,
            &state.weights,
            &state.momentum,
        )?;
        Ok(Self {
            engine,
            step: state.step,
            experiment,
            set,
            architecture,
            order,
        })
    }

    /// All that is needed to go on from here.
    ///
    /// # Errors
    /// The device failed.
    pub async fn state(&self) -> Result<TrainingState, Error> {
        Ok(TrainingState {
            step: self.step,
            weights: self.engine.weights().await?,
            momentum: self.engine.momentum().await?,
        })
    }

    /// The network and what computes it.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The network's shape.
    #[must_use]
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
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
        self.set.len().div_ceil(self.experiment.batch)
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
    /// [`Error::Diverged`] with the first step whose loss is not finite; the network is then of no more use. A picture that cannot be
    /// read by now.
    pub async fn advance(&mut self, data: &Data, steps: usize) -> Result<f64, Error> {
        let first = self.step;
        for _ in 0..steps {
            self.one_step(data)?;
        }
        let losses = self.engine.take_losses().await?;
        if let Some(index) = losses.iter().position(|loss| !loss.is_finite()) {
            return Err(Error::Diverged {
                step: first + index,
                epoch: self.epoch_at(first + index),
                loss: f64::from(losses[index]),
            });
        }
        Ok(losses.iter().map(|&loss| f64::from(loss)).sum::<f64>() / losses.len() as f64)
    }

    fn one_step(&mut self, data: &Data) -> Result<(), Error> {
        let batch = self.next_batch();
        let positions: Vec<usize> = batch.iter().map(|&i| self.set.position(i)).collect();
        let labels: Vec<usize> = batch.iter().map(|&i| self.set.label(i)).collect();
        let inputs = data.train.inputs(&positions, self.architecture.input)?;
        let sgd = Sgd {
            learning_rate: self.experiment.learning_rate,
            momentum: self.experiment.momentum,
        };
        self.engine.step(&inputs, &labels, sgd)?;
        self.step += 1;
        Ok(())
    }

    /// Indices of the samples of the next batch.
    fn next_batch(&mut self) -> Vec<usize> {
        let per_epoch = self.steps_per_epoch();
        let (epoch, within) = (self.step / per_epoch, self.step % per_epoch);
        if self.order.0 != epoch {
            self.order = (epoch, self.set.order(self.experiment.seed, epoch));
        }
        let start = within * self.experiment.batch;
        let end = (start + self.experiment.batch).min(self.set.len());
        self.order.1[start..end].to_vec()
    }

    /// Losses and accuracies over the whole training set, with its reset labels, and the whole test set; every
    /// sample's loss beside them.
    ///
    /// # Errors
    /// The device failed.
    pub async fn evaluate(&self, data: &Data) -> Result<(LossRecord, SampleLosses), Error> {
        let train: Vec<_> = (0..self.set.len())
            .map(|index| (self.set.position(index), self.set.label(index)))
            .collect();
        let test: Vec<_> = (0..data.test.len())
            .map(|position| (position, data.test.label(position)))
            .collect();
        let (train_losses, train_accuracy) = self.losses_and_accuracy(&data.train, &train).await?;
        let (test_losses, test_accuracy) = self.losses_and_accuracy(&data.test, &test).await?;
        let sample_losses = SampleLosses {
            step: self.step,
            train: train_losses,
            is_reset: self.set.is_reset().to_vec(),
            test: test_losses,
        };
        let right: Vec<f32> = sample_losses.rightly_labelled().collect();
        let losses = LossRecord {
            step: self.step,
            epoch: self.epoch(),
            train_loss: mean(&sample_losses.train),
            right_train_loss: Some(mean(&right)).filter(|loss| loss.is_finite()),
            test_loss: mean(&sample_losses.test),
            train_accuracy,
            test_accuracy,
        };
        Ok((losses, sample_losses))
    }

    /// Cross-entropies in nats, and the share classified as labelled, of samples given as (position, label).
    async fn losses_and_accuracy(
        &self,
        split: &Split,
        samples: &[(usize, usize)],
    ) -> Result<(Vec<f32>, f64), Error> {
        let (mut losses, mut right) = (Vec::with_capacity(samples.len()), 0u32);
        for chunk in samples.chunks(self.engine.chunk()) {
            let positions: Vec<usize> = chunk.iter().map(|(position, _)| *position).collect();
            let inputs = split.inputs(&positions, self.architecture.input)?;
            let logits = self.engine.logits(&inputs).await?;
            let rows = logits.chunks_exact(logits.len() / chunk.len());
            for (row, (_, label)) in rows.zip(chunk) {
                let loss = log_sum_exp(row.iter().copied()) - f64::from(row[*label]);
                losses.push(loss as f32);
                right += u32::from(row.iter().all(|&z| z <= row[*label]));
            }
        }
        Ok((losses, f64::from(right) / samples.len() as f64))
    }
}

fn mean(losses: &[f32]) -> f64 {
    losses.iter().map(|&loss| f64::from(loss)).sum::<f64>() / losses.len() as f64
}
