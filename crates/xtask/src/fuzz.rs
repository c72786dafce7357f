//! Damaged files for what reads files from strangers, for minutes: by chance, or by libFuzzer, which
//! sees which ways through the code it has tried.
//!
//! The compiler that builds Spindle builds libFuzzer's targets too: what counts the ways through
//! the code is LLVM's, and asked for by flags that every Rust has. A nightly one would add the
//! address sanitizer, which has little to look for in code without `unsafe`.

use std::process::Command;

use anyhow::{Context, bail};

use crate::process::{cargo, cargo_command, output, run_command};

/// Where the targets of libFuzzer lie.
const TARGETS: &str = "tests/fuzz";
/// Where its files lie: those that it has found ways with, and those that something does not hold for.
const FILES: &str = "target/libfuzzer";
/// Has LLVM count the ways through the code, and tell what is compared with what.
const COUNTED: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

/// For so many minutes in all, one target or every one. Without libFuzzer, files of another seed are
/// damaged in other ways.
pub(crate) fn fuzz(
    target: Option<&str>,
    minutes: f64,
    seed: u64,
    libfuzzer: bool,
) -> anyhow::Result<()> {
    if libfuzzer {
        return with_libfuzzer(target, minutes);
    }
    let target = target.map_or_else(String::new, |target| format!(" {target}"));
    cargo(&format!(
        "run --profile fuzz --package spindle-untrusted -- --minutes {minutes} --seed {seed}{target}"
    ))
}

fn with_libfuzzer(wanted: Option<&str>, minutes: f64) -> anyhow::Result<()> {
    let targets = targets(wanted)?;
    check_compiler()?;
    let host = host()?;
    // With a target named, build scripts and macros are not counted: they could not be linked.
    let manifest = format!("{TARGETS}/Cargo.toml");
    run_command(
        cargo_command(&format!(
            "build --release --manifest-path {manifest} --target {host} --target-dir {FILES}/build --bins"
        ))
        .env("RUSTFLAGS", COUNTED),
    )?;
    cargo(&format!(
        "run --profile fuzz --package spindle-untrusted -- --seeds {FILES}/corpus"
    ))?;
    let seconds = (60.0 * minutes / targets.len() as f64).ceil();
    for target in targets {
        let [corpus, found] = ["corpus", "found"].map(|kind| format!("{FILES}/{kind}/{target}"));
        std::fs::create_dir_all(&found).with_context(|| format!("cannot make {found}"))?;
        run_command(
            Command::new(format!("{FILES}/build/{host}/release/{target}")).args([
                corpus,
                format!("-artifact_prefix={found}/"),
                format!("-max_total_time={seconds}"),
                "-rss_limit_mb=4096".to_owned(),
                "-timeout=20".to_owned(),
                "-print_final_stats=1".to_owned(),
            ]),
        )
        .with_context(|| format!("the file that something does not hold for is in {found}"))?;
    }
    Ok(())
}

/// libFuzzer itself is C++, which is compiled with the targets.
fn check_compiler() -> anyhow::Result<()> {
    let compiler = std::env::var("CXX").unwrap_or_else(|_| "c++".to_owned());
    let answer = Command::new(&compiler).arg("--version").output();
    if answer.is_ok_and(|answer| answer.status.success()) {
        return Ok(());
    }
    bail!(
        "libFuzzer is C++ and is compiled with the targets, and {compiler} does not run: install a compiler (g++, clang), or name one in CXX; without --libfuzzer files are damaged by chance, which needs none"
    )
}

/// Names of the targets, or the one that is wanted.
fn targets(wanted: Option<&str>) -> anyhow::Result<Vec<String>> {
    let folder = format!("{TARGETS}/fuzz_targets");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot list {folder}"))? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str());
        names.extend(name.map(str::to_owned));
    }
    names.sort();
    names.retain(|name| wanted.is_none_or(|wanted| wanted == name));
    if names.is_empty() {
        bail!("no such target in {folder}");
    }
    Ok(names)
}

/// The machine that is compiled for.
fn host() -> anyhow::Result<String> {
    let about = output("rustc", &["-vV"])?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc -vV names no host")?.to_owned())
}
