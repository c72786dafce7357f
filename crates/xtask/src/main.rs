//! `cargo xtask <test|bench>`: every chore of the project, in Rust.
#![allow(clippy::print_stderr)]

use std::{process::Command, time::Instant};

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
    /// Format, lints, all tests, docs: what has to pass before a change lands. Cheapest first.
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
    )
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
