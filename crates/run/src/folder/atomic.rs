//! Files that are either whole or not there.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::Error;

const PREFIX: char = '.';
const SUFFIX: &str = ".tmp";

/// Writes `bytes` to `path`: complete, or not at all with the previous file kept. Makes the file's
/// folder.
///
/// # Errors
/// [`Error::Io`] naming `path`.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let named = |source| Error::Io {
        action: "write",
        path: path.to_owned(),
        source,
    };
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(named(io::ErrorKind::InvalidFilename.into()));
    };
    fs::create_dir_all(folder).map_err(named)?;
    let temporary = folder.join(format!("{PREFIX}{}{SUFFIX}", name.to_string_lossy()));
    let written = write_through(&temporary, bytes).and_then(|()| fs::rename(&temporary, path));
    if let Err(error) = written {
        // What is left of the temporary file takes space on a disk that may be full; the first
        // error is the one to tell.
        let _ = fs::remove_file(&temporary);
        return Err(named(error));
    }
    sync_folder(folder);
    Ok(())
}

/// On the disk before the rename, or a loss of power could leave the new name with old or no
/// contents.
fn write_through(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes the rename last. Not every file system can, and the file is whole either way.
fn sync_folder(folder: &Path) {
    if cfg!(unix)
        && let Ok(folder) = File::open(folder)
    {
        let _ = folder.sync_all();
    }
}

/// Whether a file of this name is a temporary one.
pub(super) fn is_temporary(name: &str) -> bool {
    name.starts_with(PREFIX) && name.ends_with(SUFFIX)
}

/// Removes the temporary files in a folder that a killed process left.
///
/// # Errors
/// [`Error::Io`]; a folder that is not there is fine.
pub(super) fn remove_leftovers(folder: &Path) -> Result<(), Error> {
    let entries = match fs::read_dir(folder) {
        Err(error) if super::absent(&error) => return Ok(()),
        entries => entries.map_err(|source| Error::Io {
            action: "list",
            path: folder.to_owned(),
            source,
        })?,
    };
    let leftovers: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .filter(|entry| is_temporary(&entry.file_name().to_string_lossy()))
        .map(|entry| entry.path())
        .collect();
    leftovers
        .into_iter()
        .filter(|path| path.is_file())
        .try_for_each(|path| {
            fs::remove_file(&path).map_err(|source| Error::Io {
                action: "remove",
                path,
                source,
            })
        })
}
