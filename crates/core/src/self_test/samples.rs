//! Inputs that need no data set.

use spindle_run::{
    each::Each,
    experiment::{Family, Kind, Model},
    input::{CloudShape, PictureSize, Points, TextShape, Tokens},
    modality::{Clouds, NetworkShape, Pictures, Texts},
    player::{ClusterMasks, PatchMasks, WordMasks, cluster},
    random::{Stream, normal},
};

use crate::{
    Error,
    networks::{AnyNetwork, Networks},
};

/// Word pieces that there are, those of a text, and points of a cloud.
const VOCABULARY: usize = 1_000;
const PIECES: usize = 32;
const POINTS: usize = 64;

/// Kinds of data, by what their networks are tried on.
pub(super) trait Tried: Networks {
    /// A batch for a network, another one at every step.
    fn made(shape: NetworkShape<Self>, count: usize, step: usize) -> Self::Batch;

    /// Masks of six players of an input, which is a batch of one.
    fn six_players(shape: NetworkShape<Self>, input: &Self::Batch) -> Self::Masks;
}

impl Tried for Pictures {
    fn made(shape: NetworkShape<Self>, count: usize, step: usize) -> Vec<f32> {
        pattern(count * shape.input.channels * shape.input.side.pow(2), step)
    }

    fn six_players(shape: NetworkShape<Self>, _input: &Vec<f32>) -> PatchMasks {
        let players = [[1, 1], [1, 5], [3, 3], [4, 6], [5, 2], [6, 4]];
        PatchMasks::new(&players, shape.masked.side)
    }
}

impl Tried for Texts {
    fn made(_shape: NetworkShape<Self>, count: usize, step: usize) -> Tokens {
        let text = |text: usize| -> Vec<u32> {
            let piece =
                |piece: usize| (7919 * (piece + PIECES * (text + 31 * step)) + 1) % VOCABULARY;
            (0..PIECES).map(|at| piece(at).max(1) as u32).collect()
        };
        let texts: Vec<Vec<u32>> = (0..count).map(text).collect();
        let types = [0; PIECES];
        Tokens::new(texts.iter().map(|ids| (&ids[..], &types[..])))
    }

    fn six_players(_shape: NetworkShape<Self>, _input: &Tokens) -> WordMasks {
        let words: Vec<Option<usize>> = (0..PIECES).map(Some).collect();
        WordMasks::new(&[1, 4, 9, 16, 25, 30], &words)
    }
}

impl Tried for Clouds {
    /// Points at random: on a lattice, rounding decides which of two neighbours is nearer.
    fn made(shape: NetworkShape<Self>, count: usize, step: usize) -> Points {
        let points = shape.input.points;
        let mut rng = Stream::Points.rng(0, step as u64);
        let values = (0..count * points * 3).map(|_| normal(&mut rng) as f32);
        Points {
            values: values.collect(),
            points,
        }
    }

    fn six_players(_shape: NetworkShape<Self>, input: &Points) -> ClusterMasks {
        let cloud = input.values.as_chunks::<3>().0;
        let clusters = cluster(cloud, &mut Stream::Clusters.rng(0, 0));
        ClusterMasks::new(&[0, 4, 9, 14, 21, 27], cloud, &clusters)
    }
}

/// A model's network for the smallest samples that it takes.
pub(super) fn network(model: Model, classes: usize) -> Result<AnyNetwork, Error> {
    let side = match model.family() {
        Family::AlexNet => 224,
        Family::Mlp { .. } => 28,
        _ => 32,
    };
    Ok(match model.kind() {
        Kind::Pictures => {
            let (channels, side) = (1, Some(side));
            Each::Pictures(Pictures::network(
                model,
                PictureSize { channels, side },
                classes,
            )?)
        }
        Kind::Texts => {
            let vocabulary = VOCABULARY;
            Each::Texts(Texts::network(model, TextShape { vocabulary }, classes)?)
        }
        Kind::Clouds => {
            let points = POINTS;
            Each::Clouds(Clouds::network(model, CloudShape { points }, classes)?)
        }
    })
}

/// Values between 0 and 1 without a period that a convolution could miss.
fn pattern(len: usize, step: usize) -> Vec<f32> {
    (0..len)
        .map(|at| ((at * at + 31 * at * (step + 1)) % 257) as f32 / 256.0)
        .collect()
}
