//! AG News (Zhang, Zhao and LeCun 2015): `train.csv` and `test.csv` with class, title and
//! description in quotes, with or without a header.

use csv::StringRecord;
use spindle_run::{Experiment, modality::Texts};

use crate::{
    Data, Error,
    folder::Folder,
    tables::{Line, Published, Table, field},
};

const CLASSES: [&str; 4] = ["World", "Sports", "Business", "Sci/Tech"];

/// Reads both files.
///
/// # Errors
/// Files that are missing, and lines that are not a class of 1 to 4, a title and a description.
pub(super) fn load(experiment: &Experiment, folder: &Folder) -> Result<Data<Texts>, Error> {
    let published = Published {
        files: ["train.csv", "test.csv"],
        classes: &CLASSES,
        source: "AG News, original files",
    };
    published.load(experiment, folder, |file, pieces, leavings| {
        let table = Table::commas(folder, file, "Class Index")?;
        table.split(pieces, leavings, line)
    })
}

/// A line as a sample; title and description are one text.
fn line(record: &StringRecord) -> Result<Line, String> {
    let title = field(record, 1, "title")?;
    let description = field(record, 2, "description")?;
    Ok(Line::Sample {
        label: label(field(record, 0, "class")?)?,
        first: format!("{title} {description}").trim().to_owned(),
        second: None,
    })
}

fn label(field: &str) -> Result<u16, String> {
    let class = field
        .parse()
        .ok()
        .filter(|class| (1..=CLASSES.len() as u16).contains(class));
    let class =
        class.ok_or_else(|| format!("class \"{field}\" is not one of 1 to {}", CLASSES.len()))?;
    Ok(class - 1)
}
