//! Other measures of over-fitting at the checkpoints of a run.

mod support;

use std::fs;

use support::{SMALL, done, failure, json, output};
use tempfile::TempDir;

#[test]
fn measures_come_before_and_after_interactions_and_only_once() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("run");
    let run = path.to_str().unwrap();
    done(&[&["train", "--out", run][..], &SMALL].concat());
    // A batch of 128, since the training's is; without interactions there is no report yet.
    let said = done(&["landscape", run, "--samples", "200"]);
    assert!(said.contains("spindle extract"), "{said}");
    assert!(!path.join("report.html").exists());
    let record = fs::read(path.join("run.json")).unwrap();
    done(&["landscape", run, "--samples", "200", "--quiet"]);
    assert_eq!(
        record,
        fs::read(path.join("run.json")).unwrap(),
        "nothing is left to measure"
    );
    done(&["extract", run, "--quiet"]);
    done(&["analyze", run, "--quiet"]);
    let found = json(&["landscape", run, "--samples", "200"]);
    assert_eq!(found["checkpoints"], 4);
    assert!(path.join("tables/landscape.parquet").is_file());
    assert!(path.join("figures/sharpness.svg").is_file());
    let record: serde_json::Value =
        serde_json::from_slice(&fs::read(path.join("run.json")).unwrap()).unwrap();
    for at in record["checkpoints"].as_array().unwrap() {
        let found = &at["analyses"]["landscape"]["value"];
        assert_eq!(found["samples"], 128);
        let loss = found["loss"].as_f64().unwrap();
        // Of other samples than all, but of the same network.
        assert!((loss - at["losses"]["train_loss"].as_f64().unwrap()).abs() < 0.5);
        assert!(found["curvature"]["eigenvalue"].as_f64().unwrap() > 0.0);
    }
}

#[test]
fn a_run_without_weights_says_which_command_makes_them() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("run");
    let run = path.to_str().unwrap();
    done(&[&["train", "--out", run][..], &SMALL].concat());
    fs::remove_file(path.join("checkpoints/0.safetensors")).unwrap();
    let said = failure(&["landscape", run]);
    assert!(said.contains("the weights at step 0 are missing"), "{said}");
    assert!(said.contains("spindle train"), "{said}");
    assert_eq!(
        output(&["landscape", run, "--samples", "0"]).status.code(),
        Some(2)
    );
}
