//! Data sets: labelled samples, and what of them an experiment trains on and measures.
//!
//! A module for every published layout and one for each kind of samples: [`pictures`], [`texts`], [`clouds`]. Loaders that
//! need crates for file formats are behind the feature `files`.

#[cfg(feature = "files")]
mod ag_news;
#[cfg(feature = "files")]
mod arrays;
pub mod catalogue;
#[cfg(feature = "files")]
mod cifar;
pub mod clouds;
#[cfg(feature = "files")]
mod cub;
pub mod drawing;
mod error;
#[cfg(feature = "files")]
mod folder;
mod idx;
#[cfg(feature = "files")]
mod leavings;
#[cfg(feature = "files")]
mod lists;
mod mnist;
#[cfg(feature = "files")]
mod mnli;
#[cfg(feature = "files")]
mod npz;
#[cfg(feature = "files")]
mod own;
#[cfg(feature = "files")]
mod picture_files;
pub mod pictures;
#[cfg(feature = "files")]
mod points;
#[cfg(feature = "files")]
mod scale;
mod selection;
#[cfg(feature = "files")]
mod shapenet;
pub mod solids;
#[cfg(feature = "files")]
mod sst2;
#[cfg(feature = "files")]
mod tables;
pub mod texts;
#[cfg(feature = "files")]
mod tiny_imagenet;
#[cfg(feature = "files")]
mod word_pieces;

use sha2::{Digest, Sha256};
use spindle_run::input::{PictureShape, Points};
use spindle_run::modality::{Content, InputShape, Inputs};
use spindle_run::{
    Experiment,
    content::Cloud,
    experiment::{Dataset, Kind},
};

use clouds::Clouds;
use pictures::Pictures;
use texts::Texts;

pub use error::Error;
pub use selection::{MeasuredSample, TrainingSet, measured_samples, test_samples, too_short};

/// The samples of a split, all of one kind.
#[derive(Clone, Debug)]
pub enum Samples {
    /// Pictures.
    Pictures(Pictures),
    /// Texts.
    Texts(Texts),
    /// Clouds.
    Clouds(Clouds),
}

/// Labelled samples.
#[derive(Clone, Debug)]
pub struct Split {
    /// Class of each sample.
    labels: Vec<u16>,
    samples: Samples,
}

impl Split {
    /// Samples with their classes, as many of the one as of the other.
    #[must_use]
    pub fn new(labels: Vec<u16>, samples: Samples) -> Self {
        Self { labels, samples }
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

    /// Entropy of the labels, in nats: the least loss of an answer that does not look at its input.
    #[must_use]
    pub fn label_entropy(&self) -> f64 {
        let mut counts = std::collections::BTreeMap::new();
        for label in &self.labels {
            *counts.entry(label).or_insert(0.0) += 1.0;
        }
        let shares = counts.values().map(|count: &f64| count / self.len() as f64);
        shares.map(|share| -share * share.ln()).sum()
    }

    /// Class of the sample at `position`.
    #[must_use]
    pub fn label(&self, position: usize) -> usize {
        usize::from(self.labels[position])
    }

    /// The samples.
    #[must_use]
    pub fn samples(&self) -> &Samples {
        &self.samples
    }

    /// The samples at `positions` as a network of the given shape takes them.
    ///
    /// # Errors
    /// A picture that cannot be read by now.
    pub fn inputs(&self, positions: &[usize], shape: InputShape) -> Result<Inputs, Error> {
        match (&self.samples, shape) {
            (Samples::Pictures(pictures), InputShape::Pictures(PictureShape { side, .. })) => {
                Ok(Inputs::Pictures(pictures.values(positions, side)?))
            }
            (Samples::Texts(texts), _) => Ok(Inputs::Texts(texts.tokens(positions))),
            (Samples::Clouds(clouds), _) => Ok(Inputs::Clouds(Points {
                values: clouds.values(positions),
                points: clouds.points(),
            })),
            (Samples::Pictures(_), _) => Err(Error::Data(
                "pictures go into networks that take pictures".to_owned(),
            )),
        }
    }

    fn update(&self, hash: &mut Sha256) {
        hash.update((self.len() as u64).to_le_bytes());
        match &self.samples {
            Samples::Pictures(pictures) => pictures.update(hash),
            Samples::Texts(texts) => texts.update(hash),
            Samples::Clouds(clouds) => clouds.update(hash),
        }
        let wide = self.labels.iter().any(|&label| label > 255);
        for label in &self.labels {
            // As digits were hashed when classes were digits only.
            match wide {
                true => hash.update(label.to_le_bytes()),
                false => hash.update([*label as u8]),
            }
        }
    }
}

/// A data set.
#[derive(Clone, Debug)]
pub struct Data {
    /// Training samples.
    pub train: Split,
    /// Test samples.
    pub test: Split,
    /// Name of every class.
    pub classes: Vec<String>,
    /// Where it came from, in words.
    pub source: String,
    /// What was left out and why, in words.
    pub warnings: Vec<String>,
}

impl Data {
    /// The embedded subset of MNIST: 6,000 training and 1,000 test digits, stratified by class.
    ///
    /// # Errors
    /// Never with the embedded files; they are checked like any other.
    #[cfg(feature = "embedded-data")]
    pub fn embedded_mnist() -> Result<Self, Error> {
        mnist::embedded()
    }

    /// The embedded subset where it comes beside the program and not in it: training images and labels, test images and
    /// labels, each an IDX file, gzip'd or not, with the name that errors call it by.
    ///
    /// # Errors
    /// A file that is truncated, foreign, or whose counts do not match its partner's.
    pub fn mnist_subset(files: [(&str, &[u8]); 4]) -> Result<Self, Error> {
        mnist::subset(files)
    }

    /// MNIST from its four original files in `folder`, gzip'd or not.
    ///
    /// # Errors
    /// A file that is missing, truncated, foreign, or whose counts do not match its partner's.
    pub fn mnist_from_folder(folder: &std::path::Path) -> Result<Self, Error> {
        mnist::from_folder(folder)
    }

    /// The experiment's data set, from the files that it names, or what needs no files: the embedded subset of MNIST, solids.
    ///
    /// # Errors
    /// Files that are missing, foreign, truncated or in disagreement; each error names the file and what is needed.
    pub fn load(experiment: &Experiment) -> Result<Self, Error> {
        match (experiment.training.data, &experiment.training.data_dir) {
            (Dataset::Mnist, Some(folder)) => Self::mnist_from_folder(std::path::Path::new(folder)),
            #[cfg(feature = "embedded-data")]
            (Dataset::Mnist, None) => Self::embedded_mnist(),
            (Dataset::Solids, _) => Ok(solids::generate(
                experiment.training.points,
                experiment.training.seed,
            )),
            _ => Self::from_files(experiment),
        }
    }

    #[cfg(feature = "files")]
    fn from_files(experiment: &Experiment) -> Result<Self, Error> {
        let folder = folder::Folder::of(experiment)?;
        match experiment.training.data {
            Dataset::Sst2 => sst2::load(experiment, &folder),
            Dataset::AgNews => ag_news::load(experiment, &folder),
            Dataset::Mnli => mnli::load(experiment, &folder),
            Dataset::Cifar10 => cifar::load(&folder),
            Dataset::Cub => cub::load(experiment, &folder),
            Dataset::TinyImagenet => tiny_imagenet::load(experiment, &folder),
            Dataset::ShapeNet => shapenet::load(experiment, &folder),
            Dataset::Own => own::load(experiment, &folder),
            other @ (Dataset::Mnist | Dataset::Solids) => Err(Self::not_in_this_build(other)),
        }
    }

    #[cfg(not(feature = "files"))]
    fn from_files(experiment: &Experiment) -> Result<Self, Error> {
        Err(Self::not_in_this_build(experiment.training.data))
    }

    fn not_in_this_build(data: Dataset) -> Error {
        Error::Data(format!(
            "this build of Spindle cannot load {}",
            data.title()
        ))
    }

    /// What its samples are.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.train.samples {
            Samples::Pictures(_) => Kind::Pictures,
            Samples::Texts(_) => Kind::Texts,
            Samples::Clouds(_) => Kind::Clouds,
        }
    }

    /// SHA-256 over sizes, contents and labels of both splits, hexadecimal: the same for the same samples,
    /// however they were packed.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for split in [&self.train, &self.test] {
            split.update(&mut hash);
        }
        hash.finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// The cloud at `position` with the clusters of its points.
fn clustered(clouds: &Clouds, position: usize, rng: &mut impl rand::Rng) -> Content {
    let points = clouds.cloud(position).to_vec();
    let clusters = spindle_run::player::cluster(&points, rng);
    Content::Clouds(Cloud { points, clusters })
}
