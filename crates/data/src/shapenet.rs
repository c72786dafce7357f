//! ShapeNet's parts benchmark with normals (Yi et al. 2016): clouds of 16 classes. Validation
//! clouds are trained on, as is usual.

use std::collections::HashMap;

use spindle_run::{Experiment, modality::Clouds, parallel};

use crate::{
    Data, Error, Split, clouds::CloudSet, folder::Folder, leavings::Leavings, lists::List, points,
};

/// Clouds that are read at a time.
const CHUNK: usize = 256;
const TRAIN: [&str; 2] = ["train", "val"];
const TEST: [&str; 1] = ["test"];

/// A cloud that is there, before its file is read.
struct Listed {
    /// Its path from the data folder on.
    path: String,
    label: u16,
}

/// Reads all clouds and draws the experiment's points of each.
///
/// # Errors
/// Files that are missing, clouds whose class is not in the list, and those with too few points or
/// coordinates that are no numbers.
pub(super) fn load(experiment: &Experiment, folder: &Folder) -> Result<Data<Clouds>, Error> {
    folder.check()?;
    let categories = List::read(folder, "synsetoffset2category.txt")?;
    let categories = categories.map("a class and its folder", |line| {
        let mut columns = line.split_whitespace();
        Some((columns.next()?, columns.next()?))
    })?;
    let labels = categories.iter().enumerate();
    let labels = labels.map(|(label, (_, synset))| (*synset, label as u16));
    let labels: HashMap<&str, u16> = labels.collect();
    let mut leavings = Leavings::new(experiment.training.skip_broken);
    let train = listed(folder, &TRAIN, &labels)?;
    let test = listed(folder, &TEST, &labels)?;
    Ok(Data {
        train: split(experiment, folder, &train, 0, &mut leavings)?,
        test: split(experiment, folder, &test, train.len(), &mut leavings)?,
        classes: categories
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .collect(),
        source: format!(
            "ShapeNet's parts benchmark, {} points of each cloud",
            experiment.training.points
        ),
        warnings: leavings.warnings(),
    })
}

/// Clouds that the lists of these names have.
fn listed(
    folder: &Folder,
    names: &[&str],
    labels: &HashMap<&str, u16>,
) -> Result<Vec<Listed>, Error> {
    let mut listed = Vec::new();
    for name in names {
        let file = format!("train_test_split/shuffled_{name}_file_list.json");
        let broken = |reason| Error::File {
            file: folder.path(&file).display().to_string(),
            reason,
        };
        let paths: Vec<String> = serde_json::from_str(&folder.text(&file)?)
            .map_err(|error| broken(format!("it is not a list of paths in JSON: {error}")))?;
        for path in paths {
            let cloud = cloud_of(&path, labels).ok_or_else(|| {
                broken(format!(
                    "\"{path}\" is not shape_data/<synset>/<name> with a synset of synsetoffset2category.txt"
                ))
            })?;
            listed.push(cloud);
        }
    }
    Ok(listed)
}

/// The cloud of a path in the lists, `shape_data/<synset>/<name>`.
fn cloud_of(path: &str, labels: &HashMap<&str, u16>) -> Option<Listed> {
    let (before, name) = path.rsplit_once('/')?;
    let synset = before.rsplit('/').next()?;
    Some(Listed {
        path: format!("{synset}/{name}.txt"),
        label: *labels.get(synset)?,
    })
}

/// The clouds of a split; `first` counts those of the splits before it.
fn split(
    experiment: &Experiment,
    folder: &Folder,
    listed: &[Listed],
    first: usize,
    leavings: &mut Leavings,
) -> Result<Split<Clouds>, Error> {
    let (mut labels, mut coordinates) = (Vec::new(), Vec::new());
    for (chunk, listed) in listed.chunks(CHUNK).enumerate() {
        let clouds = parallel::map(listed.len(), |index| {
            cloud(
                experiment,
                folder,
                &listed[index].path,
                first + chunk * CHUNK + index,
            )
        });
        for (listed, cloud) in listed.iter().zip(clouds) {
            if let Some(cloud) = leavings.keep(cloud)? {
                labels.push(listed.label);
                coordinates.extend(cloud);
            }
        }
    }
    Split::new(
        labels,
        CloudSet::new(coordinates, experiment.training.points),
    )
}

/// The experiment's points of a cloud.
fn cloud(
    experiment: &Experiment,
    folder: &Folder,
    path: &str,
    index: usize,
) -> Result<Vec<[f32; 3]>, Error> {
    let list = List::read(folder, path)?;
    let points = list.map("x y z nx ny nz label, finite numbers", point)?;
    points::drawn(points, experiment, index).map_err(|reason| list.broken(reason))
}

/// A line's coordinates; all of its columns must be finite numbers.
fn point(line: &str) -> Option<[f32; 3]> {
    let values = line
        .split_whitespace()
        .map(|value| value.parse::<f32>().ok());
    let values: Vec<f32> = values.collect::<Option<_>>()?;
    let [x, y, z, ..] = values[..] else {
        return None;
    };
    let whole = values.len() == 7 && values.iter().all(|value| value.is_finite());
    whole.then_some([x, y, z])
}
