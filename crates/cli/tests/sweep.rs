//! Sweeps: whole, in parts by several workers, broken off, with runs that fail.

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use support::{failure, json, output, spindle, stderr};
use tempfile::TempDir;

const GRID: &str = "
twins = true
[experiment]
train-size = 200
epochs = 2
checkpoints = 3
samples = 10
train-samples = 0
samples-seed = 0
players-seed = 0
players = 5
resamples = 100
sgd-steps = 100
[grid]
label-noise = [0.0, 0.3]
seed = [0, 1]
";

fn file(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("grid.toml");
    fs::write(&path, text).unwrap();
    path
}

fn sweep(file: &Path, out: &Path, more: &[&str]) -> Output {
    let paths = [
        "sweep",
        file.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ];
    output(&[&paths, more].concat())
}

/// What does not depend on how long something took.
fn table(sweep: &Path, name: &str) -> String {
    fs::read_to_string(sweep.join("tables").join(name)).unwrap()
}

#[test]
fn workers_of_parts_make_what_one_makes_and_nothing_is_done_twice() {
    let folder = TempDir::new().unwrap();
    let (grid, whole, parts) = (
        file(folder.path(), GRID),
        folder.path().join("whole"),
        folder.path().join("parts"),
    );
    let done = sweep(&grid, &whole, &[]);
    assert!(done.status.success(), "{}", stderr(&done));
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(said.contains("label_noise=0.3"), "{said}");
    for shard in ["1/3", "3/3", "2/3"] {
        let done = sweep(&grid, &parts, &["--shard", shard]);
        assert!(done.status.success(), "{shard}: {}", stderr(&done));
    }
    for name in ["runs.csv", "over_seeds.csv", "transfer.csv", "twins.csv"] {
        assert_eq!(table(&whole, name), table(&parts, name), "{name}");
    }
    let runs = table(&whole, "runs.csv");
    assert_eq!(runs.lines().count(), 5, "{runs}");
    assert!(runs.starts_with("run,label_noise,seed,"), "{runs}");
    assert!(runs.contains("regret_twins_nats"), "{runs}");
    // Both orders of the two seeds of each share of wrong labels.
    assert_eq!(table(&whole, "twins.csv").lines().count(), 5);
    assert!(whole.join("sweep.html").metadata().unwrap().len() > 10_000);
    assert!(whole.join("tables/strength.parquet").is_file());

    let status = json(&["status", parts.to_str().unwrap()]);
    let states: Vec<&str> = status
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|run| run["state"].as_str())
        .collect();
    assert_eq!(states, ["done"; 4]);
    let changed = |run: &str| {
        fs::metadata(whole.join(run).join("run.json"))
            .unwrap()
            .modified()
            .unwrap()
    };
    let before = changed("label-noise=0.0,seed=0");
    assert!(sweep(&grid, &whole, &[]).status.success());
    assert_eq!(changed("label-noise=0.0,seed=0"), before);

    // Slurm says which part it is; whoever says another one is told.
    let disagrees = spindle()
        .args([
            "sweep",
            grid.to_str().unwrap(),
            "--out",
            parts.to_str().unwrap(),
            "--shard",
            "1/2",
        ])
        .envs([
            ("SLURM_ARRAY_TASK_ID", "1"),
            ("SLURM_ARRAY_TASK_COUNT", "2"),
        ])
        .output()
        .unwrap();
    assert!(
        stderr(&disagrees).contains("they must agree"),
        "{}",
        stderr(&disagrees)
    );
}

#[test]
fn a_run_that_fails_stops_no_other_and_is_tried_again() {
    let folder = TempDir::new().unwrap();
    // There are 1,000 test digits.
    let text = GRID.replace("label-noise = [0.0, 0.3]", "samples = [10, 1001]");
    let text = text.replace("samples = 10\n", "");
    let grid = file(folder.path(), &text.replace("seed = [0, 1]", "seed = [0]"));
    let out = folder.path().join("out");
    let failed = sweep(&grid, &out, &[]);
    assert_eq!(failed.status.code(), Some(1));
    let said = stderr(&failed);
    assert!(
        said.contains("1 of 2 runs failed") && said.contains("at most 1000"),
        "{said}"
    );
    let status = json(&["status", out.to_str().unwrap()]);
    assert_eq!(status[0]["state"], "done");
    assert_eq!(status[1]["state"], "failed");
    assert!(
        status[1]["error"]
            .as_str()
            .unwrap()
            .contains("at most 1000")
    );
    // What is done is gathered all the same.
    assert_eq!(table(&out, "runs.csv").lines().count(), 2);
}

#[test]
fn a_run_that_was_damaged_is_left_out_and_mended_by_the_next_sweep() {
    let folder = TempDir::new().unwrap();
    let grid = file(folder.path(), &GRID.replace("[0.0, 0.3]", "[0.3]"));
    let out = folder.path().join("out");
    assert!(sweep(&grid, &out, &[]).status.success());
    let whole = table(&out, "runs.csv");
    let run = out.join("label-noise=0.3,seed=1");
    let interactions = fs::read_dir(run.join("interactions")).unwrap();
    for path in interactions.map(|entry| entry.unwrap().path()) {
        fs::write(path, "damaged").unwrap();
    }
    let failed = sweep(&grid, &out, &[]);
    assert_eq!(failed.status.code(), Some(1));
    let said = stderr(&failed);
    assert!(said.contains("label-noise=0.3,seed=1"), "{said}");
    assert_eq!(table(&out, "runs.csv").lines().count(), 2);
    let status = json(&["status", out.to_str().unwrap()]);
    assert_eq!(status[1]["state"], "failed");
    let mended = sweep(&grid, &out, &[]);
    assert!(mended.status.success(), "{}", stderr(&mended));
    assert_eq!(table(&out, "runs.csv"), whole);
}

#[test]
fn workers_may_begin_at_the_same_moment() {
    let folder = TempDir::new().unwrap();
    let grid = file(folder.path(), &GRID.replace("[0.0, 0.3]", "[0.3]"));
    let out = folder.path().join("out");
    let worker = |shard: usize| {
        let shard = format!("{shard}/6");
        spindle()
            .args([
                "sweep",
                grid.to_str().unwrap(),
                "--quiet",
                "--shard",
                &shard,
            ])
            .args(["--out", out.to_str().unwrap()])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let workers: Vec<_> = (1..=6).map(worker).collect();
    for worker in workers {
        let done = worker.wait_with_output().unwrap();
        assert!(done.status.success(), "{}", stderr(&done));
    }
    assert_eq!(table(&out, "runs.csv").lines().count(), 3);
}

#[test]
fn what_is_no_sweep_is_told_by_name() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out");
    let said = |text: &str| {
        let grid = file(folder.path(), text);
        let failed = sweep(&grid, &out, &[]);
        assert_eq!(failed.status.code(), Some(1), "{text}");
        stderr(&failed)
    };
    for (text, needle) in [
        ("seed = [0", "is no TOML"),
        ("[grid]\nsede = [0]", "`sede`"),
        ("[experiment]\nepochs = 2", "no `grid`"),
        ("[gird]\nseed = [0]", "`gird`"),
        ("[grid]\nepochs = [0]", "epochs is 0"),
        ("[grid]\nmodel = ['lenet', 'nettle']", "nettle"),
    ] {
        let said = said(text);
        assert!(said.contains(needle), "{text}: {said}");
    }
    assert!(!out.exists());
    let missing = failure(&["status", folder.path().to_str().unwrap()]);
    assert!(missing.contains("holds no sweep"), "{missing}");
    let none = output(&["sweep", "x.toml", "--out", "y", "--shard", "4/3"]);
    assert_eq!(none.status.code(), Some(2));
    assert!(
        stderr(&none).contains("no part 4 of 3"),
        "{}",
        stderr(&none)
    );
}

#[test]
fn a_sweep_with_other_settings_is_refused_before_anything_is_begun() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out");
    let one = GRID.replace("[0.0, 0.3]", "[0.3]").replace("[0, 1]", "[0]");
    assert!(
        sweep(&file(folder.path(), &one), &out, &[])
            .status
            .success()
    );
    let kept = fs::read(out.join("sweep.json")).unwrap();
    let other = one.replace("epochs = 2", "epochs = 3");
    // Another part of it has none of the runs that are there.
    for part in ["1/2", "2/2"] {
        let failed = sweep(&file(folder.path(), &other), &out, &["--shard", part]);
        assert_eq!(failed.status.code(), Some(1));
        let said = stderr(&failed);
        assert!(said.contains("epochs is 2 there, 3 asked for"), "{said}");
    }
    assert_eq!(fs::read(out.join("sweep.json")).unwrap(), kept);
    let listed = json(&["status", out.to_str().unwrap()]);
    assert_eq!(listed[0]["state"], "done");
    // More runs of the same settings are no other sweep; a run is none at all.
    let more = one.replace("[0]", "[0, 1]");
    assert!(
        sweep(&file(folder.path(), &more), &out, &[])
            .status
            .success()
    );
    let run = out.join(listed[0]["run"].as_str().unwrap());
    let failed = sweep(&file(folder.path(), &more), &run, &[]);
    assert!(stderr(&failed).contains("is a run"), "{}", stderr(&failed));
}

#[test]
fn a_training_ends_where_a_rule_says_so_and_goes_on_without_it() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let flags = "--train-size 400 --epochs 60 --checkpoints 24 --samples 12 --train-samples 0 --players 6 --resamples 100 --sgd-steps 100 --lr 0.05";
    let flags: Vec<&str> = flags.split(' ').collect();
    let command = |more: &[&str]| {
        let start = ["run", "--out", out.to_str().unwrap()];
        output(&[&start, &*flags, more].concat())
    };
    let ended = command(&["--stop-at", "patience"]);
    assert!(ended.status.success(), "{}", stderr(&ended));
    let said = stderr(&ended);
    assert!(said.contains("training ended at epoch"), "{said}");
    let record = || spindle_run::RunFolder::open(&out).unwrap().1;
    let early = record();
    let last =
        |record: &spindle_run::record::RunRecord| record.checkpoints.last().unwrap().losses.epoch;
    assert!(last(&early) < 60.0);
    assert!(out.join("report.html").is_file());
    // The rule holds by now, so that nothing is trained; without it the run comes to its end.
    assert!(command(&["--stop-at", "patience"]).status.success());
    assert_eq!(record().checkpoints.len(), early.checkpoints.len());
    assert!(command(&[]).status.success());
    assert_eq!(last(&record()), 60.0);
}
