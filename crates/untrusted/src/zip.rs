//! ZIP archives whose checksums hold, whatever is in them: without that, damage would only ever
//! reach the checksums.

use std::io::{Read, Write};

use rawzip::{CompressionMethod, ZipArchive, ZipArchiveWriter};

/// Files with their names.
pub type Parts = Vec<(String, Vec<u8>)>;

/// An archive of these files, not compressed.
#[must_use]
pub fn stored(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut bytes);
    for (name, contents) in parts {
        let file = archive
            .new_file(name.as_str())
            .compression_method(CompressionMethod::STORE);
        let (mut entry, config) = file.start().unwrap();
        let mut writer = config.wrap(&mut entry);
        writer.write_all(contents).unwrap();
        let (_, descriptor) = writer.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    bytes
}

/// The files of an archive that is whole and not compressed.
#[must_use]
pub fn parts(archive: &[u8]) -> Parts {
    let archive = ZipArchive::from_slice(archive).unwrap();
    let mut entries = archive.entries();
    let mut parts = Parts::new();
    while let Some(entry) = entries.next_entry().unwrap() {
        let name = entry.file_path().try_normalize().unwrap();
        let name = name.as_ref().to_owned();
        let file = archive.get_entry(entry.wayfinder()).unwrap();
        let mut contents = Vec::new();
        file.verifying_reader(file.data())
            .read_to_end(&mut contents)
            .unwrap();
        parts.push((name, contents));
    }
    parts
}
