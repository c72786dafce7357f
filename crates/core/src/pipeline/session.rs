//! A training on its way: what it tells, pulled by whoever conducts the run.
//!
//! [`Training::advance`] does a bounded piece of work and tells what happened. Pulling less is
//! pausing, dropping is cancelling; there are no threads of its own that outlive a call, and no
//! blocking waits.

use std::sync::Arc;

use spindle_data::{Data, DataKind, TrainingSet};
use spindle_run::{
    device::Place,
    event::{Event, TrainingState},
    experiment::CheckedExperiment,
    schedule,
};

use crate::{
    Error,
    network::{Answer, Network},
    train::Learner,
};

/// Steps after which a training state is handed out, at the next end of an epoch.
const STEPS_PER_STATE: usize = 1_000;
/// Epochs after each of which losses are evaluated; then ever more rarely, so that a curve over
/// log-spaced epochs is as dense everywhere.
const DENSE_EPOCHS: usize = 16;

/// A training in progress, whatever it learns.
pub trait Training {
    /// Does what is due at this step, or else up to `steps` training steps, and tells what
    /// happened, in order. The last event of a training is [`Event::Finished`].
    ///
    /// # Errors
    /// The network diverged or the device failed. What was handed out before is still good.
    fn advance(&mut self, steps: usize) -> Answer<'_, Vec<Event>>;

    /// All that is needed to go on from here.
    ///
    /// # Errors
    /// The device failed.
    fn state(&self) -> Answer<'_, TrainingState>;

    /// Whether all that is due at the present step has been handed out: only then can a training
    /// state go on from here.
    fn is_settled(&self) -> bool;

    /// Where it is.
    fn progress(&self) -> Progress;

    /// What computes, in words.
    fn describe(&self) -> String;

    /// Steps at which checkpoints lie, ascending.
    fn checkpoints(&self) -> &[usize];
}

/// Where a training is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Steps done.
    pub step: usize,
    /// Epochs done, with fractions.
    pub epoch: f64,
    /// Steps in an epoch.
    pub steps_per_epoch: usize,
    /// Steps in all.
    pub total_steps: usize,
}

/// A training of one kind of data.
pub(super) struct Session<M: DataKind> {
    data: Arc<Data<M>>,
    learner: Learner<M>,
    epochs: usize,
    /// Steps at which checkpoints lie, ascending.
    checkpoints: Vec<usize>,
    /// Step of the last training state handed out.
    saved: usize,
    /// Whether what is due at the present step has been handed out.
    settled: bool,
}

impl<M: DataKind> Session<M> {
    /// From the beginning, or from a training state of the same experiment.
    ///
    /// # Errors
    /// As [`Learner::new`].
    pub(super) fn new(
        experiment: CheckedExperiment,
        data: Arc<Data<M>>,
        network: Arc<dyn Network<M>>,
        state: Option<&TrainingState>,
        place: Place,
    ) -> Result<Self, Error> {
        let learner = Learner::new(experiment.clone(), &data, network, state, place)?;
        Ok(Self {
            checkpoints: schedule(&experiment, learner.steps_per_epoch()),
            epochs: experiment.training.epochs,
            saved: learner.step(),
            // A state is handed out when all else at its step has been.
            settled: state.is_some(),
            data,
            learner,
        })
    }

    /// The training set in use.
    pub(super) fn set(&self) -> &TrainingSet {
        self.learner.set()
    }

    fn total_steps(&self) -> usize {
        self.epochs * self.learner.steps_per_epoch()
    }

    fn is_checkpoint(&self, step: usize) -> bool {
        self.checkpoints.binary_search(&step).is_ok()
    }

    fn is_epoch_end(&self, step: usize) -> bool {
        step.is_multiple_of(self.learner.steps_per_epoch())
    }

    /// The next step after `step` at which something is due.
    fn next_stop(&self, step: usize) -> usize {
        let per_epoch = self.learner.steps_per_epoch();
        let epoch_end = (step / per_epoch + 1) * per_epoch;
        let checkpoint = self.checkpoints.iter().copied().find(|&c| c > step);
        checkpoint.unwrap_or(epoch_end).min(epoch_end)
    }

    fn is_evaluated(&self, step: usize) -> bool {
        let epoch = step / self.learner.steps_per_epoch();
        let stride = (epoch / DENSE_EPOCHS).max(1).next_power_of_two();
        self.is_epoch_end(step) && (epoch.is_multiple_of(stride) || epoch == self.epochs)
    }

    async fn go_on(&mut self, steps: usize) -> Result<Vec<Event>, Error> {
        if !self.settled {
            self.settled = true;
            return self.due().await;
        }
        let step = self.learner.step();
        if step >= self.total_steps() {
            return Ok(vec![Event::Finished]);
        }
        let stop = self.next_stop(step).min(step + steps.max(1));
        let loss = self.learner.advance(&self.data, stop - step).await?;
        self.settled = !self.is_checkpoint(stop) && !self.is_epoch_end(stop);
        Ok(vec![Event::Progress { step: stop, loss }])
    }

    /// What is due at the present step: losses, a checkpoint, a training state; in this order, so
    /// that whoever stores the state last can go on from it.
    async fn due(&mut self) -> Result<Vec<Event>, Error> {
        let step = self.learner.step();
        let is_checkpoint = self.is_checkpoint(step);
        let mut events = Vec::new();
        if is_checkpoint || self.is_evaluated(step) {
            let (losses, sample_losses) = self.learner.evaluate(&self.data).await?;
            if !losses.train_loss.is_finite() {
                // The step before still had a finite loss, this network is of no more use all the
                // same.
                return Err(Error::Diverged {
                    step,
                    epoch: losses.epoch,
                    loss: losses.train_loss,
                });
            }
            events.push(Event::Epoch(losses));
            if is_checkpoint {
                events.push(Event::Checkpoint {
                    losses,
                    sample_losses,
                    weights: self.learner.weights().await?,
                });
            }
        }
        if is_checkpoint || step >= self.saved + STEPS_PER_STATE {
            events.push(Event::State(self.learner.state().await?));
            self.saved = step;
        }
        Ok(events)
    }
}

impl<M: DataKind> Training for Session<M> {
    fn advance(&mut self, steps: usize) -> Answer<'_, Vec<Event>> {
        Box::pin(self.go_on(steps))
    }

    fn state(&self) -> Answer<'_, TrainingState> {
        Box::pin(self.learner.state())
    }

    fn is_settled(&self) -> bool {
        self.settled
    }

    fn progress(&self) -> Progress {
        Progress {
            step: self.learner.step(),
            epoch: self.learner.epoch(),
            steps_per_epoch: self.learner.steps_per_epoch(),
            total_steps: self.total_steps(),
        }
    }

    fn describe(&self) -> String {
        self.learner.describe()
    }

    fn checkpoints(&self) -> &[usize] {
        &self.checkpoints
    }
}
