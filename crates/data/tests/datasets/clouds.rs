//! Data sets of clouds.

use std::fs;

use spindle_data::{Error, Labelled};
use spindle_run::{each::Each, experiment::Dataset};

use crate::{
    labels,
    layouts::{self, Numbers, write},
    mean, written,
};

#[test]
fn shapenet_clouds_are_drawn_and_fill_the_unit_ball() -> Result<(), Error> {
    let mut written = written(Dataset::ShapeNet, |folder| layouts::shapenet(folder, 2, 70));
    let Each::Clouds(data) = written.load()? else {
        unreachable!("ShapeNet holds clouds");
    };
    assert_eq!(data.classes, ["Airplane", "Bag", "Cap", "Lamp"]);
    assert_eq!(
        labels(data.train.labels()),
        [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]
    );
    let clouds = data.train.samples();
    assert_eq!(clouds.points(), 64);
    for position in 0..data.train.len() {
        let cloud = clouds.cloud(position)?;
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
    assert_eq!((data.about().train.len(), data.about().test.len()), (11, 8));
    assert!(
        data.about().warnings[0].contains("left out 1 sample")
            && data.about().warnings[0].contains("50 points")
    );
    let list = "train_test_split/shuffled_test_file_list.json";
    write(written.path(), list, "[\"shape_data/99999999/a\"]");
    written.refused_for(&["shape_data/99999999/a", "synsetoffset2category.txt"]);
    write(written.path(), list, "{");
    written.refused_for(&["shuffled_test_file_list.json", "not a list of paths"]);
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
    assert_eq!(
        (labels(data.about().train), data.about().test.len()),
        (vec![0, 1], 2)
    );
    assert!(data.about().warnings[0].contains("left out 2 samples"));
}
