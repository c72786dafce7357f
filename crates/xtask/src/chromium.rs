//! The browser in which the page is tested.

use std::path::PathBuf;

use anyhow::Context;

use crate::apt;

const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// Chromium: the one that `SPINDLE_CHROMIUM` names, one on the path, or Debian's, which is
/// installed where there is none.
pub(crate) fn find() -> anyhow::Result<PathBuf> {
    if let Some(named) = std::env::var_os("SPINDLE_CHROMIUM") {
        return Ok(named.into());
    }
    if let Some(found) = on_path() {
        return Ok(found);
    }
    let advice = "The page is tested in Chromium or Chrome 120 or newer, which is not on the path and could not be installed by apt-get: install it, or name it in SPINDLE_CHROMIUM.";
    apt::install("chromium").context(advice)?;
    on_path().context(advice)
}

fn on_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    NAMES
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|program| program.is_file())
}
