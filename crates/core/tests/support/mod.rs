//! A small network of every row of the table, with inputs and masks for it.
#![allow(dead_code, reason = "every test binary uses a part of it")]

use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use spindle_core::{
    network::Network,
    networks::{AnyNetwork, Networks},
};
use spindle_run::{
    each::Each,
    event::Tensors,
    experiment::{Family, Kind, Model},
    input::{CloudShape, PictureSize, Points, TextShape, Tokens},
    modality::{Clouds, Modality, NetworkShape, Pictures, Texts},
    player::{ClusterMasks, PatchMasks, WordMasks, cluster},
};

/// Classes of every network here.
pub(crate) const CLASSES: usize = 3;
/// Inputs of a batch.
pub(crate) const BATCH: usize = 4;
/// Word pieces there are, and points of a cloud: a number that fills no vector.
const VOCABULARY: usize = 150;
const POINTS: usize = 42;

/// What a conformance test needs of a kind of data.
pub(crate) trait Sampled: Networks {
    /// A batch for a network.
    fn inputs(shape: NetworkShape<Self>, count: usize) -> Self::Batch;

    /// Masks of three players of an input, which is a batch of one.
    fn three_players(shape: NetworkShape<Self>, input: &Self::Batch) -> Self::Masks;
}

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

impl Sampled for Pictures {
    fn inputs(shape: NetworkShape<Self>, count: usize) -> Vec<f32> {
        let mut rng = rng(2);
        let len = count * shape.input.channels * shape.input.side.pow(2);
        (0..len).map(|_| rng.random()).collect()
    }

    fn three_players(shape: NetworkShape<Self>, _input: &Vec<f32>) -> PatchMasks {
        PatchMasks::new(&[[1, 1], [2, 4], [5, 3]], shape.masked.side)
    }
}

/// Words that are players.
const WORDS: [usize; 3] = [1, 3, 4];

impl Sampled for Texts {
    /// Texts of several lengths, the first one longer than a panel, some of them pairs.
    fn inputs(_shape: NetworkShape<Self>, count: usize) -> Tokens {
        let mut rng = rng(5);
        let texts: Vec<(Vec<u32>, Vec<u8>)> = (0..count)
            .map(|index| {
                let length = 45 - index * 23 % 37;
                let ids = (0..length).map(|_| rng.random_range(1..VOCABULARY as u32));
                let second = length - index % 3 * length / 4;
                let types = (0..length).map(|piece| u8::from(piece >= second));
                (ids.collect(), types.collect())
            })
            .collect();
        Tokens::new(texts.iter().map(|(ids, types)| (&ids[..], &types[..])))
    }

    fn three_players(_shape: NetworkShape<Self>, input: &Tokens) -> WordMasks {
        let pieces = input.lengths[0];
        let words: Vec<Option<usize>> = (0..pieces).map(|piece| piece.checked_sub(1)).collect();
        WordMasks::new(&WORDS, &words)
    }
}

impl Sampled for Clouds {
    fn inputs(shape: NetworkShape<Self>, count: usize) -> Points {
        let points = shape.input.points;
        let value = |i: usize| ((i * 7919 + 13) % 1009) as f32 / 504.5 - 1.0;
        let values = (0..count * points * 3).map(value);
        Points {
            values: values.collect(),
            points,
        }
    }

    fn three_players(_shape: NetworkShape<Self>, input: &Points) -> ClusterMasks {
        let cloud = input.values.as_chunks::<3>().0;
        ClusterMasks::new(&[0, 9, 21], cloud, &cluster(cloud, &mut rng(2)))
    }
}

/// What decides a network's shape.
pub(crate) type Size = Each<PictureSize, TextShape, CloudShape>;

/// A model's network for samples of a size.
pub(crate) fn network(model: Model, size: Size, classes: usize) -> AnyNetwork {
    match size {
        Each::Pictures(size) => Each::Pictures(Pictures::network(model, size, classes).unwrap()),
        Each::Texts(size) => Each::Texts(Texts::network(model, size, classes).unwrap()),
        Each::Clouds(size) => Each::Clouds(Clouds::network(model, size, classes).unwrap()),
    }
}

/// A model's network for the smallest samples that it takes.
pub(crate) fn small(model: Model) -> AnyNetwork {
    let size = match model.kind() {
        Kind::Pictures => Each::Pictures(PictureSize {
            channels: 1,
            side: Some(if model.family() == Family::AlexNet {
                224
            } else {
                28
            }),
        }),
        Kind::Texts => Each::Texts(TextShape {
            vocabulary: VOCABULARY,
        }),
        Kind::Clouds => Each::Clouds(CloudShape { points: POINTS }),
    };
    network(model, size, CLASSES)
}

/// Whether a test of every number of it takes no longer than a second or two.
pub(crate) fn is_quick(model: Model) -> bool {
    !matches!(model, Model::AlexNet | Model::BertMedium)
}

/// Whether it is so small that every tensor's gradient can be had by differences. What a larger
/// one has, smaller ones have too, and kernels and Burn must agree on it.
pub(crate) fn is_small(model: Model) -> bool {
    is_quick(model) && !matches!(model.family(), Family::Vgg { filters: 64.., .. })
}

/// First weights, with normalisations that do something, some of them with a negative scale.
pub(crate) fn weights<M: Modality>(network: &Arc<dyn Network<M>>) -> Tensors {
    let mut weights = spindle_core::network::initial_weights(&**network, 3);
    let mut rng = rng(7);
    for (name, tensor) in &mut weights {
        if name.starts_with("bn") && !name.ends_with("var") {
            let values = tensor.data.iter_mut();
            values.for_each(|value| *value += rng.random_range(-1.5..0.5));
        }
    }
    weights
}

/// Labels of a batch.
pub(crate) fn labels() -> Vec<usize> {
    (0..BATCH).map(|index| index * 2 % CLASSES).collect()
}

/// The largest difference between tensors of the same names.
pub(crate) fn largest_difference(a: &Tensors, b: &Tensors) -> f32 {
    assert!(a.keys().eq(b.keys()));
    let pairs = a
        .iter()
        .zip(b)
        .flat_map(|((_, a), (_, b))| a.data.iter().zip(&b.data));
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}
