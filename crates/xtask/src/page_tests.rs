//! The page's tests, without a browser and with the built page in one, and its benchmarks beside
//! other libraries.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;
use serde_json::Value;

use crate::{
    chromium, node,
    process::{output_of_command, run_command},
    web,
};

const TESTS: &str = "tests/page";
/// Tests that need no browser, in the page's folder, as Vite bundles them by the configuration beside
/// their sources.
const BUNDLED: &str = "node_modules/.cache/tests";
const PEERS: &str = "tests/web-peers";

/// Runs the tests of what needs no browser.
pub(crate) fn test_without_browser() -> anyhow::Result<()> {
    let mut bundle = node::tool(web::PAGE, "vite")?;
    run_command(bundle.args(["build", "--config", "test/vite.config.ts"]))?;
    let mut command = Command::new("node");
    command
        .current_dir(web::PAGE)
        .arg("--test")
        .args(test_files(&Path::new(web::PAGE).join(BUNDLED))?);
    run_command(&mut command)
}

/// Runs the tests of the page that has been built.
pub(crate) fn test() -> anyhow::Result<()> {
    let mut command = with_page("node")?;
    // One browser at a time: tests that wait for training would slow each other down.
    command
        .args(["--test", "--test-concurrency=1"])
        .args(test_files(Path::new(TESTS))?);
    run_command(&mut command)
}

/// Builds the page and measures it beside other libraries, in the same browser; returns what
/// tests/web-peers/README.md says.
pub(crate) fn bench() -> anyhow::Result<Value> {
    web::build(&web::ALL)?;
    node::install_packages(PEERS)?;
    let script = format!("{PEERS}/bench.mjs");
    let document = output_of_command(with_page("node")?.arg(&script))?;
    serde_json::from_str(&document).with_context(|| format!("{script} printed no JSON"))
}

/// The test files, by name, as they are called from everywhere: Node 20 takes no pattern.
fn test_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let read = || format!("cannot read {}", folder.display());
    let folder = folder.canonicalize().with_context(read)?;
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).with_context(read)? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".test.mjs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A program that is told where the page and the browser are.
fn with_page(program: &str) -> anyhow::Result<Command> {
    let page = Path::new(web::DIST)
        .canonicalize()
        .with_context(|| format!("there is no {}: cargo xtask web", web::DIST))?;
    let mut command = Command::new(program);
    command
        .env("SPINDLE_DIST", page)
        .env("SPINDLE_CHROMIUM", chromium::find()?);
    Ok(command)
}
