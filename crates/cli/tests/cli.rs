//! The command line tool as a process.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// A run of a few seconds.
const SMALL: [&str; 16] = [
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

fn spindle() -> Command {
    Command::new(assert_cmd::cargo::cargo_bin!("spindle"))
}

fn output(arguments: &[&str]) -> Output {
    spindle().args(arguments).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs a command that must succeed and returns its JSON document.
fn json(arguments: &[&str]) -> serde_json::Value {
    let output = output(&[arguments, &["--json", "--quiet"]].concat());
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        stderr(&output)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs a command that must fail with exit code 1 and returns what it said.
fn failure(arguments: &[&str]) -> String {
    let output = output(arguments);
    assert_eq!(
        output.status.code(),
        Some(1),
        "{arguments:?}: {}",
        stderr(&output)
    );
    stderr(&output)
}

fn small_run(folder: &Path, command: &str) -> Vec<String> {
    let mut arguments = vec![
        command.to_owned(),
        "--out".to_owned(),
        folder.display().to_string(),
    ];
    arguments.extend(SMALL.map(str::to_owned));
    arguments
}

fn run_small(folder: &Path) -> Output {
    let output = spindle().args(small_run(folder, "run")).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    output
}

/// The parts of a run that must not depend on how often it was broken off.
fn results(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
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
    files.push((
        PathBuf::from("run.json"),
        serde_json::to_vec(&record).unwrap(),
    ));
    files
}

#[test]
fn a_run_leaves_a_report_and_repeats_to_the_bit() {
    let folder = TempDir::new().unwrap();
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    let said = stderr(&run_small(&a));
    assert!(said.contains("certified   32 of 32 games"), "{said}");
    for file in [
        "report.html",
        "tables/strength.parquet",
        "figures/strength-by-order.svg",
    ] {
        let path = a.join(file);
        assert!(path.metadata().is_ok_and(|meta| meta.len() > 500), "{file}");
    }
    let stages = [
        small_run(&b, "train"),
        vec!["extract".to_owned(), b.display().to_string()],
        vec!["analyze".to_owned(), b.display().to_string()],
    ];
    for stage in stages {
        let output = spindle().args(&stage).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
    }
    assert!(results(&a) == results(&b), "run and its three steps differ");
    let export = folder.path().join("a.spindle");
    json(&[
        "export",
        a.to_str().unwrap(),
        "--out",
        export.to_str().unwrap(),
    ]);
    assert!(spindle_run::export::Export::unpack(&fs::read(export).unwrap()).is_ok());
    let page = folder.path().join("compare.html");
    let document = json(&[
        "compare",
        a.to_str().unwrap(),
        b.to_str().unwrap(),
        "--out",
        page.to_str().unwrap(),
    ]);
    assert_eq!(document["differences"][0]["fields"], serde_json::json!([]));
}

#[test]
fn a_killed_run_continues_to_the_same_numbers() {
    let folder = TempDir::new().unwrap();
    let (whole, broken) = (folder.path().join("whole"), folder.path().join("broken"));
    run_small(&whole);
    // Kill it ever later, so that every part of the work is hit somewhere.
    for milliseconds in [150, 400, 800, 1_600] {
        let mut child = spindle()
            .args(small_run(&broken, "run"))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    run_small(&broken);
    assert!(
        results(&whole) == results(&broken),
        "a broken-off run differs"
    );
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_says_so_and_continues() {
    let folder = TempDir::new().unwrap();
    let run = folder.path().join("run");
    let mut arguments = small_run(&run, "train");
    arguments[6] = "100000".to_owned();
    let child = spindle()
        .args(&arguments)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while !run.join("run.json").exists() && start.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(500));
    Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("continues from here"),
        "{}",
        stderr(&output)
    );
    assert!(run.join("state.safetensors").exists());
}

#[test]
fn another_experiment_or_other_contents_are_not_overwritten() {
    let folder = TempDir::new().unwrap();
    let run = folder.path().join("run");
    let train = |extra: &[&str]| {
        let out = run.to_str().unwrap();
        let base = [
            "train",
            "--out",
            out,
            "--epochs",
            "1",
            "--checkpoints",
            "2",
            "--train-size",
            "200",
        ];
        output(&[&base, extra].concat())
    };
    assert!(train(&[]).status.success());
    let other = train(&["--seed", "5"]);
    assert_eq!(other.status.code(), Some(1));
    assert!(
        stderr(&other).contains("seed") && stderr(&other).contains('5'),
        "{}",
        stderr(&other)
    );
    fs::write(folder.path().join("thesis.tex"), "dear").unwrap();
    let said = failure(&["train", "--out", folder.path().to_str().unwrap()]);
    assert!(
        said.contains("run") || said.contains("thesis.tex"),
        "{said}"
    );
    assert_eq!(
        fs::read_to_string(folder.path().join("thesis.tex")).unwrap(),
        "dear"
    );
}

#[test]
fn a_run_of_a_newer_format_is_refused() {
    let folder = TempDir::new().unwrap();
    fs::write(
        folder.path().join("run.json"),
        r#"{"schema": 99, "provenance": {"version": "9.1.0"}}"#,
    )
    .unwrap();
    let said = failure(&["analyze", folder.path().to_str().unwrap()]);
    assert!(said.contains("99") && said.contains("9.1.0"), "{said}");
}

#[test]
fn values_out_of_range_name_field_value_and_what_is_allowed() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    for (flag, value, allowed) in [
        ("--players", "21", "20"),
        ("--players", "1", "2"),
        ("--label-noise", "1.5", "1"),
    ] {
        let said = failure(&["run", "--out", out.to_str().unwrap(), flag, value]);
        assert!(
            said.contains(&flag[2..].replace('-', "_")) || said.contains(&flag[2..]),
            "{said}"
        );
        assert!(said.contains(value) && said.contains(allowed), "{said}");
        assert!(!out.exists());
    }
    let usage = output(&["run", "--players", "many"]);
    assert_eq!(usage.status.code(), Some(2));
}

#[test]
fn a_network_that_diverges_is_told_and_what_was_there_is_kept() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let mut arguments = small_run(&out, "run");
    arguments.extend(["--lr".to_owned(), "1000".to_owned()]);
    let output = spindle().args(&arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("diverged") && said.contains("step"), "{said}");
    assert!(out.join("checkpoints/0.safetensors").exists());
}

fn npy(path: &Path, descr: &str, shape: &str, fortran: &str, bytes: &[u8]) {
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

#[test]
fn decompose_finds_planted_interactions_in_anybodys_outputs() {
    let folder = TempDir::new().unwrap();
    let (input, out) = (
        folder.path().join("v.npy"),
        folder.path().join("i.safetensors"),
    );
    // v = 1 + 2 AND(0, 1) - 1.5 OR(1, 2), on 3 variables, two samples of it.
    let v: Vec<f64> = (0..8)
        .map(|mask: u32| {
            let and = if mask & 3 == 3 { 2.0 } else { 0.0 };
            let or = if mask & 6 != 0 { -1.5 } else { 0.0 };
            1.0 + and + or
        })
        .collect();
    let bytes: Vec<u8> = [&v[..], &v[..]]
        .concat()
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    npy(&input, "<f8", "(2, 8)", "False", &bytes);
    let document = json(&[
        "decompose",
        input.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
        "--noise-ratio",
        "0",
        "--tolerance",
        "1e-6",
    ]);
    let samples = document["samples"].as_array().unwrap();
    assert_eq!(samples.len(), 2);
    for sample in samples {
        assert!(
            (sample["primal"].as_f64().unwrap() - 3.5).abs() < 1e-4,
            "{sample}"
        );
        assert!(sample["gap"].as_f64().unwrap() <= 1e-6);
        for field in ["dual", "iterations", "seconds"] {
            assert!(sample[field].is_number());
        }
    }
    let found = spindle_run::encoding::decode_decompositions(&fs::read(&out).unwrap()).unwrap();
    assert!((found[0].and[3] - 2.0).abs() < 1e-3 && (found[0].or[6] + 1.5).abs() < 1e-3);
    assert!((found[0].baseline - 1.0).abs() < 1e-12);
    // The same in f32, one sample.
    let bytes: Vec<u8> = v.iter().flat_map(|&x| (x as f32).to_le_bytes()).collect();
    npy(&input, "<f4", "(8,)", "False", &bytes);
    let document = json(&[
        "decompose",
        input.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ]);
    assert_eq!(document["samples"].as_array().unwrap().len(), 1);
}

#[test]
fn outputs_of_another_kind_are_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let (input, out) = (
        folder.path().join("v.npy"),
        folder.path().join("i.safetensors"),
    );
    let refusal = |descr: &str, shape: &str, fortran: &str, bytes: &[u8]| {
        npy(&input, descr, shape, fortran, bytes);
        let said = failure(&[
            "decompose",
            input.to_str().unwrap(),
            "--out",
            out.to_str().unwrap(),
        ]);
        assert!(said.contains("v.npy") && !out.exists(), "{said}");
        said
    };
    let zeros = [0; 128];
    assert!(refusal("<i8", "(8,)", "False", &zeros[..64]).contains("f32 or f64"));
    assert!(refusal("<f8", "(2, 8)", "True", &zeros).contains("Fortran"));
    assert!(refusal("<f8", "(6,)", "False", &zeros[..48]).contains('6'));
    assert!(refusal("<f8", "(2, 2, 4)", "False", &zeros).contains("shape"));
    assert!(refusal("<f8", "(0, 8)", "False", &[]).contains("no sample"));
    assert!(refusal("<f8", "(8,)", "False", &zeros[..40]).contains("cannot read"));
    let mut nan = [0; 64];
    nan[24..32].copy_from_slice(&f64::NAN.to_le_bytes());
    assert!(refusal("<f8", "(8,)", "False", &nan).contains("mask 3"));
    fs::write(&input, "no numbers").unwrap();
    assert!(
        failure(&[
            "decompose",
            input.to_str().unwrap(),
            "--out",
            out.to_str().unwrap()
        ])
        .contains("not a NumPy")
    );
}

#[test]
fn a_tolerance_that_is_not_reached_is_an_error_and_keeps_the_result() {
    let folder = TempDir::new().unwrap();
    let (input, out) = (
        folder.path().join("v.npy"),
        folder.path().join("i.safetensors"),
    );
    let v: Vec<u8> = (0..256u32)
        .flat_map(|m| f64::from(m.wrapping_mul(2_654_435_761) >> 16).to_le_bytes())
        .collect();
    npy(&input, "<f8", "(256,)", "False", &v);
    let said = failure(&[
        "decompose",
        input.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
        "--tolerance",
        "1e-9",
        "--max-iterations",
        "50",
    ]);
    assert!(
        said.contains("did not reach the tolerance") && said.contains("gap"),
        "{said}"
    );
    assert_eq!(
        spindle_run::encoding::decode_decompositions(&fs::read(&out).unwrap())
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn values_of_a_runs_weights_are_the_runs_outputs() {
    let folder = TempDir::new().unwrap();
    let run = folder.path().join("run");
    run_small(&run);
    let record: serde_json::Value =
        serde_json::from_slice(&fs::read(run.join("run.json")).unwrap()).unwrap();
    let sample = &record["samples"][1];
    let players = folder.path().join("players.json");
    let patches = serde_json::json!({"grid": [8, 8], "patches": sample["players"]});
    fs::write(&players, patches.to_string()).unwrap();
    let step = record["checkpoints"][3]["losses"]["step"].as_u64().unwrap();
    let weights = run.join(format!("checkpoints/{step}.safetensors"));
    let out = folder.path().join("v.npy");
    let document = json(&[
        "values",
        "--weights",
        weights.to_str().unwrap(),
        "--samples",
        &sample["position"].to_string(),
        "--players",
        players.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ]);
    let (opened, record) = spindle_run::RunFolder::open(&run).unwrap();
    let outputs = opened.outputs(&record, step as usize).unwrap();
    let v = &outputs.values[64..128];
    assert_eq!(document["samples"][0]["v_empty"].as_f64().unwrap(), v[0]);
    assert_eq!(document["samples"][0]["v_full"].as_f64().unwrap(), v[63]);
    let bytes = fs::read(&out).unwrap();
    let written: Vec<f64> = bytes[bytes.len() - 64 * 8..]
        .chunks_exact(8)
        .map(|b| f64::from_le_bytes(b.try_into().unwrap()))
        .collect();
    assert_eq!(written, v);
}

/// A limit on file sizes stands in for a full disk: writing fails half-way.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_leaves_nothing_half_written() {
    let folder = TempDir::new().unwrap();
    let run = folder.path().join("run");
    let line = format!(
        "ulimit -f 200; trap '' XFSZ; exec '{}' train --out '{}' --epochs 1 --checkpoints 2 --train-size 200",
        assert_cmd::cargo::cargo_bin!("spindle").display(),
        run.display()
    );
    let output = Command::new("bash").args(["-c", &line]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("write"), "{}", stderr(&output));
    assert!(spindle_run::RunFolder::open(&run).is_ok());
    assert!(fs::read_dir(run.join("checkpoints")).unwrap().all(|entry| {
        !entry
            .unwrap()
            .file_name()
            .to_string_lossy()
            .ends_with(".safetensors")
    }));
    let done = spindle()
        .args([
            "train",
            "--out",
            run.to_str().unwrap(),
            "--epochs",
            "1",
            "--checkpoints",
            "2",
            "--train-size",
            "200",
        ])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", stderr(&done));
}

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
