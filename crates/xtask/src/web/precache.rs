//! What the service worker keeps for a page without a network.

use std::path::Path;

use serde::Serialize;

use super::files;

/// Written here; the service worker looks at it for what is new.
const LIST: &str = "precache.json";

/// A file to keep.
#[derive(Serialize)]
struct Kept {
    url: String,
    hash: String,
}

/// Writes the list of all files of a site that are kept.
pub(super) fn write(site: &Path) -> anyhow::Result<()> {
    let kept = files::addresses(site)?
        .into_iter()
        .filter(|address| is_kept(address))
        .map(|url| {
            let hash = files::hash([&files::read(&site.join(&url))?[..]]);
            Ok(Kept { url, hash })
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    files::write(&site.join(LIST), &serde_json::to_vec_pretty(&kept)?)
}

/// The run that the page opens with.
const FIRST_RUN: &str = "runs/lenet-mnist.";
/// What is small and about all runs.
const ABOUT_RUNS: [&str; 2] = ["runs/index.json", "runs/universality.json"];

/// All but the GPU engine and the other runs, which are large and kept once they were used, and
/// what is about keeping itself.
fn is_kept(address: &str) -> bool {
    let is_other_run = address.starts_with("runs/")
        && !address.starts_with(FIRST_RUN)
        && !ABOUT_RUNS.contains(&address);
    let is_large = address.starts_with("engines/gpu-") || is_other_run;
    !is_large && address != LIST && address != "service-worker.js"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_kept_but_the_gpu_engine_the_other_runs_and_the_keeper() {
        assert!(is_kept("index.html"));
        assert!(is_kept("engines/cpu-01234567/spindle_web_bg.wasm"));
        assert!(!is_kept("engines/gpu-01234567/spindle_web_bg.wasm"));
        assert!(is_kept("runs/lenet-mnist.json"));
        assert!(is_kept("runs/universality.json"));
        assert!(!is_kept("runs/vgg-11-mnist.spindle"));
        assert!(!is_kept("runs/vgg-11-mnist.json"));
        assert!(!is_kept("precache.json"));
        assert!(!is_kept("service-worker.js"));
    }
}
