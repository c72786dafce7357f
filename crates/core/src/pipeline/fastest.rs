//! Where a network is trained and where it is measured, by a short measurement of both.
//!
//! The two choose apart: masked outputs of a small network are had fastest on the CPU, whatever
//! trains it, while a large network's keep a graphics card busy.

use std::{fmt, sync::Arc};

use spindle_data::{AnyData, Data, Labelled as _, TrainingSet, measured_samples};
use spindle_run::{
    Experiment,
    device::{Place, Places},
    each,
    experiment::CheckedExperiment,
};
use web_time::Instant;

use crate::{
    Error,
    extract::Measured,
    network::{Network, initial_weights},
    networks::Networks,
    train::Learner,
};

/// Time for which each place is measured, seconds, and steps that are enough.
const SECONDS: f64 = 0.6;
const MOST_STEPS: usize = 200;
/// How much faster a device must be than the CPU: less is not worth its heat.
const WORTH: f64 = 1.2;
/// Players whose masks are measured: 64 masks.
const PLAYERS: usize = 6;

/// What was chosen, and by which numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fastest {
    /// Where.
    pub places: Places,
    /// On the CPU.
    cpu: Rates,
    /// On the other device.
    device: Rates,
}

/// What a place does in a second.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rates {
    steps: f64,
    /// Masked outputs.
    outputs: f64,
}

impl fmt::Display for Fastest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            places,
            cpu,
            device,
        } = self;
        write!(
            formatter,
            "training on {} ({:.3} steps/s on the CPU, {:.3} on the device), masked outputs on {} ({:.0}/s and {:.0}/s)",
            places.training,
            cpu.steps,
            device.steps,
            places.evaluation,
            cpu.outputs,
            device.outputs
        )
    }
}

/// Measures a device beside the CPU, on an experiment's own network and data.
///
/// # Errors
/// As [`super::lab`]; a device that fails.
pub async fn fastest(
    experiment: &CheckedExperiment,
    data: &AnyData,
    device: Place,
) -> Result<Fastest, Error> {
    each!(data, data => fastest_of(experiment, data, device).await)
}

async fn fastest_of<M: Networks>(
    experiment: &CheckedExperiment,
    data: &Data<M>,
    device: Place,
) -> Result<Fastest, Error> {
    let model = experiment.training.model;
    let network = M::network(model, M::size(data.train.samples()), data.classes.len())?;
    let [cpu, found] = [
        rates(experiment, data, &network, Place::CPU).await?,
        rates(experiment, data, &network, device).await?,
    ];
    let faster = |here: f64, there: f64| match here > WORTH * there {
        true => device,
        false => Place::CPU,
    };
    Ok(Fastest {
        places: Places {
            training: faster(found.steps, cpu.steps),
            evaluation: faster(found.outputs, cpu.outputs),
        },
        cpu,
        device: found,
    })
}

async fn rates<M: Networks>(
    experiment: &CheckedExperiment,
    data: &Data<M>,
    network: &Arc<dyn Network<M>>,
    place: Place,
) -> Result<Rates, Error> {
    let mut learner = Learner::new(experiment.clone(), data, network.clone(), None, place)?;
    // What is compiled and allocated first counts in no rate.
    learner.advance(data, 1).await?;
    let (start, mut steps) = (Instant::now(), 0);
    while start.elapsed().as_secs_f64() < SECONDS && steps < MOST_STEPS {
        // One after the other, or a device's queue is measured and not its work.
        learner.advance(data, 1).await?;
        steps += 1;
    }
    Ok(Rates {
        steps: steps as f64 / start.elapsed().as_secs_f64(),
        outputs: outputs_per_second(experiment, data, &**network, place).await?,
    })
}

async fn outputs_per_second<M: Networks>(
    experiment: &CheckedExperiment,
    data: &Data<M>,
    network: &dyn Network<M>,
    place: Place,
) -> Result<f64, Error> {
    let mut few: Experiment = experiment.clone().into();
    let players = few.measurement.players.min(PLAYERS);
    few.measurement.players = players;
    few.measurement.samples = 1;
    few.measurement.train_samples = 0;
    few.measurement.mislabelled_samples = 0;
    let few = few.check()?;
    let set = TrainingSet::draw(&few, data.about())?;
    let samples = measured_samples(&few, data, &set, network.shape())?;
    let weights = initial_weights(network, few.training.seed);
    let measured = Measured::new(network, &weights, place)?;
    let mut start = Instant::now();
    for (round, sample) in samples.iter().cycle().take(2).enumerate() {
        if round == 1 {
            start = Instant::now();
        }
        measured.masked_logits(sample).await?;
    }
    Ok(f64::from(1 << players) / start.elapsed().as_secs_f64())
}
