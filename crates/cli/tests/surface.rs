//! What the tool says of itself.

mod support;

use std::{io::Read, process::Stdio};

use support::{failure, json, output, spindle};
use tempfile::TempDir;

#[test]
fn data_is_listed_and_checked() {
    let list = json(&["data", "list"]);
    assert_eq!(list[0]["name"], "mnist");
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
fn every_command_has_an_example_in_its_help() {
    let commands = [
        "run",
        "train",
        "extract",
        "analyze",
        "values",
        "decompose",
        "export",
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
