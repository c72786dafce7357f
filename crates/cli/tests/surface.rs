//! What the tool says of itself.

mod support;

use std::{fs, io::Read, path::Path, process::Stdio};

use support::{failure, json, output, spindle, stderr};
use tempfile::TempDir;

#[test]
fn data_is_listed_and_checked() {
    let list = json(&["data", "list"]);
    assert_eq!(list[0]["name"], "mnist");
    assert_eq!(list[1]["published"]["train"], 50_000);
    assert!(
        list.as_array()
            .unwrap()
            .iter()
            .all(|set| set["found"].is_null())
    );
    let checked = json(&["data", "check", "mnist"]);
    assert_eq!(
        (checked["train"].as_u64(), checked["test"].as_u64()),
        (Some(6_000), Some(1_000))
    );
    let folder = TempDir::new().unwrap();
    let said = failure(&[
        "data",
        "check",
        "mnist",
        "--data-dir",
        folder.path().to_str().unwrap(),
    ]);
    assert!(said.contains("train-images-idx3-ubyte"), "{said}");
    assert!(output(&["completions", "bash"]).stdout.len() > 1_000);
}

#[test]
fn the_doctor_tries_the_networks_on_the_cpu() {
    let found = json(&["doctor", "--model", "lenet,mlp"]);
    let cpu = &found["devices"][0];
    assert_eq!(cpu["device"], "cpu");
    assert!(cpu["problem"].is_null(), "{cpu}");
    let tests = cpu["tests"].as_array().unwrap();
    assert_eq!(tests.len(), 4, "two networks by two backends");
    for test in tests {
        assert_eq!(test["right"], true, "{test}");
        assert!(test["output_difference"].as_f64().unwrap() < 1e-5, "{test}");
        assert!(test["outputs_per_second"].as_f64().unwrap() > 0.0, "{test}");
    }
    if cfg!(not(feature = "cuda")) {
        let advice = found["advice"].to_string();
        assert!(advice.contains("--features cuda"), "{advice}");
    }
}

#[test]
#[cfg(not(feature = "wgpu"))]
fn a_device_that_is_not_in_the_build_is_named_with_the_command_that_brings_it() {
    let folder = TempDir::new().unwrap();
    let run = folder.path().join("run");
    let said = failure(&["run", "--out", run.to_str().unwrap(), "--device", "gpu"]);
    assert!(said.contains("--device gpu is not in this build"), "{said}");
    assert!(said.contains("--features wgpu"), "{said}");
    assert!(!run.exists());
}

/// SST-2 in small, in a folder of its name, with a vocabulary that has nothing but special pieces
/// and "film".
fn write_sentences(root: &Path) {
    let folder = root.join("sst-2");
    fs::create_dir(&folder).unwrap();
    fs::write(
        folder.join("train.tsv"),
        "sentence\tlabel\na film\t1\nfilm!\t0\n \t1\n",
    )
    .unwrap();
    fs::write(folder.join("dev.tsv"), "sentence\tlabel\nfilm\t0\n").unwrap();
    let special = |line: usize| match line {
        0 => "[PAD]".to_owned(),
        100 => "[UNK]".to_owned(),
        101 => "[CLS]".to_owned(),
        102 => "[SEP]".to_owned(),
        103 => "[MASK]".to_owned(),
        104 => "film".to_owned(),
        unused => format!("[unused{unused}]"),
    };
    let vocabulary: Vec<_> = (0..105).map(special).collect();
    fs::write(folder.join("vocab.txt"), vocabulary.join("\n")).unwrap();
}

#[test]
fn data_sets_are_found_and_compared_with_what_was_published() {
    let root = TempDir::new().unwrap();
    write_sentences(root.path());
    let folder = root.path().to_str().unwrap();
    let list = json(&["data", "list", "--data-dir", folder]);
    let found = |name: &str| {
        let mut sets = list.as_array().unwrap().iter();
        sets.find(|set| set["name"] == name).unwrap()["found"].clone()
    };
    assert_eq!(found("sst-2")["there"], true);
    assert_eq!(found("sst-2")["vocabulary"], true);
    assert_eq!(found("cifar-10")["there"], false);
    assert_eq!(found("mnli")["missing"][0], "train.tsv");
    assert!(found("solids").is_null());

    let folder = root.path().join("sst-2");
    let arguments = [
        "data",
        "check",
        "sst-2",
        "--data-dir",
        folder.to_str().unwrap(),
    ];
    let checked = json(&arguments);
    assert_eq!(
        (&checked["train"], &checked["test"]),
        (&2.into(), &1.into())
    );
    assert_eq!(checked["per_class"][0]["name"], "negative");
    assert_eq!(checked["shape"]["kind"], "texts");
    assert_eq!(checked["shape"]["longest"], 4);
    let found = output(&arguments);
    let said = stderr(&found);
    assert!(said.contains("67349 and 872 were published"), "{said}");
    assert!(said.contains("left out 1"), "{said}");
    let listed = String::from_utf8_lossy(&found.stdout);
    assert!(
        listed.contains("negative 1 + 1, positive 1 + 0"),
        "{listed}"
    );
}

#[test]
fn every_command_has_an_example_in_its_help() {
    let commands = [
        "run",
        "train",
        "extract",
        "analyze",
        "copy",
        "values",
        "decompose",
        "export",
        "serve",
        "compare",
        "data list",
        "data check",
        "completions",
    ];
    for command in commands {
        let mut arguments: Vec<&str> = command.split(' ').collect();
        arguments.push("--help");
        let output = output(&arguments);
        assert!(output.status.success());
        let help = String::from_utf8_lossy(&output.stdout);
        assert!(
            help.contains(&format!("Example:\n  spindle {command}")),
            "{help}"
        );
    }
}

#[test]
fn addresses_of_object_stores_are_told_from_folders() {
    let url = "s3://bucket/run";
    for command in [
        &["verify", url][..],
        &["serve", url],
        &["train", "--out", url],
    ] {
        let said = failure(command);
        assert!(
            said.contains("spindle copy s3://bucket/run FOLDER"),
            "{said}"
        );
    }
    let said = failure(&["copy", "here", "there"]);
    assert!(
        said.contains("neither here nor there is in an object store"),
        "{said}"
    );
}

#[cfg(not(feature = "object-store"))]
#[test]
fn a_build_without_object_stores_says_how_to_make_one_with_them() {
    let url = "s3://bucket/run";
    for command in [
        &["copy", "run", url][..],
        &["extract", url, "--shard", "1/2"],
        &["analyze", url],
        &["merge", url],
        &["status", url],
        &["sweep", "grid.toml", "--out", url],
    ] {
        let said = failure(command);
        assert!(said.contains("--features object-store"), "{said}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let mut child = spindle()
        .args(["completions", "zsh"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert!(child.wait().unwrap().success(), "{said}");
}
