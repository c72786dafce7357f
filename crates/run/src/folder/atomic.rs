//! Files that are either whole or not there.

use std::{
    fs::{self, OpenOptions, Permissions},
    hash::{BuildHasher, RandomState},
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::disk::Disk;
use crate::{Error, digest::sha256};

const PREFIX: char = '.';
const SUFFIX: &str = ".tmp";
/// Most bytes of a name that a temporary name repeats: file systems end names at 255.
const KEPT: usize = 200;

/// Writes `bytes` to `path`: complete, or not at all with the previous file kept. Makes the file's
/// folder.
///
/// A link is followed, and what it leads to is replaced; a file that is replaced keeps its mode. What
/// is no regular file (a pipe, a device) is written to and stays what it is.
///
/// # Errors
/// [`Error::Io`] naming `path`.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write_on(&Disk::default(), path, bytes)
}

/// As [`write()`], on a disk that may fail.
///
/// # Errors
/// [`Error::Io`] naming `path`.
pub fn write_on(disk: &Disk, path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let named = |source| Error::Io {
        action: "write",
        path: path.to_owned(),
        source,
    };
    match destination(path).map_err(named)? {
        Destination::Stream => stream(path, bytes).map_err(named),
        Destination::File { path, permissions } => {
            replace(disk, &path, bytes, permissions).map_err(named)
        }
    }
}

/// Writes `bytes` to `path` unless there is a file already: of several who write it, one does.
/// Whether it was this one.
///
/// # Errors
/// [`Error::Io`] naming `path`.
pub(super) fn write_first(disk: &Disk, path: &Path, bytes: &[u8]) -> Result<bool, Error> {
    let named = |source| Error::Io {
        action: "write",
        path: path.to_owned(),
        source,
    };
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(named(io::ErrorKind::InvalidFilename.into()));
    };
    // Two processes may be at it, on one machine or on two.
    let own = format!("{}-{}", name.to_string_lossy(), unique());
    let temporary = folder.join(temporary_name(&own));
    let written = disk
        .make_folders(folder)
        .and_then(|()| write_through(disk, &temporary, bytes, None))
        .and_then(|()| disk.name_first(&temporary, path));
    let removed = disk.remove(&temporary);
    let is_first = written.map_err(named)?;
    removed.map_err(named)?;
    disk.sync_folder(folder).map_err(named)?;
    Ok(is_first)
}

/// Something that no other process comes to.
fn unique() -> u64 {
    RandomState::new().hash_one(std::process::id())
}

/// What a path leads to.
#[derive(Debug)]
enum Destination {
    /// A regular file, or none yet.
    File {
        /// Where it is, behind all links.
        path: PathBuf,
        /// Of the file that is there.
        permissions: Option<Permissions>,
    },
    /// What has no contents of its own: a pipe, a device.
    Stream,
}

fn destination(path: &Path) -> io::Result<Destination> {
    match fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(Destination::File {
            path: fs::canonicalize(path)?,
            permissions: Some(found.permissions()),
        }),
        Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(_) => Ok(Destination::Stream),
        Err(error) if super::absent(&error) => Ok(Destination::File {
            path: behind_links(path)?,
            permissions: None,
        }),
        Err(error) => Err(error),
    }
}

/// Where links lead that end at nothing yet.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    const MOST: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..MOST {
        let is_link = fs::symlink_metadata(&path).is_ok_and(|found| found.is_symlink());
        if !is_link {
            return Ok(path);
        }
        let target = fs::read_link(&path)?;
        path = path.parent().unwrap_or(Path::new("")).join(target);
    }
    Err(io::Error::other("its links lead nowhere"))
}

fn stream(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.write_all(bytes)?;
    file.flush()
}

fn replace(
    disk: &Disk,
    path: &Path,
    bytes: &[u8],
    permissions: Option<Permissions>,
) -> io::Result<()> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidFilename.into());
    };
    disk.make_folders(folder)?;
    let temporary = folder.join(temporary_name(&name.to_string_lossy()));
    let written = write_through(disk, &temporary, bytes, permissions)
        .and_then(|()| disk.rename(&temporary, path));
    if let Err(error) = written {
        // What is left of the temporary file takes space on a disk that may be full; the first
        // error is the one to tell.
        let _ = disk.remove(&temporary);
        return Err(error);
    }
    disk.sync_folder(folder)
}

/// The name under which a file is written; of a long name its beginning and a digest of it.
pub(super) fn temporary_name(name: &str) -> String {
    if name.len() <= KEPT {
        return format!("{PREFIX}{name}{SUFFIX}");
    }
    let digest = sha256([name.as_bytes()]);
    let kept = name.floor_char_boundary(KEPT);
    format!("{PREFIX}{}-{}{SUFFIX}", &name[..kept], &digest[..16])
}

/// On the disk before the rename, or a loss of power could leave the new name with old or no
/// contents.
fn write_through(
    disk: &Disk,
    path: &Path,
    bytes: &[u8],
    permissions: Option<Permissions>,
) -> io::Result<()> {
    // What a killed process left, which may be a link by now.
    disk.remove(path)?;
    let file = disk.create_new(path)?;
    if let Some(permissions) = permissions {
        // Not every file system has modes.
        let _ = file.set_permissions(permissions);
    }
    disk.fill(file, path, bytes)
}

/// Whether a file of this name is a temporary one.
pub(super) fn is_temporary(name: &str) -> bool {
    name.starts_with(PREFIX) && name.ends_with(SUFFIX)
}

/// Removes the temporary files in a folder that a killed process left.
///
/// # Errors
/// [`Error::Io`]; a folder that is not there is fine.
pub(super) fn remove_leftovers(disk: &Disk, folder: &Path) -> Result<(), Error> {
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
            disk.remove(&path).map_err(|source| Error::Io {
                action: "remove",
                path,
                source,
            })
        })
}

#[cfg(all(test, unix))]
mod tests {
    use std::{
        os::unix::fs::{PermissionsExt, symlink},
        process::Command,
        thread,
    };

    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn links_stay_links_and_lead_to_what_was_written() {
        let folder = folder();
        let [target, link, dangling] =
            ["target", "link", "dangling"].map(|n| folder.path().join(n));
        fs::write(&target, "old").unwrap();
        symlink("target", &link).unwrap();
        symlink("made/new", &dangling).unwrap();
        write(&link, b"new").unwrap();
        write(&dangling, b"first").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"new");
        assert_eq!(fs::read(folder.path().join("made/new")).unwrap(), b"first");
        for link in [link, dangling] {
            assert!(fs::symlink_metadata(link).unwrap().is_symlink());
        }
        let around = folder.path().join("around");
        symlink("around", &around).unwrap();
        assert!(write(&around, b"x").is_err());
    }

    #[test]
    fn a_pipe_is_written_through() {
        let folder = folder();
        let pipe = folder.path().join("pipe");
        assert!(
            Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        let reader = {
            let pipe = pipe.clone();
            thread::spawn(move || fs::read(pipe).unwrap())
        };
        write(&pipe, b"through").unwrap();
        assert_eq!(reader.join().unwrap(), b"through");
        assert!(!fs::metadata(&pipe).unwrap().is_file());
        // Never written to here: only what it is taken for.
        let null = destination(Path::new("/dev/null"));
        assert!(matches!(null, Ok(Destination::Stream)), "{null:?}");
        assert!(destination(folder.path()).is_err());
    }

    #[test]
    fn a_file_that_is_replaced_keeps_its_mode_whatever_was_left_beside_it() {
        let folder = folder();
        let [file, other] = ["file", "other"].map(|n| folder.path().join(n));
        fs::write(&file, "old").unwrap();
        fs::write(&other, "other").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        symlink(&other, folder.path().join(".file.tmp")).unwrap();
        write(&file, b"new").unwrap();
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(
            (fs::read(&file).unwrap(), mode & 0o777),
            (b"new".to_vec(), 0o640)
        );
        assert_eq!(fs::read(&other).unwrap(), b"other");
    }

    #[test]
    fn long_names_have_temporary_names_that_fit() {
        let folder = folder();
        let name = "ä".repeat(127);
        write(&folder.path().join(&name), b"x").unwrap();
        assert!(folder.path().join(&name).is_file());
        let temporary = temporary_name(&name);
        assert!(temporary.len() < 255 && is_temporary(&temporary));
        assert_ne!(temporary, temporary_name(&format!("{name}b")));
    }
}
