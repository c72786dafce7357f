//! Data sets from their published files: small ones in exactly those layouts, and what is said of
//! broken ones.

mod as_people_have_them;
mod clouds;
#[path = "../layouts/mod.rs"]
mod layouts;
mod pictures;
mod texts;

use std::{fs, path::Path};

use layouts::{Numbers, write};
use proptest::prelude::*;
use spindle_data::{AnyData, Error, Labelled, Labels, load};
use spindle_run::{Experiment, experiment::Dataset};

/// A data set in a folder of its own, written by `write`.
struct Written {
    folder: tempfile::TempDir,
    experiment: Experiment,
}

fn written(data: Dataset, write: impl FnOnce(&Path)) -> Written {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let experiment = {
        let mut e = Experiment::default();
        e.training.data = data;
        e.training.data_dir = Some(folder.path().display().to_string());
        e.training.points = 64;
        e
    };
    Written { folder, experiment }
}

impl Written {
    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn load(&self) -> Result<AnyData, Error> {
        load(&self.experiment)
    }

    /// Loads it, leaving out what is broken.
    fn skipping(&self) -> AnyData {
        let experiment = {
            let mut e = self.experiment.clone();
            e.training.skip_broken = true;
            e
        };
        load(&experiment).unwrap()
    }

    /// Why it is not loaded.
    fn refusal(&self) -> String {
        self.load().unwrap_err().to_string()
    }

    /// Checks that the refusal has all of these words.
    fn refused_for(&self, words: &[&str]) {
        let said = self.refusal();
        for word in words {
            assert!(said.contains(word), "{word:?} is missing in: {said}");
        }
    }

    fn append(&self, file: &str, line: &str) {
        let path = self.path().join(file);
        let text = fs::read_to_string(&path).unwrap() + line;
        fs::write(path, text).unwrap();
    }
}

fn labels(labels: &Labels) -> Vec<usize> {
    labels.iter().collect()
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len() as f32
}

/// Every data set, each with its writer and its counts: training, test, classes.
type Layout = (Dataset, fn(&Path), [usize; 3]);

const LAYOUTS: [Layout; 12] = [
    (Dataset::Cifar10, |f| layouts::cifar10(f, 3), [30, 30, 10]),
    (Dataset::Cub, |f| layouts::cub(f, 3, 2), [6, 6, 3]),
    (
        Dataset::TinyImagenet,
        |f| layouts::tiny_imagenet(f, 9, 2),
        [4, 4, 2],
    ),
    (Dataset::Sst2, |f| layouts::sst2(f, 5), [10, 10, 2]),
    (Dataset::AgNews, |f| layouts::ag_news(f, 2), [8, 8, 4]),
    (Dataset::Mnli, |f| layouts::mnli(f, 2), [6, 6, 3]),
    (
        Dataset::ShapeNet,
        |f| layouts::shapenet(f, 2, 70),
        [12, 8, 4],
    ),
    (Dataset::Own, |f| layouts::own_pictures(f, 2), [8, 8, 4]),
    (Dataset::Own, |f| layouts::own_texts(f, 2), [6, 6, 3]),
    (Dataset::Own, |f| layouts::own_clouds(f, 2, 70), [8, 8, 4]),
    (Dataset::Own, |f| own_pixels(f, "safetensors"), [4, 2, 2]),
    (Dataset::Own, |f| own_pixels(f, "npz"), [4, 2, 2]),
];

/// Arrays of one's own with pictures of 3x3 pixels.
fn own_pixels(folder: &Path, extension: &str) {
    let samples = |count: usize| {
        let values = (0..9 * count as u8).collect();
        let labels = (0..count as i64).map(|number| number % 2).collect();
        (vec![count, 1, 3, 3], Numbers::U8(values), labels)
    };
    layouts::own_arrays(folder, extension, samples(4), samples(2));
}

#[test]
fn every_published_layout_is_loaded_with_its_counts_and_classes() -> Result<(), Error> {
    for (data, write, [train, test, classes]) in LAYOUTS {
        let written = written(data, write);
        let loaded = written.load()?;
        let about = loaded.about();
        let counts = [about.train.len(), about.test.len(), about.classes.len()];
        assert_eq!(counts, [train, test, classes], "{data:?}");
        for split in [about.train, about.test] {
            let labels = labels(split);
            for class in 0..classes {
                let count = labels.iter().filter(|label| **label == class).count();
                assert_eq!(count, labels.len() / classes, "{data:?} {class}");
            }
        }
        assert_eq!(loaded.digest(), written.load()?.digest(), "{data:?}");
        assert!(!about.source.is_empty());
    }
    Ok(())
}

#[test]
fn digests_do_not_depend_on_the_folder_and_tell_data_apart() -> Result<(), Error> {
    let mut digests = Vec::new();
    for (data, write, _) in LAYOUTS {
        let [first, second] = [(), ()].map(|()| written(data, write).load());
        let digest = first?.digest();
        assert_eq!(digest, second?.digest(), "{data:?}");
        digests.push(digest);
    }
    // Arrays are the same data in either kind of file.
    assert_eq!(digests.pop(), digests.last().cloned());
    digests.sort_unstable();
    let count = digests.len();
    digests.dedup();
    assert_eq!(digests.len(), count);
    Ok(())
}

#[test]
fn what_the_archive_unpacks_to_is_found_in_the_folder() -> Result<(), Error> {
    let inner = |data, name: &'static str, write: fn(&Path)| {
        let written = written(data, |folder| write(&folder.join(name)));
        written.load().map(|data| data.about().train.len())
    };
    assert_eq!(
        inner(Dataset::Cifar10, "cifar-10-batches-bin", LAYOUTS[0].1)?,
        30
    );
    assert_eq!(inner(Dataset::Cub, "CUB_200_2011", LAYOUTS[1].1)?, 6);
    assert_eq!(
        inner(Dataset::TinyImagenet, "tiny-imagenet-200", LAYOUTS[2].1)?,
        4
    );
    assert_eq!(inner(Dataset::Sst2, "SST-2", LAYOUTS[3].1)?, 10);
    // The vocabulary may lie beside the folder.
    let beside = written(Dataset::Sst2, |folder| {
        layouts::sst2(&folder.join("SST-2"), 1);
        fs::rename(folder.join("SST-2/vocab.txt"), folder.join("vocab.txt")).unwrap();
    });
    assert_eq!(beside.load()?.about().train.len(), 2);
    Ok(())
}

#[test]
fn missing_files_are_named_with_the_layout_and_what_is_there() {
    for (data, write, _) in LAYOUTS.into_iter().take(7) {
        let absent = {
            let mut e = Experiment::default();
            e.training.data = data;
            e
        };
        let said = load(&absent).unwrap_err().to_string();
        assert!(said.contains("data_dir is not given") && said.contains("People get it from"));
        let nowhere = {
            let mut e = absent;
            e.training.data_dir = Some("/nowhere/at/all".to_owned());
            e
        };
        let said = load(&nowhere).unwrap_err().to_string();
        assert!(said.contains("cannot read /nowhere/at/all") && said.contains("needs"));
        let empty = written(data, |folder| fs::write(folder.join("a.zip"), "").unwrap());
        empty.refused_for(&[
            "is not in the layout",
            "People get it from",
            "Found there: a.zip",
        ]);
        let whole = written(data, write);
        let file = [
            "test_batch.bin",
            "bounding_boxes.txt",
            "val/val_annotations.txt",
            "dev.tsv",
            "test.csv",
            "dev_matched.tsv",
            "train_test_split/shuffled_val_file_list.json",
        ]
        .into_iter()
        .find(|file| whole.path().join(file).exists())
        .unwrap();
        fs::remove_file(whole.path().join(file)).unwrap();
        whole.refused_for(&[&format!("{file} not there"), data.title()]);
    }
}

#[test]
fn arrays_must_agree_and_be_whole() {
    let x = || (&[2, 2, 2][..], Numbers::U8(vec![3; 8]));
    let of = |y: (&[usize], Numbers), name: &str| {
        let (shape, values) = x();
        let arrays = [("x", shape, values), (name, y.0, y.1)];
        [
            ("safetensors", layouts::safetensors(&arrays)),
            ("npz", layouts::npz(&arrays, false)),
        ]
    };
    let refused = |files: [(&str, Vec<u8>); 2], words: &[&str]| {
        for (extension, bytes) in files {
            let written = written(Dataset::Own, |folder| {
                write(folder, &format!("train.{extension}"), &bytes);
                write(folder, &format!("test.{extension}"), &bytes);
            });
            written.refused_for(words);
            written.refused_for(&[&format!("train.{extension}")]);
        }
    };
    refused(
        of((&[3], Numbers::I64(vec![0, 1, 0])), "y"),
        &["y has shape [3]", "2 samples"],
    );
    refused(of((&[2], Numbers::I64(vec![0, -1])), "y"), &["y[1] is -1"]);
    refused(
        of((&[2], Numbers::I64(vec![0, 70_000])), "y"),
        &["y[1] is 70000"],
    );
    refused(
        of((&[2], Numbers::F32(vec![0.0, 1.0])), "y"),
        &["y is of floats"],
    );
    refused(
        of((&[2], Numbers::I64(vec![0, 1])), "labels"),
        &["no", "y", "labels"],
    );
    let [(_, mut tensors), (_, mut archive)] = of((&[2], Numbers::I64(vec![0, 1])), "y");
    tensors.truncate(tensors.len() - 4);
    archive.truncate(archive.len() / 2);
    refused(
        [("safetensors", tensors), ("npz", archive)],
        &["it is not a whole"],
    );
}

#[test]
fn own_layouts_are_recognised_or_told() {
    let none = written(Dataset::Own, |folder| {
        fs::write(folder.join("x.h5"), "").unwrap();
    });
    none.refused_for(&[
        "none of the layouts",
        "train.npz and test.npz",
        "Found there: x.h5",
    ]);
    let half = written(Dataset::Own, |folder| {
        fs::write(folder.join("train.npz"), "").unwrap();
    });
    half.refused_for(&["test.npz is missing"]);
    let two = written(Dataset::Own, |folder| {
        layouts::own_texts(folder, 1);
        layouts::own_pictures(folder, 1);
    });
    two.refused_for(&["train and train.tsv are there", "not clear which"]);
    let flat = written(Dataset::Own, |folder| {
        fs::create_dir(folder.join("train")).unwrap();
        fs::create_dir(folder.join("test")).unwrap();
    });
    flat.refused_for(&["in train there are no folders of classes"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any bytes in place of a file are an error or data, and no panic.
    #[test]
    fn any_bytes_are_an_error_or_data(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0usize..8) {
        let (data, writer, _) = LAYOUTS[[0, 1, 3, 4, 6, 8, 10, 11][at]];
        let files = ["data_batch_1.bin", "bounding_boxes.txt", "train.tsv", "train.csv", "synsetoffset2category.txt", "train.tsv", "train.safetensors", "train.npz"];
        let written = written(data, writer);
        write(written.path(), files[at], bytes);
        let _ = written.load();
    }
}
