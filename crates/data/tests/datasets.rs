//! Data sets from their published files: small ones in exactly those layouts, and what is said of broken ones.

mod layouts;

use spindle_run::input::PictureShape;
use spindle_run::modality::{InputShape, Inputs};
use std::{fs, path::Path};

use layouts::{Numbers, write};
use proptest::prelude::*;
use spindle_data::Error;
use spindle_data::{
    Data, Samples, Split,
    pictures::Pictures,
    texts::{MAX_PIECES, Text},
};
use spindle_run::{
    Experiment,
    experiment::{Dataset, Training},
};

/// A data set in a folder of its own, written by `write`.
struct Written {
    folder: tempfile::TempDir,
    experiment: Experiment,
}

fn written(data: Dataset, write: impl FnOnce(&Path)) -> Written {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let experiment = Experiment {
        training: Training {
            data,
            data_dir: Some(folder.path().display().to_string()),
            points: 64,
            ..Training::default()
        },
        ..Experiment::default()
    };
    Written { folder, experiment }
}

impl Written {
    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn load(&self) -> Result<Data, Error> {
        Data::load(&self.experiment)
    }

    /// Loads it, leaving out what is broken.
    fn skipping(&self) -> Data {
        let experiment = Experiment {
            training: Training {
                skip_broken: true,
                ..self.experiment.training.clone()
            },
            ..self.experiment.clone()
        };
        Data::load(&experiment).unwrap()
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

fn labels(split: &Split) -> Vec<usize> {
    (0..split.len())
        .map(|position| split.label(position))
        .collect()
}

fn texts(split: &Split) -> &[Text] {
    match split.samples() {
        Samples::Texts(texts) => &texts.texts,
        _ => &[],
    }
}

/// The words of a text, as they are written.
fn words(text: &Text) -> Vec<&str> {
    let words = text.content.words.iter();
    words
        .map(|&[start, end]| &text.content.text[start..end])
        .collect()
}

/// A picture as a network of a side takes it, `[channels, side, side]`.
fn picture(split: &Split, position: usize, side: usize) -> Vec<f32> {
    let channels = match split.samples() {
        Samples::Pictures(pictures) => pictures.channels(),
        _ => 0,
    };
    let shape = InputShape::Pictures(PictureShape { channels, side });
    match split.inputs(&[position], shape).unwrap() {
        Inputs::Pictures(values) => values,
        _ => Vec::new(),
    }
}

fn held(split: &Split, position: usize) -> &[u8] {
    match split.samples() {
        Samples::Pictures(pictures) => pictures.held(position).unwrap_or_default(),
        _ => &[],
    }
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
        let counts = [loaded.train.len(), loaded.test.len(), loaded.classes.len()];
        assert_eq!(counts, [train, test, classes], "{data:?}");
        for split in [&loaded.train, &loaded.test] {
            let labels = labels(split);
            for class in 0..classes {
                let count = labels.iter().filter(|label| **label == class).count();
                assert_eq!(count, labels.len() / classes, "{data:?} {class}");
            }
        }
        assert_eq!(loaded.digest(), written.load()?.digest(), "{data:?}");
        assert!(!loaded.source.is_empty());
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
        written.load().map(|data| data.train.len())
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
    assert_eq!(beside.load()?.train.len(), 2);
    Ok(())
}

#[test]
fn missing_files_are_named_with_the_layout_and_what_is_there() {
    for (data, write, _) in LAYOUTS.into_iter().take(7) {
        let absent = Experiment {
            training: Training {
                data,
                ..Training::default()
            },
            ..Experiment::default()
        };
        let said = Data::load(&absent).unwrap_err().to_string();
        assert!(said.contains("data_dir is not given") && said.contains("People get it from"));
        let nowhere = Experiment {
            training: Training {
                data_dir: Some("/nowhere/at/all".to_owned()),
                ..absent.training
            },
            ..absent
        };
        let said = Data::load(&nowhere).unwrap_err().to_string();
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
fn cifar_records_are_a_label_and_three_planes() -> Result<(), Error> {
    let written = written(Dataset::Cifar10, |folder| layouts::cifar10(folder, 2));
    let data = written.load()?;
    let first = fs::read(written.path().join("data_batch_1.bin")).unwrap();
    assert_eq!(data.train.label(1), usize::from(first[3073]));
    assert_eq!(held(&data.train, 1), &first[3074..2 * 3073]);
    assert_eq!(data.classes[3], "cat");
    // Scaled to 64x64, a picture keeps its mean; a frame of 32x32 is the picture itself.
    let picture_32 = picture(&data.train, 1, 32);
    assert_eq!(picture_32[5], f32::from(first[3074 + 5]) / 255.0);
    assert!((mean(&picture(&data.train, 1, 64)) - mean(&picture_32)).abs() < 0.01);
    fs::remove_file(written.path().join("batches.meta.txt")).unwrap();
    assert_eq!(written.load()?.classes[9], "truck");
    Ok(())
}

#[test]
fn broken_cifar_files_are_refused_with_what_is_wrong() {
    let written = written(Dataset::Cifar10, |folder| layouts::cifar10(folder, 1));
    let file = written.path().join("data_batch_2.bin");
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() - 1]).unwrap();
    written.refused_for(&["data_batch_2.bin", "6145 bytes", "whole records of 3073"]);
    fs::write(&file, [&[10], &whole[1..]].concat()).unwrap();
    written.refused_for(&["label 10 of record 0", "0 to 9"]);
    fs::write(&file, whole).unwrap();
    write(written.path(), "batches.meta.txt", "cat\ndog\n");
    written.refused_for(&["batches.meta.txt", "names 2 classes"]);
}

#[test]
fn birds_are_cropped_to_their_boxes_and_grey_ones_get_colours() -> Result<(), Error> {
    let written = written(Dataset::Cub, |folder| layouts::cub(folder, 3, 2));
    let data = written.load()?;
    assert_eq!(data.classes[1], "Striped Bird 1");
    // Around the boxes all is white; of the class's square in the box a ninth is.
    for position in 0..data.train.len() {
        let values = picture(&data.train, position, 24);
        assert_eq!(values.len(), 3 * 24 * 24);
        assert!(mean(&values) < 0.5, "{}", mean(&values));
    }
    // Class 1 has its bright square above, in the middle.
    let bird = picture(&data.train, 2, 24);
    assert!(bird[4 * 24 + 12] > 0.9 && bird[4 * 24 + 3] < 0.6);
    let grey = picture(&data.test, 1, 24);
    let (red, rest) = grey.split_at(24 * 24);
    assert_eq!(red, &rest[..24 * 24]);
    assert_eq!(red, &rest[24 * 24..]);
    Ok(())
}

#[test]
fn lists_of_birds_must_agree() {
    let with = |file: &'static str, from: &'static str, to: &'static str| {
        let written = written(Dataset::Cub, |folder| layouts::cub(folder, 2, 1));
        let path = written.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from));
        fs::write(path, text.replace(from, to)).unwrap();
        written
    };
    let wrong = with("image_class_labels.txt", "3 2\n", "3 7\n");
    wrong.refused_for(&["class 7 of picture 3", "2 in classes.txt"]);
    let wrong = with("bounding_boxes.txt", "2 20.0", "2 nan");
    wrong.refused_for(&["bounding_boxes.txt", "line 2", "x, y, width, height"]);
    let wrong = with("train_test_split.txt", "4 0\n", "");
    wrong.refused_for(&["train_test_split.txt", "picture 4 is in images.txt"]);
    let wrong = with("bounding_boxes.txt", "2 20.0 10.0", "2 70.0 10.0");
    wrong.refused_for(&["of its 60x50 pixels", "leaves nothing"]);
    let wrong = with("images.txt", "2 001", "1 001");
    wrong.refused_for(&["images.txt", "twice"]);
}

#[test]
fn every_fourth_class_of_tiny_imagenet_is_used() -> Result<(), Error> {
    let written = written(Dataset::TinyImagenet, |folder| {
        layouts::tiny_imagenet(folder, 9, 3);
    });
    let data = written.load()?;
    assert_eq!(data.classes, ["thing 3", "thing 7"]);
    assert_eq!((data.train.len(), data.test.len()), (6, 6));
    assert_eq!(labels(&data.train), [0, 0, 0, 1, 1, 1]);
    assert_eq!(picture(&data.test, 0, 64).len(), 3 * 64 * 64);
    written.append(
        "val/val_annotations.txt",
        "val_0.JPEG\tn00000000\t0\t0\t9\t9\n",
    );
    written.refused_for(&["class n00000000 of picture val_0.JPEG is not in wnids.txt"]);
    Ok(())
}

#[test]
fn broken_pictures_are_named_or_left_out() -> Result<(), Error> {
    let written = written(Dataset::TinyImagenet, |folder| {
        layouts::tiny_imagenet(folder, 8, 6);
    });
    // The fourth class, which is the first in use.
    let images = written.path().join("train/n01448537/images");
    let file = |number| images.join(format!("n01448537_{number}.JPEG"));
    let whole = fs::read(file(1)).unwrap();
    fs::write(file(1), &whole[..whole.len() / 2]).unwrap();
    written.refused_for(&["n01448537_1.JPEG", "truncated"]);
    fs::write(file(2), "no picture").unwrap();
    fs::write(file(3), "").unwrap();
    let data = written.skipping();
    assert_eq!((data.train.len(), data.test.len()), (9, 12));
    assert_eq!(labels(&data.train), [0, 0, 0, 1, 1, 1, 1, 1, 1]);
    let warning = data.warnings.join(" ");
    for word in ["left out 3 samples", "_1.JPEG", "_2.JPEG", "_3.JPEG"] {
        assert!(warning.contains(word), "{warning}");
    }
    // What breaks after loading is an error with the file's name, and no panic.
    fs::write(file(4), "broken by now").unwrap();
    let shape = InputShape::Pictures(PictureShape {
        channels: 3,
        side: 64,
    });
    let read = data.train.inputs(&[1], shape);
    assert!(read.is_err_and(|error| error.to_string().contains("_4.JPEG")));
    Ok(())
}

#[test]
fn shapenet_clouds_are_drawn_and_fill_the_unit_ball() -> Result<(), Error> {
    let mut written = written(Dataset::ShapeNet, |folder| layouts::shapenet(folder, 2, 70));
    let data = written.load()?;
    assert_eq!(data.classes, ["Airplane", "Bag", "Cap", "Lamp"]);
    assert_eq!(labels(&data.train), [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]);
    let Samples::Clouds(clouds) = data.train.samples() else {
        unreachable!("ShapeNet holds clouds");
    };
    assert_eq!(clouds.points(), 64);
    for position in 0..data.train.len() {
        let cloud = clouds.cloud(position);
        let radius = |point: &[f32; 3]| point.iter().map(|x| x * x).sum::<f32>().sqrt();
        let largest = cloud.iter().map(radius).fold(0.0, f32::max);
        assert!((largest - 1.0).abs() < 1e-5);
        for axis in 0..3 {
            let values: Vec<f32> = cloud.iter().map(|point| point[axis]).collect();
            assert!(mean(&values).abs() < 1e-5);
        }
    }
    let digest = data.digest();
    written.experiment.training.seed = 1;
    assert_ne!(digest, written.load()?.digest(), "other points are drawn");
    Ok(())
}

#[test]
fn broken_clouds_are_named_with_their_line_or_left_out() {
    let written = written(Dataset::ShapeNet, |folder| layouts::shapenet(folder, 2, 70));
    let file = written.path().join(format!("02773838/{:032x}.txt", 1));
    let whole = fs::read_to_string(&file).unwrap();
    for wrong in [
        "nan 0 0 0 0 0 1.0",
        "0 inf 0 0 0 0 1.0",
        "0 0 0",
        "a b c d e f g",
    ] {
        let mut lines: Vec<&str> = whole.lines().collect();
        lines[4] = wrong;
        fs::write(&file, lines.join("\n")).unwrap();
        written.refused_for(&[&format!("{:032x}.txt", 1), "line 5", "finite numbers"]);
    }
    let few: Vec<_> = whole.lines().take(50).collect();
    fs::write(&file, few.join("\n")).unwrap();
    written.refused_for(&["50 points and 64 are used", "--points", "--skip-broken"]);
    let data = written.skipping();
    assert_eq!((data.train.len(), data.test.len()), (11, 8));
    assert!(
        data.warnings[0].contains("left out 1 sample") && data.warnings[0].contains("50 points")
    );
    let list = "train_test_split/shuffled_test_file_list.json";
    write(written.path(), list, "[\"shape_data/99999999/a\"]");
    written.refused_for(&["shape_data/99999999/a", "synsetoffset2category.txt"]);
    write(written.path(), list, "{");
    written.refused_for(&["shuffled_test_file_list.json", "not a list of paths"]);
}

#[test]
fn sentences_become_word_pieces_with_their_words() -> Result<(), Error> {
    let written = written(Dataset::Sst2, |folder| {
        layouts::sst2(folder, 1);
        write(
            folder,
            "dev.tsv",
            "sentence\tlabel\nUnwatchable, Ca\u{301}f\u{e9} \"great\"! \t0\r\n",
        );
    });
    let data = written.load()?;
    let text = &texts(&data.test)[0];
    assert_eq!(
        text.content.text,
        "Unwatchable, Ca\u{301}f\u{e9} \"great\"!"
    );
    assert_eq!(words(text)[..2], ["Unwatchable", ","]);
    assert_eq!(words(text)[3..], ["\"", "great", "\"", "!"]);
    assert!(words(text)[2].starts_with("Ca") && words(text)[2].ends_with('\u{e9}'));
    // [CLS] un ##watch ##able , c ##a ##f ##e " great " ! [SEP]
    let numbers = [0, 0, 0, 1, 2, 2, 2, 2, 3, 4, 5, 6].map(Some);
    assert_eq!(text.words, [&[None], &numbers[..], &[None]].concat());
    assert_eq!((text.ids[0], text.ids.last()), (101, Some(&102)));
    let pieces = fs::read_to_string(written.path().join("vocab.txt")).unwrap();
    let pieces: Vec<_> = pieces.lines().collect();
    let found: Vec<_> = text.ids.iter().map(|&id| pieces[id as usize]).collect();
    assert_eq!(
        found,
        [
            "[CLS]", "un", "##watch", "##able", ",", "c", "##a", "##f", "##e", "\"", "great", "\"",
            "!", "[SEP]"
        ]
    );
    assert_eq!(data.classes, ["negative", "positive"]);
    assert!(
        texts(&data.train)
            .iter()
            .all(|text| text.candidates().len() >= 12)
    );
    Ok(())
}

#[test]
fn special_pieces_in_a_text_are_words() -> Result<(), Error> {
    let written = written(Dataset::Sst2, |folder| {
        layouts::sst2(folder, 1);
        write(folder, "dev.tsv", "sentence\tlabel\na [MASK] film\t0\n");
    });
    let data = written.load()?;
    let text = &texts(&data.test)[0];
    assert_eq!(words(text), ["a", "[", "MASK", "]", "film"]);
    assert!(!text.ids.contains(&103));
    Ok(())
}

#[test]
fn broken_lines_are_named_and_empty_sentences_counted() {
    let written = written(Dataset::Sst2, |folder| layouts::sst2(folder, 2));
    written.append("train.tsv", " \t1\n\u{200b}\t0\nthe film\t1\n");
    let data = written.load().unwrap();
    assert_eq!(data.train.len(), 5);
    assert!(data.warnings[0].contains("left out 2") && data.warnings[0].contains("lines 6, 7"));
    written.append("train.tsv", "the story\tgood\nno label\n");
    written.refused_for(&["train.tsv", "line 9", "label \"good\" has no class"]);
    let data = written.skipping();
    assert_eq!(data.train.len(), 5);
    let warnings = data.warnings.join(" ");
    assert!(warnings.contains("left out 2 samples") && warnings.contains("it has 1 columns"));
    write(
        written.path(),
        "train.tsv",
        b"sentence\tlabel\n\xff\xfe\t1\n",
    );
    written.refused_for(&["line 2", "not in UTF-8"]);
    write(written.path(), "train.tsv", "text\tlabel\na\t1\n");
    written.refused_for(&["no column \"sentence\"", "[\"text\", \"label\"]"]);
}

#[test]
fn vocabularies_must_be_of_uncased_bert() {
    let mut written = written(Dataset::Sst2, |folder| layouts::sst2(folder, 2));
    let vocabulary = fs::read_to_string(written.path().join("vocab.txt")).unwrap();
    write(
        written.path(),
        "vocab.txt",
        vocabulary.replace("[MASK]\n", ""),
    );
    written.refused_for(&["vocab.txt", "[MASK] is not in it", "number 103"]);
    write(written.path(), "vocab.txt", format!("one\n{vocabulary}"));
    written.refused_for(&["[PAD] is number 1", "number 0"]);
    fs::remove_file(written.path().join("vocab.txt")).unwrap();
    written.refused_for(&["vocab.txt", "--vocabulary", "uncased BERT"]);
    write(written.path(), "elsewhere/pieces.txt", vocabulary);
    let elsewhere = written.path().join("elsewhere/pieces.txt");
    written.experiment.training.vocabulary = Some(elsewhere.display().to_string());
    assert_eq!(written.load().unwrap().train.len(), 4);
}

#[test]
fn news_are_a_title_and_a_description_with_or_without_a_header() -> Result<(), Error> {
    let written = written(Dataset::AgNews, |folder| layouts::ag_news(folder, 1));
    let data = written.load()?;
    assert_eq!(data.classes, ["World", "Sports", "Business", "Sci/Tech"]);
    assert_eq!(labels(&data.train), [0, 1, 2, 3]);
    let text = &texts(&data.train)[2].content.text;
    assert!(text.starts_with("The \"story\", a letter The "), "{text}");
    let plain = fs::read_to_string(written.path().join("train.csv")).unwrap();
    write(
        written.path(),
        "train.csv",
        format!("Class Index,Title,Description\n{plain}"),
    );
    assert_eq!(data.digest(), written.load()?.digest());
    written.append("train.csv", "\"5\",\"a\",\"b\"\n");
    written.refused_for(&["train.csv", "line 6", "class \"5\" is not one of 1 to 4"]);
    Ok(())
}

#[test]
fn pairs_have_two_parts_and_those_without_label_are_left_out() -> Result<(), Error> {
    let written = written(Dataset::Mnli, |folder| layouts::mnli(folder, 2));
    let data = written.load()?;
    assert_eq!(data.warnings.len(), 2);
    assert!(data.warnings[0].contains("left out 1") && data.warnings[0].contains("no label"));
    assert_eq!(labels(&data.test), [0, 1, 2, 0, 1, 2]);
    let text = &texts(&data.train)[0];
    let (first, second) = text.content.text.split_once('\n').unwrap();
    assert!(first.starts_with("The ") && second.starts_with("The "));
    let ends: Vec<_> = (0..text.ids.len())
        .filter(|&i| text.ids[i] == 102)
        .collect();
    assert_eq!(ends[1], text.ids.len() - 1);
    let types = [vec![0; ends[0] + 1], vec![1; ends[1] - ends[0]]].concat();
    assert_eq!(text.types, types);
    let seconds = words(text).iter().filter(|word| **word == "The").count();
    assert_eq!(seconds, 2);
    assert_eq!(
        text.words[ends[0] + 1],
        Some(text.words[ends[0] - 1].unwrap() + 1)
    );
    Ok(())
}

#[test]
fn long_texts_are_cut_and_of_pairs_the_longer_part_first() -> Result<(), Error> {
    let many = |count: usize| vec!["film"; count].join(" ");
    let long = written(Dataset::Sst2, |folder| {
        layouts::sst2(folder, 1);
        write(
            folder,
            "dev.tsv",
            format!("sentence\tlabel\n{}\t1\n", many(200)),
        );
    });
    let data = long.load()?;
    let text = &texts(&data.test)[0];
    assert_eq!((text.ids.len(), words(text).len()), (MAX_PIECES, 200));
    assert_eq!(text.candidates().len(), MAX_PIECES - 2);
    let pair = written(Dataset::Mnli, |folder| {
        layouts::mnli(folder, 1);
        let (short, long) = (many(10), many(300));
        write(
            folder,
            "dev_matched.tsv",
            format!(
                "sentence1\tsentence2\tgold_label\n{long}\t{short}\tneutral\n{long}\t{long}\tneutral\n"
            ),
        );
    });
    let data = pair.load()?;
    let of_second = |position: usize| {
        let text = &texts(&data.test)[position];
        assert_eq!(text.ids.len(), MAX_PIECES);
        text.types.iter().filter(|part| **part == 1).count()
    };
    assert_eq!([of_second(0), of_second(1)], [11, 63]);
    Ok(())
}

#[test]
fn arrays_of_pictures_are_bytes_or_shares() -> Result<(), Error> {
    let of = |shape: &[usize], x: Numbers| {
        let count = shape[0];
        let labels: Vec<i64> = (0..count as i64).collect();
        written(Dataset::Own, |folder| {
            layouts::own_arrays(
                folder,
                "safetensors",
                (shape.to_vec(), x.clone(), labels.clone()),
                (shape.to_vec(), x, labels),
            );
        })
    };
    let bytes: Vec<u8> = vec![0, 51, 102, 153, 204, 255, 255, 0];
    let shares: Vec<f32> = bytes.iter().map(|&byte| f32::from(byte) / 255.0).collect();
    let wide: Vec<f64> = bytes.iter().map(|&byte| f64::from(byte) / 255.0).collect();
    let expected = of(&[2, 2, 2], Numbers::U8(bytes.clone())).load()?;
    assert_eq!(held(&expected.train, 1), &bytes[4..]);
    for numbers in [Numbers::F32(shares), Numbers::F64(wide)] {
        for shape in [&[2, 2, 2][..], &[2, 1, 2, 2], &[2, 2, 2, 1]] {
            assert_eq!(
                of(shape, numbers.clone()).load()?.digest(),
                expected.digest()
            );
        }
    }
    of(
        &[2, 2, 2],
        Numbers::F32(vec![0.0, 7.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]),
    )
    .refused_for(&["value 1 of x is 7", "from 0 to 1", "u8"]);
    of(&[2, 2, 2], Numbers::F32(vec![f32::NAN; 8])).refused_for(&["value 0 of x is NaN"]);
    of(&[2, 2, 2], Numbers::I64(vec![1; 8])).refused_for(&["pixels are u8"]);
    of(&[2, 4], Numbers::U8(bytes)).refused_for(&["x has shape [2, 4]", "[n, points, 3]"]);
    Ok(())
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
fn clouds_in_arrays_are_checked_one_by_one() {
    let cloud = |x: f32| (0..40).flat_map(move |i| [x, i as f32, (i * i) as f32]);
    let values: Vec<f32> = [1.0, f32::NAN, 2.0].into_iter().flat_map(cloud).collect();
    let samples = || (vec![3, 40, 3], Numbers::F32(values.clone()), vec![0, 1, 1]);
    let mut written = written(Dataset::Own, |folder| {
        layouts::own_arrays(folder, "npz", samples(), samples());
    });
    written.refused_for(&["cloud 0 of x", "40 points and 64 are used"]);
    written.experiment.training.points = 32;
    written.refused_for(&["train.npz", "cloud 1 of x", "point 1", "NaN"]);
    let data = written.skipping();
    assert_eq!((labels(&data.train), data.test.len()), (vec![0, 1], 2));
    assert!(data.warnings[0].contains("left out 2 samples"));
}

#[test]
fn folders_of_pictures_are_cropped_from_the_middle() -> Result<(), Error> {
    let written = written(Dataset::Own, |folder| layouts::own_pictures(folder, 3));
    let data = written.load()?;
    assert_eq!(data.classes, ["east", "north", "south", "west"]);
    // Of 40x32 pixels the bright square of the class 1 is at columns 13.3 to 26.7, of the middle square 9.3 to 22.7 of 32.
    let picture_32 = picture(&data.train, 3, 32);
    let bright: Vec<_> = (0..32).filter(|x| picture_32[3 * 32 + x] > 0.9).collect();
    assert!(
        bright[0].abs_diff(10) <= 1 && bright[bright.len() - 1].abs_diff(22) <= 1,
        "{bright:?}"
    );
    let Samples::Pictures(pictures @ Pictures::Streamed(_)) = data.train.samples() else {
        unreachable!("folders of pictures are streamed");
    };
    assert_eq!((pictures.channels(), pictures.side()), (3, None));
    write(written.path(), "train/east/notes.txt", "not a picture");
    let data = written.load()?;
    assert_eq!(data.train.len(), 12);
    assert!(data.warnings[0].contains("left out 1 file"));
    fs::create_dir(written.path().join("test/up")).unwrap();
    written.refused_for(&["test/up has no folder of its name in train"]);
    Ok(())
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

#[test]
fn own_labels_are_sorted_words_that_training_decides() -> Result<(), Error> {
    let written = written(Dataset::Own, |folder| layouts::own_texts(folder, 2));
    let data = written.load()?;
    assert_eq!(data.classes, ["busy", "cheerful", "weary"]);
    assert_eq!(labels(&data.train), [2, 1, 0, 2, 1, 0]);
    written.append("test.tsv", "the film\tsleepy\n");
    written.refused_for(&["test.tsv", "line 8", "label \"sleepy\" is not among"]);
    assert_eq!(written.skipping().test.len(), 6);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever people write: pieces and words agree, and nothing panics.
    #[test]
    fn words_cover_all_pieces_of_any_text(sentence in "[^\t\n\r]{0,60}") {
        let written = written(Dataset::Sst2, |folder| {
            layouts::sst2(folder, 1);
            write(folder, "dev.tsv", format!("sentence\tlabel\n{sentence}\t1\n"));
        });
        for text in texts(&written.load().unwrap().test) {
            let mut end = 0;
            for &[start, next] in &text.content.words {
                prop_assert!(end <= start && start < next);
                prop_assert!(text.content.text.get(start..next).is_some());
                end = next;
            }
            let inner: Option<Vec<usize>> = text.words[1..text.words.len() - 1].iter().copied().collect();
            let inner = inner.unwrap();
            prop_assert!(inner.is_sorted());
            // Every word has a piece, and every piece a word.
            let mut numbers = inner;
            numbers.dedup();
            prop_assert_eq!(numbers, (0..text.content.words.len()).collect::<Vec<_>>());
        }
    }

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
