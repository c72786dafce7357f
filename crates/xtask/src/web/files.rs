//! Files of the page: whole or not there, and named by what is in them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use sha2::{Digest, Sha256};

/// Digits of a hash in a name.
const DIGITS: usize = 8;

/// The hash that goes into a name, of several contents in turn.
pub(super) fn hash<'a>(contents: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut digest = Sha256::new();
    for content in contents {
        digest.update(content);
    }
    let bytes = digest.finalize();
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits[..DIGITS].to_owned()
}

/// Whether a file's address, relative to the page, carries its hash, so that what it gives never
/// changes. The service worker goes by the same rule.
pub(super) fn is_hashed(address: &str) -> bool {
    match address.split('/').collect::<Vec<_>>()[..] {
        ["assets" | "data", ..] => true,
        ["engines", folder, ..] => folder.rsplit_once('-').is_some_and(|(_, hash)| {
            hash.len() == DIGITS && hash.bytes().all(|digit| digit.is_ascii_hexdigit())
        }),
        _ => false,
    }
}

pub(super) fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

/// Writes a file by renaming, unless it is there with this content: who reads sees the old one or
/// the new one.
pub(super) fn write(file: &Path, content: &[u8]) -> anyhow::Result<()> {
    if fs::read(file).is_ok_and(|old| old == content) {
        return Ok(());
    }
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = folder.join(name);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&new, content))
        .and_then(|()| fs::rename(&new, file))
        .with_context(|| format!("cannot write {}", file.display()))
}

/// Removes a folder, if it is there.
pub(super) fn remove_folder(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

/// What lies in a folder, sorted; nothing where there is no folder.
pub(super) fn entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .map(|entry| Ok(entry?.path()))
        .collect::<anyhow::Result<_>>()?;
    entries.sort();
    Ok(entries)
}

/// All files under a folder, as addresses relative to it, sorted.
pub(super) fn addresses(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in entries(folder)? {
        let name = entry.file_name().unwrap_or_default().to_string_lossy();
        if entry.is_dir() {
            let inside = addresses(&entry)?;
            found.extend(inside.iter().map(|address| format!("{name}/{address}")));
        } else {
            found.push(name.into_owned());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_of_the_contents_in_turn() {
        assert_eq!(hash([&b"abc"[..]]), "ba7816bf");
        assert_eq!(hash([&b"a"[..], b"bc"]), "ba7816bf");
        assert_ne!(hash([&b"acb"[..]]), "ba7816bf");
    }

    #[test]
    fn only_names_that_carry_a_hash_never_change() {
        assert!(is_hashed("assets/index-B1x2.js"));
        assert!(is_hashed("data/train-images-01234567.idx"));
        assert!(is_hashed("engines/cpu-0123abcd/spindle_web.js"));
        assert!(!is_hashed("engines/cpu/spindle_web.js"));
        assert!(!is_hashed("engines.json"));
        assert!(!is_hashed("runs/lenet-mnist.spindle"));
        assert!(!is_hashed("index.html"));
    }

    #[test]
    fn addresses_are_relative_and_sorted() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        write(&folder.path().join("b/c.txt"), b"c")?;
        write(&folder.path().join("a.txt"), b"a")?;
        assert_eq!(addresses(folder.path())?, ["a.txt", "b/c.txt"]);
        Ok(())
    }
}
