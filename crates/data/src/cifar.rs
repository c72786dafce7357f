//! CIFAR-10 (Krizhevsky 2009), binary version: files of records, each the number of a class and
//! three planes (red, green, blue) of 32x32 pixels.

use spindle_run::{Experiment, modality::Pictures};

use crate::{Data, Error, Split, folder::Folder, pictures::PictureSet};

const SIDE: usize = 32;
const CHANNELS: usize = 3;
/// Bytes of a record.
const RECORD: usize = 1 + CHANNELS * SIDE * SIDE;
const TRAIN: [&str; 5] = [
    "data_batch_1.bin",
    "data_batch_2.bin",
    "data_batch_3.bin",
    "data_batch_4.bin",
    "data_batch_5.bin",
];
const TEST: [&str; 1] = ["test_batch.bin"];
/// The file with the names of the classes, one a line.
const NAMES: &str = "batches.meta.txt";
const CLASSES: [&str; 10] = [
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
];

/// Reads all batches.
///
/// # Errors
/// Files that are missing or not made of whole records, and labels without class.
pub(super) fn load(_: &Experiment, folder: &Folder) -> Result<Data<Pictures>, Error> {
    folder.check()?;
    let classes = classes(folder)?;
    Ok(Data {
        train: split(folder, &TRAIN)?,
        test: split(folder, &TEST)?,
        classes,
        source: "CIFAR-10, binary version".to_owned(),
        warnings: Vec::new(),
    })
}

/// Names of the classes, from their file where it is there.
fn classes(folder: &Folder) -> Result<Vec<String>, Error> {
    if !folder.path(NAMES).is_file() {
        return Ok(CLASSES.map(str::to_owned).to_vec());
    }
    let text = folder.text(NAMES)?;
    let names = text.lines().map(str::trim).filter(|name| !name.is_empty());
    let names: Vec<_> = names.map(str::to_owned).collect();
    if names.len() == CLASSES.len() {
        return Ok(names);
    }
    Err(Error::File {
        file: folder.path(NAMES).display().to_string(),
        reason: format!(
            "it names {} classes, and there are {}",
            names.len(),
            CLASSES.len()
        ),
    })
}

/// The records of some files, one behind another.
fn split(folder: &Folder, files: &[&str]) -> Result<Split<Pictures>, Error> {
    let (mut labels, mut pixels) = (Vec::new(), Vec::new());
    for file in files {
        let bytes = folder.bytes(file)?;
        let broken = |reason| Error::File {
            file: folder.path(file).display().to_string(),
            reason,
        };
        if bytes.is_empty() || bytes.len() % RECORD != 0 {
            return Err(broken(format!(
                "it has {} bytes, which are not whole records of {RECORD} (a label and 3 planes of 32x32); it is truncated or not of the binary version",
                bytes.len()
            )));
        }
        for (position, record) in bytes.chunks_exact(RECORD).enumerate() {
            let label = u16::from(record[0]);
            if usize::from(label) >= CLASSES.len() {
                return Err(broken(format!(
                    "label {label} of record {position} is not one of 0 to 9"
                )));
            }
            labels.push(label);
            pixels.extend_from_slice(&record[1..]);
        }
    }
    let pictures = PictureSet::Held {
        pixels,
        channels: CHANNELS,
        side: SIDE,
    };
    Split::new(labels, pictures)
}
