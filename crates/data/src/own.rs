//! Data of one's own, recognised by what is in their folder: arrays, folders of pictures, or tables
//! of texts.

use spindle_run::{
    Experiment,
    modality::{Pictures, Texts},
};

use crate::{
    AnyData, Data, Error, arrays,
    entry::OWN_LAYOUTS,
    folder::Folder,
    leavings::Leavings,
    picture_files::{self, Crop, EXTENSIONS, Listed},
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
        folders => Ok(pictures(experiment, folder, folders)?.into()),
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
    let mut split = |file| {
        let table = Table::tabs(folder, file)?;
        let columns = [table.column("text")?, table.column("label")?];
        table.split(&pieces, &mut leavings, |record| {
            Ok(Line::Sample {
                first: field(record, columns[0], "text")?.to_owned(),
                second: None,
                label: class(&classes, field(record, columns[1], "label")?)?,
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

/// The labels of a table, sorted.
fn labels(folder: &Folder, file: &str) -> Result<Vec<String>, Error> {
    let table = Table::tabs(folder, file)?;
    let column = table.column("label")?;
    let classes = table.values(column)?;
    match classes.len() > usize::from(u16::MAX) {
        true => Err(Error::Data(format!("{file} has {} classes", classes.len()))),
        false => Ok(classes),
    }
}

/// The number of a class.
fn class(classes: &[String], name: &str) -> Result<u16, String> {
    let found = classes.binary_search_by(|class| class.as_str().cmp(name));
    found
        .map(|class| class as u16)
        .map_err(|_| format!("label \"{name}\" is not among those of the training texts"))
}

/// Folders with a folder of pictures for each class.
fn pictures(
    experiment: &Experiment,
    folder: &Folder,
    [train, test]: [&str; 2],
) -> Result<Data<Pictures>, Error> {
    let mut others = 0;
    let classes = classes(folder, train)?;
    if let Some(class) = classes_beyond(folder, test, &classes)? {
        return Err(folder.layout(&format!(
            "{test}/{class} has no folder of its name in {train}"
        )));
    }
    let [train_listed, test_listed] = [
        listed(folder, train, &classes, &mut others)?,
        listed(folder, test, &classes, &mut others)?,
    ];
    let mut leavings = Leavings::new(experiment.training.skip_broken);
    if others > 0 {
        leavings.tell(format!(
            "left out {others} files that are not pictures by their names ({})",
            EXTENSIONS.join(", ")
        ));
    }
    let mut check = |listed| picture_files::check(&folder.root, listed, &mut leavings);
    let (train_files, test_files) = (check(train_listed)?, check(test_listed)?);
    let channels = if train_files.grey && test_files.grey {
        1
    } else {
        3
    };
    Ok(Data {
        train: train_files.split(channels)?,
        test: test_files.split(channels)?,
        classes,
        source: format!("own data, folders {train} and {test}"),
        warnings: leavings.warnings(),
    })
}

/// Folders in a folder.
fn classes(folder: &Folder, split: &str) -> Result<Vec<String>, Error> {
    let mut names = folder.names(split)?;
    names.retain(|name| folder.path(split).join(name).is_dir());
    match names.len() {
        0 => Err(folder.layout(&format!("in {split} there are no folders of classes"))),
        count if count > usize::from(u16::MAX) => {
            Err(Error::Data(format!("{split} has {count} classes")))
        }
        _ => Ok(names),
    }
}

/// A class of the test pictures that the training pictures do not have.
fn classes_beyond(folder: &Folder, test: &str, known: &[String]) -> Result<Option<String>, Error> {
    let names = classes(folder, test)?.into_iter();
    let mut beyond = names.filter(|name| known.binary_search(name).is_err());
    Ok(beyond.next())
}

/// Pictures of all classes; `others` counts files that are none by their names.
fn listed(
    folder: &Folder,
    split: &str,
    classes: &[String],
    others: &mut usize,
) -> Result<Vec<Listed>, Error> {
    let mut listed = Vec::new();
    for (label, class) in classes.iter().enumerate() {
        let images = format!("{split}/{class}");
        if !folder.path(&images).is_dir() {
            continue;
        }
        let (names, rest): (Vec<_>, Vec<_>) = folder
            .names(&images)?
            .into_iter()
            .partition(|name| is_picture(name));
        *others += rest.len();
        listed.extend(names.into_iter().map(|name| Listed {
            path: format!("{images}/{name}"),
            label: label as u16,
            crop: Crop::Middle,
        }));
    }
    Ok(listed)
}

/// Whether a file is a picture by its name.
fn is_picture(name: &str) -> bool {
    let extension = name
        .rsplit_once('.')
        .map(|(_, extension)| extension.to_lowercase());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()))
}
