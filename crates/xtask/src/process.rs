//! Other programs, each told with its command line and its time.

use std::{
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, bail};

/// Runs cargo with arguments separated by spaces.
pub(crate) fn cargo(arguments: &str) -> anyhow::Result<()> {
    cargo_with(arguments, &[])
}

/// As [`cargo`], with more environment.
pub(crate) fn cargo_with(arguments: &str, environment: &[(&str, &str)]) -> anyhow::Result<()> {
    let arguments: Vec<&str> = arguments.split(' ').collect();
    run(&program(), &arguments, environment)
}

/// As [`cargo`]; returns what it wrote to stdout.
pub(crate) fn output_of_cargo(arguments: &str) -> anyhow::Result<String> {
    output(&program(), &arguments.split(' ').collect::<Vec<_>>())
}

fn program() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// Runs a program to its end.
pub(crate) fn run(
    program: &str,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> anyhow::Result<()> {
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

/// Runs a program to its end and returns what it wrote to stdout.
pub(crate) fn output(program: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {program}"))?;
    if !output.status.success() {
        bail!("failed: {program} {}", arguments.join(" "));
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("{program} wrote something that is no text"))
}
