//! CUB-200-2011, birds of 200 classes (Wah et al. 2011), cropped to the bounding box of the bird.

use std::collections::HashMap;

use spindle_run::{Experiment, modality::Pictures};

use crate::{
    Data, Error,
    folder::Folder,
    leavings::Leavings,
    lists::List,
    picture_files::{self, Crop, Listed},
};

/// What the lists say of a picture.
struct Lists {
    /// The lists themselves: pictures, labels, splits, boxes.
    files: [List; 4],
}

/// Reads the lists and looks into the pictures, which are read when they are needed.
///
/// # Errors
/// Files that are missing, lists that do not agree, labels without class, and pictures that are
/// broken.
pub(super) fn load(experiment: &Experiment, folder: &Folder) -> Result<Data<Pictures>, Error> {
    folder.check()?;
    let names = List::read(folder, "classes.txt")?;
    let names = names.by_number("a number and a class", |name| Some(title(name)))?;
    let classes = (1..=names.len() as u32).map(|number| names.get(&number).cloned());
    let classes: Option<Vec<String>> = classes.collect();
    let classes = classes.ok_or_else(|| {
        folder.layout("the numbers of the classes in classes.txt are not 1, 2, ... without gaps")
    })?;
    let [train, test] = Lists::read(folder)?.listed(classes.len())?;
    let mut leavings = Leavings::new(experiment.training.skip_broken);
    let mut split = |listed| picture_files::check(&folder.root, listed, &mut leavings);
    let (train, test) = (split(train)?, split(test)?);
    Ok(Data {
        train: train.split(3)?,
        test: test.split(3)?,
        classes,
        source: "CUB-200-2011, cropped to the bounding boxes".to_owned(),
        warnings: leavings.warnings(),
    })
}

/// `001.Black_footed_Albatross` as people write it.
fn title(name: &str) -> String {
    let name = name.split_once('.').map_or(name, |(_, name)| name);
    name.replace('_', " ")
}

impl Lists {
    fn read(folder: &Folder) -> Result<Self, Error> {
        let [images, labels, splits, boxes] = [
            "images.txt",
            "image_class_labels.txt",
            "train_test_split.txt",
            "bounding_boxes.txt",
        ]
        .map(|file| List::read(folder, file));
        Ok(Self {
            files: [images?, labels?, splits?, boxes?],
        })
    }

    /// Training and test pictures, in the order of their numbers.
    fn listed(&self, classes: usize) -> Result<[Vec<Listed>; 2], Error> {
        let [images, labels, splits, boxes] = &self.files;
        let paths = images.by_number("a number and a path", Some)?;
        let label = labels.by_number("a number and a class", |class| class.parse().ok())?;
        let is_train = splits.by_number("a number and 0 or 1", |flag| match flag {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        })?;
        let crop = boxes.by_number("a number and x, y, width, height", rectangle)?;
        let mut numbers: Vec<u32> = paths.keys().copied().collect();
        numbers.sort_unstable();
        let mut listed = [Vec::new(), Vec::new()];
        for number in numbers {
            let class: u16 = self.of(1, &label, number)?;
            if class == 0 || usize::from(class) > classes {
                return Err(labels.broken(format!(
                    "class {class} of picture {number} is not one of the {classes} in classes.txt"
                )));
            }
            let half = usize::from(!self.of(2, &is_train, number)?);
            listed[half].push(Listed {
                path: format!("images/{}", paths[&number]),
                label: class - 1,
                crop: Crop::Rectangle(self.of(3, &crop, number)?),
            });
        }
        Ok(listed)
    }

    /// What a list says of a picture.
    fn of<T: Copy>(&self, list: usize, values: &HashMap<u32, T>, number: u32) -> Result<T, Error> {
        values.get(&number).copied().ok_or_else(|| {
            self.files[list].broken(format!("picture {number} is in images.txt and not in it"))
        })
    }
}

/// A bounding box, in whole pixels around it.
fn rectangle(line: &str) -> Option<[u32; 4]> {
    let values = line
        .split_whitespace()
        .map(|value| value.parse::<f64>().ok());
    let values: Vec<f64> = values.collect::<Option<_>>()?;
    let [x, y, width, height] = values[..] else {
        return None;
    };
    let fits = |value: f64| value.is_finite() && (0.0..1e6).contains(&value);
    if ![x, y, width, height].into_iter().all(fits) {
        return None;
    }
    let [left, top] = [x, y].map(f64::floor);
    let [right, bottom] = [x + width, y + height].map(f64::ceil);
    Some([left, top, right - left, bottom - top].map(|value| value as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_whole_pixels_and_classes_have_titles() {
        assert_eq!(rectangle("60.0 27.0 325.0 304.0"), Some([60, 27, 325, 304]));
        assert_eq!(rectangle("0.5 1.5 2.0 2.0"), Some([0, 1, 3, 3]));
        for wrong in ["1 2 3", "1 2 3 x", "-1 0 2 2", "NaN 0 2 2"] {
            assert_eq!(rectangle(wrong), None);
        }
        assert_eq!(
            title("001.Black_footed_Albatross"),
            "Black footed Albatross"
        );
    }
}
