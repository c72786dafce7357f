//! The page on this machine: open soon, complete later.

use std::{net::Ipv4Addr, path::Path, time::Duration};

use anyhow::Context;
use spindle_serve::{Folder, Serving, open_browser, start};

use super::{
    DIST, PUBLIC,
    engine::{self, Engine},
    files, precache, prepare, publish,
};
use crate::toolchain::Toolchain;

/// Between two looks at whether the server still serves.
const PATIENCE: Duration = Duration::from_secs(60);

/// What `cargo xtask serve` is told.
#[derive(Clone, Copy)]
pub(crate) struct Options {
    /// Port, or the next that is free.
    pub(crate) port: u16,
    /// Whether the browser is opened.
    pub(crate) open: bool,
    /// Whether the GPU engine is built.
    pub(crate) gpu: bool,
}

/// Builds the page with its viewer, serves it, and adds the engines as they get ready; goes on
/// until it is ended from outside.
pub(crate) fn serve(options: Options) -> anyhow::Result<()> {
    let toolchain = prepare()?;
    super::page(&[Engine::Viewer], &toolchain)?;
    let serving = publish_here(options.port)?;
    let address = format!("http://{}/", serving.at);
    eprintln!("\n\n    The page is at {address}\n    Runs can be looked at; engines follow.\n");
    if options.open {
        open(&address);
    }
    let mut ready = vec![Engine::Viewer];
    for engine in [Engine::Cpu, Engine::Gpu] {
        if engine == Engine::Gpu && !options.gpu {
            continue;
        }
        eprintln!(
            "\n    Building the {} engine: minutes the first time.",
            engine.name()
        );
        match add(engine, &mut ready, &toolchain) {
            Ok(()) => eprintln!("\n    {address} has the {} engine now.", engine.name()),
            Err(error) => eprintln!(
                "\n    The {} engine could not be built, the page goes on without it: {error:#}",
                engine.name()
            ),
        }
    }
    eprintln!("\n    All is there: {address}   Ctrl-C ends it.\n");
    loop {
        serving.wait(PATIENCE)?;
    }
}

/// Serves the built page to this machine. Files are read anew at every request: what is published
/// while it runs is there at once.
fn publish_here(port: u16) -> anyhow::Result<Serving> {
    let folder = Folder::new(Path::new(DIST)).with_context(|| format!("cannot serve {DIST}"))?;
    let folder = folder.with_lasting(files::is_hashed);
    Ok(start(folder, Ipv4Addr::LOCALHOST.into(), port)?)
}

/// Builds an engine and publishes it to the page that is being served.
fn add(engine: Engine, ready: &mut Vec<Engine>, toolchain: &Toolchain) -> anyhow::Result<()> {
    let _turn = super::turn()?;
    engine::build(engine, toolchain)?;
    ready.push(engine);
    for site in [PUBLIC, DIST] {
        publish::engines(Path::new(site), ready)?;
    }
    precache::write(Path::new(DIST))
}

/// Opens the browser; who has none sees the address.
fn open(address: &str) {
    if let Err(error) = open_browser(address) {
        eprintln!("    The browser could not be opened ({error}).");
    }
}
