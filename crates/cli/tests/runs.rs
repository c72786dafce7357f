//! Runs: whole, broken off, refused.

mod support;

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use support::{failure, json, output, results, run_small, small_run, spindle, stderr};
use tempfile::TempDir;

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
        ("--players", "0", "2"),
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

/// A small run whose published SGD takes so long that it is still at work when a signal arrives.
fn long_run(folder: &Path) -> Vec<String> {
    let mut arguments = small_run(folder, "run");
    let steps = arguments.iter().position(|a| a == "--sgd-steps").unwrap() + 1;
    arguments[steps] = "60000".to_owned();
    arguments
}

/// Such a run in the background, until `part` of it is on the disk.
fn started(folder: &Path, part: &str) -> Child {
    let mut child = spindle()
        .args(long_run(folder))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let is_there = || {
        fs::read_dir(folder.join(part)).is_ok_and(|mut files| {
            files.any(|file| !file.unwrap().file_name().to_string_lossy().starts_with('.'))
        })
    };
    while !is_there() && start.elapsed() < Duration::from_secs(60) {
        assert!(
            child.try_wait().unwrap().is_none(),
            "it ended before {part}"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
    child
}

/// Brings such a run to its end.
fn finish(folder: &Path) {
    let output = spindle().args(long_run(folder)).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}

/// What a run leaves on the disk as it goes on: after each of these it is broken off.
const PARTS: [&str; 4] = ["checkpoints", "outputs", "interactions", "tables"];

/// A run that is broken off after each of `parts` gives the numbers of one that was not.
fn assert_continues(parts: &[&str], break_off: impl Fn(Child, &str)) {
    let folder = TempDir::new().unwrap();
    let (whole, broken) = (folder.path().join("whole"), folder.path().join("broken"));
    finish(&whole);
    for part in parts {
        break_off(started(&broken, part), part);
    }
    finish(&broken);
    assert!(
        results(&whole) == results(&broken),
        "a broken-off run differs"
    );
}

#[test]
fn a_killed_run_continues_to_the_same_numbers() {
    assert_continues(&PARTS, |mut child, _| {
        child.kill().unwrap();
        child.wait().unwrap();
    });
}

/// Whether this process, and so whatever it starts, ignores SIGINT; where that can be told.
#[cfg(unix)]
fn ignores_interruptions() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| mask & 2 != 0)
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_says_so_and_continues_to_the_same_numbers() {
    // Shells start what runs in the background so, and then it stays so.
    if ignores_interruptions() {
        return;
    }
    assert_continues(&PARTS[..3], |child, part| {
        Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status()
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{part}: {said}");
        assert!(said.contains("continues from here"), "{part}: {said}");
    });
}

#[test]
fn a_network_that_diverges_is_told_and_what_was_there_is_measured() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let path = out.to_str().unwrap();
    let mut arguments = small_run(&out, "run");
    arguments.extend(["--lr", "1000"].map(str::to_owned));
    let output = spindle().args(&arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("diverged") && said.contains("step"), "{said}");
    json(&["extract", path]);
    let summary = json(&["analyze", path]);
    assert!(summary["checkpoints"].as_u64().unwrap() >= 1);
    assert!(out.join("report.html").exists());
    let record: serde_json::Value =
        serde_json::from_slice(&fs::read(out.join("run.json")).unwrap()).unwrap();
    for checkpoint in record["checkpoints"].as_array().unwrap() {
        assert!(checkpoint["losses"]["train_loss"].is_number());
        assert!(checkpoint["summary"].is_object());
    }
}

#[test]
fn lost_files_are_made_again_to_the_same_numbers() {
    let folder = TempDir::new().unwrap();
    let run = folder.path().join("run");
    run_small(&run);
    let before = results(&run);
    for part in ["checkpoints", "losses", "outputs", "interactions"] {
        fs::remove_file(run.join(part).join("0.safetensors")).unwrap();
    }
    let said = stderr(&run_small(&run));
    assert!(said.contains("training begins again"), "{said}");
    assert!(results(&run) == before, "what was made again differs");
    // So are files that are there but damaged, by the command that makes them.
    for (part, command) in [("outputs", "extract"), ("interactions", "analyze")] {
        let path = run.join(part).join("0.safetensors");
        fs::write(&path, "not this").unwrap();
        let output = output(&[command, run.to_str().unwrap()]);
        let said = stderr(&output);
        assert!(output.status.success(), "{said}");
        assert!(
            said.contains("0.safetensors.damaged and made again"),
            "{said}"
        );
        fs::remove_file(run.join(part).join("0.safetensors.damaged")).unwrap();
    }
    assert!(results(&run) == before, "what was made again differs");
}

#[test]
fn data_that_is_not_there_makes_no_folder_and_may_move() {
    let folder = TempDir::new().unwrap();
    let run = folder.path().join("run");
    let out = run.to_str().unwrap();
    let said = failure(&["run", "--out", out, "--data-dir", "/nowhere"]);
    assert!(said.contains("/nowhere/train-images"), "{said}");
    assert_eq!(said.matches("os error").count(), 1, "{said}");
    assert!(!run.exists());

    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/assets/mnist");
    let train = |data: &Path| {
        let data = data.to_str().unwrap();
        let base = ["--epochs", "1", "--checkpoints", "2", "--train-size", "200"];
        output(&[&["train", "--out", out, "--data-dir", data][..], &base].concat())
    };
    assert!(train(&assets).status.success());
    let moved = folder.path().join("moved");
    fs::create_dir(&moved).unwrap();
    for file in fs::read_dir(&assets).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), moved.join(file.file_name())).unwrap();
    }
    let output = train(&moved);
    assert!(output.status.success(), "{}", stderr(&output));
    // What follows finds the files where they are now.
    let record = fs::read_to_string(run.join("run.json")).unwrap();
    assert!(record.contains(moved.to_str().unwrap()), "{record}");
}

#[test]
fn a_run_that_misses_its_tolerance_says_so_and_keeps_its_results() {
    let folder = TempDir::new().unwrap();
    let run = folder.path().join("run");
    run_small(&run);
    // A game that the solver could not bring to the tolerance leaves a larger gap in the record.
    let path = run.join("run.json");
    let mut record: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let certificate = &mut record["checkpoints"][1]["summary"]["certificates"][2];
    let norm = certificate["smallest_norm"].as_f64().unwrap();
    certificate["dual"] = serde_json::json!(0.98 * norm);
    record.as_object_mut().unwrap().remove("seal");
    fs::write(&path, record.to_string()).unwrap();
    fs::remove_file(run.join("report.html")).unwrap();
    let said = failure(&["analyze", run.to_str().unwrap()]);
    assert!(
        said.contains("1 of 32 games did not reach the tolerance 1e-3"),
        "{said}"
    );
    assert!(said.contains("2.0e-2"), "{said}");
    assert!(run.join("report.html").exists() && run.join("interactions/0.safetensors").exists());
}
