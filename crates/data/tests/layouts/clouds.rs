//! Data sets of clouds: a class is the proportions of a box.

use std::path::Path;

use super::{Numbers, noise, own_arrays, write};

const CLASSES: [(&str, &str); 4] = [
    ("Airplane", "02691156"),
    ("Bag", "02773838"),
    ("Cap", "02954340"),
    ("Lamp", "03636649"),
];

/// A cloud of a class: points in a box.
fn cloud(class: usize, number: usize, points: usize) -> Vec<[f32; 3]> {
    let sides = [
        [1.0, 1.0, 1.0],
        [2.0, 0.3, 0.3],
        [1.5, 1.5, 0.2],
        [0.5, 0.5, 3.0],
    ][class];
    let coordinate = |place: usize| noise(3 * points * number + place) as f32 / (1u64 << 31) as f32;
    let point =
        |index: usize| std::array::from_fn(|axis| sides[axis] * coordinate(3 * index + axis));
    (0..points).map(point).collect()
}

/// ShapeNet's parts benchmark: of each of 4 classes `per_class` clouds for training, 1 for
/// validation and `per_class` for tests.
pub fn shapenet(folder: &Path, per_class: usize, points: usize) {
    let table = CLASSES.map(|(name, synset)| format!("{name}\t{synset}\n"));
    write(folder, "synsetoffset2category.txt", table.concat());
    let mut made = 0;
    for (split, count) in [("train", per_class), ("val", 1), ("test", per_class)] {
        let mut paths = Vec::new();
        for number in 0..count {
            for (class, (_, synset)) in CLASSES.iter().enumerate() {
                let name = format!("{made:032x}");
                let lines = cloud(class, made, points).into_iter().map(|[x, y, z]| {
                    format!(
                        "{x:.6} {y:.6} {z:.6} 0.0000 1.0000 0.0000 {}.000000\n",
                        number % 3
                    )
                });
                write(
                    folder,
                    &format!("{synset}/{name}.txt"),
                    lines.collect::<String>(),
                );
                paths.push(format!("shape_data/{synset}/{name}"));
                made += 1;
            }
        }
        let file = format!("train_test_split/shuffled_{split}_file_list.json");
        write(folder, &file, serde_json::to_string(&paths).unwrap());
    }
}

/// Clouds of one's own as arrays in `.npz`: `per_class` training and as many test clouds of each of
/// 4 classes.
pub fn own_clouds(folder: &Path, per_class: usize, points: usize) {
    let samples = |first: usize| {
        let clouds = (0..4 * per_class).map(|number| cloud(number % 4, first + number, points));
        let labels = (0..4 * per_class as i64).map(|number| number % 4).collect();
        let values = clouds.flatten().flatten().collect();
        (vec![4 * per_class, points, 3], Numbers::F32(values), labels)
    };
    own_arrays(folder, "npz", samples(0), samples(4 * per_class));
}
