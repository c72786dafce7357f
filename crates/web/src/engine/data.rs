//! Data sets from the files that come with the page.

use serde_bytes::ByteBuf;
use spindle_data::{AnyData, Data, mnist};
use spindle_run::{
    each::Each,
    experiment::{CheckedExperiment, Dataset},
    modality::Pictures,
};

use crate::Error;

/// An experiment's data set: from the files that the page has loaded, or made from the experiment
/// where it needs none.
pub(super) fn data_set(
    experiment: &CheckedExperiment,
    files: &[ByteBuf],
) -> Result<AnyData, Error> {
    match experiment.training.data {
        Dataset::Mnist => Ok(Each::Pictures(digits(files)?)),
        _ => Ok(spindle_data::load(experiment)?),
    }
}

/// Digits from four files: training images and labels, test images and labels.
fn digits(files: &[ByteBuf]) -> Result<Data<Pictures>, Error> {
    let [train_images, train_labels, test_images, test_labels] = files else {
        return Err(Error::Input(format!(
            "a data set has four files, {} were given",
            files.len()
        )));
    };
    Ok(mnist::subset([
        ("the training images", train_images.as_slice()),
        ("the training labels", train_labels.as_slice()),
        ("the test images", test_images.as_slice()),
        ("the test labels", test_labels.as_slice()),
    ])?)
}
