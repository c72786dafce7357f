//! Data sets of pictures.

use std::{fs, io::Cursor};

use image::{DynamicImage, ImageFormat, RgbImage};
use sha2::{Digest, Sha256};
use spindle_data::{Data, DataKind, Error, Labelled, Split, pictures::PictureSet};
use spindle_run::{
    each::Each,
    experiment::Dataset,
    input::{PictureShape, PictureSize},
    modality::Pictures,
};

use crate::{
    Written, labels,
    layouts::{self, Numbers, write},
    mean, written,
};

impl Written {
    /// Loads what must be pictures.
    fn pictures(&self) -> Result<Data<Pictures>, Error> {
        match self.load()? {
            Each::Pictures(data) => Ok(data),
            other => unreachable!("{} instead of pictures", other.kind().name()),
        }
    }
}

/// A picture as a network of a side takes it, `[channels, side, side]`.
fn picture(split: &Split<Pictures>, position: usize, side: usize) -> Vec<f32> {
    let channels = split.samples().channels();
    let shape = PictureShape { channels, side };
    split.batch(&[position], shape).unwrap()
}

fn held(split: &Split<Pictures>, position: usize) -> &[u8] {
    split.samples().held(position).unwrap()
}

#[test]
fn cifar_records_are_a_label_and_three_planes() -> Result<(), Error> {
    let written = written(Dataset::Cifar10, |folder| layouts::cifar10(folder, 2));
    let data = written.pictures()?;
    let first = fs::read(written.path().join("data_batch_1.bin")).unwrap();
    assert_eq!(data.train.labels().label(1), usize::from(first[3073]));
    assert_eq!(held(&data.train, 1), &first[3074..2 * 3073]);
    assert_eq!(data.classes[3], "cat");
    // Scaled to 64x64, a picture keeps its mean; a frame of 32x32 is the picture itself.
    let picture_32 = picture(&data.train, 1, 32);
    assert_eq!(picture_32[5], f32::from(first[3074 + 5]) / 255.0);
    assert!((mean(&picture(&data.train, 1, 64)) - mean(&picture_32)).abs() < 0.01);
    fs::remove_file(written.path().join("batches.meta.txt")).unwrap();
    assert_eq!(written.pictures()?.classes[9], "truck");
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
    let data = written.pictures()?;
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
    let data = written.pictures()?;
    assert_eq!(data.classes, ["thing 3", "thing 7"]);
    assert_eq!((data.train.len(), data.test.len()), (6, 6));
    assert_eq!(labels(data.train.labels()), [0, 0, 0, 1, 1, 1]);
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
    assert_eq!((data.about().train.len(), data.about().test.len()), (9, 12));
    assert_eq!(labels(data.about().train), [0, 0, 0, 1, 1, 1, 1, 1, 1]);
    let warning = data.about().warnings.join(" ");
    for word in ["left out 3 samples", "_1.JPEG", "_2.JPEG", "_3.JPEG"] {
        assert!(warning.contains(word), "{warning}");
    }
    // What breaks after loading is an error with the file's name, and no panic.
    fs::write(file(4), "broken by now").unwrap();
    let shape = PictureShape {
        channels: 3,
        side: 64,
    };
    let Each::Pictures(data) = data else {
        unreachable!("Tiny-ImageNet holds pictures");
    };
    let read = data.train.batch(&[1], shape);
    assert!(read.is_err_and(|error| error.to_string().contains("_4.JPEG")));
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
    let expected = of(&[2, 2, 2], Numbers::U8(bytes.clone())).pictures()?;
    assert_eq!(held(&expected.train, 1), &bytes[4..]);
    for numbers in [Numbers::F32(shares), Numbers::F64(wide)] {
        for shape in [&[2, 2, 2][..], &[2, 1, 2, 2], &[2, 2, 2, 1]] {
            assert_eq!(
                of(shape, numbers.clone()).pictures()?.digest(),
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
fn folders_of_pictures_are_cropped_from_the_middle() -> Result<(), Error> {
    let written = written(Dataset::Own, |folder| layouts::own_pictures(folder, 3));
    let data = written.pictures()?;
    assert_eq!(data.classes, ["east", "north", "south", "west"]);
    // Of 40x32 pixels the bright square of the class 1 is at columns 13.3 to 26.7, of the middle
    // square 9.3 to 22.7 of 32.
    let picture_32 = picture(&data.train, 3, 32);
    let bright: Vec<_> = (0..32).filter(|x| picture_32[3 * 32 + x] > 0.9).collect();
    assert!(
        bright[0].abs_diff(10) <= 1 && bright[bright.len() - 1].abs_diff(22) <= 1,
        "{bright:?}"
    );
    assert!(matches!(data.train.samples(), PictureSet::Streamed(_)));
    let size = PictureSize {
        channels: 3,
        side: None,
    };
    assert_eq!(Pictures::size(data.train.samples()), size);
    write(written.path(), "train/east/notes.txt", "not a picture");
    let data = written.pictures()?;
    assert_eq!(data.train.len(), 12);
    assert!(data.warnings[0].contains("left out 1 file"));
    fs::create_dir(written.path().join("test/up")).unwrap();
    written.refused_for(&["test/up has no folder of its name in train"]);
    Ok(())
}

/// A picture of one's own in colours, 20 wide and 10 high, whose left half is bright.
fn half_bright(format: ImageFormat) -> Vec<u8> {
    let picture = RgbImage::from_fn(20, 10, |x, _| image::Rgb([if x < 10 { 250 } else { 5 }; 3]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture)
        .write_to(&mut bytes, format)
        .unwrap();
    bytes.into_inner()
}

/// Of a JPEG, with the orientation that cameras write.
fn turned(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let tiff = [
        &b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"[..],
        &[orientation, 0, 0, 0, 0, 0, 0, 0],
    ]
    .concat();
    let length = (tiff.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &tiff, &jpeg[2..]].concat()
}

#[test]
fn pictures_are_turned_as_people_see_them_and_that_is_told() -> Result<(), Error> {
    let written = written(Dataset::Own, |folder| layouts::own_pictures(folder, 1));
    let jpeg = half_bright(ImageFormat::Jpeg);
    write(written.path(), "train/east/aa.jpg", &jpeg);
    write(written.path(), "train/east/ab.jpg", turned(&jpeg, 6));
    let data = written.pictures()?;
    assert!(data.warnings[0].contains("turned 1 pictures") && data.warnings[0].contains("ab.jpg"));
    let plane = |position| picture(&data.train, position, 8);
    let corner = |picture: &[f32], row: usize, column: usize| picture[row * 8 + column] > 0.5;
    let names = data.train.len();
    let upright = (0..names).find(|&at| corner(&plane(at), 7, 0) && !corner(&plane(at), 0, 7));
    assert!(upright.is_some(), "the left half is bright");
    // Turned to the right, what was left is above.
    let above = (0..names).any(|at| {
        let plane = plane(at);
        corner(&plane, 0, 0)
            && corner(&plane, 0, 7)
            && !corner(&plane, 7, 0)
            && !corner(&plane, 7, 7)
    });
    assert!(above);
    Ok(())
}

#[test]
fn the_digest_is_of_what_pictures_show_and_earlier_ones_are_known() -> Result<(), Error> {
    let written = written(Dataset::Own, |folder| layouts::own_pictures(folder, 1));
    let file = written.path().join("train/east/one.bmp");
    let picture = half_bright(ImageFormat::Bmp);
    fs::write(&file, &picture).unwrap();
    let before = written.pictures()?;
    let inverted: Vec<u8> = picture[..60]
        .iter()
        .copied()
        .chain(picture[60..].iter().map(|byte| !byte))
        .collect();
    fs::write(&file, inverted).unwrap();
    let after = written.pictures()?;
    assert_ne!(before.digest(), after.digest());
    assert!(after.is_of(&after.digest()) && !after.is_of(&before.digest()));
    // The earlier form: paths and sizes, and labels.
    let mut hash = Sha256::new();
    for split in ["train", "test"] {
        let classes = (0_u8..).zip(["east", "north", "south", "west"]);
        let files: Vec<(u8, String)> = classes
            .flat_map(|(label, class)| {
                let files = fs::read_dir(written.path().join(split).join(class)).unwrap();
                let mut names: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
                names.sort();
                names
                    .into_iter()
                    .map(move |name| (label, format!("{split}/{class}/{}", name.display())))
            })
            .collect();
        hash.update((files.len() as u64).to_le_bytes());
        for (_, path) in &files {
            hash.update((path.len() as u64).to_le_bytes());
            hash.update(path);
            hash.update(
                fs::metadata(written.path().join(path))
                    .unwrap()
                    .len()
                    .to_le_bytes(),
            );
        }
        hash.update(files.iter().map(|(label, _)| *label).collect::<Vec<u8>>());
    }
    let earlier: String = hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert!(after.is_of(&earlier) && before.is_of(&earlier));
    Ok(())
}

#[test]
fn folders_that_are_no_classes_are_named_and_what_lies_deeper_is_taken() -> Result<(), Error> {
    let written = written(Dataset::Own, |folder| layouts::own_pictures(folder, 1));
    let path = written.path();
    let png = half_bright(ImageFormat::Png);
    write(path, "train/__MACOSX/._0.png", "x");
    fs::create_dir(path.join("train/nothing")).unwrap();
    write(path, "train/east/deeper/still/a.PNG", &png);
    write(path, "train/east/notes.txt", "x");
    let data = written.pictures()?;
    assert_eq!(data.classes, ["east", "north", "south", "west"]);
    assert_eq!(data.train.len(), 5);
    let warnings = data.warnings.join("\n");
    for words in [
        "left out a class without pictures in train and test: nothing",
        "left out train/__MACOSX",
        "train/east/notes.txt for one",
        "took 1 pictures from folders within those of classes, train/east/deeper/still/a.PNG",
    ] {
        assert!(
            warnings.contains(words),
            "{words:?} is missing in: {warnings}"
        );
    }
    Ok(())
}

/// Pictures in folders of these names, of which each class has its own.
fn in_folders(names: &[&str]) -> Written {
    written(Dataset::Own, |folder| {
        for split in ["train", "test"] {
            for (number, name) in names.iter().enumerate() {
                let picture = image::GrayImage::from_pixel(8, 8, image::Luma([number as u8]));
                let mut png = Cursor::new(Vec::new());
                picture.write_to(&mut png, ImageFormat::Png).unwrap();
                write(folder, &format!("{split}/{name}/a.png"), png.into_inner());
            }
        }
    })
}

#[test]
fn folders_that_are_numbers_are_classes_in_their_order_which_is_told() -> Result<(), Error> {
    let data = in_folders(&["0", "1", "2", "10"]).pictures()?;
    assert_eq!(data.classes, ["0", "1", "2", "10"]);
    // Files lie in the order of text, and their labels are those of their classes.
    let labels: Vec<usize> = data.train.labels().iter().collect();
    assert_eq!(labels, [0, 1, 3, 2]);
    let said = &data.warnings[0];
    assert!(
        said.contains("0, 1, 2, 10;") && said.contains("ImageFolder"),
        "{said}"
    );
    for same in [
        &["00", "01", "02", "10"][..],
        &["0", "1"],
        &["10", "2", "b"],
    ] {
        let data = in_folders(same).pictures()?;
        assert_eq!(data.classes, same);
        assert_eq!(data.warnings, [""; 0], "{same:?}");
    }
    Ok(())
}

#[test]
fn a_digest_of_another_order_changes_nothing() -> Result<(), Error> {
    let new = in_folders(&["0", "1", "2", "10"]).pictures()?;
    let digest = new.digest();
    assert_eq!(new.clone().as_begun(&digest).classes, ["0", "1", "2", "10"]);
    assert_eq!(new.as_begun("other").digest(), digest);
    Ok(())
}

/// Four numbered folders with the same bytes whatever writes them.
fn numbered() -> Written {
    written(Dataset::Own, |folder| {
        for split in ["train", "test"] {
            for (number, name) in ["0", "1", "2", "10"].iter().enumerate() {
                let mut picture = b"P5 8 8 255\n".to_vec();
                picture.extend([number as u8; 64]);
                write(folder, &format!("{split}/{name}/a.pgm"), picture);
            }
        }
    })
}

/// What earlier versions said of these folders: of names and sizes, and
/// of contents. Both had classes in the order of text.
const EARLIER: [&str; 2] = [
    "1bbff5f0c2ded348a0593be1eea3ab27d755cb4bb844dade4cb72b60f532a180",
    "e97d7c4e790900eda16dbfd100750864c6ea242f349f4e2f7650581de2a2efb1",
];

#[test]
fn a_run_of_an_earlier_version_goes_on_with_its_order_of_classes() -> Result<(), Error> {
    let written = numbered();
    let new = written.pictures()?;
    assert_eq!(new.classes, ["0", "1", "2", "10"]);
    for digest in EARLIER {
        assert!(!new.is_of(digest));
        let begun = new.clone().as_begun(digest);
        assert!(begun.is_of(digest));
        assert_eq!(begun.classes, ["0", "1", "10", "2"]);
        // Files lie in the order of text, and so do their classes now.
        for labels in [begun.train.labels(), begun.test.labels()] {
            assert_eq!(labels.iter().collect::<Vec<_>>(), [0, 1, 2, 3]);
        }
        assert!(begun.warnings[0].contains("0, 1, 10, 2;"), "{begun:?}");
        assert_eq!(begun.warnings.len(), 1);
    }
    Ok(())
}

#[test]
fn a_changed_picture_is_noticed_by_such_a_run() -> Result<(), Error> {
    let is_of = |written: &Written, digest: &str| -> Result<bool, Error> {
        Ok(written.pictures()?.as_begun(digest).is_of(digest))
    };
    let written = numbered();
    let mut changed = fs::read(written.path().join("train/10/a.pgm")).unwrap();
    *changed.last_mut().unwrap() ^= 1;
    write(written.path(), "train/10/a.pgm", &changed);
    // The first of both knows names and sizes only.
    assert!(is_of(&written, EARLIER[0])?);
    assert!(!is_of(&written, EARLIER[1])?);
    changed.push(0);
    write(written.path(), "train/10/a.pgm", &changed);
    assert!(!is_of(&written, EARLIER[0])?);
    Ok(())
}

#[test]
fn pixels_that_cannot_be_decoded_are_found_before_a_training() -> Result<(), Error> {
    let written = written(Dataset::Own, |folder| layouts::own_pictures(folder, 1));
    let mut png = half_bright(ImageFormat::Png);
    let data = png.windows(4).position(|four| four == b"IDAT").unwrap();
    png[data + 10] ^= 0xff;
    write(written.path(), "train/east/broken.png", png);
    written.refused_for(&["broken.png"]);
    assert_eq!(written.skipping().about().train.len(), 4);
    Ok(())
}

#[cfg(unix)]
#[test]
fn pipes_and_names_that_are_no_text_are_refused() {
    use std::os::unix::ffi::OsStrExt;

    let written = written(Dataset::Own, |folder| layouts::own_pictures(folder, 1));
    let pipe = written.path().join("train/east/pipe.png");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    written.refused_for(&["pipe.png", "no regular file"]);
    assert_eq!(written.skipping().about().train.len(), 4);
    fs::remove_file(pipe).unwrap();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9");
    // Not every file system takes such a name.
    if fs::create_dir(written.path().join("train").join(name)).is_ok() {
        written.refused_for(&["caf", "not in UTF-8; rename it"]);
    }
}
