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
    run_command(cargo_command(arguments).envs(environment.iter().copied()))
}

/// Cargo with arguments separated by spaces, not run yet.
pub(crate) fn cargo_command(arguments: &str) -> Command {
    let program = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = Command::new(program);
    command.args(arguments.split(' '));
    command
}

/// Runs a program to its end.
pub(crate) fn run(
    program: &str,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> anyhow::Result<()> {
    run_command(
        Command::new(program)
            .args(arguments)
            .envs(environment.iter().copied()),
    )
}

/// Runs a program to its end and returns what it wrote to stdout.
pub(crate) fn output(program: &str, arguments: &[&str]) -> anyhow::Result<String> {
    output_of_command(Command::new(program).args(arguments))
}

/// Runs a command to its end.
pub(crate) fn run_command(command: &mut Command) -> anyhow::Result<()> {
    let line = line(command);
    eprintln!("\n> {line}");
    let start = Instant::now();
    let status = command
        .status()
        .with_context(|| format!("cannot start {line}"))?;
    if !status.success() {
        bail!("failed: {line}");
    }
    eprintln!("> took {:.0} s", start.elapsed().as_secs_f64());
    Ok(())
}

/// Runs a command to its end and returns what it wrote to stdout.
pub(crate) fn output_of_command(command: &mut Command) -> anyhow::Result<String> {
    let line = line(command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {line}"))?;
    if !output.status.success() {
        bail!("failed: {line}");
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("{line} wrote something that is no text"))
}

/// A command as one would type it, with its folder where that is not ours.
fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    let folder = command
        .get_current_dir()
        .map(|folder| format!("   (in {})", folder.display()));
    words.join(" ") + &folder.unwrap_or_default()
}
