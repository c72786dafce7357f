//! Data sets: pictures with labels, and what of them an experiment trains on and measures.

mod idx;
mod mnist;
mod selection;

use sha2::{Digest, Sha256};

use crate::Error;
use spindle_run::{Experiment, experiment::Dataset};

pub use selection::{MeasuredSample, TrainingSet, measured_samples, test_samples};

/// Number of classes of every data set of handwritten digits.
const DIGITS: usize = 10;

/// Labelled grey pictures, square, one byte a pixel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Pixels, `[len, side, side]` row-major.
    pixels: Vec<u8>,
    /// Class of each picture.
    labels: Vec<u8>,
    /// Pixels along one side.
    side: usize,
}

impl Split {
    /// Number of pictures.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no picture.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Class of the picture at `position`.
    #[must_use]
    pub fn label(&self, position: usize) -> usize {
        usize::from(self.labels[position])
    }

    /// Pixels of the picture at `position`, `[side, side]` row-major.
    #[must_use]
    pub fn picture(&self, position: usize) -> &[u8] {
        let area = self.side * self.side;
        &self.pixels[position * area..(position + 1) * area]
    }

    /// Pixels along one side.
    #[must_use]
    pub fn side(&self) -> usize {
        self.side
    }
}

/// A data set of pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageData {
    /// Training pictures.
    pub train: Split,
    /// Test pictures.
    pub test: Split,
    /// Number of classes.
    pub classes: usize,
    /// Where it came from, in words.
    pub source: String,
}

impl ImageData {
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

    /// The experiment's data set: the embedded subset, or the original files where the experiment names their folder.
    ///
    /// # Errors
    /// As [`ImageData::mnist_from_folder`].
    pub fn load(experiment: &Experiment) -> Result<Self, Error> {
        let Dataset::Mnist = experiment.data;
        match &experiment.data_dir {
            Some(folder) => Self::mnist_from_folder(std::path::Path::new(folder)),
            #[cfg(feature = "embedded-data")]
            None => Self::embedded_mnist(),
            #[cfg(not(feature = "embedded-data"))]
            None => Err(Error::Data(
                "this build of Spindle holds no data set of its own".to_owned(),
            )),
        }
    }

    /// SHA-256 over sizes, pixels and labels of both splits, hexadecimal: the same for the same pictures,
    /// however they were packed.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for split in [&self.train, &self.test] {
            hash.update((split.len() as u64).to_le_bytes());
            hash.update((split.side as u64).to_le_bytes());
            hash.update(&split.pixels);
            hash.update(&split.labels);
        }
        hash.finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}
