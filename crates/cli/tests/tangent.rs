//! Which orders training moves, at the checkpoints of a run.

mod support;

use std::fs;

use support::{SMALL, done, failure, json, output};
use tempfile::TempDir;

const FEW: [&str; 6] = ["--samples", "128", "--measured", "2", "--directions", "2"];

#[test]
fn tangents_are_measured_once_and_shown_with_the_run() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("run");
    let run = path.to_str().unwrap();
    done(&[&["run", "--out", run, "--quiet"][..], &SMALL].concat());
    let found = json(&[&["tangent", run][..], &FEW].concat());
    assert_eq!(found["checkpoints"], 4);
    assert!(path.join("tables/tangent.parquet").is_file());
    assert!(path.join("tables/tangent_agreement.parquet").is_file());
    assert!(path.join("figures/tangent-likeness.svg").is_file());
    let record = fs::read(path.join("run.json")).unwrap();
    done(&[&["tangent", run, "--quiet"][..], &FEW].concat());
    assert_eq!(
        record,
        fs::read(path.join("run.json")).unwrap(),
        "nothing is left to measure"
    );
    let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
    for (place, at) in record["checkpoints"].as_array().unwrap().iter().enumerate() {
        let found = &at["analyses"]["tangent"]["value"];
        assert_eq!(found["directions"], 2);
        let test = &found["groups"][0];
        assert_eq!(
            (&test["group"], &test["samples"]),
            (&"test".into(), &2.into())
        );
        let sum = |name: &str| {
            let shares = test[name].as_array().unwrap().iter();
            shares.map(|share| share[0].as_f64().unwrap()).sum::<f64>()
        };
        for name in ["outputs", "step", "random"] {
            assert!((sum(name) - 1.0).abs() < 1e-5, "{name}");
        }
        // By definition before training, and not after it.
        let likeness = test["likeness"][0][0].as_f64().unwrap();
        assert_eq!((likeness - 1.0).abs() < 1e-9, place == 0, "{likeness}");
        assert!((test["rate"][0][0].as_f64().unwrap() - 1.0).abs() < 1e-9);
        assert!(test["rate"][2][0].as_f64().unwrap() > 0.0);
    }
}

#[test]
fn a_run_without_its_first_weights_says_which_command_makes_them() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("run");
    let run = path.to_str().unwrap();
    done(&[&["train", "--out", run, "--quiet"][..], &SMALL].concat());
    fs::remove_file(path.join("checkpoints/0.safetensors")).unwrap();
    let said = failure(&[&["tangent", run][..], &FEW].concat());
    assert!(said.contains("the weights at step 0 are missing"), "{said}");
    assert!(said.contains("spindle train"), "{said}");
    let none = output(&["tangent", run, "--directions", "0"]);
    assert_eq!(none.status.code(), Some(2));
}
