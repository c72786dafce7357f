//! Damaged files for what reads files from strangers, for minutes: by libFuzzer, which sees which
//! ways through the code it has tried, or without it.

use std::process::Command;

use anyhow::{Context, bail};

use crate::process::{cargo, output, run_command};

/// Where the targets of libFuzzer lie.
const TARGETS: &str = "tests/fuzz";

/// For so many minutes in all, one target or every one.
pub(crate) fn fuzz(target: Option<&str>, minutes: f64) -> anyhow::Result<()> {
    if has_cargo_fuzz() {
        println!("cargo-fuzz and a nightly compiler are there: libFuzzer looks for files.");
        return with_libfuzzer(target, minutes);
    }
    println!("Without cargo-fuzz or a nightly compiler: whole files are damaged by chance.");
    let target = target.map_or_else(String::new, |target| format!(" {target}"));
    cargo(&format!(
        "run --profile fuzz --package spindle-untrusted -- --minutes {minutes}{target}"
    ))
}

fn has_cargo_fuzz() -> bool {
    let answers = |arguments: &[&str]| {
        let found = Command::new("cargo").args(arguments).output();
        found.is_ok_and(|found| found.status.success())
    };
    answers(&["+nightly", "--version"]) && answers(&["fuzz", "--version"])
}

fn with_libfuzzer(wanted: Option<&str>, minutes: f64) -> anyhow::Result<()> {
    let targets = output("cargo", &["fuzz", "list", "--fuzz-dir", TARGETS])?;
    let targets: Vec<&str> = targets
        .lines()
        .filter(|target| wanted.is_none_or(|wanted| wanted == *target))
        .collect();
    if targets.is_empty() {
        bail!("no such target in {TARGETS}/fuzz_targets");
    }
    cargo("run --release --package spindle-untrusted -- --seeds tests/fuzz/corpus")?;
    let seconds = (60.0 * minutes / targets.len() as f64).ceil();
    for target in targets {
        let line = format!(
            "+nightly fuzz run --fuzz-dir {TARGETS} {target} -- -max_total_time={seconds} -rss_limit_mb=4096 -timeout=20 -print_final_stats=1"
        );
        run_command(&mut rustups_cargo(&line)).with_context(|| {
            format!("the file that something does not hold for is in {TARGETS}/artifacts/{target}")
        })?;
    }
    Ok(())
}

/// Cargo as rustup has it, which knows `+nightly`; the one that runs this is of one toolchain.
fn rustups_cargo(line: &str) -> Command {
    let mut command = Command::new("cargo");
    command.args(line.split(' ')).env_remove("RUSTUP_TOOLCHAIN");
    command
}
