//! What of a data set an experiment uses: its training set with reset labels, and the samples it measures.

use rand::{RngExt, seq::SliceRandom};
use spindle_run::modality::{Content, InputShape, Inputs, Masks};
use spindle_run::{
    Experiment,
    content::Picture,
    experiment::{Kind, Model, Placement},
    record::{Group, Players, SampleRecord},
};

use super::{Data, Samples, Split, clustered, pictures::Pictures};
use crate::Error;
use spindle_run::{
    player::{self, CLUSTERS, ClusterMasks, PatchMasks, WordMasks},
    random::Stream,
};

/// The training samples in use, some of them with a reset label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainingSet {
    /// Positions in the training split, ascending.
    positions: Vec<usize>,
    /// Label in use of each.
    labels: Vec<u16>,
    /// Whether the label was reset.
    reset: Vec<bool>,
}

impl TrainingSet {
    /// Draws the experiment's training set (`train_size`, stratified by class) and resets the labels of a share
    /// `label_noise` of it to another class, uniformly.
    ///
    /// # Errors
    /// An empty training set, one of a single class, or a `train_size` larger than the data set.
    pub fn draw(experiment: &Experiment, data: &Data) -> Result<Self, Error> {
        let split = &data.train;
        let size = experiment.training.train_size.unwrap_or(split.len());
        if split.is_empty() || size == 0 {
            return Err(Error::Data("the training set is empty".to_owned()));
        }
        if size > split.len() {
            return Err(Error::Experiment {
                field: "train_size",
                value: size.to_string(),
                allowed: format!("at most {}, the training samples there are", split.len()),
            });
        }
        let mut rng = Stream::Subset.rng(experiment.training.seed, 0);
        let mut positions = if size == split.len() {
            (0..size).collect()
        } else {
            stratified(
                split,
                data.classes.len(),
                (0..split.len()).collect(),
                size,
                &mut rng,
            )
        };
        positions.sort_unstable();
        let mut labels: Vec<u16> = positions.iter().map(|&p| split.labels[p]).collect();
        if labels.iter().all(|label| *label == labels[0]) {
            return Err(Error::Data(format!(
                "all {size} training samples are of class {}; at least two classes are needed",
                data.classes[usize::from(labels[0])]
            )));
        }
        let reset = reset_labels(&mut labels, data.classes.len(), experiment);
        Ok(Self {
            positions,
            labels,
            reset,
        })
    }

    /// Number of training samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.positions.len()
    }

    /// Whether there is no training sample; never so after [`TrainingSet::draw`].
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }

    /// Which samples have a reset label.
    #[must_use]
    pub fn is_reset(&self) -> &[bool] {
        &self.reset
    }

    /// Number of samples whose label was reset.
    #[must_use]
    pub fn mislabelled(&self) -> usize {
        self.reset.iter().filter(|reset| **reset).count()
    }

    /// Position in the training split of the sample at `index`.
    #[must_use]
    pub fn position(&self, index: usize) -> usize {
        self.positions[index]
    }

    /// Label in use of the sample at `index`.
    #[must_use]
    pub fn label(&self, index: usize) -> usize {
        usize::from(self.labels[index])
    }

    /// The order in which `epoch` (0, 1, ...) goes through the samples, as indices.
    #[must_use]
    pub fn order(&self, seed: u64, epoch: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.shuffle(&mut Stream::Order.rng(seed, epoch as u64));
        order
    }
}

/// Resets `label_noise` of the labels to another class; tells which.
fn reset_labels(labels: &mut [u16], classes: usize, experiment: &Experiment) -> Vec<bool> {
    let count = (experiment.training.label_noise * labels.len() as f64).round() as usize;
    let mut rng = Stream::LabelNoise.rng(experiment.training.seed, 0);
    let mut indices: Vec<usize> = (0..labels.len()).collect();
    indices.shuffle(&mut rng);
    let mut reset = vec![false; labels.len()];
    for &index in &indices[..count] {
        let shift = rng.random_range(1..classes) as u16;
        labels[index] = (labels[index] + shift) % classes as u16;
        reset[index] = true;
    }
    reset
}

/// `size` of the candidates, as equally over the classes as they allow, drawn at random.
fn stratified(
    split: &Split,
    classes: usize,
    mut candidates: Vec<usize>,
    size: usize,
    rng: &mut impl rand::Rng,
) -> Vec<usize> {
    candidates.shuffle(rng);
    let mut by_class = vec![Vec::new(); classes];
    for position in candidates {
        by_class[split.label(position)].push(position);
    }
    let mut chosen = Vec::with_capacity(size);
    while chosen.len() < size && by_class.iter().any(|class| !class.is_empty()) {
        for class in &mut by_class {
            if chosen.len() < size {
                chosen.extend(class.pop());
            }
        }
    }
    chosen
}

/// Largest side of a picture that is kept for people to see.
const SHOWN_SIDE: usize = 96;

/// A sample to be measured.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredSample {
    /// What `run.json` says of it.
    pub record: SampleRecord,
    /// What it looks like.
    pub content: Content,
    /// What the network takes in.
    pub input: Inputs,
    /// For every piece of a text the number of its word, if it is of one.
    pub words: Vec<Option<usize>>,
}

impl MeasuredSample {
    /// A picture with patches as players, for a network that takes pictures of `side` x `side`.
    ///
    /// # Errors
    /// A picture that would have to be scaled, in builds that cannot.
    pub fn of_picture(record: SampleRecord, picture: Picture, side: usize) -> Result<Self, Error> {
        let area = picture.side * picture.side;
        let channels = (0..picture.channels).flat_map(|channel| {
            let pixels = picture.pixels.iter().skip(channel);
            pixels.step_by(picture.channels).take(area).copied()
        });
        let held = Pictures::Held {
            pixels: channels.collect(),
            channels: picture.channels,
            side: picture.side,
        };
        Ok(Self {
            record,
            input: Inputs::Pictures(held.values(&[0], side)?),
            content: Content::Pictures(picture),
            words: Vec::new(),
        })
    }

    /// Its masks; players that are patches lie on a feature map of `masked_side` x `masked_side`.
    #[must_use]
    pub fn masks(&self, masked_side: usize) -> Masks {
        match (&self.record.players, &self.content) {
            (Players::Patches(patches), _) => {
                Masks::Pictures(PatchMasks::new(patches, masked_side))
            }
            (Players::Words { words }, _) => Masks::Texts(WordMasks::new(words, &self.words)),
            (Players::Clusters { clusters }, Content::Clouds(cloud)) => {
                Masks::Clouds(ClusterMasks::new(clusters, &cloud.points, &cloud.clusters))
            }
            (Players::Clusters { .. }, _) => Masks::Clouds(ClusterMasks::new(&[], &[], &[])),
        }
    }
}

/// Draws the samples that the experiment measures: test samples, then training samples with their own label, then
/// mislabelled ones; each group stratified by true class, ascending by position. Texts with fewer words that can be players than
/// the experiment has players are left out.
///
/// # Errors
/// More samples asked for than there are, or a picture that cannot be read.
pub fn measured_samples(
    experiment: &Experiment,
    data: &Data,
    training_set: &TrainingSet,
    shape: InputShape,
) -> Result<Vec<MeasuredSample>, Error> {
    let with_reset = |wanted: bool| -> Vec<usize> {
        (0..training_set.len())
            .filter(|&index| training_set.reset[index] == wanted)
            .map(|index| training_set.positions[index])
            .collect()
    };
    let groups = [
        (
            Group::Test,
            "samples",
            experiment.measurement.samples,
            &data.test,
            (0..data.test.len()).collect(),
        ),
        (
            Group::Train,
            "train_samples",
            experiment.measurement.train_samples,
            &data.train,
            with_reset(false),
        ),
        (
            Group::Mislabelled,
            "mislabelled_samples",
            experiment.measurement.mislabelled_samples,
            &data.train,
            with_reset(true),
        ),
    ];
    let mut samples = Vec::new();
    for (index, (group, field, size, split, candidates)) in groups.into_iter().enumerate() {
        let candidates = with_players(split, candidates, experiment.measurement.players);
        if size > candidates.len() {
            return Err(Error::Experiment {
                field,
                value: size.to_string(),
                allowed: format!(
                    "at most {}, the samples of this kind there are{}",
                    candidates.len(),
                    match data.kind() {
                        Kind::Texts => " with enough words for the players",
                        Kind::Pictures | Kind::Clouds => "",
                    }
                ),
            });
        }
        let mut rng = Stream::Samples.rng(experiment.training.seed, index as u64);
        let mut positions = stratified(split, data.classes.len(), candidates, size, &mut rng);
        positions.sort_unstable();
        for position in positions {
            let label = match group {
                Group::Test => split.label(position),
                Group::Train | Group::Mislabelled => label_in_use(training_set, position),
            };
            let place = Place {
                group,
                position,
                label,
            };
            samples.push(measured(experiment, split, place, shape)?);
        }
    }
    Ok(samples)
}

/// In words, how many test texts have too few words to be measured; `None` where all have enough.
#[must_use]
pub fn too_short(experiment: &Experiment, data: &Data) -> Option<String> {
    let players = experiment.measurement.players;
    let enough = with_players(&data.test, (0..data.test.len()).collect(), players).len();
    (enough < data.test.len()).then(|| {
        format!(
            "{} of {} test texts have fewer than {players} words that can be players (no stop words, no punctuation); they are not measured",
            data.test.len() - enough,
            data.test.len()
        )
    })
}

/// Those of the candidates that have enough players.
fn with_players(split: &Split, mut candidates: Vec<usize>, players: usize) -> Vec<usize> {
    if let Samples::Texts(texts) = split.samples() {
        candidates.retain(|&position| texts.texts[position].candidates().len() >= players);
    }
    candidates
}

/// Which sample it is, and the label in use.
#[derive(Clone, Copy)]
struct Place {
    group: Group,
    position: usize,
    label: usize,
}

impl Place {
    /// A number for streams of random numbers: test and training positions overlap and are kept apart.
    fn index(self) -> u64 {
        1 + 2 * self.position as u64 + u64::from(self.group != Group::Test)
    }
}

fn measured(
    experiment: &Experiment,
    split: &Split,
    place: Place,
    shape: InputShape,
) -> Result<MeasuredSample, Error> {
    let (content, words) = content(experiment, split, place)?;
    let players = players_of(experiment, split, place);
    Ok(MeasuredSample {
        record: SampleRecord {
            group: place.group,
            position: place.position,
            label: place.label,
            true_label: split.label(place.position),
            players,
        },
        content,
        input: split.inputs(&[place.position], shape)?,
        words,
    })
}

/// What a sample looks like, and the words of its pieces if it is a text.
fn content(
    experiment: &Experiment,
    split: &Split,
    place: Place,
) -> Result<(Content, Vec<Option<usize>>), Error> {
    Ok(match split.samples() {
        Samples::Pictures(pictures) => {
            // LeNet's filters are as wide as the border around a digit: its feature map lies over the digit itself. Where
            // filters are padded the map lies over the frame, and so does the grid of patches.
            let framed = experiment.training.model != Model::Lenet;
            let picture = pictures.content(place.position, SHOWN_SIDE, framed)?;
            (Content::Pictures(picture), Vec::new())
        }
        Samples::Texts(texts) => {
            let text = &texts.texts[place.position];
            (Content::Texts(text.content.clone()), text.words.clone())
        }
        Samples::Clouds(clouds) => {
            let mut rng = Stream::Clusters.rng(experiment.training.seed, place.index());
            (clustered(clouds, place.position, &mut rng), Vec::new())
        }
    })
}

/// Test samples by position, all with the same players.
///
/// # Errors
/// A position beyond the test set, players of another kind than the data's, or that a sample does not have.
pub fn test_samples(
    experiment: &Experiment,
    data: &Data,
    positions: &[usize],
    players: &Players,
    shape: InputShape,
) -> Result<Vec<MeasuredSample>, Error> {
    let split = &data.test;
    let sample = |&position: &usize| {
        if position >= split.len() {
            return Err(Error::Experiment {
                field: "samples",
                value: position.to_string(),
                allowed: format!("positions in the test set, 0 to {}", split.len() - 1),
            });
        }
        let place = Place {
            group: Group::Test,
            position,
            label: split.label(position),
        };
        check_players(players, split, position)?;
        let mut sample = measured(experiment, split, place, shape)?;
        sample.record.players = players.clone();
        Ok(sample)
    };
    positions.iter().map(sample).collect()
}

/// Whether a sample has these players.
fn check_players(players: &Players, split: &Split, position: usize) -> Result<(), Error> {
    let wrong = |value: String, allowed: String| {
        Err(Error::Experiment {
            field: "players",
            value,
            allowed,
        })
    };
    spindle_interactions::mask::checked_players(players.len())?;
    let (numbers, count, what) = match (players, split.samples()) {
        (Players::Patches(_), Samples::Pictures(_)) => return Ok(()),
        (Players::Words { words }, Samples::Texts(texts)) => {
            (words, texts.texts[position].content.words.len(), "words")
        }
        (Players::Clusters { clusters }, Samples::Clouds(_)) => (clusters, CLUSTERS, "clusters"),
        (_, samples) => {
            let allowed = match samples {
                Samples::Pictures(_) => "pictures have patches",
                Samples::Texts(_) => "texts have words",
                Samples::Clouds(_) => "clouds have clusters",
            };
            return wrong("of another kind than the data".into(), allowed.into());
        }
    };
    for (index, number) in numbers.iter().enumerate() {
        if *number >= count {
            let allowed = format!(
                "sample {position} has {what} 0 to {}",
                count.saturating_sub(1)
            );
            return wrong(number.to_string(), allowed);
        }
        if numbers[..index].contains(number) {
            return wrong(
                format!("{number} twice"),
                "every player is given once".into(),
            );
        }
    }
    Ok(())
}

fn label_in_use(training_set: &TrainingSet, position: usize) -> usize {
    // Positions are ascending and `position` is one of them; the true label stands in otherwise.
    training_set
        .positions
        .binary_search(&position)
        .map_or(0, |index| training_set.label(index))
}

fn players_of(experiment: &Experiment, split: &Split, place: Place) -> Players {
    let shared = experiment.measurement.placement == Placement::Shared;
    let index = match split.samples() {
        Samples::Pictures(_) if shared => 0,
        // What has no common places has players of its own.
        _ => place.index(),
    };
    let mut rng = Stream::Players.rng(experiment.training.seed, index);
    match split.samples() {
        Samples::Pictures(_) => Players::Patches(player::draw_patches(
            experiment.measurement.players,
            &mut rng,
        )),
        Samples::Texts(texts) => {
            let candidates = texts.texts[place.position].candidates();
            Players::Words {
                words: player::draw_words(candidates, experiment.measurement.players, &mut rng),
            }
        }
        Samples::Clouds(_) => Players::Clusters {
            clusters: player::draw_clusters(experiment.measurement.players, &mut rng),
        },
    }
}
