//! The compiler for WebAssembly.

mod debian;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;

use crate::process::{cargo_command, output, run};

/// The target of all that a browser runs.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// A compiler whose standard library is there for [`WASM`].
pub(crate) struct Toolchain {
    /// What tells cargo of a compiler that is not the one it would take.
    environment: Vec<(&'static str, PathBuf)>,
}

impl Toolchain {
    /// The installed compiler, its target added by rustup where it is missing; where rustup cannot
    /// fetch it, Debian's.
    pub(crate) fn for_wasm() -> anyhow::Result<Self> {
        if has_target() {
            return Ok(Self::installed());
        }
        if let Some(found) = debian::find()? {
            return Ok(found);
        }
        let added = run("rustup", &["target", "add", WASM], &[]);
        if added.is_ok() && has_target() {
            return Ok(Self::installed());
        }
        Self::from_debian()
    }

    /// A compiler made from Debian's packages under `target/`.
    pub(crate) fn from_debian() -> anyhow::Result<Self> {
        debian::make().with_context(|| {
            format!(
                "There is no standard library for {WASM}: neither `rustup target add {WASM}` nor Debian's packages gave one. Install it by one of them."
            )
        })
    }

    /// Cargo with this compiler, with arguments separated by spaces.
    pub(crate) fn cargo(&self, arguments: &str) -> Command {
        let mut command = cargo_command(arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Whether it can lint: clippy comes with the installed compiler only.
    pub(crate) fn has_clippy(&self) -> bool {
        self.environment.is_empty()
    }

    fn installed() -> Self {
        Self {
            environment: Vec::new(),
        }
    }
}

/// Sees that there is a compiler for [`WASM`], and says which.
pub(crate) fn prepare(debian: bool) -> anyhow::Result<()> {
    let toolchain = if debian {
        Toolchain::from_debian()?
    } else {
        Toolchain::for_wasm()?
    };
    match toolchain.environment.first() {
        Some((_, compiler)) => eprintln!("> {} compiles to {WASM}", compiler.display()),
        None => eprintln!("> the installed compiler compiles to {WASM}"),
    }
    Ok(())
}

fn has_target() -> bool {
    output("rustc", &["--print", "target-libdir", "--target", WASM])
        .is_ok_and(|folder| Path::new(folder.trim()).exists())
}
