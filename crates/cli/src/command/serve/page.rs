//! Where the page comes from: a folder, or the program itself.

use std::path::Path;

use anyhow::{Context, bail};
use spindle_serve::{Folder, Found, Site};

include!("of_page.rs");

/// Where `cargo xtask web` leaves the page.
const BUILT: &str = "web/dist";
/// What a folder has to hold to be a page.
const NEEDED: [&str; 2] = ["index.html", "engines.json"];

/// The page, without the runs that come with it.
pub(super) enum Page {
    Folder(Folder),
    #[cfg(feature = "page")]
    Embedded,
}

impl Page {
    /// The page in this folder; without one that in the program, or the one that was built below
    /// the current folder.
    pub(super) fn find(folder: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(folder) = folder {
            return Self::in_folder(folder);
        }
        #[cfg(feature = "page")]
        return Ok(Self::Embedded);
        #[cfg(not(feature = "page"))]
        Self::built()
    }

    #[cfg(not(feature = "page"))]
    fn built() -> anyhow::Result<Self> {
        if !Path::new(BUILT).is_dir() {
            bail!(
                "this spindle was built without the page, and there is no {BUILT} here; name the page's folder by --page, or build it in Spindle's sources: cargo xtask web --no-gpu, and then, to have it in the program, cargo install --path crates/cli --features page"
            );
        }
        Self::in_folder(Path::new(BUILT))
    }

    fn in_folder(folder: &Path) -> anyhow::Result<Self> {
        let name = folder.display();
        if let Some(missing) = NEEDED.iter().find(|file| !folder.join(file).is_file()) {
            bail!(
                "{name} is no built page: there is no {missing} in it; build one in Spindle's sources by cargo xtask web --no-gpu, which leaves it in {BUILT}"
            );
        }
        let folder = Folder::new(folder);
        Ok(Self::Folder(folder.with_context(|| {
            format!("cannot read the page in {name}")
        })?))
    }
}

impl Site for Page {
    fn find(&self, address: &str) -> Result<Option<Found>, String> {
        if !is_of_page(address) {
            return Ok(None);
        }
        match self {
            Self::Folder(folder) => folder.find(address),
            #[cfg(feature = "page")]
            Self::Embedded => Ok(embedded::find(address)),
        }
    }
}

/// The page in the program.
#[cfg(feature = "page")]
mod embedded {
    use spindle_serve::{Body, Found, tag_of};

    /// Addresses, sorted, and what lies there.
    static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/page.rs"));

    pub(super) fn find(address: &str) -> Option<Found> {
        let place = FILES
            .binary_search_by_key(&address, |(address, _)| address)
            .ok()?;
        let (_, bytes) = FILES[place];
        Some(Found {
            body: Body::Static(bytes),
            tag: tag_of(bytes),
            forever: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_own_runs_and_its_keeper_are_not_served() {
        for address in [
            "index.html",
            "assets/a.js",
            "engines.json",
            "runs/universality.json",
        ] {
            assert!(is_of_page(address), "{address}");
        }
        for address in [
            "runs/index.json",
            "runs/lenet-mnist.spindle",
            "service-worker.js",
            "precache.json",
        ] {
            assert!(!is_of_page(address), "{address}");
        }
    }
}
