//! MNLI, pairs of sentences (Williams, Nangia and Bowman 2018), in the files of GLUE (Wang et al.
//! 2019): `train.tsv`, and `dev_matched.tsv` as test set, since labels of GLUE's own test set are
//! not published.

use spindle_run::{Experiment, modality::Texts};

use crate::{
    Data, Error,
    folder::Folder,
    tables::{Line, Published, Table, field},
};

const CLASSES: [&str; 3] = ["entailment", "neutral", "contradiction"];
const COLUMNS: [&str; 3] = ["sentence1", "sentence2", "gold_label"];
/// The label of pairs on which people did not agree.
const NO_LABEL: &str = "-";

/// Reads both files.
///
/// # Errors
/// Files that are missing or without the columns, and lines whose label has no class.
pub(super) fn load(experiment: &Experiment, folder: &Folder) -> Result<Data<Texts>, Error> {
    let published = Published {
        files: ["train.tsv", "dev_matched.tsv"],
        classes: &CLASSES,
        source: "MNLI, files of GLUE; tested on the matched genres",
    };
    published.load(experiment, folder, |file, pieces, leavings| {
        let table = Table::tabs(folder, file)?;
        let columns = COLUMNS.map(|name| table.column(name));
        let [first, second, label] = columns;
        let (first, second, label) = (first?, second?, label?);
        table.split(pieces, leavings, |record| {
            let label = field(record, label, COLUMNS[2])?;
            if label == NO_LABEL {
                return Ok(Line::Unlabelled);
            }
            Ok(Line::Sample {
                label: class(label)?,
                first: field(record, first, COLUMNS[0])?.to_owned(),
                second: Some(field(record, second, COLUMNS[1])?.to_owned()),
            })
        })
    })
}

fn class(label: &str) -> Result<u16, String> {
    let found = CLASSES.iter().position(|class| *class == label);
    found.map(|class| class as u16).ok_or_else(|| {
        format!(
            "label \"{label}\" has no class; they are {}",
            CLASSES.join(", ")
        )
    })
}
