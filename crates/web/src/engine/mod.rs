//! What an engine answers beside a viewer: training, measuring, recording, drawing. Thin doors over `spindle-core`.

pub mod draw;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod measure;
pub mod record;
pub mod train;

use serde_bytes::ByteBuf;
use spindle_data::Data;

use crate::Error;

/// The data set from its four files: training images and labels, test images and labels.
fn data_set(files: &[ByteBuf]) -> Result<Data, Error> {
    const NAMES: [&str; 4] = [
        "the training images",
        "the training labels",
        "the test images",
        "the test labels",
    ];
    let [a, b, c, d] = files else {
        return Err(Error::Input(format!(
            "a data set has four files, {} were given",
            files.len()
        )));
    };
    let mut named = NAMES
        .into_iter()
        .zip([a, b, c, d].map(|file| file.as_slice()));
    // Four names and four files: there is always a next one.
    Ok(Data::mnist_subset(std::array::from_fn(|_| {
        named.next().unwrap_or_default()
    }))?)
}
