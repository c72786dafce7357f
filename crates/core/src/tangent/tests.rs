//! A network without a hidden layer and with two classes: its log-odds are linear in weights and in
//! inputs, so that derivatives are known and no effect joins players.

use pollster::block_on;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use spindle_data::{Split, pictures::PictureSet};
use spindle_kernels::Sequential;
use spindle_run::{Experiment, device::Place, experiment::Activation, modality::Pictures};
use std::ops::ControlFlow;

use super::*;
use crate::{
    network::initial_weights,
    networks::sequential::{Frame, network},
};

const SIDE: usize = 28;
const COUNT: usize = 24;
const PLAYERS: usize = 4;

fn data() -> Data<Pictures> {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut split = || {
        let pixels = (0..COUNT * SIDE * SIDE).map(|_| rng.random()).collect();
        let labels = (0..COUNT as u16).map(|index| index % 2).collect();
        let set = PictureSet::Held {
            pixels,
            channels: 1,
            side: SIDE,
        };
        Split::new(labels, set).expect("as many")
    };
    Data {
        train: split(),
        test: split(),
        classes: vec!["even".into(), "odd".into()],
        source: "made for this test".into(),
        warnings: Vec::new(),
    }
}

fn linear(hidden: &[usize]) -> TangentsOf<Pictures> {
    let mut experiment = Experiment::default();
    experiment.training.batch = 8;
    experiment.measurement.players = PLAYERS;
    experiment.measurement.samples = 3;
    experiment.measurement.train_samples = 2;
    let experiment = experiment.check().expect("possible");
    let wanted = Wanted {
        samples: COUNT,
        measured: 2,
        directions: 3,
    };
    let layers = [hidden, &[2]].concat();
    let model = Sequential::mlp("perceptron", SIDE, &layers, Activation::Relu);
    let network = network(model, Frame::LeftOut);
    let (data, place) = (data(), Place::CPU.into());
    let first = initial_weights(&*network, 0);
    TangentsOf::with(&experiment, &data, network, place, wanted, first).expect("it fits")
}

fn go_on() -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn derivatives_of_a_linear_network_are_its_outputs_in_that_direction() {
    let tangents = linear(&[]);
    let weights = initial_weights(&*tangents.learner.network, 0);
    let gradient = block_on(
        tangents
            .learner
            .gradient(tangents.train.batches(), &weights),
    );
    let gradient = gradient.expect("it trains");
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let direction = Direction::random(&gradient, &mut rng);
    let moved = block_on(tangents.moved(0, &weights, (&direction, STEP), &go_on)).expect("finite");
    let expected = block_on(tangents.outputs(0, &direction.0, &go_on)).expect("finite");
    let length = gradient.same_of(&weights).norm() / direction.norm();
    for (moved, expected) in moved.iter().flatten().zip(expected.iter().flatten()) {
        let expected = length * expected;
        let scale = expected.abs().max(1.0);
        assert!(
            (moved - expected).abs() < 1e-3 * scale,
            "{moved} {expected}"
        );
    }
}

#[test]
fn nothing_joins_players_in_a_linear_network_and_effects_are_like_those_of_the_same_weights() {
    let tangents = linear(&[]);
    assert_eq!(tangents.measured(), [(Group::Test, 2), (Group::Train, 2)]);
    let weights = initial_weights(&*tangents.learner.network, 0);
    let found = block_on(tangents.at(0, &weights, &go_on)).expect("measured");
    assert_eq!((found.samples, found.directions), (COUNT, 3));
    for group in &found.groups {
        for shares in [&group.outputs, &group.step, &group.random] {
            let first = shares[0].expect("there are effects");
            assert!(first.value > 0.99, "{shares:?}");
        }
        let likeness = group.likeness[0].expect("there are effects");
        assert!((likeness.value - 1.0).abs() < 1e-9);
    }
    assert!(found.agreement.train.low >= -1.0 && found.agreement.test.high <= 1.0);
}

#[test]
fn a_hidden_layer_joins_players() {
    let tangents = linear(&[8]);
    let weights = initial_weights(&*tangents.learner.network, 0);
    let found = block_on(tangents.at(0, &weights, &go_on)).expect("measured");
    let first = found.groups[0].outputs[0].expect("there are effects");
    assert!(first.value < 0.99);
    let stopped = block_on(tangents.at(0, &weights, &|| ControlFlow::Break(())));
    assert!(matches!(stopped, Err(Error::Stopped)));
}
