//! Stored ZIP archives.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
};

use rawzip::{CompressionMethod, ZipArchive, ZipArchiveWriter};

use crate::Error;

/// An archive of these files, without compression and without the time of day.
pub(super) fn stored(entries: &[(String, Vec<u8>)]) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut bytes);
    for (name, contents) in entries {
        let file = archive
            .new_file(name.as_str())
            .compression_method(CompressionMethod::STORE);
        let (mut entry, config) = file.start().map_err(broken)?;
        let mut writer = config.wrap(&mut entry);
        writer.write_all(contents).map_err(broken)?;
        let (_, descriptor) = writer.finish().map_err(broken)?;
        entry.finish(descriptor).map_err(broken)?;
    }
    archive.finish().map_err(broken)?;
    Ok(bytes)
}

/// Files by name. Their sizes and checksums are checked; together they are no larger than the archive.
pub(super) fn entries(bytes: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let archive = ZipArchive::from_slice(bytes).map_err(broken)?;
    let mut files = BTreeMap::new();
    let mut room = bytes.len();
    let mut entries = archive.entries();
    while let Some(entry) = entries.next_entry().map_err(broken)? {
        let name = entry.file_path().try_normalize().map_err(broken)?;
        if entry.compression_method() != CompressionMethod::STORE {
            return Err(Error::Archive(format!(
                "{} in it is compressed",
                name.as_ref()
            )));
        }
        let file = archive.get_entry(entry.wayfinder()).map_err(broken)?;
        // Files that lie over one another would unpack to any number of times the archive.
        room = room
            .checked_sub(file.data().len())
            .ok_or_else(|| Error::Archive("the files in it lie over one another".to_owned()))?;
        let mut contents = Vec::new();
        file.verifying_reader(file.data())
            .read_to_end(&mut contents)
            .map_err(broken)?;
        files.insert(name.as_ref().to_owned(), contents);
    }
    Ok(files)
}

fn broken(error: impl std::fmt::Display) -> Error {
    Error::Archive(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_lie_over_one_another_are_refused() {
        let contents = vec![7_u8; 3000];
        let names = ["a", "b", "c"].map(|name| (name.to_owned(), contents.clone()));
        let mut archive = stored(&names).unwrap();
        assert_eq!(entries(&archive).unwrap().len(), 3);
        // Where the header of the first file is, for all of them.
        let signature = b"PK\x01\x02";
        for at in 0..archive.len() - 46 {
            if archive[at..].starts_with(signature) {
                archive[at + 42..at + 46].fill(0);
            }
        }
        assert_eq!(entries(&archive).unwrap().len(), 3);
        // Without what the files after the first one had.
        let second = archive
            .windows(5)
            .skip(1)
            .position(|part| part == b"PK\x03\x04\x14");
        let central = archive
            .windows(4)
            .position(|part| part == signature)
            .unwrap();
        let second = second.map_or(central, |at| at + 1).min(central);
        let removed = central - second;
        archive.drain(second..central);
        let offset = archive.len() - 6;
        let found = u32::from_le_bytes(archive[offset..offset + 4].try_into().unwrap());
        let moved = found - u32::try_from(removed).unwrap();
        archive[offset..offset + 4].copy_from_slice(&moved.to_le_bytes());
        let said = entries(&archive).unwrap_err().to_string();
        assert!(said.contains("lie over one another"), "{said}");
    }
}
