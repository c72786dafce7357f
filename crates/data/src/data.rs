//! Labelled samples of a training and of a test set.

use sha2::{Digest, Sha256};
use spindle_run::{
    each,
    each::Each,
    modality::{Clouds, Pictures, Texts},
};

use crate::{DataKind, Description, Error, classes, kind::Digested};

/// The class of every sample of a split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels(Vec<u16>);

impl Labels {
    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no sample.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Class of the sample at `position`.
    #[must_use]
    pub fn label(&self, position: usize) -> usize {
        usize::from(self.0[position])
    }

    /// Classes of all samples, in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = usize> {
        self.0.iter().map(|&label| usize::from(label))
    }

    /// Samples of every class.
    #[must_use]
    pub fn counts(&self, classes: usize) -> Vec<usize> {
        let mut counts = vec![0; classes];
        self.iter().for_each(|label| counts[label] += 1);
        counts
    }

    /// Entropy of the labels, in nats: the least loss of an answer that does not look at its input.
    #[must_use]
    pub fn entropy(&self) -> f64 {
        let mut counts = std::collections::BTreeMap::new();
        for label in &self.0 {
            *counts.entry(label).or_insert(0.0) += 1.0;
        }
        let shares = counts.values().map(|count: &f64| count / self.len() as f64);
        shares.map(|share| -share * share.ln()).sum()
    }

    fn update(&self, hash: &mut Sha256) {
        let wide = self.0.iter().any(|&label| label > 255);
        for label in &self.0 {
            // As digits were hashed when classes were digits only.
            match wide {
                true => hash.update(label.to_le_bytes()),
                false => hash.update([*label as u8]),
            }
        }
    }
}

/// Labelled samples of one kind.
#[derive(Clone, Debug)]
pub struct Split<M: DataKind> {
    labels: Labels,
    samples: M::Samples,
}

impl<M: DataKind> Split<M> {
    /// Samples with their classes.
    ///
    /// # Errors
    /// More of the one than of the other.
    pub fn new(labels: Vec<u16>, samples: M::Samples) -> Result<Self, Error> {
        let count = M::count(&samples);
        if labels.len() != count {
            return Err(Error::Data(format!(
                "{} labels came with {count} samples",
                labels.len()
            )));
        }
        let labels = Labels(labels);
        Ok(Self { labels, samples })
    }

    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no sample.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The classes.
    #[must_use]
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// The samples.
    #[must_use]
    pub fn samples(&self) -> &M::Samples {
        &self.samples
    }

    /// The samples at `positions` as a network of a shape takes them.
    ///
    /// # Errors
    /// A position beyond the samples, or a file that cannot be read by now.
    pub fn batch(&self, positions: &[usize], shape: M::Shape) -> Result<M::Batch, Error> {
        M::batch(&self.samples, positions, shape)
    }

    fn update(&self, hash: &mut Sha256, digested: Digested) {
        hash.update((self.len() as u64).to_le_bytes());
        M::digest(&self.samples, hash, digested);
        self.labels.update(hash);
    }
}

/// A data set.
#[derive(Clone, Debug)]
pub struct Data<M: DataKind> {
    /// Training samples.
    pub train: Split<M>,
    /// Test samples.
    pub test: Split<M>,
    /// Name of every class.
    pub classes: Vec<String>,
    /// Where it came from, in words.
    pub source: String,
    /// What was left out and why, in words.
    pub warnings: Vec<String>,
}

impl<M: DataKind> Data<M> {
    /// The data as a run has them whose digest of its data is this one: earlier versions had classes of
    /// pictures in the order of text, also where they are numbers.
    #[must_use]
    pub fn as_begun(self, digest: &str) -> Self {
        if self.is_of(digest) {
            return self;
        }
        let earlier = self.clone().in_order_of_text();
        if earlier.is_of(digest) { earlier } else { self }
    }

    fn in_order_of_text(mut self) -> Self {
        let numbers = classes::numbers_in_order_of_text(&self.classes);
        for split in [&mut self.train, &mut self.test] {
            for label in &mut split.labels.0 {
                *label = numbers[usize::from(*label)];
            }
        }
        let told = classes::not_in_order_of_text(&self.classes);
        self.classes.sort_unstable();
        for warning in &mut self.warnings {
            if told.as_ref() == Some(warning) {
                *warning = classes::still_in_order_of_text(&self.classes);
            }
        }
        self
    }

    fn digest_over(&self, digested: Digested) -> String {
        let mut hash = Sha256::new();
        for split in [&self.train, &self.test] {
            split.update(&mut hash, digested);
        }
        let bytes = hash.finalize();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A data set of any kind.
pub type AnyData = Each<Data<Pictures>, Data<Texts>, Data<Clouds>>;

/// As [`Data::as_begun`].
#[must_use]
pub fn as_begun(data: AnyData, digest: &str) -> AnyData {
    each!(data, data => data.as_begun(digest).into())
}

impl<M: DataKind> From<Data<M>> for AnyData {
    fn from(data: Data<M>) -> Self {
        M::any_data(data)
    }
}

/// What is known of a data set whatever its samples are.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// Classes of the training samples.
    pub train: &'a Labels,
    /// Classes of the test samples.
    pub test: &'a Labels,
    /// Name of every class.
    pub classes: &'a [String],
    /// Where it came from, in words.
    pub source: &'a str,
    /// What was left out and why, in words.
    pub warnings: &'a [String],
}

/// What a data set says of itself, whatever its samples are.
pub trait Labelled {
    /// Labels, classes, source and warnings.
    fn about(&self) -> About<'_>;

    /// SHA-256 over sizes, contents and labels of both splits, hexadecimal: the same for the same
    /// samples, however they were packed.
    fn digest(&self) -> String;

    /// Whether a digest is of these data: the digest, or the one that earlier versions made, which
    /// covered of pictures in files their names and sizes only.
    fn is_of(&self, digest: &str) -> bool;

    /// What its samples are, for people.
    fn description(&self) -> Description;

    /// In words, how many test samples cannot be measured, because they have too few players;
    /// `None` where all can be.
    fn unmeasured(&self, players: usize) -> Option<String>;
}

impl<M: DataKind> Labelled for Data<M> {
    fn about(&self) -> About<'_> {
        About {
            train: &self.train.labels,
            test: &self.test.labels,
            classes: &self.classes,
            source: &self.source,
            warnings: &self.warnings,
        }
    }

    fn digest(&self) -> String {
        self.digest_over(Digested::Contents)
    }

    fn is_of(&self, digest: &str) -> bool {
        let forms = [Digested::Contents, Digested::Names];
        forms
            .into_iter()
            .any(|form| self.digest_over(form) == digest)
    }

    fn description(&self) -> Description {
        M::describe(&self.train.samples)
    }

    fn unmeasured(&self, players: usize) -> Option<String> {
        M::unmeasured(&self.test.samples, players)
    }
}

impl Labelled for AnyData {
    fn about(&self) -> About<'_> {
        each!(self, data => data.about())
    }

    fn digest(&self) -> String {
        each!(self, data => data.digest())
    }

    fn is_of(&self, digest: &str) -> bool {
        each!(self, data => data.is_of(digest))
    }

    fn description(&self) -> Description {
        each!(self, data => data.description())
    }

    fn unmeasured(&self, players: usize) -> Option<String> {
        each!(self, data => data.unmeasured(players))
    }
}
