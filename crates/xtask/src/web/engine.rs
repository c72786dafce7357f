//! The builds of `spindle-web`: compiled, bound to JavaScript, made smaller.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use serde_json::Value;
use wasm_bindgen_cli_support::Bindgen;

use super::{PAGE, files};
use crate::{
    node,
    process::{output_of_command, run_command},
    toolchain::{Toolchain, WASM},
};

/// What the files of a build are called.
pub(super) const SCRIPT: &str = "spindle_web.js";
pub(super) const MODULE: &str = "spindle_web_bg.wasm";
/// The file beside a build that tells what it was made from.
const STAMP: &str = "made-from";

/// What `rustc` may emit; `wasm-opt` refuses what it is not told of.
const WASM_FEATURES: &[&str] = &[
    "--enable-simd",
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// A build of `spindle-web`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    /// Runs, without training.
    Viewer,
    /// Training and measuring on the CPU.
    Cpu,
    /// Training on WebGPU as well.
    Gpu,
}

/// All of them, in the order in which a reader needs them.
pub(crate) const ALL: [Engine; 3] = [Engine::Viewer, Engine::Cpu, Engine::Gpu];

impl Engine {
    /// Its name in the manifest.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Cpu => "cpu",
            Self::Gpu => "gpu",
        }
    }

    /// Where its files are made.
    pub(super) fn folder(self) -> PathBuf {
        Path::new("pkg").join(self.name())
    }

    /// Cargo's profile and features. Each has a profile of its own: cargo gives builds of one
    /// profile the same file, and would make each anew after the other.
    fn build_flags(self) -> &'static str {
        match self {
            Self::Viewer => "--profile web-viewer",
            Self::Cpu => "--profile web --features engine",
            Self::Gpu => "--profile web-gpu --features gpu",
        }
    }

    /// How `wasm-opt` is run. What `-O1` leaves is the smallest once it is compressed, 6 % smaller
    /// than after `-Oz`, and takes a quarter of the time; where the work is done in the module
    /// itself, a level more, and functions stay apart: the browser compiles a function well once it
    /// has been busy for a while, and one into which all others were put takes it half a second,
    /// in which everything runs slowly. The viewer gets rid of arguments and sets that change
    /// nothing besides: 1 %.
    fn optimisation(self) -> &'static [&'static str] {
        match self {
            Self::Viewer => &[
                "-O1",
                "--dae-optimizing",
                "--duplicate-function-elimination",
                "--rse",
                "--vacuum",
                "--strip-target-features",
            ],
            Self::Cpu => &["-O2", "--one-caller-inline-max-function-size=20"],
            Self::Gpu => &["-O1"],
        }
    }
}

/// Makes `pkg/ENGINE`, unless it was made from the same before.
pub(super) fn build(engine: Engine, toolchain: &Toolchain) -> anyhow::Result<()> {
    let raw = compile(engine, toolchain)?;
    let digest = files::hash([&files::read(&raw)?[..]]);
    let stamp = format!(
        "{digest} {} {}",
        engine.optimisation().join(" "),
        optimiser()?
    );
    if made_from(engine) == stamp {
        return Ok(());
    }
    let new = engine.folder().with_extension("new");
    files::remove_folder(&new)?;
    bind(&raw, &new)?;
    shrink(&new.join(MODULE), engine)?;
    files::write(&new.join(STAMP), stamp.as_bytes())?;
    files::remove_folder(&engine.folder())?;
    fs::rename(&new, engine.folder())?;
    Ok(())
}

/// What the present build was made from; nothing where there is none.
fn made_from(engine: Engine) -> String {
    let folder = engine.folder();
    let whole = [SCRIPT, MODULE]
        .iter()
        .all(|file| folder.join(file).exists());
    let stamp = whole.then(|| fs::read_to_string(folder.join(STAMP)).ok());
    stamp.flatten().unwrap_or_default()
}

/// Compiles to WebAssembly and returns the file.
fn compile(engine: Engine, toolchain: &Toolchain) -> anyhow::Result<PathBuf> {
    let line = format!(
        "build --package spindle-web --target {WASM} {} --message-format json-render-diagnostics",
        engine.build_flags()
    );
    eprintln!("\n> the {} engine: cargo {line}", engine.name());
    let messages = output_of_command(&mut toolchain.cargo(&line))?;
    module_of(&messages).context("cargo made no module of spindle-web")
}

/// The module of `spindle-web` in cargo's messages.
fn module_of(messages: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == "spindle_web")
        .flat_map(|message| message["filenames"].as_array().cloned().unwrap_or_default())
        .filter_map(|file| file.as_str().map(PathBuf::from))
        .find(|file| file.extension().is_some_and(|end| end == "wasm"))
}

/// Makes the script by which a page calls the module.
fn bind(raw: &Path, folder: &Path) -> anyhow::Result<()> {
    let bound = Bindgen::new()
        .input_path(raw)
        .out_name("spindle_web")
        .web(true)
        .and_then(|bindgen| {
            bindgen
                .typescript(false)
                .remove_name_section(true)
                .remove_producers_section(true)
                .generate(folder)
        });
    bound.with_context(|| format!("cannot bind {} to JavaScript", raw.display()))
}

/// Makes a module smaller and faster, in place.
fn shrink(module: &Path, engine: Engine) -> anyhow::Result<()> {
    let module = module.canonicalize()?;
    let mut command = node::tool(PAGE, "wasm-opt")?;
    command
        .args(engine.optimisation())
        .args(WASM_FEATURES)
        .arg(&module)
        .arg("--output")
        .arg(&module);
    run_command(&mut command)
}

/// The version of `wasm-opt`.
fn optimiser() -> anyhow::Result<String> {
    let package = files::read(&Path::new(PAGE).join("node_modules/binaryen/package.json"))?;
    let package: Value = serde_json::from_slice(&package)?;
    Ok(format!("binaryen {}", package["version"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_is_found_among_cargos_messages() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"serde"},"filenames":["/t/libserde.rlib"]}
{"reason":"compiler-artifact","target":{"name":"spindle_web"},"filenames":["/t/libspindle_web.rlib","/t/spindle_web.wasm"]}
{"reason":"build-finished","success":true}"#;
        assert_eq!(
            module_of(messages),
            Some(PathBuf::from("/t/spindle_web.wasm"))
        );
        assert_eq!(module_of("{}"), None);
    }
}
