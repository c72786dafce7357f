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

/// Files by name. Their sizes and checksums are checked.
pub(super) fn entries(bytes: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let archive = ZipArchive::from_slice(bytes).map_err(broken)?;
    let mut files = BTreeMap::new();
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
