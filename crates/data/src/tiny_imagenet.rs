//! Tiny-ImageNet (Stanford's course CS231n): every 4th class of its 200, with the published
//! validation set as test set.

use std::collections::HashMap;

use spindle_run::{Experiment, modality::Pictures};

use crate::{
    Data, Error,
    folder::Folder,
    leavings::Leavings,
    lists::List,
    picture_files::{self, Crop, Listed},
};

/// Of so many classes the last is used: the 4th, the 8th, ..., the 200th (2405.10262).
const EVERY: usize = 4;
const ANNOTATIONS: &str = "val/val_annotations.txt";

/// The classes in the order of `wnids.txt`.
struct Classes {
    /// WordNet's numbers of those in use.
    chosen: Vec<String>,
    /// Of every class the label, if it is in use.
    labels: HashMap<String, Option<u16>>,
}

/// Reads the lists and looks into the pictures, which are read when they are needed.
///
/// # Errors
/// Files that are missing, pictures whose class is not in the lists, and pictures that are broken.
pub(super) fn load(experiment: &Experiment, folder: &Folder) -> Result<Data<Pictures>, Error> {
    folder.check()?;
    let classes = Classes::read(folder)?;
    let names = names(folder, &classes.chosen)?;
    let mut leavings = Leavings::new(experiment.training.skip_broken);
    let listed = [training(folder, &classes)?, validation(folder, &classes)?];
    let [train, test] =
        listed.map(|listed| picture_files::check(&folder.root, listed, &mut leavings));
    let (train, test) = (train?, test?);
    Ok(Data {
        train: train.split(3)?,
        test: test.split(3)?,
        source: format!(
            "Tiny-ImageNet, every {EVERY}th class, {} of {}",
            classes.chosen.len(),
            classes.labels.len()
        ),
        classes: names,
        warnings: leavings.warnings(),
    })
}

impl Classes {
    fn read(folder: &Folder) -> Result<Self, Error> {
        let list = List::read(folder, "wnids.txt")?;
        let all = list.map("one of WordNet's numbers", |line| {
            let mut words = line.split_whitespace();
            words.next().filter(|_| words.next().is_none())
        })?;
        let chosen: Vec<String> = all
            .chunks_exact(EVERY)
            .map(|four| four[EVERY - 1].to_owned())
            .collect();
        if chosen.is_empty() {
            return Err(list.broken(format!(
                "it names {} classes, and every {EVERY}th is used",
                all.len()
            )));
        }
        let label = |wnid: &str| chosen.iter().position(|chosen| chosen == wnid);
        let labels = all
            .iter()
            .map(|wnid| ((*wnid).to_owned(), label(wnid).map(|label| label as u16)));
        Ok(Self {
            labels: labels.collect(),
            chosen,
        })
    }
}

/// What people call the classes: the first of the words that WordNet has.
fn names(folder: &Folder, chosen: &[String]) -> Result<Vec<String>, Error> {
    let words = List::read(folder, "words.txt")?;
    let words = words.map("one of WordNet's numbers and words", |line| {
        line.split_once('\t')
    })?;
    let words: HashMap<&str, &str> = words.into_iter().collect();
    let name = |wnid: &String| {
        let words = words.get(wnid.as_str()).copied().unwrap_or(wnid);
        words.split(',').next().unwrap_or(wnid).trim().to_owned()
    };
    Ok(chosen.iter().map(name).collect())
}

/// Pictures in the folders of the classes in use.
fn training(folder: &Folder, classes: &Classes) -> Result<Vec<Listed>, Error> {
    let mut listed = Vec::new();
    for (label, wnid) in classes.chosen.iter().enumerate() {
        let images = format!("train/{wnid}/images");
        let names = folder.names(&images)?.into_iter();
        let names = names.filter(|name| name.to_lowercase().ends_with(".jpeg"));
        listed.extend(names.map(|name| Listed {
            path: format!("{images}/{name}"),
            label: label as u16,
            crop: Crop::Whole,
        }));
    }
    Ok(listed)
}

/// Pictures of the validation set that are of a class in use.
fn validation(folder: &Folder, classes: &Classes) -> Result<Vec<Listed>, Error> {
    let list = List::read(folder, ANNOTATIONS)?;
    let rows = list.map("a picture, its class and its box", |line| {
        let mut columns = line.split('\t');
        Some((columns.next()?, columns.next()?))
    })?;
    let mut listed = Vec::new();
    for (name, wnid) in rows {
        let label = classes.labels.get(wnid.trim()).ok_or_else(|| {
            list.broken(format!(
                "class {wnid} of picture {name} is not in wnids.txt"
            ))
        })?;
        listed.extend(label.map(|label| Listed {
            path: format!("val/images/{name}"),
            label,
            crop: Crop::Whole,
        }));
    }
    Ok(listed)
}
