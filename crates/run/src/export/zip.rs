//! Stored ZIP archives.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read, Write},
};

use zip::{
    CompressionMethod, DateTime, ZipArchive, ZipWriter, result::ZipError, write::SimpleFileOptions,
};

use crate::Error;

/// An archive of these files, without compression and without the time of day.
pub(super) fn stored(entries: &[(String, Vec<u8>)]) -> Result<Vec<u8>, Error> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default());
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        zip.start_file(name.as_str(), options).map_err(broken)?;
        zip.write_all(bytes).map_err(|error| broken(error.into()))?;
    }
    Ok(zip.finish().map_err(broken)?.into_inner())
}

/// Files by name. Their checksums are checked.
pub(super) fn entries(bytes: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    (0..zip.len())
        .map(|index| {
            let mut file = zip.by_index(index).map_err(broken)?;
            let name = file.name().map_err(broken)?.into_owned();
            let mut contents = Vec::new();
            file.read_to_end(&mut contents)
                .map_err(|error| broken(error.into()))?;
            Ok((name, contents))
        })
        .collect()
}

fn broken(error: ZipError) -> Error {
    Error::Archive(error.to_string())
}
