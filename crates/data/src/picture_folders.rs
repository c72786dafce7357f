//! Pictures of one's own: a folder for each class, in a folder of training and one of test pictures.

use std::collections::{BTreeSet, HashMap};

use spindle_run::{Experiment, modality::Pictures};

use crate::{
    Data, Error, classes,
    folder::Folder,
    leavings::Leavings,
    picture_files::{self, Crop, EXTENSIONS, Listed},
};

/// What programs put beside folders of classes.
const NO_CLASSES: [&str; 4] = ["__MACOSX", "@eaDir", "$RECYCLE.BIN", "lost+found"];
/// How deep folders may lie within that of a class; links could lead around.
const DEEPEST: usize = 8;

/// Reads the pictures of both folders.
///
/// # Errors
/// A folder without classes, test pictures of a class that training does not have, names that are
/// not in UTF-8, and pictures that are broken.
pub(super) fn load(
    experiment: &Experiment,
    folder: &Folder,
    [train, test]: [&str; 2],
) -> Result<Data<Pictures>, Error> {
    let found = [
        Found::in_split(folder, train)?,
        Found::in_split(folder, test)?,
    ];
    let classes = Classes::of(&found);
    if let Some(class) = classes.beyond_training(&found) {
        return Err(folder.layout(&format!(
            "{test}/{class} has no folder of its name in {train}"
        )));
    }
    if classes.names.is_empty() {
        return Err(folder.layout(&found[0].nothing(train)));
    }
    let mut leavings = Leavings::new(experiment.training.skip_broken);
    classes
        .warnings(&found, [train, test])
        .into_iter()
        .for_each(|warning| leavings.tell(warning));
    found
        .iter()
        .flat_map(Found::warnings)
        .for_each(|warning| leavings.tell(warning));
    let [train_listed, test_listed] = found.map(|found| found.listed(&classes.names));
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
        classes: classes.names,
        source: format!("own data, folders {train} and {test}"),
        warnings: leavings.warnings(),
    })
}

/// What a split's folder holds.
#[derive(Debug, Default)]
struct Found {
    /// Folders of classes with the paths of their pictures, sorted.
    classes: Vec<(String, Vec<String>)>,
    /// Folders that are none.
    no_classes: Vec<String>,
    /// Files that are no pictures by their names.
    others: Vec<String>,
    /// Pictures in folders within those of classes.
    nested: Vec<String>,
}

impl Found {
    fn in_split(folder: &Folder, split: &str) -> Result<Self, Error> {
        let mut found = Self::default();
        let mut names = folder.names(split)?;
        names.retain(|name| folder.path(split).join(name).is_dir());
        for name in names {
            let path = format!("{split}/{name}");
            if NO_CLASSES.contains(&name.as_str()) {
                found.no_classes.push(path);
                continue;
            }
            let mut pictures = Vec::new();
            found.walk(folder, &path, 0, &mut pictures)?;
            found.classes.push((name, pictures));
        }
        match found.classes.len() {
            0 => Err(folder.layout(&format!("in {split} there are no folders of classes"))),
            count if count > usize::from(u16::MAX) => {
                Err(Error::Data(format!("{split} has {count} classes")))
            }
            _ => Ok(found),
        }
    }

    /// The pictures in a folder and in those within it.
    fn walk(
        &mut self,
        folder: &Folder,
        path: &str,
        depth: usize,
        pictures: &mut Vec<String>,
    ) -> Result<(), Error> {
        if depth > DEEPEST {
            return Err(folder.layout(&format!("{path} lies more than {DEEPEST} folders deep")));
        }
        for name in folder.names(path)? {
            let path = format!("{path}/{name}");
            if folder.path(&path).is_dir() {
                self.walk(folder, &path, depth + 1, pictures)?;
            } else if is_picture(&name) {
                self.nested.extend((depth > 0).then(|| path.clone()));
                pictures.push(path);
            } else {
                self.others.push(path);
            }
        }
        Ok(())
    }

    fn has_pictures(&self, class: &str) -> bool {
        let mut classes = self.classes.iter();
        classes.any(|(name, pictures)| name == class && !pictures.is_empty())
    }

    /// In words, that a split has no picture, and what it has.
    fn nothing(&self, split: &str) -> String {
        let known = EXTENSIONS.join(", ");
        let others = match self.others.first() {
            None => String::new(),
            Some(first) => format!(
                ", but {} files of other kinds, {first} for one; convert them",
                self.others.len()
            ),
        };
        format!("in the folders of {split} there are no pictures ({known}){others}")
    }

    /// In words, what was left out and what was taken from further below.
    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if !self.no_classes.is_empty() {
            let folders = self.no_classes.join(", ");
            warnings.push(format!(
                "left out {folders}, which programs make and is no class"
            ));
        }
        if let Some(first) = self.others.first() {
            warnings.push(format!(
                "left out {} files that are not pictures by their names ({}), {first} for one",
                self.others.len(),
                EXTENSIONS.join(", ")
            ));
        }
        if let Some(first) = self.nested.first() {
            warnings.push(format!(
                "took {} pictures from folders within those of classes, {first} for one",
                self.nested.len()
            ));
        }
        warnings
    }

    fn listed(self, classes: &[String]) -> Vec<Listed> {
        let labels: HashMap<&String, u16> = classes.iter().zip(0..).collect();
        let classes = self.classes.into_iter();
        let classes =
            classes.filter_map(|(class, pictures)| Some((*labels.get(&class)?, pictures)));
        let listed = classes.flat_map(|(label, pictures)| {
            pictures.into_iter().map(move |path| Listed {
                path,
                label,
                crop: Crop::Middle,
            })
        });
        listed.collect()
    }
}

/// The classes of both splits.
struct Classes {
    /// Those that have pictures: in the order of numbers where all are, or of text.
    names: Vec<String>,
    /// Those that have none.
    empty: Vec<String>,
}

impl Classes {
    fn of(found: &[Found; 2]) -> Self {
        let names: BTreeSet<&String> = found
            .iter()
            .flat_map(|found| found.classes.iter().map(|(name, _)| name))
            .collect();
        let has_pictures = |name: &&String| found.iter().any(|found| found.has_pictures(name));
        let (names, empty): (Vec<&String>, Vec<&String>) =
            names.into_iter().partition(has_pictures);
        Self {
            names: classes::in_order(names.into_iter().cloned().collect()),
            empty: empty.into_iter().cloned().collect(),
        }
    }

    /// A folder of the test pictures that the training pictures do not have.
    fn beyond_training<'a>(&self, [train, test]: &'a [Found; 2]) -> Option<&'a String> {
        let known: BTreeSet<&String> = train.classes.iter().map(|(name, _)| name).collect();
        let mut tested = test.classes.iter().map(|(name, _)| name);
        tested.find(|name| !known.contains(name))
    }

    fn warnings(&self, [train, _]: &[Found; 2], [train_name, test_name]: [&str; 2]) -> Vec<String> {
        let mut warnings = Vec::new();
        if !self.empty.is_empty() {
            warnings.push(format!(
                "left out {} without pictures in {train_name} and {test_name}: {}",
                if self.empty.len() == 1 {
                    "a class"
                } else {
                    "classes"
                },
                self.empty.join(", ")
            ));
        }
        let untrained = self.names.iter().filter(|name| !train.has_pictures(name));
        warnings.extend(untrained.map(|name| format!("{train_name}/{name} has no pictures")));
        warnings.extend(classes::not_in_order_of_text(&self.names));
        warnings
    }
}

/// Whether a file is a picture by its name.
fn is_picture(name: &str) -> bool {
    let extension = name
        .rsplit_once('.')
        .map(|(_, extension)| extension.to_lowercase());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()))
}
