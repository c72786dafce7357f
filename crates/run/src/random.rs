//! Named streams of random numbers: every random choice of a run comes from its seed through one of
//! these.
//!
//! A stream is named by what it decides and by an index (an epoch, a sample), so that any epoch's
//! order or any sample's players can be had without drawing all that came before: a resumed run
//! draws what an unbroken one would. ChaCha8 gives the same numbers on every machine.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// What a stream of random numbers decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Initial weights; the index is the parameter's position in the network.
    Weights,
    /// Which training samples are used.
    Subset,
    /// Which labels are reset, and to what.
    LabelNoise,
    /// Order of the training samples; the index is the epoch.
    Order,
    /// Which samples are measured; the index tells the groups apart.
    Samples,
    /// Positions of the players; the index is the sample's position, or 0 where they are shared.
    Players,
    /// Clusters of a cloud's points; the index is the sample's position.
    Clusters,
    /// Points that are used of a cloud, or made; the index is the sample's position.
    Points,
    /// Bootstrap resamples behind intervals.
    Bootstrap,
    /// Players whose interactions are penalised; the index is the step.
    Penalty,
    /// Interactions that are taken out at random; the index is the sample's position.
    Removals,
    /// Directions in which a network's weights are moved; the index is the checkpoint's step.
    Directions,
}

impl Stream {
    fn name(self) -> &'static str {
        match self {
            Stream::Weights => "weights",
            Stream::Subset => "subset",
            Stream::LabelNoise => "label noise",
            Stream::Order => "order",
            Stream::Samples => "samples",
            Stream::Players => "players",
            Stream::Clusters => "clusters",
            Stream::Points => "points",
            Stream::Bootstrap => "bootstrap",
            Stream::Penalty => "penalty",
            Stream::Removals => "removals",
            Stream::Directions => "directions",
        }
    }

    /// The stream's generator, the same for the same seed and index.
    pub fn rng(self, seed: u64, index: u64) -> ChaCha8Rng {
        ChaCha8Rng::from_seed(self.key(seed, index))
    }

    /// A seed derived from this stream, for generators of other crates.
    pub fn seed(self, seed: u64, index: u64) -> u64 {
        let key = self.key(seed, index);
        u64::from_le_bytes([
            key[0], key[1], key[2], key[3], key[4], key[5], key[6], key[7],
        ])
    }

    fn key(self, seed: u64, index: u64) -> [u8; 32] {
        Sha256::new()
            .chain_update(seed.to_le_bytes())
            .chain_update(index.to_le_bytes())
            .chain_update(self.name())
            .finalize()
            .into()
    }
}

/// A standard normal number (Box and Muller 1958).
pub fn normal(rng: &mut impl Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}

/// What the first values of a parameter are drawn from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Distribution {
    /// All the same value.
    Constant(f32),
    /// Uniform between minus and plus this.
    Uniform(f64),
    /// Normal with this standard deviation.
    Normal(f64),
}

impl Distribution {
    /// As PyTorch initialises convolutions and dense layers: weights and biases uniform within
    /// 1/sqrt(fan-in).
    #[must_use]
    pub fn of_fan_in(fan_in: usize) -> Self {
        Self::Uniform(1.0 / (fan_in as f64).sqrt())
    }

    /// `count` values.
    pub fn draw(self, count: usize, rng: &mut impl Rng) -> Vec<f32> {
        let mut value = || match self {
            Self::Constant(value) => value,
            Self::Uniform(bound) => (bound * (2.0 * rng.random::<f64>() - 1.0)) as f32,
            Self::Normal(deviation) => (deviation * normal(rng)) as f32,
        };
        (0..count).map(|_| value()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn streams_differ_by_name_index_and_seed_and_repeat() {
        let draw = |stream: Stream, seed, index| stream.rng(seed, index).next_u64();
        let reference = draw(Stream::Order, 7, 1);
        assert_eq!(reference, draw(Stream::Order, 7, 1));
        assert_ne!(reference, draw(Stream::Order, 7, 2));
        assert_ne!(reference, draw(Stream::Order, 8, 1));
        assert_ne!(reference, draw(Stream::Players, 7, 1));
    }
}
