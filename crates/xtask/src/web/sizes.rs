//! How much of the page goes over the network, and how much may.

use std::path::{Path, PathBuf};

use anyhow::bail;
use serde_json::json;

use super::{
    DIST,
    engine::{ALL, Engine, MODULE, SCRIPT},
    files,
};
use crate::process::output;

/// Compression is Node's: in C, and so in seconds.
const COMPRESS: &str = include_str!("compress.mjs");
const GZIP: u8 = 0;
/// Brotli's best, with which a site compresses once.
const BEST: u8 = 11;

/// What is loaded together.
struct Part {
    name: &'static str,
    files: Vec<PathBuf>,
    /// Gzip, or brotli's quality from 1 to 11.
    quality: u8,
    /// In bytes.
    limit: u64,
}

/// Prints the compressed size of each part of the page; an error where one is over its limit.
pub(crate) fn check_sizes() -> anyhow::Result<()> {
    println!("\nThe page, compressed                       kB   at most");
    let mut over = Vec::new();
    for part in parts()? {
        let size = size(&part)?;
        let method = if part.quality == GZIP {
            "gzip"
        } else {
            "brotli"
        };
        println!(
            "  {:<28} {method:>6} {:>8} {:>9}",
            part.name,
            size.div_ceil(1000),
            part.limit / 1000
        );
        if size > part.limit {
            over.push(part.name);
        }
    }
    if !over.is_empty() {
        bail!(
            "too large, so that the page opens slowly: {}",
            over.join(", ")
        );
    }
    Ok(())
}

fn parts() -> anyhow::Result<Vec<Part>> {
    let scripts = files::entries(&Path::new(DIST).join("assets"))?;
    let is_script = |file: &PathBuf| file.extension().is_some_and(|end| end == "js");
    let mut parts = vec![Part {
        name: "scripts of the page",
        files: scripts.into_iter().filter(is_script).collect(),
        quality: GZIP,
        limit: 200_000,
    }];
    parts.extend(ALL.map(|engine| {
        let limit = match engine {
            // Texts, clouds, comparisons and the table of pairs took 5 kB more than 200, canonical
            // answers and their ranges 12 more; five figures more, analyses by name and the reading
            // of older records 25; figures of seven analyses of what interactions do 10, other measures
            // beside the orders 4, what training moves and losses by fate 7, values before they are drawn
            // and samples that are kept 2.
            Engine::Viewer => 286_000,
            Engine::Cpu => 1_500_000,
            Engine::Gpu => 4_000_000,
        };
        Part {
            name: engine.name(),
            files: [MODULE, SCRIPT]
                .map(|file| engine.folder().join(file))
                .into(),
            quality: BEST,
            limit,
        }
    }));
    Ok(parts)
}

/// Compressed size of a part's files, each by itself.
fn size(part: &Part) -> anyhow::Result<u64> {
    let asked: Vec<_> = part
        .files
        .iter()
        .map(|file| json!({ "file": file, "quality": part.quality }))
        .collect();
    let asked = serde_json::to_string(&asked)?;
    let script = ["--input-type=module", "--eval", COMPRESS, &asked];
    let sizes: Vec<u64> = serde_json::from_str(&output("node", &script)?)?;
    Ok(sizes.iter().sum())
}
