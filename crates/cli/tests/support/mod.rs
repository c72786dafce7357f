//! The command line tool as a process.
#![allow(dead_code, reason = "every test binary uses a part of it")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// A run of a few seconds.
pub(crate) const SMALL: [&str; 16] = [
    "--train-size",
    "400",
    "--epochs",
    "4",
    "--checkpoints",
    "4",
    "--samples",
    "4",
    "--train-samples",
    "4",
    "--players",
    "6",
    "--resamples",
    "100",
    "--sgd-steps",
    "200",
];

pub(crate) fn spindle() -> Command {
    Command::new(assert_cmd::cargo::cargo_bin!("spindle"))
}

pub(crate) fn output(arguments: &[&str]) -> Output {
    spindle().args(arguments).output().unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What a command that succeeds says.
pub(crate) fn done(arguments: &[&str]) -> String {
    let output = output(arguments);
    let said = stderr(&output);
    assert!(output.status.success(), "{arguments:?}: {said}");
    said
}

/// Runs a command that must succeed and returns its JSON document.
pub(crate) fn json(arguments: &[&str]) -> serde_json::Value {
    let output = output(&[arguments, &["--json", "--quiet"]].concat());
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        stderr(&output)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs a command that must fail with exit code 1 and returns what it said.
pub(crate) fn failure(arguments: &[&str]) -> String {
    let output = output(arguments);
    assert_eq!(
        output.status.code(),
        Some(1),
        "{arguments:?}: {}",
        stderr(&output)
    );
    stderr(&output)
}

pub(crate) fn small_run(folder: &Path, command: &str) -> Vec<String> {
    let mut arguments = vec![
        command.to_owned(),
        "--out".to_owned(),
        folder.display().to_string(),
    ];
    arguments.extend(SMALL.map(str::to_owned));
    arguments
}

pub(crate) fn run_small(folder: &Path) -> Output {
    let output = spindle().args(small_run(folder, "run")).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    output
}

/// The parts of a run that must not depend on how often it was broken off.
pub(crate) fn results(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for part in ["checkpoints", "losses", "outputs", "interactions"] {
        for entry in fs::read_dir(folder.join(part)).unwrap() {
            let path = entry.unwrap().path();
            files.push((
                path.strip_prefix(folder).unwrap().to_owned(),
                fs::read(&path).unwrap(),
            ));
        }
    }
    files.sort();
    let mut record: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join("run.json")).unwrap()).unwrap();
    record["provenance"] = serde_json::Value::Null;
    record["seal"] = serde_json::Value::Null;
    files.push((
        PathBuf::from("run.json"),
        serde_json::to_vec(&record).unwrap(),
    ));
    files
}

pub(crate) fn npy(path: &Path, descr: &str, shape: &str, fortran: &str, bytes: &[u8]) {
    let mut header =
        format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.as_bytes());
    file.extend(bytes);
    fs::write(path, file).unwrap();
}
