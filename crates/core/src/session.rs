//! A run as a stream of events, pulled by whoever shows or stores it.
//!
//! [`Session::advance`] does a bounded piece of work and tells what happened. Pulling less is pausing, dropping is
//! cancelling; there are no threads of its own that outlive a call, and no blocking waits.

use spindle_run::{
    Experiment,
    analysis::summarize,
    decomposition::decompose_outputs,
    event::{Event, Interactions, Stage, TrainingState},
    record::{LossRecord, Provenance, StandIn},
    schedule,
};

use crate::{Error, extract::Extraction, train::Trainer};
use spindle_data::{Data, MeasuredSample, measured_samples, too_short};

/// Steps after which a training state is handed out, at the next end of an epoch.
const STEPS_PER_STATE: usize = 1_000;

/// What a session does at a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Hand out its weights, for a later measurement.
    WeightsOnly,
    /// Extract and decompose at once.
    Interactions,
}

/// A training in progress and what is measured on the way.
pub struct Session {
    experiment: Experiment,
    data: Data,
    samples: Vec<MeasuredSample>,
    trainer: Trainer,
    measure: Measure,
    /// Steps at which checkpoints lie, ascending.
    checkpoints: Vec<usize>,
    /// Step of the last training state handed out.
    saved: usize,
    /// Whether what is due at the present step has been handed out.
    settled: bool,
}

impl Session {
    /// A session from the beginning, or from a training state of the same experiment.
    ///
    /// # Errors
    /// The data set cannot serve the experiment, or the state does not fit the network.
    pub fn new(
        experiment: Experiment,
        data: Data,
        state: Option<&TrainingState>,
        measure: Measure,
    ) -> Result<Self, Error> {
        let trainer = match state {
            Some(state) => Trainer::resume(experiment.clone(), &data, state)?,
            None => Trainer::new(experiment.clone(), &data)?,
        };
        let shape = trainer.architecture().input;
        let samples = measured_samples(&experiment, &data, trainer.set(), shape)?;
        let checkpoints = schedule(&experiment, trainer.steps_per_epoch());
        Ok(Self {
            saved: trainer.step(),
            // A state is handed out when all else at its step has been.
            settled: state.is_some(),
            experiment,
            data,
            samples,
            trainer,
            measure,
            checkpoints,
        })
    }

    /// The samples that are measured.
    #[must_use]
    pub fn samples(&self) -> &[MeasuredSample] {
        &self.samples
    }

    /// The training behind it.
    #[must_use]
    pub fn trainer(&self) -> &Trainer {
        &self.trainer
    }

    /// What is needed to repeat the run, and what it runs on; no time has gone by yet.
    #[must_use]
    pub fn provenance(&self) -> Provenance {
        let digest = self.data.digest();
        Provenance {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            engine: self.trainer.engine().describe(),
            data: self.data.source.clone(),
            stand_in: StandIn::of(self.experiment.data, &digest),
            data_digest: digest,
            train_size: self.trainer.set().len(),
            mislabelled: self.trainer.set().mislabelled(),
            test_size: self.data.test.len(),
            chance_loss: Some(self.data.test.label_entropy()),
            train_seconds: 0.0,
            extract_seconds: 0.0,
            decompose_seconds: 0.0,
        }
    }

    /// What was left out of the data set, and which samples cannot be measured.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = self.data.warnings.clone();
        warnings.extend(too_short(&self.experiment, &self.data));
        warnings
    }

    /// The data set.
    #[must_use]
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// Whether all that is due at the present step has been handed out: only then can a training state go on from here.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.settled
    }

    /// Training steps in all.
    #[must_use]
    pub fn total_steps(&self) -> usize {
        self.experiment.epochs * self.trainer.steps_per_epoch()
    }

    /// Steps at which checkpoints lie, ascending.
    #[must_use]
    pub fn checkpoints(&self) -> &[usize] {
        &self.checkpoints
    }

    /// Does what is due at this step, or else up to `steps` training steps, and tells what happened, in order.
    ///
    /// The last event of a run is [`Event::Finished`].
    ///
    /// # Errors
    /// The network diverged or the device failed. What was handed out before is still good.
    pub async fn advance(&mut self, steps: usize) -> Result<Vec<Event>, Error> {
        if !self.settled {
            self.settled = true;
            return self.due().await;
        }
        let step = self.trainer.step();
        if step >= self.total_steps() {
            return Ok(vec![Event::Finished]);
        }
        let stop = self.next_stop(step).min(step + steps.max(1));
        let loss = self.trainer.advance(&self.data, stop - step).await?;
        self.settled = !self.is_stop(stop);
        Ok(vec![Event::Progress {
            stage: Stage::Train,
            done: stop,
            total: self.total_steps(),
            loss: Some(loss),
        }])
    }

    /// The next step after `step` at which something is due.
    fn next_stop(&self, step: usize) -> usize {
        let per_epoch = self.trainer.steps_per_epoch();
        let epoch_end = (step / per_epoch + 1) * per_epoch;
        let checkpoint = self.checkpoints.iter().copied().find(|&c| c > step);
        checkpoint.unwrap_or(epoch_end).min(epoch_end)
    }

    fn is_stop(&self, step: usize) -> bool {
        self.checkpoints.binary_search(&step).is_ok()
            || step.is_multiple_of(self.trainer.steps_per_epoch())
    }

    /// What is due at the present step: losses, a checkpoint and its interactions, a training state; in this order, so
    /// that whoever stores the state last can go on from it.
    async fn due(&mut self) -> Result<Vec<Event>, Error> {
        let step = self.trainer.step();
        let is_checkpoint = self.checkpoints.binary_search(&step).is_ok();
        let mut events = Vec::new();
        if is_checkpoint || self.is_evaluated(step) {
            let (losses, sample_losses) = self.trainer.evaluate(&self.data).await?;
            if !losses.train_loss.is_finite() {
                // The step before still had a finite loss, this network is of no more use all the same.
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
                    weights: self.trainer.engine().weights().await?,
                });
                if self.measure == Measure::Interactions {
                    self.measure(losses, &mut events).await?;
                }
            }
        }
        if is_checkpoint || step >= self.saved + STEPS_PER_STATE {
            events.push(Event::State(self.trainer.state().await?));
            self.saved = step;
        }
        Ok(events)
    }

    /// Losses are evaluated after every epoch at first, then after every 2nd, 4th, ... so that a curve over
    /// log-spaced epochs is as dense everywhere.
    fn is_evaluated(&self, step: usize) -> bool {
        let per_epoch = self.trainer.steps_per_epoch();
        let epoch = step / per_epoch;
        let stride = (epoch / 16).max(1).next_power_of_two();
        step.is_multiple_of(per_epoch)
            && (epoch.is_multiple_of(stride) || epoch == self.experiment.epochs)
    }

    async fn measure(&self, losses: LossRecord, events: &mut Vec<Event>) -> Result<(), Error> {
        let engine = self.trainer.engine();
        let architecture = *self.trainer.architecture();
        let players = self.experiment.players;
        let mut extraction = Extraction::new(architecture, &self.samples, players, losses.step);
        while !extraction.is_done() {
            extraction.advance(engine).await?;
        }
        let outputs = extraction.into_outputs();
        let never_stop = |_| std::ops::ControlFlow::Continue(());
        let decomposed = decompose_outputs(&self.experiment, &outputs, &never_stop)?;
        let records: Vec<_> = self.samples.iter().map(|s| s.record.clone()).collect();
        let summary = summarize(
            &self.experiment,
            &records,
            &outputs,
            &decomposed.decompositions,
        )?;
        events.push(Event::Outputs(outputs));
        events.extend(decomposed.warnings.into_iter().map(Event::Warning));
        events.push(Event::Interactions(Box::new(Interactions {
            step: losses.step,
            decompositions: decomposed.decompositions,
            summary,
        })));
        Ok(())
    }
}
