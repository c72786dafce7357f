//! `cargo xtask <test|bench>`: every chore of the project, in Rust.
#![allow(clippy::print_stderr)]

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Format, lints, all tests, docs, a run read from Python: what has to pass before a change lands.
    Test,
    /// Benchmarks, with ratios and medians; PyTorch beside ours where Python has it.
    Bench,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().chore {
        Chore::Test => test(),
        Chore::Bench => bench(),
    }
}

/// Tests run in the release profile: they are numerics, and the binaries serve the demo as well.
fn test() -> anyhow::Result<()> {
    cargo("fmt --all --check", &[])?;
    cargo(
        "clippy --release --workspace --all-targets --all-features -- -D warnings",
        &[],
    )?;
    cargo("test --release --workspace", &[])?;
    cargo(
        "doc --release --workspace --no-deps",
        &[("RUSTDOCFLAGS", "-D warnings")],
    )?;
    python_reads_a_run()
}

/// The examples of docs/run-format.md on a run and an export that the tool has just made.
fn python_reads_a_run() -> anyhow::Result<()> {
    let python = python_environment("tests/python/requirements.txt")?;
    let folder = PathBuf::from("target/python-reads");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let (run_folder, export) = (folder.join("run"), folder.join("run.spindle"));
    let [run_path, export_path] = [run_folder, export].map(|path| path.display().to_string());
    cargo(
        &format!(
            "run --release --quiet -- run --quiet --out {run_path} --train-size 400 --epochs 4 --checkpoints 5 --samples 10 \
             --train-samples 10 --players 6 --resamples 100 --sgd-steps 500"
        ),
        &[],
    )?;
    cargo(
        &format!("run --release --quiet -- export --quiet {run_path} --out {export_path}"),
        &[],
    )?;
    run(
        &python,
        &["tests/python/read_run.py", &run_path, &export_path],
        &[],
    )
}

/// A Python of the project's own under `target/`, with what a requirements file names.
fn python_environment(requirements: &str) -> anyhow::Result<String> {
    let folder = Path::new("target/python");
    let python = folder.join("bin/python").display().to_string();
    if !folder.join("bin/python").exists() {
        run("python3", &["-m", "venv", "target/python"], &[])?;
    }
    run(
        &python,
        &[
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--requirement",
            requirements,
        ],
        &[],
    )?;
    Ok(python)
}

fn bench() -> anyhow::Result<()> {
    cargo(
        "bench --package spindle-interactions --bench decompose",
        &[],
    )?;
    cargo("bench --package spindle-core --bench engine", &[])?;
    let torch = Command::new("python3")
        .args(["-c", "import torch"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !torch {
        eprintln!(
            "PyTorch is not there, its side is left out: pip install -r tests/peers/requirements.txt"
        );
        return Ok(());
    }
    run("python3", &["tests/peers/lenet.py"], &[])
}

fn cargo(arguments: &str, environment: &[(&str, &str)]) -> anyhow::Result<()> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    run(
        &cargo,
        &arguments.split(' ').collect::<Vec<_>>(),
        environment,
    )
}

fn run(program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> anyhow::Result<()> {
    let line = format!("{program} {}", arguments.join(" "));
    eprintln!("\n> {line}");
    let start = Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .envs(environment.iter().copied())
        .status()
        .with_context(|| format!("cannot start {program}"))?;
    if !status.success() {
        bail!("failed: {line}");
    }
    eprintln!("> took {:.0} s", start.elapsed().as_secs_f64());
    Ok(())
}
