//! Data of one's own, recognised by what is in their folder: arrays, folders of pictures, or tables
//! of texts.

use std::collections::HashMap;

use spindle_run::{Experiment, modality::Texts};

use crate::{
    AnyData, Data, Error, arrays, classes,
    entry::OWN_LAYOUTS,
    folder::Folder,
    leavings::Leavings,
    picture_folders,
    tables::{Line, Table, field},
    word_pieces::WordPieces,
};

/// Reads what the folder holds.
///
/// # Errors
/// No layout that is known, or more than one; and whatever its files are refused for.
pub(super) fn load(experiment: &Experiment, folder: &Folder) -> Result<AnyData, Error> {
    match layout(folder)? {
        files @ [train, _] if train.ends_with(".safetensors") || train.ends_with(".npz") => {
            arrays::load(experiment, folder, files)
        }
        files @ [train, _] if train.ends_with(".tsv") => {
            Ok(texts(experiment, folder, files)?.into())
        }
        folders => Ok(picture_folders::load(experiment, folder, folders)?.into()),
    }
}

/// The only known layout that is there.
fn layout(folder: &Folder) -> Result<[&'static str; 2], Error> {
    let there = |name: &str| match name.contains('.') {
        true => folder.path(name).is_file(),
        false => folder.path(name).is_dir(),
    };
    let begun = OWN_LAYOUTS
        .iter()
        .filter(|pair| pair.iter().any(|name| there(name)));
    match begun.collect::<Vec<_>>()[..] {
        [pair] => match pair.iter().find(|name| !there(name)) {
            None => Ok(*pair),
            Some(missing) => Err(folder.layout(&format!("{missing} is missing"))),
        },
        [] => Err(folder.layout("none of the layouts that are known is there")),
        ref several => {
            let names: Vec<_> = several.iter().map(|pair| pair[0]).collect();
            Err(folder.layout(&format!(
                "{} are there, and it is not clear which is meant",
                names.join(" and ")
            )))
        }
    }
}

/// Tables with a label of any words and a text a line.
fn texts(
    experiment: &Experiment,
    folder: &Folder,
    [train, test]: [&str; 2],
) -> Result<Data<Texts>, Error> {
    let pieces = WordPieces::load(experiment, folder)?;
    let mut leavings = Leavings::new(experiment.training.skip_broken);
    let classes = labels(folder, train)?;
    let numbers: HashMap<&str, u16> = classes.iter().map(String::as_str).zip(0..).collect();
    let mut split = |file| {
        let table = Table::own(folder, file)?;
        let columns = [table.column("text")?, table.column("label")?];
        table.split(&pieces, &mut leavings, |record| {
            Ok(Line::Sample {
                first: field(record, columns[0], "text")?.to_owned(),
                second: None,
                label: class(&numbers, field(record, columns[1], "label")?)?,
            })
        })
    };
    Ok(Data {
        train: split(train)?,
        test: split(test)?,
        source: format!("own data, {train} and {test}"),
        warnings: leavings.warnings(),
        classes,
    })
}

/// The labels of a table, sorted: as numbers where all of them are.
fn labels(folder: &Folder, file: &str) -> Result<Vec<String>, Error> {
    let table = Table::own(folder, file)?;
    let column = table.column("label")?;
    let classes = classes::in_order(table.values(column)?);
    match classes.len() {
        0 => Err(Error::Data(format!("{file} has no line with a label"))),
        count if count > usize::from(u16::MAX) => {
            Err(Error::Data(format!("{file} has {count} classes")))
        }
        _ => Ok(classes),
    }
}

/// The number of a class.
fn class(numbers: &HashMap<&str, u16>, name: &str) -> Result<u16, String> {
    if name.is_empty() {
        return Err("it has no label".to_owned());
    }
    let found = numbers.get(name).copied();
    found.ok_or_else(|| format!("label \"{name}\" is not among those of the training texts"))
}
