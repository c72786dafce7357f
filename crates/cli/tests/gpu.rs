//! The tool on a graphics adapter, whichever there is: `cargo xtask test --gpu` brings one that is
//! a program on the CPU.
#![cfg(feature = "wgpu")]

mod support;

use std::path::Path;

use serde_json::Value;
use spindle_run::{RunFolder, record::RunRecord};
use support::{failure, json, small_run, spindle, stderr};
use tempfile::TempDir;

/// A small run on a device; what was said of it.
fn run_on(folder: &Path, more: &[&str]) -> String {
    let arguments = small_run(folder, "run");
    let output = spindle().args(arguments).args(more).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    stderr(&output)
}

/// v of all samples on all masks at every checkpoint.
fn values(folder: &Path) -> (RunRecord, Vec<Vec<f64>>) {
    let (store, record) = RunFolder::open(folder).unwrap();
    let steps = record.checkpoints.iter().map(|at| at.losses.step);
    let values = steps.map(|step| store.outputs(&record, step).unwrap().values);
    let values = values.collect();
    (record, values)
}

#[test]
fn a_run_on_the_adapter_finds_what_one_on_the_cpu_does() {
    let folder = TempDir::new().unwrap();
    let on_cpu = folder.path().join("cpu");
    run_on(&on_cpu, &[]);
    let (_, expected) = values(&on_cpu);
    for backend in ["kernels", "burn"] {
        let on_gpu = folder.path().join(backend);
        run_on(&on_gpu, &["--device", "gpu", "--backend", backend]);
        let (record, found) = values(&on_gpu);
        assert!(
            record.provenance.engine.contains("Vulkan"),
            "{}",
            record.provenance.engine
        );
        for (checkpoint, (found, expected)) in found.iter().zip(&expected).enumerate() {
            let tolerance = if checkpoint == 0 { 1e-5 } else { 1e-3 };
            let pairs = found.iter().zip(expected);
            let apart = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(
                apart < tolerance,
                "{backend}, checkpoint {checkpoint}: {apart}"
            );
        }
    }
}

#[test]
fn a_run_goes_on_on_the_adapter_and_says_so() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("run");
    let mut short = small_run(&path, "train");
    let output = spindle().args(&short).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    short[0] = "run".to_owned();
    // Nothing is left to train: the rest may be computed by anything.
    let output = spindle()
        .args(&short)
        .args(["--device", "gpu"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let (record, _) = values(&path);
    assert!(record.checkpoints.iter().all(|at| at.summary.is_some()));
}

fn doctor(drivers: Option<&str>) -> Value {
    let mut command = spindle();
    command.args(["doctor", "--model", "lenet", "--json", "--quiet"]);
    if let Some(drivers) = drivers {
        command
            .env("VK_DRIVER_FILES", drivers)
            .env("VK_ICD_FILENAMES", drivers);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_doctor_tells_the_truth_with_an_adapter_and_without_a_driver() {
    let found = doctor(None);
    let devices = found["devices"].as_array().unwrap();
    let gpu = devices
        .iter()
        .find(|device| device["device"] == "gpu:0")
        .unwrap();
    assert!(gpu["problem"].is_null(), "{gpu}");
    let tests = gpu["tests"].as_array().unwrap();
    assert_eq!(tests.len(), 2, "kernels and Burn");
    for test in tests {
        assert!(test["problem"].is_null(), "{test}");
        assert!(test["output_difference"].as_f64().unwrap() < 1e-5, "{test}");
        assert!(test["steps_per_second"].as_f64().unwrap() > 0.0);
    }
    let without = doctor(Some("/nowhere/no-driver.json"));
    let devices = without["devices"].as_array().unwrap();
    assert!(
        devices
            .iter()
            .all(|device| !device["name"].as_str().unwrap().contains("Vulkan"))
    );
    let advice = without["advice"].to_string();
    assert!(advice.contains("mesa-vulkan-drivers"), "{advice}");
}

#[test]
fn a_device_that_is_not_there_is_named_and_the_cpu_takes_over_if_asked() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("run");
    let path = path.to_str().unwrap();
    let said = failure(&["train", "--out", path, "--device", "gpu:77"]);
    assert!(
        said.contains("gpu:77") && said.contains("here there is gpu:0, "),
        "{said}"
    );
    assert!(!Path::new(path).exists(), "nothing was begun");
    let mut train = small_run(Path::new(path), "train");
    train.extend(["--device", "gpu:77", "--fallback", "cpu"].map(str::to_owned));
    let arguments: Vec<&str> = train.iter().map(String::as_str).collect();
    let record = json(&arguments);
    let engine = record["provenance"]["engine"].as_str().unwrap();
    assert!(engine.contains("CPU"), "{engine}");
}
