//! Around the weights of a checkpoint: the samples that a loss is taken of, its gradient, directions
//! in which weights move. For what is measured on demand at the checkpoints of a run.

mod course;
mod direction;
mod samples;

use std::sync::Arc;

use spindle_run::{
    device::{Place, Places},
    event::Tensors,
};

use crate::{
    Error,
    backend::{self, Choice},
    network::{Network, Sgd, Snapshot},
    networks::Networks,
};

pub use self::course::{Probe, measure, weights};
pub(crate) use self::{
    direction::Direction,
    samples::{Batch, Sampled},
};

/// A network with what computes it, at any weights.
pub(crate) struct Learner<M: Networks> {
    pub(crate) network: Arc<dyn Network<M>>,
    choice: Choice<M>,
    /// Where it is evaluated.
    pub(crate) place: Place,
}

impl<M: Networks> Learner<M> {
    /// # Errors
    /// A place where the network cannot be trained.
    pub(crate) fn new(network: Arc<dyn Network<M>>, places: Places) -> Result<Self, Error> {
        Ok(Self {
            choice: Choice::new(&*network, places.training)?,
            place: places.evaluation,
            network,
        })
    }

    /// Gradient of the mean loss of some batches of one size. A trainer's: after steps that do not
    /// move the weights its momentum is their sum.
    pub(crate) async fn gradient(
        &self,
        batches: &[Batch<M>],
        weights: &Tensors,
    ) -> Result<Direction, Error> {
        let from = Snapshot {
            weights: weights.clone(),
            momentum: Tensors::new(),
        };
        let mut trainer = self.choice.trainer.trainer(&*self.network, &from)?;
        let still = Sgd {
            learning_rate: 0.0,
            momentum: 1.0,
        };
        for batch in batches {
            trainer.step(&batch.inputs, &batch.labels, still)?;
        }
        let sum = Direction(trainer.snapshot().await?.momentum);
        Ok(sum.scaled(1.0 / batches.len() as f64))
    }

    /// Logits of all samples.
    pub(crate) async fn logits(
        &self,
        samples: &Sampled<M>,
        weights: &Tensors,
    ) -> Result<Vec<f32>, Error> {
        let evaluator = backend::evaluator(&*self.network, self.place, weights)?;
        let mut logits = Vec::new();
        for batch in samples.batches() {
            logits.extend(evaluator.logits(&batch.inputs).await?);
        }
        Ok(logits)
    }
}
