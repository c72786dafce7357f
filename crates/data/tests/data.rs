//! Data sets: what is drawn from them, and how broken ones are refused.

use std::{fs, path::Path};

use spindle_data::{Data, Error, Labelled, TrainingSet, measured_samples, mnist, test_samples};
use spindle_run::{
    Experiment,
    experiment::Placement,
    input::{FeatureMap, PictureShape},
    modality::{NetworkShape, Pictures},
    player::check_patches,
    record::{Group, Players},
};

const LENET: NetworkShape<Pictures> = NetworkShape {
    input: PictureShape {
        channels: 1,
        side: 32,
    },
    masked: FeatureMap {
        side: 28,
        is_framed: false,
    },
};

/// Writes a small data set in MNIST's layout: `labels` for both splits.
fn write(folder: &Path, labels: &[u8], pictures: usize) {
    for prefix in ["train", "t10k"] {
        let mut images = vec![0, 0, 8, 3];
        for len in [pictures as u32, 28, 28] {
            images.extend(len.to_be_bytes());
        }
        images.extend(vec![7; pictures * 784]);
        let mut classes = vec![0, 0, 8, 1];
        classes.extend((labels.len() as u32).to_be_bytes());
        classes.extend(labels);
        fs::write(folder.join(format!("{prefix}-images-idx3-ubyte")), images).unwrap();
        fs::write(folder.join(format!("{prefix}-labels-idx1-ubyte")), classes).unwrap();
    }
}

fn refusal(labels: &[u8], pictures: usize) -> String {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), labels, pictures);
    let draw = |data: Data<Pictures>| TrainingSet::draw(&Experiment::default(), data.about());
    mnist::from_folder(folder.path())
        .and_then(draw)
        .unwrap_err()
        .to_string()
}

#[test]
fn broken_data_sets_are_refused_with_what_is_wrong() {
    assert!(refusal(&[1, 2, 3], 2).contains("holds 2 pictures"));
    assert!(refusal(&[1, 12], 2).contains("label 12 at position 1"));
    assert!(refusal(&[], 0).contains("the training set is empty"));
    assert!(refusal(&[4, 4, 4], 3).contains("all 3 training samples are of class 4"));
    let folder = tempfile::tempdir().unwrap();
    let text = mnist::from_folder(folder.path()).unwrap_err().to_string();
    assert!(
        text.contains("train-images-idx3-ubyte") && text.contains("each plain or with .gz"),
        "{text}"
    );
}

#[test]
fn the_embedded_subset_is_stratified() -> Result<(), Error> {
    let data = mnist::embedded()?;
    assert_eq!((data.train.len(), data.test.len()), (6_000, 1_000));
    for class in 0..10 {
        let count = (0..6_000)
            .filter(|&p| data.train.labels().label(p) == class)
            .count();
        assert_eq!(count, 600);
    }
    Ok(())
}

#[test]
fn label_noise_resets_its_share_to_other_classes() -> Result<(), Error> {
    let data = mnist::embedded()?;
    let experiment = {
        let mut e = Experiment::default();
        e.training.label_noise = 0.05;
        e.training.train_size = Some(1_000);
        e
    };
    let set = TrainingSet::draw(&experiment, data.about())?;
    assert_eq!((set.len(), set.mislabelled()), (1_000, 50));
    let differing =
        (0..set.len()).filter(|&i| set.label(i) != data.train.labels().label(set.position(i)));
    assert_eq!(differing.count(), 50);
    let per_class = |class| {
        (0..1_000)
            .filter(|&i| data.train.labels().label(set.position(i)) == class)
            .count()
    };
    assert!((0..10).all(|class| per_class(class) == 100));
    assert_eq!(set, TrainingSet::draw(&experiment, data.about())?);
    assert_ne!(
        set,
        TrainingSet::draw(
            &{
                let mut e = experiment;
                e.training.seed = 1;
                e
            },
            data.about()
        )?
    );
    Ok(())
}

#[test]
fn measured_samples_are_of_their_groups() -> Result<(), Error> {
    let data = mnist::embedded()?;
    let experiment = {
        let mut e = Experiment::default();
        e.measurement.samples = 20;
        e.measurement.train_samples = 10;
        e.measurement.mislabelled_samples = 5;
        e
    };
    let set = TrainingSet::draw(&experiment, data.about())?;
    let samples = measured_samples(&experiment, &data, &set, LENET)?;
    let of = |group| samples.iter().filter(move |s| s.record().group == group);
    assert_eq!(
        (
            of(Group::Test).count(),
            of(Group::Train).count(),
            of(Group::Mislabelled).count()
        ),
        (20, 10, 5)
    );
    assert!(of(Group::Train).all(|s| s.record().label == s.record().true_label));
    assert!(of(Group::Mislabelled).all(|s| s.record().label != s.record().true_label));
    assert!((0..10).all(|class| {
        of(Group::Test)
            .filter(|s| s.record().label == class)
            .count()
            == 2
    }));
    assert!(
        samples
            .iter()
            .all(|s| s.record().players == samples[0].record().players)
    );
    let own = {
        let mut e = experiment.clone();
        e.measurement.placement = Placement::PerSample;
        e
    };
    let own = measured_samples(&own, &data, &set, LENET)?;
    assert!(
        own.iter()
            .any(|s| s.record().players != own[0].record().players)
    );
    let many = {
        let mut e = experiment;
        e.measurement.mislabelled_samples = 500;
        e
    };
    let text = measured_samples(&many, &data, &set, LENET)
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("mislabelled_samples is 500") && text.contains("at most 60"),
        "{text}"
    );
    Ok(())
}

#[test]
fn players_and_positions_from_outside_are_checked() -> Result<(), Error> {
    let refusal =
        |grid, patches: &[[usize; 2]]| check_patches(grid, patches).unwrap_err().to_string();
    assert!(check_patches([8, 8], &[[0, 0], [7, 7]]).is_ok());
    assert!(refusal([8, 8], &[[1, 1], [1, 1]]).contains("[1, 1] twice"));
    assert!(refusal([8, 8], &[[1, 8], [1, 1]]).contains("[1, 8]"));
    assert!(refusal([4, 4], &[[1, 1], [1, 2]]).contains("grid"));
    assert!(refusal([8, 8], &[[1, 1]]).contains("1 players"));
    let data = mnist::embedded()?;
    let text = test_samples(
        &Experiment::default(),
        &data,
        &[3, 1_000],
        &Players::Patches(vec![[1, 1], [1, 2]]),
        LENET,
    )
    .unwrap_err()
    .to_string();
    assert!(text.contains("1000") && text.contains("0 to 999"), "{text}");
    Ok(())
}

#[test]
fn mnist_is_found_under_every_name_that_it_is_downloaded_by() -> Result<(), Error> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[0, 1, 2], 3);
    let raw = folder.path().join("torchvision/MNIST/raw");
    let dots = folder.path().join("dots");
    fs::create_dir_all(&raw).unwrap();
    fs::create_dir(&dots).unwrap();
    for prefix in ["train", "t10k"] {
        for (kind, axes) in [("images", 3), ("labels", 1)] {
            let name = format!("{prefix}-{kind}-idx{axes}-ubyte");
            let bytes = fs::read(folder.path().join(&name)).unwrap();
            fs::write(dots.join(name.replace("-idx", ".idx")), &bytes).unwrap();
            fs::write(raw.join(name), bytes).unwrap();
        }
    }
    let of = |path: &Path| {
        let mut experiment = Experiment::default();
        experiment.training.data_dir = Some(path.display().to_string());
        Ok::<_, Error>(spindle_data::load(&experiment)?.digest())
    };
    let plain = of(folder.path())?;
    for place in [
        "dots",
        "torchvision",
        "torchvision/MNIST",
        "torchvision/MNIST/raw",
    ] {
        assert_eq!(of(&folder.path().join(place))?, plain, "{place}");
    }
    Ok(())
}
