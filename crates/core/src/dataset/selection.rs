//! What of a data set an experiment uses: its training set with reset labels, and the samples it measures.

use rand::{RngExt, seq::SliceRandom};
use spindle_run::{
    Experiment,
    experiment::Placement,
    record::{Group, SampleRecord},
};

use super::{ImageData, Split};
use crate::{Error, player, random::Stream};

/// The training samples in use, some of them with a reset label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainingSet {
    /// Positions in the training split, ascending.
    positions: Vec<usize>,
    /// Label in use of each.
    labels: Vec<u8>,
    /// Whether the label was reset.
    reset: Vec<bool>,
}

impl TrainingSet {
    /// Draws the experiment's training set (`train_size`, stratified by class) and resets the labels of a share
    /// `label_noise` of it to another class, uniformly.
    ///
    /// # Errors
    /// An empty training set, one of a single class, or a `train_size` larger than the data set.
    pub fn draw(experiment: &Experiment, data: &ImageData) -> Result<Self, Error> {
        let split = &data.train;
        let size = experiment.train_size.unwrap_or(split.len());
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
        let mut rng = Stream::Subset.rng(experiment.seed, 0);
        let mut positions = if size == split.len() {
            (0..size).collect()
        } else {
            stratified(
                split,
                data.classes,
                (0..split.len()).collect(),
                size,
                &mut rng,
            )
        };
        positions.sort_unstable();
        let mut labels: Vec<u8> = positions.iter().map(|&p| split.labels[p]).collect();
        if labels.iter().all(|label| *label == labels[0]) {
            return Err(Error::Data(format!(
                "all {size} training samples are of class {}; at least two classes are needed",
                labels[0]
            )));
        }
        let reset = reset_labels(&mut labels, data.classes, experiment);
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
    pub(crate) fn order(&self, seed: u64, epoch: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.shuffle(&mut Stream::Order.rng(seed, epoch as u64));
        order
    }
}

/// Resets `label_noise` of the labels to another class; tells which.
fn reset_labels(labels: &mut [u8], classes: usize, experiment: &Experiment) -> Vec<bool> {
    let count = (experiment.label_noise * labels.len() as f64).round() as usize;
    let mut rng = Stream::LabelNoise.rng(experiment.seed, 0);
    let mut indices: Vec<usize> = (0..labels.len()).collect();
    indices.shuffle(&mut rng);
    let mut reset = vec![false; labels.len()];
    for &index in &indices[..count] {
        let shift = rng.random_range(1..classes) as u8;
        labels[index] = (labels[index] + shift) % classes as u8;
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

/// A sample to be measured: its picture and its record.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredSample {
    /// What `run.json` says of it.
    pub record: SampleRecord,
    /// Pixels, `[side, side]` row-major.
    pub picture: Vec<u8>,
}

/// Draws the samples that the experiment measures: test samples, then training samples with their own label, then
/// mislabelled ones; each group stratified by true class, ascending by position.
///
/// # Errors
/// More samples asked for than there are.
pub fn measured_samples(
    experiment: &Experiment,
    data: &ImageData,
    training_set: &TrainingSet,
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
            experiment.samples,
            &data.test,
            (0..data.test.len()).collect(),
        ),
        (
            Group::Train,
            "train_samples",
            experiment.train_samples,
            &data.train,
            with_reset(false),
        ),
        (
            Group::Mislabelled,
            "mislabelled_samples",
            experiment.mislabelled_samples,
            &data.train,
            with_reset(true),
        ),
    ];
    let mut samples = Vec::new();
    for (index, (group, field, size, split, candidates)) in groups.into_iter().enumerate() {
        if size > candidates.len() {
            return Err(Error::Experiment {
                field,
                value: size.to_string(),
                allowed: format!(
                    "at most {}, the samples of this kind there are",
                    candidates.len()
                ),
            });
        }
        let mut rng = Stream::Samples.rng(experiment.seed, index as u64);
        let mut positions = stratified(split, data.classes, candidates, size, &mut rng);
        positions.sort_unstable();
        for position in positions {
            let label = match group {
                Group::Test => split.label(position),
                Group::Train | Group::Mislabelled => label_in_use(training_set, position),
            };
            samples.push(MeasuredSample {
                record: SampleRecord {
                    group,
                    position,
                    label,
                    true_label: split.label(position),
                    players: players_of(experiment, group, position),
                },
                picture: split.picture(position).to_vec(),
            });
        }
    }
    Ok(samples)
}

/// Test samples by position, all with the same players.
///
/// # Errors
/// A position beyond the test set.
pub fn test_samples(
    data: &ImageData,
    positions: &[usize],
    players: &[[usize; 2]],
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
        let label = split.label(position);
        Ok(MeasuredSample {
            record: SampleRecord {
                group: Group::Test,
                position,
                label,
                true_label: label,
                players: players.to_vec(),
            },
            picture: split.picture(position).to_vec(),
        })
    };
    positions.iter().map(sample).collect()
}

fn label_in_use(training_set: &TrainingSet, position: usize) -> usize {
    // Positions are ascending and `position` is one of them; the true label stands in otherwise.
    training_set
        .positions
        .binary_search(&position)
        .map_or(0, |index| training_set.label(index))
}

fn players_of(experiment: &Experiment, group: Group, position: usize) -> Vec<[usize; 2]> {
    let index = match experiment.placement {
        Placement::Shared => 0,
        // Test and training positions overlap: keep their draws apart.
        Placement::PerSample => 1 + 2 * position as u64 + u64::from(group != Group::Test),
    };
    player::draw_patches(
        experiment.players,
        &mut Stream::Players.rng(experiment.seed, index),
    )
}
