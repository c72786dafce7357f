//! What has to pass before a change lands, cheapest first.

use std::path::Path;

use crate::{
    process::{cargo, cargo_with, output, run},
    python,
};

/// Tests run in the release profile: they are numerics, and the binaries serve the demo as well.
pub(crate) fn test() -> anyhow::Result<()> {
    cargo("fmt --all --check")?;
    cargo("clippy --release --workspace --all-targets --all-features -- -D warnings")?;
    cargo("test --release --workspace")?;
    cargo_with(
        "doc --release --workspace --no-deps",
        &[("RUSTDOCFLAGS", "-D warnings")],
    )?;
    compile_for_the_browser()?;
    python_reads_a_run()
}

/// All that a page needs compiles to WebAssembly, where the toolchain has that target.
fn compile_for_the_browser() -> anyhow::Result<()> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let target_libdir = output("rustc", &["--print", "target-libdir", "--target", TARGET])?;
    if !Path::new(target_libdir.trim()).exists() {
        eprintln!(
            "\n> {TARGET} is not installed, its check is left out: rustup target add {TARGET}"
        );
        return Ok(());
    }
    cargo(&format!(
        "check --target {TARGET} --package spindle-core --package spindle-run --package spindle-interactions"
    ))
}

/// The examples of docs/run-format.md on a run and an export that the tool has just made.
fn python_reads_a_run() -> anyhow::Result<()> {
    let python = python::environment("python")?;
    let folder = Path::new("target/python-reads");
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    let [run_folder, export] =
        ["run", "run.spindle"].map(|name| folder.join(name).display().to_string());
    let small = "--train-size 400 --epochs 4 --checkpoints 5 --samples 10 --train-samples 10 --players 6 --resamples 100 --sgd-steps 500";
    let arguments: Vec<&str> = ["run", "--quiet", "--out", &run_folder]
        .into_iter()
        .chain(small.split(' '))
        .collect();
    // The tests have just built it; cargo would build it anew, with the features of this one package.
    let spindle = "target/release/spindle";
    run(spindle, &arguments, &[])?;
    let arguments = ["export", "--quiet", &run_folder, "--out", &export];
    run(spindle, &arguments, &[])?;
    let arguments = ["tests/python/read_run.py", &run_folder, &export];
    run(&python, &arguments, &[])
}
