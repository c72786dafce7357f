//! One run by several processes at once, some of which are killed.

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    thread,
    time::Duration,
};

use support::{SMALL, done, failure, json, output, spindle, stderr};
use tempfile::TempDir;

/// A run that is trained and no more.
fn trained(folder: &TempDir, name: &str) -> PathBuf {
    let path = folder.path().join(name);
    done(&[&["train", "--out", path.to_str().unwrap()][..], &SMALL].concat());
    path
}

/// All arrays that were made, by their names.
fn arrays(run: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for kind in ["outputs", "interactions"] {
        for entry in fs::read_dir(run.join(kind)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(run).unwrap().display().to_string();
            found.push((name, fs::read(path).unwrap()));
        }
    }
    found.sort();
    found
}

/// A table, as rows of text.
fn table(run: &Path, name: &str) -> Vec<u8> {
    fs::read(run.join("tables").join(name)).unwrap()
}

#[test]
fn killed_workers_leave_what_they_made_and_the_run_is_that_of_one() {
    let folder = TempDir::new().unwrap();
    let (alone, together) = (trained(&folder, "alone"), trained(&folder, "together"));
    let [one, run] = [&alone, &together].map(|path| path.to_str().unwrap());
    done(&["extract", one]);
    done(&["analyze", one]);
    for command in ["extract", "analyze"] {
        // Killed a moment after they began, wherever that is.
        for (part, moment) in [("1/2", 20), ("2/2", 120), ("1/2", 300)] {
            let mut child = spindle()
                .args([command, run, "--shard", part, "--quiet"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            thread::sleep(Duration::from_millis(moment));
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let workers = ["1/2", "2/2", "2/2"].map(|part| {
            spindle()
                .args([command, run, "--shard", part])
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        });
        for worker in workers {
            let output = worker.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", stderr(&output));
        }
    }
    let listed = json(&["status", run]);
    let states = listed.as_array().unwrap().iter();
    let states: Vec<&str> = states.map(|at| at["state"].as_str().unwrap()).collect();
    assert!(
        states.len() >= 8 && states.iter().all(|&state| state == "done"),
        "{listed}"
    );
    done(&["merge", run]);
    assert!(!together.join("shards").exists());
    assert_eq!(arrays(&alone), arrays(&together));
    for name in ["strength.parquet", "samples.parquet", "theory.parquet"] {
        assert_eq!(table(&alone, name), table(&together, name), "{name}");
    }
    done(&["verify", run]);
    // Workers have nothing to do any more, and say so.
    let states = json(&["status", run]);
    let mut states = states.as_array().unwrap().iter();
    assert!(states.all(|at| at["state"] == "done"));
    for command in ["extract", "analyze"] {
        let late = output(&[command, run, "--shard", "1/2"]);
        assert!(late.status.success() && stderr(&late).contains("nothing is left to do"));
    }
    assert!(!together.join("shards").exists());
}

#[test]
fn a_scheduler_says_which_part_it_is_and_what_is_missing_is_told() {
    let folder = TempDir::new().unwrap();
    let path = trained(&folder, "run");
    let run = path.to_str().unwrap();
    let array = spindle()
        .args(["extract", run])
        .env("SLURM_ARRAY_TASK_ID", "1")
        .env("SLURM_ARRAY_TASK_COUNT", "2")
        .env("SLURM_ARRAY_TASK_MIN", "1")
        .output()
        .unwrap();
    assert!(array.status.success(), "{}", stderr(&array));
    assert!(stderr(&array).contains("part 1/2"), "{}", stderr(&array));
    let said = failure(&["merge", run]);
    assert!(said.contains("have no masked outputs yet"), "{said}");
    assert!(said.contains("spindle status"), "{said}");
    // Without its outputs a checkpoint fails, and the others are made.
    let said = failure(&["analyze", run, "--shard", "1/1"]);
    assert!(said.contains("the outputs at step"), "{said}");
    let told = output(&["status", run]);
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.contains("failed   decompose step"), "{told}");
    assert!(told.contains("extract: "), "{told}");
    done(&["extract", run, "--shard", "2/2"]);
    done(&["analyze", run, "--shard", "1/1"]);
    done(&["merge", run]);
    for (asked, needle) in [
        ("4/3", "1/3 to 3/3"),
        ("1/0", "no part 1 of 0"),
        ("two", "2/8"),
    ] {
        let refused = output(&["extract", run, "--shard", asked]);
        assert_eq!(refused.status.code(), Some(2));
        assert!(stderr(&refused).contains(needle), "{}", stderr(&refused));
    }
    let disagree = spindle()
        .args(["extract", run, "--shard", "1/3"])
        .env("JOB_COMPLETION_INDEX", "1")
        .env("JOB_COMPLETION_COUNT", "3")
        .output()
        .unwrap();
    let said = stderr(&disagree);
    assert!(said.contains("--shard says 1/3"), "{said}");
}
