//! MNIST (LeCun, Cortes, Burges; CC BY-SA 3.0) from its published files or from the embedded
//! subset.

use std::path::Path;

use spindle_run::{Experiment, experiment::Dataset, modality::Pictures};

use crate::{
    Data, Error, Split,
    entry::{self, Entry},
    idx,
    pictures::PictureSet,
};

const SIDE: usize = 28;
const DIGITS: usize = 10;
const TRAIN: (&str, &str) = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte");
const TEST: (&str, &str) = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte");

#[cfg(feature = "embedded-data")]
macro_rules! embedded {
    ($name:literal) => {
        (
            $name,
            include_bytes!(concat!("../assets/mnist/", $name)).as_slice(),
        )
    };
}

/// The embedded subset: 6,000 training and 1,000 test digits, stratified by class.
///
/// # Errors
/// Never with the embedded files; they are checked like any other.
#[cfg(feature = "embedded-data")]
pub fn embedded() -> Result<Data<Pictures>, Error> {
    subset([
        embedded!("train-images-idx3-ubyte.gz"),
        embedded!("train-labels-idx1-ubyte.gz"),
        embedded!("t10k-images-idx3-ubyte.gz"),
        embedded!("t10k-labels-idx1-ubyte.gz"),
    ])
}

/// The embedded subset where it comes beside the program and not in it: training images and labels,
/// test images and labels, each an IDX file, gzip'd or not, with the name that errors call it by.
///
/// # Errors
/// A file that is truncated, foreign, or whose counts do not match its partner's.
pub fn subset(
    [train_images, train_labels, test_images, test_labels]: [(&str, &[u8]); 4],
) -> Result<Data<Pictures>, Error> {
    Ok(Data {
        train: split(train_images, train_labels)?,
        test: split(test_images, test_labels)?,
        classes: (0..DIGITS).map(|digit| digit.to_string()).collect(),
        warnings: Vec::new(),
        source: "MNIST, embedded subset (6,000 + 1,000 digits, stratified)".to_owned(),
    })
}

/// Files that are needed, in words, and where people get them.
pub(super) const NEEDS: &str = "train-images-idx3-ubyte, train-labels-idx1-ubyte, \
     t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte; each plain or with .gz, with a dash or a dot \
     before idx; or their folder, which torchvision calls MNIST/raw";
pub(super) const FROM: &str =
    "the four original files of LeCun, Cortes and Burges; mirrors are many";

/// The original four files in `folder`, gzip'd or not.
///
/// # Errors
/// A file that is missing, truncated, foreign, or whose counts do not match its partner's.
pub fn from_folder(folder: &Path) -> Result<Data<Pictures>, Error> {
    Ok(Data {
        train: split_from_folder(folder, TRAIN)?,
        test: split_from_folder(folder, TEST)?,
        classes: (0..DIGITS).map(|digit| digit.to_string()).collect(),
        warnings: Vec::new(),
        source: "MNIST, original files".to_owned(),
    })
}

/// The experiment's: of its folder, or the embedded subset without one.
pub(super) fn load(entry: &Entry, experiment: &Experiment) -> Result<Data<Pictures>, Error> {
    match &experiment.training.data_dir {
        Some(folder) => from_folder(&entry.root(Path::new(folder))),
        #[cfg(feature = "embedded-data")]
        None => embedded(),
        #[cfg(not(feature = "embedded-data"))]
        None => Err(entry::not_in_this_build(experiment.training.data)),
    }
}

fn split_from_folder(
    folder: &Path,
    (images, labels): (&str, &str),
) -> Result<Split<Pictures>, Error> {
    let (image_file, image_bytes) = read(folder, images)?;
    let (label_file, label_bytes) = read(folder, labels)?;
    split((&image_file, &image_bytes), (&label_file, &label_bytes))
}

/// Reads a file, gzip'd or not, under any of its names.
fn read(folder: &Path, name: &str) -> Result<(String, Vec<u8>), Error> {
    let path = entry::gzipped(folder, name).unwrap_or_else(|| folder.join(name));
    match std::fs::read(&path) {
        Ok(bytes) => Ok((path.display().to_string(), bytes)),
        Err(source) => Err(Error::Read {
            path: entry::told(&path),
            source,
            hint: format!(
                "{}; without a data folder the embedded subset is used",
                entry::hint(Dataset::Mnist.title(), NEEDS, FROM)
            ),
        }),
    }
}

fn split(images: (&str, &[u8]), labels: (&str, &[u8])) -> Result<Split<Pictures>, Error> {
    let pictures = idx::parse(images.0, images.1, 3)?;
    let classes = idx::parse(labels.0, labels.1, 1)?;
    if pictures.shape[1..] != [SIDE, SIDE] {
        return Err(Error::Data(format!(
            "{} holds pictures of {}x{} pixels, MNIST's are {SIDE}x{SIDE}",
            images.0, pictures.shape[1], pictures.shape[2]
        )));
    }
    if pictures.shape[0] != classes.shape[0] {
        return Err(Error::Data(format!(
            "{} holds {} pictures, {} holds {} labels; they must be of the same split",
            images.0, pictures.shape[0], labels.0, classes.shape[0]
        )));
    }
    if let Some(position) = classes.data.iter().position(|&c| usize::from(c) >= DIGITS) {
        return Err(Error::Data(format!(
            "label {} at position {position} of {} is not one of 0 to 9",
            classes.data[position], labels.0
        )));
    }
    let pictures = PictureSet::Held {
        pixels: pictures.data,
        channels: 1,
        side: SIDE,
    };
    let labels = classes.data.into_iter().map(u16::from).collect();
    Split::new(labels, pictures)
}
