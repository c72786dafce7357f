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

    /// Gradient of the mean loss of some batches of one size, of the parameters that have one. A
    /// trainer's: after steps that do not move the weights its momentum is their sum. Where a network
    /// normalises by batches, it is the loss of such batches that is descended.
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
        let mut sum = trainer.snapshot().await?.momentum;
        for parameter in self.network.parameters() {
            if !parameter.has_gradient {
                sum.remove(&parameter.name);
            }
        }
        Ok(Direction(sum).scaled(1.0 / batches.len() as f64))
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

#[cfg(all(test, feature = "burn"))]
mod tests {
    use pollster::block_on;
    use spindle_run::{
        experiment::Model,
        input::{CloudShape, Points},
        modality::Clouds,
        random::Stream,
    };

    use super::*;
    use crate::network::initial_weights;

    /// A direction of running variances would make some of them negative.
    #[test]
    fn running_statistics_have_no_direction() -> Result<(), Error> {
        let points = 24;
        let network = Clouds::network(Model::Dgcnn, CloudShape { points }, 3)?;
        let learner = Learner::new(network.clone(), Place::BURN_ON_CPU.into())?;
        let weights = initial_weights(&*network, 0);
        let mut rng = Stream::Directions.rng(0, 0);
        let values = (0..4 * points * 3).map(|_| spindle_run::random::normal(&mut rng) as f32);
        let batch = Batch {
            inputs: Points {
                values: values.collect(),
                points,
            },
            labels: vec![0, 1, 2, 0],
        };
        let gradient = block_on(learner.gradient(&[batch], &weights))?;
        let is_statistic = |name: &str| name.contains("running");
        assert!(gradient.0.keys().all(|name| !is_statistic(name)));
        let rest = weights.len() - gradient.0.len();
        assert_eq!(
            rest,
            weights.keys().filter(|name| is_statistic(name)).count()
        );
        assert!(rest > 0 && gradient.norm() > 0.0);
        let moved = Direction::random(&gradient, &mut rng).from(&weights, 1.0);
        assert_eq!(moved["bn1.running_var"], weights["bn1.running_var"]);
        Ok(())
    }
}
