//! The training set of an experiment, with reset labels.

use rand::{RngExt, seq::SliceRandom};
use spindle_run::{Experiment, random::Stream};

use crate::{About, Error, Labels};

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
    /// Draws the experiment's training set (`train_size`, stratified by class) and resets the
    /// labels of a share `label_noise` of it to another class, uniformly.
    ///
    /// # Errors
    /// An empty training set, one of a single class, or a `train_size` larger than the data set.
    pub fn draw(experiment: &Experiment, about: About<'_>) -> Result<Self, Error> {
        let (known, classes) = (about.train, about.classes);
        let size = experiment.training.train_size.unwrap_or(known.len());
        if known.is_empty() || size == 0 {
            return Err(Error::Data("the training set is empty".to_owned()));
        }
        if size > known.len() {
            return Err(Error::Experiment {
                field: "train_size",
                value: size.to_string(),
                allowed: format!("at most {}, the training samples there are", known.len()),
            });
        }
        let mut rng = Stream::Subset.rng(experiment.training.seed, 0);
        let mut positions = if size == known.len() {
            (0..size).collect()
        } else {
            let candidates = (0..known.len()).collect();
            stratified(known, classes.len(), candidates, size, &mut rng)
        };
        positions.sort_unstable();
        let mut labels: Vec<u16> = positions.iter().map(|&p| known.label(p) as u16).collect();
        if labels.iter().all(|label| *label == labels[0]) {
            return Err(Error::Data(format!(
                "all {size} training samples are of class {}; at least two classes are needed",
                classes[usize::from(labels[0])]
            )));
        }
        let reset = reset_labels(&mut labels, classes.len(), experiment);
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

    /// Positions in the training split of the samples whose label was reset, or of all others.
    pub(crate) fn with_reset(&self, wanted: bool) -> Vec<usize> {
        let samples = self.positions.iter().zip(&self.reset);
        let samples = samples.filter(|(_, reset)| **reset == wanted);
        samples.map(|(position, _)| *position).collect()
    }

    /// Label in use of the sample at a position in the training split, if it is of the set.
    #[must_use]
    pub fn label_at(&self, position: usize) -> Option<usize> {
        let index = self.positions.binary_search(&position);
        index.ok().map(|index| self.label(index))
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

/// `size` of the candidates, given by their positions, as equally over the classes as they allow,
/// drawn at random.
pub(crate) fn stratified(
    labels: &Labels,
    classes: usize,
    mut candidates: Vec<usize>,
    size: usize,
    rng: &mut impl rand::Rng,
) -> Vec<usize> {
    candidates.shuffle(rng);
    let mut by_class = vec![Vec::new(); classes];
    for position in candidates {
        by_class[labels.label(position)].push(position);
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
