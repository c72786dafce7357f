//! Every pair of model and data of the papers: a whole run on a small data set in the published
//! layout.
//!
//! What these runs show is that the way from the published files to a report and an export holds,
//! not what the networks learn.

#[path = "../../data/tests/layouts/mod.rs"]
mod layouts;
mod support;

use std::{fs, path::Path};

use spindle_run::{content::Contents, export::Export};
use support::json;
use tempfile::TempDir;

/// Writes a data set with so many samples of each class.
type Writer = fn(&Path, usize);

/// Runs a model on the data set in `folder` and unpacks the export.
fn run(model: &str, data: &str, folder: &Path, more: &[&str]) -> Export {
    let out = TempDir::new().unwrap();
    let (run, file) = (out.path().join("run"), out.path().join("run.spindle"));
    let (run, file) = (run.to_str().unwrap(), file.to_str().unwrap());
    let few = [
        "--epochs",
        "1",
        "--batch",
        "4",
        "--checkpoints",
        "2",
        "--samples",
        "2",
        "--train-samples",
        "0",
        "--label-noise",
        "0",
        "--players",
        "3",
        "--resamples",
        "100",
        "--sgd-steps",
        "20",
    ];
    let what = ["run", "--model", model, "--data", data, "--out", run];
    let from = ["--data-dir", folder.to_str().unwrap()];
    json(&[&what[..], &from, &few, more].concat());
    assert!(Path::new(run).join("report.html").is_file(), "{model}");
    json(&["export", run, "--out", file]);
    let export = Export::unpack(&fs::read(file).unwrap()).unwrap();
    assert_eq!(export.contents.len(), 2, "{model} on {data}");
    assert!(export.record.phases().is_some());
    assert!(
        export
            .record
            .checkpoints
            .iter()
            .all(|c| c.summary.is_some())
    );
    export
}

/// The number of the export's samples that are pictures of so many channels.
fn channels(export: &Export) -> usize {
    match &export.contents {
        Contents::Pictures(pictures) => pictures.channels(),
        Contents::Texts(_) | Contents::Clouds(_) => 0,
    }
}

#[test]
fn cifar_10_runs_with_all_vggs() {
    let folder = TempDir::new().unwrap();
    layouts::cifar10(folder.path(), 1);
    for model in ["vgg-11", "vgg-13", "vgg-16"] {
        let export = run(model, "cifar-10", folder.path(), &[]);
        assert_eq!(channels(&export), 3);
        assert_eq!(export.record.classes.len(), 10);
    }
}

#[test]
fn pictures_of_224_run_with_alexnet_and_vggs() {
    let folder = TempDir::new().unwrap();
    let (birds, tiny) = (folder.path().join("cub"), folder.path().join("tiny"));
    layouts::cub(&birds, 2, 2);
    layouts::tiny_imagenet(&tiny, 8, 2);
    for (model, data, from) in [
        ("alexnet", "cub-200-2011", &birds),
        ("vgg-13", "cub-200-2011", &birds),
        ("vgg-16", "cub-200-2011", &birds),
        ("alexnet", "tiny-imagenet", &tiny),
        ("vgg-16", "tiny-imagenet", &tiny),
    ] {
        let export = run(model, data, from, &[]);
        assert_eq!(channels(&export), 3, "{model} on {data}");
    }
}

#[test]
fn texts_run_with_bert() {
    let writers: [(&str, Writer); 3] = [
        ("sst-2", layouts::sst2),
        ("ag-news", layouts::ag_news),
        ("mnli", layouts::mnli),
    ];
    for (data, write) in writers {
        let folder = TempDir::new().unwrap();
        write(folder.path(), 3);
        for model in ["bert-tiny", "bert-medium"] {
            let export = run(model, data, folder.path(), &[]);
            let has_words = match &export.contents {
                Contents::Texts(texts) => texts.iter().all(|text| text.words.len() >= 3),
                Contents::Pictures { .. } | Contents::Clouds { .. } => false,
            };
            assert!(has_words, "{data}");
        }
    }
}

#[test]
fn clouds_run_with_dgcnn() {
    let folder = TempDir::new().unwrap();
    layouts::shapenet(folder.path(), 2, 80);
    let export = run("dgcnn", "shapenet", folder.path(), &["--points", "64"]);
    assert!(matches!(export.contents, Contents::Clouds(clouds) if clouds.points() == 64));
}

#[test]
fn data_of_ones_own_run_with_the_model_for_its_kind() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    layouts::own_pictures(&at("pictures"), 2);
    layouts::own_texts(&at("texts"), 3);
    layouts::own_clouds(&at("clouds"), 2, 64);
    run("lenet", "own", &at("pictures"), &[]);
    run("bert-tiny", "own", &at("texts"), &[]);
    run("dgcnn", "own", &at("clouds"), &["--points", "64"]);
}
