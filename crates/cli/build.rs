//! Puts the built page into the program, where the feature `page` asks for it.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// Where `cargo xtask web` builds the page, from this crate.
const PAGE: &str = "../../web/dist";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_PAGE").is_none() {
        return;
    }
    println!("cargo::rerun-if-changed={PAGE}");
    if let Err(problem) = embed() {
        println!(
            "cargo::error=the feature `page` puts web/dist into the program, and {problem}; build the page first: cargo xtask web --no-gpu"
        );
    }
}

/// Writes the table of the page's files that `serve/embedded.rs` includes.
fn embed() -> Result<(), String> {
    let root = Path::new(PAGE)
        .canonicalize()
        .map_err(|_| "it is not there".to_owned())?;
    if !["index.html", "engines.json"]
        .iter()
        .all(|file| root.join(file).is_file())
    {
        return Err("it is not whole".to_owned());
    }
    let mut files = Vec::new();
    gather(&root, "", &mut files).map_err(|error| format!("it cannot be read ({error})"))?;
    files.sort();
    let rows = files.iter().map(|(address, file)| {
        format!(
            "({address:?}, include_bytes!({:?})),\n",
            file.display().to_string()
        )
    });
    let table = format!("&[\n{}]\n", rows.collect::<String>());
    let out = env::var_os("OUT_DIR").ok_or("cargo names no OUT_DIR")?;
    fs::write(Path::new(&out).join("page.rs"), table).map_err(|error| error.to_string())
}

/// The files below a folder, by address, that are of the page itself.
fn gather(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let address = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            gather(&entry.path(), &format!("{address}/"), files)?;
        } else if is_of_page(&address) {
            files.push((address, entry.path()));
        }
    }
    Ok(())
}

include!("src/command/serve/of_page.rs");
