//! A perceptron that is small enough for its whole Hessian, by an f64 implementation of its own.

use pollster::block_on;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use spindle_data::{Split, pictures::PictureSet};
use spindle_kernels::Sequential;
use spindle_run::{Experiment, device::Place, experiment::Activation, modality::Pictures};

use super::*;
use crate::networks::sequential::{Frame, network};

const SIDE: usize = 4;
const PIXELS: usize = SIDE * SIDE;
const HIDDEN: usize = 3;
const CLASSES: usize = 2;
const COUNT: usize = 24;

/// Random pictures with random labels.
fn data() -> Data<Pictures> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut split = || {
        let pixels = (0..COUNT * PIXELS).map(|_| rng.random()).collect();
        let labels = (0..COUNT as u16).map(|index| index % 2).collect();
        let (channels, side) = (1, SIDE);
        Split::new(
            labels,
            PictureSet::Held {
                pixels,
                channels,
                side,
            },
        )
        .expect("as many")
    };
    Data {
        train: split(),
        test: split(),
        classes: vec!["even".into(), "odd".into()],
        source: "made for this test".into(),
        warnings: Vec::new(),
    }
}

fn surveyed(data: &Data<Pictures>, batch: usize) -> SurveyOf<Pictures> {
    let mut experiment = Experiment::default();
    experiment.training.batch = batch;
    let perceptron = Sequential::mlp("perceptron", SIDE, &[HIDDEN, CLASSES], Activation::Relu);
    let network = network(perceptron, Frame::LeftOut);
    let experiment = experiment.check().expect("possible");
    SurveyOf::new(&experiment, data, network, Place::CPU.into(), COUNT).expect("it fits")
}

/// Weights in a row, in the order of their names; back into tensors.
fn flat(weights: &Tensors) -> Vec<f64> {
    let values = weights.values().flat_map(|tensor| &tensor.data);
    values.map(|&value| f64::from(value)).collect()
}

/// Mean cross-entropy of the perceptron, by its definition: first.bias, first.weight, last.bias,
/// last.weight.
fn loss(weights: &[f64], inputs: &[f32]) -> f64 {
    let (first_bias, rest) = weights.split_at(HIDDEN);
    let (first, rest) = rest.split_at(HIDDEN * PIXELS);
    let (last_bias, last) = rest.split_at(CLASSES);
    let dense = |x: &[f64], weight: &[f64], bias: &[f64]| -> Vec<f64> {
        let rows = weight.chunks_exact(x.len()).zip(bias);
        rows.map(|(row, b)| row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>() + b)
            .collect()
    };
    let of_one = |(index, picture): (usize, &[f32])| {
        let picture: Vec<f64> = picture.iter().map(|&x| f64::from(x)).collect();
        let hidden = dense(&picture, first, first_bias);
        let hidden: Vec<f64> = hidden.into_iter().map(|z| z.max(0.0)).collect();
        let logits = dense(&hidden, last, last_bias);
        logits.iter().map(|z| z.exp()).sum::<f64>().ln() - logits[index % 2]
    };
    let samples = inputs.chunks_exact(PIXELS).enumerate();
    samples.map(of_one).sum::<f64>() / COUNT as f64
}

/// The largest eigenvalue of the Hessian, whole, by differences of the loss and a long power
/// iteration.
fn dense_eigenvalue(weights: &[f64], inputs: &[f32]) -> f64 {
    let (count, step) = (weights.len(), 1e-4);
    let at = |moves: [(usize, f64); 2]| {
        let mut moved = weights.to_vec();
        moves.into_iter().for_each(|(index, by)| moved[index] += by);
        loss(&moved, inputs)
    };
    let second = |i: usize, j: usize| {
        let corner = |a: f64, b: f64| at([(i, a * step), (j, b * step)]);
        let sum = corner(1.0, 1.0) - corner(1.0, -1.0) - corner(-1.0, 1.0) + corner(-1.0, -1.0);
        sum / (4.0 * step * step)
    };
    let hessian: Vec<Vec<f64>> = (0..count)
        .map(|i| (0..count).map(|j| second(i, j)).collect())
        .collect();
    // All eigenvalues become positive.
    let shift = hessian
        .iter()
        .flatten()
        .map(|x| x.abs())
        .fold(0.0, f64::max)
        * count as f64;
    let mut vector = vec![1.0; count];
    vector[0] = 1.5;
    let mut value = 0.0;
    for _ in 0..20_000 {
        let image: Vec<f64> = hessian
            .iter()
            .zip(&vector)
            .map(|(row, own)| {
                row.iter().zip(&vector).map(|(h, v)| h * v).sum::<f64>() + shift * own
            })
            .collect();
        let norm = image.iter().map(|x| x * x).sum::<f64>().sqrt();
        vector = image.into_iter().map(|x| x / norm).collect();
        value = norm - shift;
    }
    value
}

#[test]
fn the_eigenvalue_is_that_of_the_whole_hessian_whatever_the_batches() {
    let data = data();
    let weights = surveyed(&data, COUNT).first;
    let inputs = data.train.batch(
        &(0..COUNT).collect::<Vec<_>>(),
        spindle_run::input::PictureShape {
            channels: 1,
            side: SIDE,
        },
    );
    let inputs = inputs.expect("held");
    let expected = dense_eigenvalue(&flat(&weights), &inputs);
    for batch in [COUNT, 8] {
        let survey = surveyed(&data, batch);
        assert_eq!(survey.train.len(), COUNT);
        let watched = || std::ops::ControlFlow::Continue(());
        let found = block_on(survey.at(0, &weights, &watched)).expect("finite");
        assert!((found.loss - loss(&flat(&weights), &inputs)).abs() < 1e-6);
        let Curvature {
            eigenvalue,
            residual,
            ..
        } = found.curvature;
        assert!(
            (eigenvalue - expected).abs() < 0.02 * expected,
            "{eigenvalue} {expected}"
        );
        assert!(residual <= 0.021 * eigenvalue, "{found:?}");
        assert!(
            found.sam > 0.9 * SAM_RADIUS * found.gradient_norm,
            "{found:?}"
        );
        assert!(found.bound.divergence == 0.0, "{found:?}");
    }
}

#[test]
fn a_survey_stops_when_it_is_told() {
    let data = data();
    let survey = surveyed(&data, COUNT);
    let stopped = block_on(survey.at(0, &survey.first, &|| std::ops::ControlFlow::Break(())));
    assert!(matches!(stopped, Err(Error::Stopped)));
}
