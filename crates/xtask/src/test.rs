//! What has to pass before a change lands, cheapest first.

use std::path::Path;

use crate::{
    claims, gpu_tests, page_tests,
    process::{cargo, cargo_with, run, run_command},
    python,
    toolchain::{Toolchain, WASM},
    web,
};

/// The command line tool, as the tests have just built it; cargo would build it anew, with the
/// features of its one package.
const SPINDLE: &str = "target/release/spindle";

/// Features that lints and documentation see, the same for both: else dependencies are checked once
/// more. All but object stores, which are seen where they are tried, and the page, which is built
/// later.
const FEATURES: &str = "spindle/burn,spindle/wgpu,spindle/cuda,spindle-web/gpu,spindle-web/ts";
/// The build of CUDA's parts fetches an LLVM, but not where documentation is made.
const WITHOUT_LLVM: (&str, &str) = ("DOCS_RS", "1");

/// Tests run in the release profile: they are numerics, and the binaries serve the demo as well.
pub(crate) fn test(torch: bool) -> anyhow::Result<()> {
    cargo("fmt --all --check")?;
    claims::check()?;
    web::check_style()?;
    lint(FEATURES)?;
    web::check_types()?;
    page_tests::test_without_browser()?;
    // The chores' tests run in the profile that has just built the chores.
    cargo("test --package xtask")?;
    cargo("test --release --workspace --exclude xtask --features spindle/burn,spindle-web/engine")?;
    cargo_with(
        &format!("doc --release --workspace --no-deps --features {FEATURES}"),
        &[("RUSTDOCFLAGS", "-D warnings"), WITHOUT_LLVM],
    )?;
    python_reads_a_run()?;
    lint_for_the_browser()?;
    page()?;
    gpu_tests::test()?;
    if torch { beside_torch() } else { Ok(()) }
}

/// Lints everything but what is there for the browser alone.
fn lint(features: &str) -> anyhow::Result<()> {
    let line =
        format!("clippy --release --workspace --all-targets --features {features} -- -D warnings");
    cargo_with(&line, &[WITHOUT_LLVM])
}

/// The tool beside PyTorch: the page on models of one's own, run as it stands, and outputs of
/// weights that PyTorch has saved.
fn beside_torch() -> anyhow::Result<()> {
    let python = python::environment("peers")?;
    for script in ["your_own_model", "torch_weights"] {
        let script = format!("tests/peers/{script}.py");
        run(&python, &[&script, SPINDLE], &[])?;
    }
    Ok(())
}

/// A sweep on a cluster of two nodes, of which one is lost.
pub(crate) fn on_ray() -> anyhow::Result<()> {
    let python = python::environment("ray")?;
    cargo("build --release --package spindle")?;
    run(&python, &["tests/ray/sweep.py", SPINDLE], &[])
}

/// Runs in an object store, through a way to it that is slow and breaks off.
pub(crate) fn in_stores() -> anyhow::Result<()> {
    let python = python::environment("stores")?;
    cargo(
        "clippy --release --package spindle --all-targets --features object-store -- -D warnings",
    )?;
    cargo("build --release --package spindle --features object-store")?;
    run(&python, &["tests/stores/stores.py", SPINDLE], &[])
}

/// All that runs in the browser, part of which is only there for its target.
fn lint_for_the_browser() -> anyhow::Result<()> {
    let toolchain = Toolchain::for_wasm()?;
    if !toolchain.has_clippy() {
        eprintln!("\n> Debian's compiler comes without clippy: lints for {WASM} are left out.");
        return Ok(());
    }
    let line = format!(
        "clippy --profile web-gpu --package spindle-web --features gpu --target {WASM} -- -D warnings"
    );
    run_command(&mut toolchain.cargo(&line))
}

/// The page: its size, and what it does in a browser.
fn page() -> anyhow::Result<()> {
    web::build(&web::ALL)?;
    web::check_sizes()?;
    page_tests::test()?;
    page_in_the_tool()
}

/// That the tool can be built with the page in it, now that there is one.
fn page_in_the_tool() -> anyhow::Result<()> {
    lint(&format!("{FEATURES},spindle/page"))
}

/// A sweep of four small runs, whose tables the examples of docs/scaling.md read.
const SWEEP: &str = "
[experiment]
train-size = 200
epochs = 2
checkpoints = 3
samples = 4
train-samples = 0
players = 5
resamples = 100
sgd-steps = 100
[grid]
label-noise = [0.0, 0.3]
seed = [0, 1]
";

/// The examples of docs/run-format.md and docs/scaling.md on a run and a sweep that the tool has just
/// made.
fn python_reads_a_run() -> anyhow::Result<()> {
    let python = python::environment("python")?;
    let folder = Path::new("target/python-reads");
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    let names = ["run", "run.spindle", "sweep.toml", "sweep", "tables"];
    let [run_folder, export, grid, sweep, tables] =
        names.map(|name| folder.join(name).display().to_string());
    let small = "--train-size 400 --epochs 4 --checkpoints 5 --samples 10 --train-samples 10 --players 6 --resamples 100 --sgd-steps 500";
    let arguments: Vec<&str> = ["run", "--quiet", "--out", &run_folder]
        .into_iter()
        .chain(small.split(' '))
        .collect();
    run(SPINDLE, &arguments, &[])?;
    // Certificates in exact arithmetic, by the tool and by a checker that shares nothing with it.
    run(SPINDLE, &["verify", &run_folder], &[])?;
    run(&python, &["tests/python/verify.py", &run_folder], &[])?;
    let arguments = ["export", "--quiet", &run_folder, "--out", &export];
    run(SPINDLE, &arguments, &[])?;
    run(SPINDLE, &["verify", &export], &[])?;
    std::fs::write(&grid, SWEEP)?;
    run(SPINDLE, &["sweep", &grid, "--out", &sweep, "--quiet"], &[])?;
    let arguments = ["export", &sweep, "--tables", "--out", &tables, "--quiet"];
    run(SPINDLE, &arguments, &[])?;
    let examples = ["tests/python/read_run.py", &run_folder, &export];
    run(&python, &[&examples[..], &[&sweep, &tables]].concat(), &[])?;
    run(&python, &["tests/python/everywhere.py", SPINDLE], &[])?;
    run(&python, &["tests/python/drivers.py", SPINDLE], &[])
}
