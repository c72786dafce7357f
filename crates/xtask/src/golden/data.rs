//! Data sets in small, one of each layout that Spindle reads. The classes can be learned, so that
//! no run is about noise alone.

#[path = "../../../data/tests/layouts/mod.rs"]
mod layouts;

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use layouts::Numbers;

use super::FOLDER;

/// A data set that is written before it is needed.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    /// Name of its folder.
    name: &'static str,
    write: fn(&Path),
}

impl Layout {
    const fn new(name: &'static str, write: fn(&Path)) -> Self {
        Self { name, write }
    }

    /// Its folder, written the first time.
    pub(super) fn folder(self) -> PathBuf {
        let folder = Path::new(FOLDER).join("data").join(self.name);
        if !folder.is_dir() {
            (self.write)(&folder);
        }
        folder
    }
}

pub(super) const MNIST: Layout = Layout::new("mnist", |folder| {
    write_digits(folder, "train", 0..40);
    write_digits(folder, "t10k", 40..60);
});
pub(super) const CIFAR_10: Layout = Layout::new("cifar-10", |folder| layouts::cifar10(folder, 3));
pub(super) const CUB: Layout = Layout::new("cub", |folder| layouts::cub(folder, 4, 6));
pub(super) const TINY_IMAGENET: Layout = Layout::new("tiny-imagenet", |folder| {
    layouts::tiny_imagenet(folder, 16, 6);
});
pub(super) const SST_2: Layout = Layout::new("sst-2", |folder| layouts::sst2(folder, 12));
pub(super) const AG_NEWS: Layout = Layout::new("ag-news", |folder| layouts::ag_news(folder, 6));
pub(super) const MNLI: Layout = Layout::new("mnli", |folder| layouts::mnli(folder, 8));
pub(super) const SHAPENET: Layout =
    Layout::new("shapenet", |folder| layouts::shapenet(folder, 6, 80));
pub(super) const OWN_PICTURES: Layout =
    Layout::new("own-pictures", |folder| layouts::own_pictures(folder, 6));
pub(super) const OWN_TEXTS: Layout =
    Layout::new("own-texts", |folder| layouts::own_texts(folder, 8));
pub(super) const OWN_CLOUDS: Layout =
    Layout::new("own-clouds", |folder| layouts::own_clouds(folder, 6, 64));
pub(super) const OWN_ARRAYS: Layout = Layout::new("own-arrays", |folder| {
    let arrays = |first, count: usize| {
        let labels = (first..first + count).map(|number| (number % 4) as i64);
        let pixels = (first..first + count).flat_map(|number| bars(number, number % 4, 32, 3));
        let shape = vec![count, 32, 32, 3];
        (shape, Numbers::U8(pixels.collect()), labels.collect())
    };
    layouts::own_arrays(folder, "safetensors", arrays(0, 24), arrays(24, 12));
});

/// A picture of a class: dim noise, and a bright bar at the rows that tell the class. The channels
/// of a pixel lie beside one another.
fn bars(number: usize, class: usize, side: usize, channels: usize) -> Vec<u8> {
    let length = side * side * channels;
    let value = |place: usize| match (place / (side * channels)).abs_diff(2 * class + 4) {
        0 | 1 => 250,
        _ => (layouts::noise(number * length + place) % 60) as u8,
    };
    (0..length).map(value).collect()
}

/// MNIST's two files of a split, with digits of these numbers.
fn write_digits(folder: &Path, split: &str, numbers: Range<usize>) {
    let count = numbers.len();
    let classes = numbers.clone().map(|number| (number % 10) as u8);
    let pixels = numbers.flat_map(|number| bars(number, number % 10, 28, 1));
    let files = [
        ("images-idx3", vec![count, 28, 28], pixels.collect()),
        ("labels-idx1", vec![count], classes.collect()),
    ];
    for (name, shape, values) in files {
        let file = format!("{split}-{name}-ubyte");
        layouts::write(folder, &file, idx(&shape, values));
    }
}

/// An array of bytes as an IDX file.
fn idx(shape: &[usize], values: Vec<u8>) -> Vec<u8> {
    const UNSIGNED_BYTE: u8 = 8;
    let mut bytes = vec![0, 0, UNSIGNED_BYTE, shape.len() as u8];
    let lengths = shape.iter().map(|&length| length as u32);
    bytes.extend(lengths.flat_map(u32::to_be_bytes));
    bytes.extend(values);
    bytes
}
