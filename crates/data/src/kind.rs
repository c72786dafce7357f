//! What a kind of data is to a data set: its samples, their batches, players and masks.

use std::fmt::{self, Debug, Display, Formatter};

use rand_chacha::ChaCha8Rng;
use serde::{Serialize, Serializer, de::DeserializeOwned};
use sha2::Sha256;
use spindle_run::{
    Experiment, each,
    each::Each,
    experiment::Placement,
    modality::Modality,
    random::Stream,
    record::{Group, Players},
};

use crate::{
    AnyData, Data, Error,
    clouds::{CloudDescription, EncodedCloud},
    pictures::{EncodedPicture, PictureDescription},
    texts::{EncodedText, TextDescription},
};

/// What a digest is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digested {
    /// All contents.
    Contents,
    /// Of pictures in files their names and sizes, as digests of earlier versions are; of
    /// all else its contents.
    Names,
}

/// A kind of data as data sets hold it: pictures, texts, clouds. All that is particular to one is
/// in its implementation; what is written over it cannot mix two.
///
/// ```
/// use spindle_data::{Data, DataKind, Error, MeasuredSample, TrainingSet, measured_samples};
/// use spindle_run::{Experiment, modality::NetworkShape};
///
/// fn samples<M: DataKind>(
///     experiment: &Experiment,
///     data: &Data<M>,
///     set: &TrainingSet,
///     network: NetworkShape<M>,
/// ) -> Result<Vec<MeasuredSample<M>>, Error> {
///     measured_samples(experiment, data, set, network)
/// }
/// ```
///
/// Texts do not go into a network for pictures:
///
/// ```compile_fail,E0308
/// use spindle_data::{Data, Error, MeasuredSample, TrainingSet, measured_samples};
/// use spindle_run::{
///     Experiment,
///     modality::{NetworkShape, Pictures, Texts},
/// };
///
/// fn samples(
///     experiment: &Experiment,
///     data: &Data<Texts>,
///     set: &TrainingSet,
///     network: NetworkShape<Pictures>,
/// ) -> Result<Vec<MeasuredSample<Texts>>, Error> {
///     measured_samples(experiment, data, set, network)
/// }
/// ```
///
/// Nor is a feature map what decides the masks of a cloud:
///
/// ```compile_fail,E0308
/// use spindle_data::MeasuredSample;
/// use spindle_run::{input::FeatureMap, modality::Clouds, player::ClusterMasks};
///
/// fn masks(sample: &MeasuredSample<Clouds>, map: FeatureMap) -> ClusterMasks {
///     sample.masks(map)
/// }
/// ```
pub trait DataKind: Modality {
    /// The samples of a split.
    type Samples: Clone + Debug + Send + Sync;
    /// The players of a sample, player 0 first.
    type Players: Clone + Debug + PartialEq + Send + Sync;
    /// Which part of the content a part of the input belongs to, where content does not tell.
    type Alignment: Clone + Debug + PartialEq + Send + Sync;
    /// A sample in a message: content, input and alignment, as bytes.
    type Encoded: Clone + Debug + PartialEq + Serialize + DeserializeOwned;

    /// In words, what players samples have.
    const PLAYERS: &'static str;
    /// In words, behind a number of samples: what those have that can be measured.
    const MEASURABLE: &'static str = "";

    /// Number of samples.
    fn count(samples: &Self::Samples) -> usize;

    /// What the samples decide of the shape of a network.
    fn size(samples: &Self::Samples) -> Self::Size;

    /// What the samples are, for people.
    fn describe(samples: &Self::Samples) -> Description;

    /// Takes all samples into a digest.
    fn digest(samples: &Self::Samples, hash: &mut Sha256, digested: Digested);

    /// The samples at `positions` as a network of a shape takes them.
    ///
    /// # Errors
    /// A position beyond the samples, or a file that cannot be read by now.
    fn batch(
        samples: &Self::Samples,
        positions: &[usize],
        shape: Self::Shape,
    ) -> Result<Self::Batch, Error>;

    /// What people see of a sample, and which part of it the parts of its input belong to.
    ///
    /// # Errors
    /// A position beyond the samples, or a file that cannot be read by now.
    fn content(
        samples: &Self::Samples,
        position: usize,
        masked: Self::MaskShape,
        choices: Choices,
    ) -> Result<(Self::Content, Self::Alignment), Error>;

    /// Whether a sample has so many players; one that is not there has none.
    fn has_players(samples: &Self::Samples, position: usize, players: usize) -> bool;

    /// In words, how many of these test samples cannot be measured, because they have too few
    /// players; `None` where all can be.
    fn unmeasured(samples: &Self::Samples, players: usize) -> Option<String>;

    /// Draws so many players of a sample; those of a kind that has no common places are its own.
    ///
    /// # Errors
    /// A position beyond the samples.
    fn draw_players(
        samples: &Self::Samples,
        position: usize,
        players: usize,
        placement: Placement,
        choices: Choices,
    ) -> Result<Self::Players, Error>;

    /// Players as they are in `run.json`.
    fn any_players(players: Self::Players) -> Players;

    /// Players of `run.json`; `None` for those of another kind.
    fn players(players: &Players) -> Option<Self::Players>;

    /// Checks players given from outside for the sample at `position`.
    ///
    /// # Errors
    /// The first that it does not have, or that is given twice.
    fn check_players(
        position: usize,
        players: &Self::Players,
        content: &Self::Content,
        alignment: &Self::Alignment,
    ) -> Result<(), Error>;

    /// All masks of players that were checked.
    fn masks(
        players: &Self::Players,
        content: &Self::Content,
        alignment: &Self::Alignment,
        masked: Self::MaskShape,
    ) -> Self::Masks;

    /// A sample for a message.
    ///
    /// # Errors
    /// Parts that were not made from one sample.
    fn encode(
        content: &Self::Content,
        input: &Self::Batch,
        alignment: &Self::Alignment,
    ) -> Result<Self::Encoded, Error>;

    /// A sample out of a message, for a network that takes inputs of a shape.
    ///
    /// # Errors
    /// Parts that do not agree, or an input of another shape.
    fn decode(encoded: Self::Encoded, shape: Self::Shape) -> Result<Parts<Self>, Error>;

    /// A sample in a message, among those of other kinds.
    fn any_encoded(encoded: Self::Encoded) -> AnyEncoded;

    /// A sample in a message; `None` for one of another kind.
    fn encoded(encoded: AnyEncoded) -> Option<Self::Encoded>;

    /// A data set among those of other kinds.
    fn any_data(data: Data<Self>) -> AnyData;
}

/// Content, input and alignment of a sample.
pub type Parts<M> = (
    <M as Modality>::Content,
    <M as Modality>::Batch,
    <M as DataKind>::Alignment,
);

/// A sample of any kind in a message.
pub type AnyEncoded = Each<EncodedPicture, EncodedText, EncodedCloud>;

/// What samples are, for people: in words, or as an object with their `kind`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Description(pub Each<PictureDescription, TextDescription, CloudDescription>);

impl Display for Description {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        each!(&self.0, description => Display::fmt(description, f))
    }
}

impl Serialize for Description {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        each!(&self.0, description => description.serialize(serializer))
    }
}

/// The random choices about one sample, the same for the same seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choices {
    seed: u64,
    /// Of the players.
    players_seed: u64,
    sample: u64,
}

impl Choices {
    /// Those about the sample at `position` of the split that `group` is of.
    #[must_use]
    pub fn new(experiment: &Experiment, group: Group, position: usize) -> Self {
        // Test and training positions overlap and are kept apart; 0 is for what samples share.
        let sample = 1 + 2 * position as u64 + u64::from(group != Group::Test);
        let seed = experiment.training.seed;
        Self {
            seed,
            players_seed: experiment.measurement.players_seed.unwrap_or(seed),
            sample,
        }
    }

    fn seed(self, stream: Stream) -> u64 {
        match stream {
            Stream::Players => self.players_seed,
            _ => self.seed,
        }
    }

    /// Random numbers of this sample.
    pub(crate) fn of_its_own(self, stream: Stream) -> ChaCha8Rng {
        stream.rng(self.seed(stream), self.sample)
    }

    /// Random numbers that all samples share.
    pub(crate) fn shared(self, stream: Stream) -> ChaCha8Rng {
        stream.rng(self.seed(stream), 0)
    }
}
