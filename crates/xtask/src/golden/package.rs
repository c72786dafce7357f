//! The parts of a `.spindle` file, as they lie in it.

use std::{collections::BTreeMap, io::Read};

use rawzip::ZipArchive;

/// Contents of all parts by name. Checksums are checked.
pub(super) fn parts(bytes: &[u8]) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let archive = ZipArchive::from_slice(bytes)?;
    let mut parts = BTreeMap::new();
    let mut entries = archive.entries();
    while let Some(entry) = entries.next_entry()? {
        let name = entry.file_path().try_normalize()?.as_ref().to_owned();
        let part = archive.get_entry(entry.wayfinder())?;
        let mut contents = Vec::new();
        part.verifying_reader(part.data())
            .read_to_end(&mut contents)?;
        parts.insert(name, contents);
    }
    Ok(parts)
}
