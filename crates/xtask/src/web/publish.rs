//! Engines and digits, put where the page fetches them, under names that carry their content.
//!
//! Every place gets them twice: in `web/public`, from where Vite serves a page in development and
//! which it copies to `web/dist`, and in a `web/dist` that is being served already.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::Context;
use serde::Serialize;
use serde_json::json;

use super::{
    engine::{Engine, MODULE, SCRIPT},
    files,
};

const DIGITS: &str = "crates/data/assets/mnist";
/// In the order in which the engine takes them.
const DIGITS_FILES: [(&str, &str); 4] = [
    ("train-images-idx3-ubyte.gz", "train-images"),
    ("train-labels-idx1-ubyte.gz", "train-labels"),
    ("t10k-images-idx3-ubyte.gz", "test-images"),
    ("t10k-labels-idx1-ubyte.gz", "test-labels"),
];

/// Where an engine is, relative to the page.
#[derive(Debug, PartialEq, Serialize)]
struct Place {
    script: String,
    wasm: String,
    /// Size of the module.
    bytes: usize,
}

/// Puts engines into a site and names them in its manifest; others go. The manifest is changed
/// after the new are there and before the old are gone.
pub(super) fn engines(site: &Path, engines: &[Engine]) -> anyhow::Result<()> {
    let folder = site.join("engines");
    let mut manifest = BTreeMap::new();
    let mut kept = Vec::new();
    for engine in engines {
        let (name, bytes) = put(&engine.folder(), engine.name(), &folder)?;
        manifest.insert(engine.name(), place(&name, bytes));
        kept.push(name);
    }
    let manifest = serde_json::to_vec_pretty(&manifest)?;
    files::write(&site.join("engines.json"), &manifest)?;
    for old in files::entries(&folder)? {
        let name = old.file_name().unwrap_or_default().to_string_lossy();
        if !kept.iter().any(|kept| *kept == name) {
            files::remove_folder(&old)?;
        }
    }
    Ok(())
}

/// Copies a build into a folder that its content names; returns that name and the module's size.
fn put(build: &Path, name: &str, folder: &Path) -> anyhow::Result<(String, usize)> {
    let addresses: Vec<String> = files::addresses(build)?
        .into_iter()
        .filter(|address| address.ends_with(".js") || address.ends_with(".wasm"))
        .collect();
    let contents = addresses
        .iter()
        .map(|address| files::read(&build.join(address)))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let name = format!("{name}-{}", files::hash(contents.iter().map(Vec::as_slice)));
    let bytes = files::read(&build.join(MODULE))?.len();
    if !folder.join(&name).exists() {
        let new = folder.join(format!("{name}.new"));
        for (address, content) in addresses.iter().zip(&contents) {
            files::write(&new.join(address), content)?;
        }
        fs::rename(&new, folder.join(&name)).context("cannot publish an engine")?;
    }
    Ok((name, bytes))
}

fn place(folder: &str, bytes: usize) -> Place {
    Place {
        script: format!("engines/{folder}/{SCRIPT}"),
        wasm: format!("engines/{folder}/{MODULE}"),
        bytes,
    }
}

/// Puts the digits into a site. Their names do not end in `.gz`: servers would tell the browser to
/// unpack them, or would not; the engine looks at the content.
pub(super) fn digits(site: &Path) -> anyhow::Result<()> {
    let mut addresses = Vec::new();
    for (file, name) in DIGITS_FILES {
        let content = files::read(&Path::new(DIGITS).join(file))?;
        let address = format!("data/{name}-{}.idx", files::hash([&content[..]]));
        files::write(&site.join(&address), &content)?;
        addresses.push(address);
    }
    for old in files::entries(&site.join("data"))? {
        let name = old.file_name().unwrap_or_default().to_string_lossy();
        if !addresses.contains(&format!("data/{name}")) {
            fs::remove_file(&old)?;
        }
    }
    let manifest = serde_json::to_vec_pretty(&json!({ "mnist": { "files": addresses } }))?;
    files::write(&site.join("data.json"), &manifest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_names_files_below_the_page() {
        let place = place("cpu-0123abcd", 7);
        assert_eq!(
            serde_json::to_value(place).ok(),
            Some(json!({
                "script": "engines/cpu-0123abcd/spindle_web.js",
                "wasm": "engines/cpu-0123abcd/spindle_web_bg.wasm",
                "bytes": 7,
            }))
        );
    }

    #[test]
    fn a_build_is_put_under_the_hash_of_its_script_and_module() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let build = folder.path().join("pkg");
        files::write(&build.join(SCRIPT), b"bc")?;
        files::write(&build.join(MODULE), b"")?;
        files::write(&build.join("made-from"), b"something else")?;
        let (name, bytes) = put(&build, "a", &folder.path().join("engines"))?;
        assert_eq!(name, format!("a-{}", files::hash([&b"bc"[..]])));
        assert_eq!(bytes, 0);
        let there = files::addresses(&folder.path().join("engines"))?;
        assert_eq!(
            there,
            [format!("{name}/{SCRIPT}"), format!("{name}/{MODULE}")]
        );
        Ok(())
    }

    #[test]
    fn old_engines_go() -> anyhow::Result<()> {
        let site = tempfile::tempdir()?;
        files::write(&site.path().join("engines/gpu-01234567").join(MODULE), b"")?;
        engines(site.path(), &[])?;
        assert_eq!(files::addresses(site.path())?, ["engines.json"]);
        Ok(())
    }
}
