//! The web page as a static folder, `web/dist`.

mod engine;
mod files;
mod precache;
mod publish;
mod runs;
mod serve;
mod sizes;
mod types;

use std::{fs::File, path::Path};

use anyhow::Context;

pub(crate) use self::{
    engine::{ALL, Engine},
    serve::{Options, serve},
    sizes::check_sizes,
};
use crate::{node, process::run_command, toolchain::Toolchain};

/// The page's sources.
pub(crate) const PAGE: &str = "web";
/// What Vite copies to the built page as it is.
const PUBLIC: &str = "web/public";
/// The built page.
pub(crate) const DIST: &str = "web/dist";

/// Builds `web/dist` with these engines.
pub(crate) fn build(engines: &[Engine]) -> anyhow::Result<()> {
    let toolchain = prepare()?;
    page(engines, &toolchain)?;
    eprintln!("\n> {DIST} is the page: any web server can serve it, from any folder.");
    Ok(())
}

/// Checks format and lints of all TypeScript and JavaScript.
pub(crate) fn check_style() -> anyhow::Result<()> {
    node::install_packages(PAGE)?;
    run_command(node::tool(PAGE, "biome")?.args(["check", "--error-on-warnings", ".."]))
}

/// Checks the page's types.
pub(crate) fn check_types() -> anyhow::Result<()> {
    node::install_packages(PAGE)?;
    types::write()?;
    run_command(node::tool(PAGE, "tsc")?.arg("--noEmit"))
}

/// All that has to be there before anything is built.
fn prepare() -> anyhow::Result<Toolchain> {
    node::install_packages(PAGE)?;
    Toolchain::for_wasm()
}

/// Builds `web/dist` with these engines, as they are to be published.
fn page(engines: &[Engine], toolchain: &Toolchain) -> anyhow::Result<()> {
    let _turn = turn()?;
    for engine in engines {
        engine::build(*engine, toolchain)?;
    }
    types::write()?;
    runs::write()?;
    let public = Path::new(PUBLIC);
    publish::digits(public)?;
    publish::engines(public, engines)?;
    run_command(node::tool(PAGE, "vite")?.arg("build"))?;
    precache::write(Path::new(DIST))
}

/// Waits until no other command builds or publishes; the others wait until the result is dropped.
/// They would take each other's files away.
fn turn() -> anyhow::Result<File> {
    let file = File::create("pkg/lock").context("cannot write pkg/lock")?;
    if file.try_lock().is_err() {
        eprintln!("\n> waiting for another command that builds the page");
        file.lock().context("cannot lock pkg/lock")?;
    }
    Ok(file)
}
