//! SST-2, sentences of film reviews (Socher et al. 2013), in the files of GLUE (Wang et al. 2019):
//! `train.tsv` and `dev.tsv`, the latter as test set, since labels of GLUE's own test set are not
//! published.

use spindle_run::{Experiment, modality::Texts};

use crate::{
    Data, Error,
    folder::Folder,
    tables::{Line, Published, Table, field},
};

const CLASSES: [&str; 2] = ["negative", "positive"];

/// Reads both files.
///
/// # Errors
/// Files that are missing or in another layout, and lines that are not a sentence and 0 or 1.
pub(super) fn load(experiment: &Experiment, folder: &Folder) -> Result<Data<Texts>, Error> {
    let published = Published {
        files: ["train.tsv", "dev.tsv"],
        classes: &CLASSES,
        source: "SST-2, files of GLUE",
    };
    published.load(experiment, folder, |file, pieces, leavings| {
        let table = Table::tabs(folder, file)?;
        let columns = [table.column("sentence")?, table.column("label")?];
        table.split(pieces, leavings, |record| {
            Ok(Line::Sample {
                first: field(record, columns[0], "sentence")?.to_owned(),
                second: None,
                label: label(field(record, columns[1], "label")?)?,
            })
        })
    })
}

fn label(field: &str) -> Result<u16, String> {
    match field {
        "0" => Ok(0),
        "1" => Ok(1),
        _ => Err(format!(
            "label \"{field}\" has no class; 0 is negative and 1 positive"
        )),
    }
}
