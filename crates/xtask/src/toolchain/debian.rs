//! A compiler with a standard library for WebAssembly from Debian's packages, for machines that
//! reach a Debian mirror and not rustup's server. Nothing is installed and no root is needed:
//! packages are unpacked under `target/`.
//!
//! Debian has the library's source and not its build for this target, so the library is built here,
//! once.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;

use super::{Toolchain, WASM};
use crate::{
    apt,
    process::{cargo_command, run_command},
};

const FOLDER: &str = "target/wasm-std";
const LIBRARIES: &str = "usr/lib/x86_64-linux-gnu";
const RUSTLIB: &str = "usr/lib/rustlib";
/// Written last.
const COMPLETE: &str = "complete";

/// The compiler that was made before, if one was.
pub(super) fn find() -> anyhow::Result<Option<Toolchain>> {
    let folder = Path::new(FOLDER);
    if !folder.join(COMPLETE).exists() {
        return Ok(None);
    }
    Ok(Some(toolchain(&folder.canonicalize()?)))
}

/// Makes the compiler: about a minute.
pub(super) fn make() -> anyhow::Result<Toolchain> {
    if Path::new(FOLDER).exists() {
        fs::remove_dir_all(FOLDER)?;
    }
    fs::create_dir_all(FOLDER)?;
    let folder = Path::new(FOLDER).canonicalize()?;
    apt::unpack(&packages()?, &folder)?;
    arrange(&folder)?;
    build_library(&folder)?;
    fs::write(folder.join(COMPLETE), "")?;
    Ok(toolchain(&folder))
}

fn toolchain(folder: &Path) -> Toolchain {
    Toolchain {
        environment: vec![
            ("RUSTC", folder.join("usr/bin/rustc")),
            ("LD_LIBRARY_PATH", folder.join(LIBRARIES)),
        ],
    }
}

/// Names of the packages, two of which carry a version.
fn packages() -> anyhow::Result<Vec<String>> {
    if apt::dependencies("libstd-rust-web-dev")?.is_empty() {
        apt::update()?;
    }
    let library = dependency("libstd-rust-web-dev", "libstd-rust-web-")?;
    let llvm = dependency(&library, "libllvm")?;
    let linker = llvm.replace("libllvm", "lld-");
    let named = ["rustc-web", "libstd-rust-web-dev", "rust-web-src"];
    Ok(named
        .map(str::to_owned)
        .into_iter()
        .chain([library, llvm, linker])
        .collect())
}

fn dependency(package: &str, start: &str) -> anyhow::Result<String> {
    let all = apt::dependencies(package)?;
    let found = all.into_iter().find(|name| name.starts_with(start));
    found.with_context(|| format!("Debian's {package} depends on no {start}"))
}

/// Puts things where this compiler looks for them.
fn arrange(folder: &Path) -> anyhow::Result<()> {
    for library in entries(&folder.join(LIBRARIES))? {
        if let Some(name) = library.file_name() {
            link(&library, &folder.join("usr/lib").join(name))?;
        }
    }
    let source = entries(&folder.join("usr/src"))?
        .into_iter()
        .map(|source| source.join("library"))
        .find(|library| library.exists())
        .context("Debian's rust-web-src has no library in it")?;
    link(&source, &folder.join(RUSTLIB).join("src/rust/library"))?;
    let linker = entries(&folder.join("usr/lib"))?
        .into_iter()
        .map(|llvm| llvm.join("bin/lld"))
        .find(|linker| linker.exists())
        .context("Debian's lld has no linker in it")?;
    let place = format!("{RUSTLIB}/x86_64-unknown-linux-gnu/bin/rust-lld");
    link(&linker, &folder.join(place))
}

/// Links to a file, unless something is there.
fn link(to: &Path, from: &Path) -> anyhow::Result<()> {
    if from.symlink_metadata().is_ok_and(|data| !data.is_symlink()) {
        return Ok(());
    }
    fs::remove_file(from).ok();
    fs::create_dir_all(from.parent().unwrap_or(Path::new(".")))?;
    symlink(to, from).with_context(|| format!("cannot link {}", from.display()))
}

/// Builds the standard library by building an empty crate with it.
fn build_library(folder: &Path) -> anyhow::Result<()> {
    let empty = folder.join("empty");
    fs::create_dir_all(empty.join("src"))?;
    fs::write(empty.join("src/lib.rs"), "")?;
    fs::write(
        empty.join("Cargo.toml"),
        "[package]\nname = \"empty\"\nedition = \"2024\"\n[workspace]\n[profile.release]\nlto = \"fat\"\npanic = \"abort\"\n",
    )?;
    let line = format!("build --release -Z build-std=std,panic_abort --target {WASM}");
    let mut command: Command = cargo_command(&line);
    command
        .current_dir(&empty)
        .envs(toolchain(folder).environment)
        // Building the library is what only a nightly compiler may do, unless told that one knows.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", "-C embed-bitcode=yes")
        .env("CARGO_TARGET_DIR", empty.join("target"));
    run_command(&mut command)?;
    let place = folder.join(RUSTLIB).join(WASM).join("lib");
    fs::create_dir_all(&place)?;
    for built in entries(&empty.join("target").join(WASM).join("release/deps"))? {
        if is_of_library(&built) {
            let name = built.file_name().unwrap_or_default();
            fs::copy(&built, place.join(name))?;
        }
    }
    fs::remove_dir_all(&empty)?;
    Ok(())
}

/// Whether a built file is of the standard library, and not of the empty crate.
fn is_of_library(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".rlib") && !name.starts_with("libempty")
}

fn entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    fs::read_dir(folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .map(|entry| Ok(entry?.path()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_crate_is_left_behind() {
        assert!(is_of_library(Path::new("deps/libcore-0123.rlib")));
        assert!(!is_of_library(Path::new("deps/libempty.rlib")));
        assert!(!is_of_library(Path::new("deps/libcore-0123.rmeta")));
    }
}
