//! Training on the embedded digits: what repeats, what resumes, and what it does not depend on.

use pollster::block_on;
use spindle_core::{
    Error, log_odds::log_odds, network::Network, networks::Networks as _, train::Learner,
};
use spindle_data::{Data, DataKind as _, mnist, training_masks};
use spindle_run::{
    Experiment, device::Place, event::TrainingState, experiment::Model, modality::Pictures,
};
use std::sync::Arc;

type Outcome = Result<(), Error>;
type Digits = Data<Pictures>;

/// Two epochs are ten steps, and the last batch of each is a partial one.
fn small() -> Experiment {
    let mut experiment = Experiment::default();
    experiment.training.train_size = Some(300);
    experiment.training.batch = 70;
    experiment.training.learning_rate = 0.05;
    experiment
}

fn lenet(data: &Digits) -> Result<Arc<dyn Network<Pictures>>, Error> {
    let size = Pictures::size(data.train.samples());
    Pictures::network(Model::Lenet, size, data.classes.len())
}

fn learner(
    experiment: Experiment,
    data: &Digits,
    state: Option<&TrainingState>,
    place: Place,
) -> Result<Learner<Pictures>, Error> {
    Learner::new(experiment.check()?, data, lenet(data)?, state, place)
}

fn largest_difference(a: &TrainingState, b: &TrainingState) -> f32 {
    let [a, b] = [a, b].map(|state| state.weights.values().chain(state.momentum.values()));
    let pairs = a.zip(b).flat_map(|(a, b)| a.data.iter().zip(&b.data));
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn kernels_learn_digits_as_burn_does() -> Outcome {
    let data = mnist::embedded()?;
    let on = |place| learner(small(), &data, None, place);
    let (mut kernels, mut burn) = (on(Place::CPU)?, on(Place::BURN_ON_CPU)?);
    for _ in 0..10 {
        let [a, b] = [
            block_on(kernels.advance(&data, 1))?,
            block_on(burn.advance(&data, 1))?,
        ];
        assert!((a - b).abs() < 1e-5, "{a} {b}");
    }
    let (a, b) = (block_on(kernels.state())?, block_on(burn.state())?);
    assert!(a.weights.keys().eq(b.weights.keys()));
    assert!(a.momentum.keys().eq(b.momentum.keys()));
    assert!(largest_difference(&a, &b) < 1e-4);
    Ok(())
}

#[test]
fn training_repeats_and_resumes_to_the_bit() -> Outcome {
    let data = mnist::embedded()?;
    let mut unbroken = learner(small(), &data, None, Place::CPU)?;
    block_on(unbroken.advance(&data, 13))?;
    let mut first = learner(small(), &data, None, Place::CPU)?;
    block_on(first.advance(&data, 6))?;
    let state = block_on(first.state())?;
    drop(first);
    let mut resumed = learner(small(), &data, Some(&state), Place::CPU)?;
    block_on(resumed.advance(&data, 7))?;
    assert_eq!(block_on(unbroken.state())?, block_on(resumed.state())?);
    Ok(())
}

#[test]
fn training_does_not_depend_on_the_number_of_threads() -> Outcome {
    let data = mnist::embedded()?;
    let with = |threads| -> Result<TrainingState, Error> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|error| Error::Data(error.to_string()))?;
        pool.install(|| {
            let mut learner = learner(small(), &data, None, Place::CPU)?;
            block_on(learner.advance(&data, 7))?;
            block_on(learner.state())
        })
    };
    let one = with(1)?;
    assert_eq!(one, with(2)?);
    assert_eq!(one, with(5)?);
    Ok(())
}

/// As [`small`], with a penalty on what joins two players or more.
fn penalised(weight: f64) -> Experiment {
    let mut experiment = small();
    experiment.training.penalty = weight;
    experiment.training.penalty_order = 2;
    experiment.measurement.players = 6;
    experiment
}

/// Mean square, over some digits, of what joins the first two players whatever others are there.
fn pairs(learner: &Learner<Pictures>, data: &Digits) -> Result<f64, Error> {
    let shape = learner.network().shape();
    let mut squares = Vec::new();
    for position in 0..20 {
        let masks = training_masks(&penalised(0.0), data, position, shape.masked)?;
        let picture = data.train.batch(&[position], shape.input)?;
        let logits = block_on(learner.evaluator().masked_logits(&picture, &masks))?;
        let label = data.train.labels().label(position);
        let v: Vec<f64> = logits.chunks(10).map(|z| log_odds(z, label)).collect();
        let differences = (0..64)
            .step_by(4)
            .map(|s| v[s + 3] - v[s + 2] - v[s + 1] + v[s]);
        squares.extend(differences.map(|difference| difference * difference));
    }
    Ok(squares.iter().sum::<f64>() / squares.len() as f64)
}

#[test]
fn a_penalty_keeps_interactions_small_and_repeats_to_the_bit() -> Outcome {
    let data = mnist::embedded()?;
    let trained = |weight: f64| -> Result<Learner<Pictures>, Error> {
        let mut learner = learner(penalised(weight), &data, None, Place::CPU)?;
        block_on(learner.advance(&data, 60))?;
        Ok(learner)
    };
    // Hardly trained, outputs move by thousandths of a nat.
    let (free, bound) = (trained(0.0)?, trained(1e4)?);
    let (free, kept) = (pairs(&free, &data)?, pairs(&bound, &data)?);
    assert!(kept < 0.5 * free, "{kept} against {free}");
    let mut first = learner(penalised(1e4), &data, None, Place::CPU)?;
    block_on(first.advance(&data, 23))?;
    let state = block_on(first.state())?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build();
    let pool = pool.map_err(|error| Error::Data(error.to_string()))?;
    let resumed = pool.install(|| {
        let mut resumed = learner(penalised(1e4), &data, Some(&state), Place::CPU)?;
        block_on(resumed.advance(&data, 37))?;
        block_on(resumed.state())
    })?;
    assert_eq!(block_on(bound.state())?, resumed);
    let burn = learner(penalised(1.0), &data, None, Place::BURN_ON_CPU);
    let said = burn
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default();
    assert!(
        said.contains("penalty is 1") && said.contains("knows no penalty"),
        "{said}"
    );
    let mut apart = penalised(1.0);
    apart.measurement.players = 2;
    apart.training.penalty_order = 3;
    assert!(apart.check().is_err());
    Ok(())
}

#[test]
fn a_diverging_network_is_told_with_its_step() -> Outcome {
    let data = mnist::embedded()?;
    // Some rates leave a network whose units are all dead, with a large but finite loss.
    let outcomes = [1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0].map(|rate| {
        let mut wild = small();
        wild.training.learning_rate = rate;
        let mut learner = learner(wild, &data, None, Place::CPU)?;
        block_on(learner.advance(&data, 20))
    });
    let steps = outcomes.into_iter().filter_map(|outcome| match outcome {
        Err(Error::Diverged { step, .. }) => Some(step),
        _ => None,
    });
    let steps: Vec<usize> = steps.collect();
    assert!(!steps.is_empty());
    assert!(steps.iter().all(|step| (1..20).contains(step)), "{steps:?}");
    Ok(())
}

#[test]
fn lenet_has_the_published_number_of_parameters() -> Outcome {
    let parameters = lenet(&mnist::embedded()?)?.parameters();
    let counts = parameters.iter().map(|p| p.shape.iter().product::<usize>());
    assert_eq!(counts.sum::<usize>(), 61_706);
    Ok(())
}
