//! A folder's files as a site.

use std::{
    fs::{self, File, Metadata},
    io,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use crate::site::{Body, Found, Site};

/// The files below a folder, read anew at every request: what is put there is there at once.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Without links on the way.
    root: PathBuf,
    never_changes: fn(&str) -> bool,
}

impl Folder {
    /// The files below `root`.
    ///
    /// # Errors
    /// Where it is no folder that can be read.
    pub fn new(root: &Path) -> io::Result<Self> {
        let root = root.canonicalize()?;
        fs::read_dir(&root)?;
        Ok(Self {
            root,
            never_changes: |_| false,
        })
    }

    /// With a rule by which files never change under their address.
    #[must_use]
    pub fn with_lasting(mut self, never_changes: fn(&str) -> bool) -> Self {
        self.never_changes = never_changes;
        self
    }

    /// The file at an address. One that is reached by a link is none of this folder: links may lead
    /// anywhere.
    fn open(&self, address: &str) -> Option<(File, Metadata)> {
        let mut path = self.root.clone();
        path.extend(address.split('/'));
        // A pipe would have to be waited for.
        let is_own = path.canonicalize().ok()? == path && fs::metadata(&path).ok()?.is_file();
        let file = is_own.then(|| File::open(&path).ok())??;
        let about = file.metadata().ok()?;
        about.is_file().then_some((file, about))
    }
}

impl Site for Folder {
    fn find(&self, address: &str) -> Result<Option<Found>, String> {
        Ok(self.open(address).map(|(file, about)| Found {
            tag: tag(&about),
            body: Body::File(file, about.len()),
            forever: (self.never_changes)(address),
        }))
    }
}

/// A tag for a file: when it was written, and its length.
fn tag(about: &Metadata) -> String {
    let written = about.modified().ok();
    let since = written.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    format!(
        "{:x}-{:x}",
        since.unwrap_or_default().as_nanos(),
        about.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_and_nothing_else_is() -> io::Result<()> {
        let outside = tempfile::tempdir()?;
        let root = outside.path().join("page");
        fs::create_dir_all(root.join("a"))?;
        fs::write(root.join("a/b.js"), "b")?;
        fs::write(outside.path().join("secret"), "s")?;
        let folder = Folder::new(&root)?;
        assert!(folder.open("a/b.js").is_some());
        for address in ["a", "a/c.js", "a/b.js/c", "secret"] {
            assert!(folder.open(address).is_none(), "{address}");
        }
        Ok(())
    }

    #[test]
    #[cfg(unix)]
    fn links_are_not_followed() -> io::Result<()> {
        use std::os::unix::fs::symlink;
        let outside = tempfile::tempdir()?;
        let root = outside.path().join("page");
        fs::create_dir(&root)?;
        fs::write(outside.path().join("secret"), "s")?;
        symlink("../secret", root.join("file"))?;
        symlink("..", root.join("folder"))?;
        let folder = Folder::new(&root)?;
        assert!(folder.open("file").is_none());
        assert!(folder.open("folder/secret").is_none());
        // The folder itself may be reached by one: somebody named it.
        symlink("page", outside.path().join("link"))?;
        fs::write(root.join("b.js"), "b")?;
        assert!(
            Folder::new(&outside.path().join("link"))?
                .open("b.js")
                .is_some()
        );
        Ok(())
    }
}
