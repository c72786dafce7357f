//! What the tool does with outputs, streams and signals as they come in life.
#![cfg(unix)]

mod support;

use std::{
    fs::{self, File},
    os::unix::fs::symlink,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use support::{failure, npy, output, small_run, spindle, stderr};
use tempfile::TempDir;

/// Outputs of one sample on two variables.
fn outputs(folder: &Path) -> String {
    let path = folder.join("v.npy");
    let values: Vec<u8> = [0.0, 1.0, 2.0, 4.0_f64]
        .into_iter()
        .flat_map(f64::to_le_bytes)
        .collect();
    npy(&path, "<f8", "(4,)", "False", &values);
    path.display().to_string()
}

fn decomposed(bytes: &[u8]) -> usize {
    spindle_run::encoding::decode_decompositions(bytes)
        .unwrap()
        .len()
}

#[test]
fn an_output_is_written_to_and_not_replaced() {
    let folder = TempDir::new().unwrap();
    let input = outputs(folder.path());
    let [pipe, link, target] = ["pipe", "link", "target"].map(|name| folder.path().join(name));
    symlink("target", &link).unwrap();
    assert!(
        output(&["decompose", &input, "--out", link.to_str().unwrap()])
            .status
            .success()
    );
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(decomposed(&fs::read(&target).unwrap()), 1);
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let reader = {
        let pipe = pipe.clone();
        thread::spawn(move || fs::read(pipe).unwrap())
    };
    assert!(
        output(&["decompose", &input, "--out", pipe.to_str().unwrap()])
            .status
            .success()
    );
    assert_eq!(decomposed(&reader.join().unwrap()), 1);
}

#[test]
fn who_waits_for_a_reader_ends_at_the_first_signal() {
    let folder = TempDir::new().unwrap();
    let input = outputs(folder.path());
    let pipe = folder.path().join("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let mut child = spindle()
        .args(["decompose", &input, "--out"])
        .arg(&pipe)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    thread::sleep(Duration::from_millis(500));
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    let ended = (0..200).any(|_| {
        thread::sleep(Duration::from_millis(50));
        child.try_wait().unwrap().is_some()
    });
    if !ended {
        child.kill().unwrap();
    }
    assert!(ended, "it goes on waiting");
    assert!(!fs::metadata(&pipe).unwrap().is_file());
}

#[test]
fn a_dash_is_standard_output_and_input() {
    let folder = TempDir::new().unwrap();
    let input = outputs(folder.path());
    let mut command = spindle();
    let found = command
        .args(["decompose", "-", "--out", "-"])
        .stdin(File::open(&input).unwrap())
        .output()
        .unwrap();
    assert!(found.status.success(), "{}", stderr(&found));
    assert_eq!(decomposed(&found.stdout), 1);
    let said = failure(&["decompose", &input, "--out", "-", "--json"]);
    assert!(said.contains("both write to standard output"), "{said}");
}

#[test]
fn a_stderr_that_takes_nothing_loses_no_json() {
    let folder = TempDir::new().unwrap();
    let input = outputs(folder.path());
    let out = folder.path().join("i.safetensors");
    let mut streams = vec!["2>&-"];
    if Path::new("/dev/full").exists() {
        streams.push("2>/dev/full");
    }
    for stream in streams {
        let found = Command::new("sh")
            .args([
                "-c",
                &format!("\"$0\" decompose \"$1\" --out \"$2\" --json {stream}"),
            ])
            .arg(spindle().get_program())
            .args([Path::new(&input), &out])
            .output()
            .unwrap();
        assert!(found.status.success(), "{stream}");
        let document: serde_json::Value = serde_json::from_slice(&found.stdout).unwrap();
        assert_eq!(document["samples"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn lists_go_to_stdout() {
    for arguments in [&["data", "list"][..], &["data", "check", "mnist"]] {
        let found = output(arguments);
        let words = String::from_utf8(found.stdout).unwrap();
        assert!(words.to_lowercase().contains("mnist"), "{words}");
        assert!(found.stderr.is_empty());
    }
}

#[test]
fn signals_that_were_ignored_stay_ignored() {
    let folder = TempDir::new().unwrap();
    let run = folder.path().join("run");
    let mut child = Command::new("sh")
        .args(["-c", "trap '' HUP INT; exec \"$0\" \"$@\""])
        .arg(spindle().get_program())
        .args(small_run(&run, "train"))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !run.join("run.json").is_file() && child.try_wait().unwrap().is_none() {
        thread::sleep(Duration::from_millis(5));
    }
    for signal in ["-HUP", "-INT"] {
        let id = child.id().to_string();
        // It may be done by now.
        let _ = Command::new("kill").args([signal, &id]).output();
    }
    let found = child.wait_with_output().unwrap();
    assert!(found.status.success(), "{}", stderr(&found));
}

#[test]
fn outputs_that_are_cut_off_or_of_another_format_are_told_with_what_to_do() {
    let folder = TempDir::new().unwrap();
    let input = outputs(folder.path());
    let out = folder.path().join("i.safetensors");
    let whole = fs::read(&input).unwrap();
    for (bytes, expected) in [
        (
            &whole[..whole.len() - 12],
            "32 bytes of values, 20 are there and 12 are missing",
        ),
        (&whole[..0], "empty"),
        (b"PK\x03\x04 and more", "not a whole ZIP archive"),
        (
            b"version https://git-lfs.github.com/spec/v1\n",
            "git lfs pull",
        ),
    ] {
        fs::write(&input, bytes).unwrap();
        let said = failure(&["decompose", &input, "--out", out.to_str().unwrap()]);
        assert!(said.contains(expected) && said.contains("v.npy"), "{said}");
        assert!(!out.exists());
    }
}
