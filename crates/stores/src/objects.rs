//! The list of what a copy has put in a store: names, sizes and digests.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use spindle_run::folder::Making;

/// Where the list lies, beside the record.
pub(crate) const OBJECTS: &str = "objects.json";
/// The record, which is put last and has a seal of its own.
pub(crate) const RECORD: &str = "run.json";
/// What workers have made that is not in the record yet.
pub(crate) const SHARDS: &str = "shards";
const VERSION: u32 = 1;

/// An object of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Object {
    /// Its size, bytes.
    pub(crate) size: u64,
    /// SHA-256 of its contents, hexadecimal.
    pub(crate) sha256: String,
}

/// What a copy has put there, but for the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objects {
    version: u32,
    spindle: String,
    pub(crate) objects: BTreeMap<String, Object>,
}

impl Default for Objects {
    fn default() -> Self {
        Self {
            version: VERSION,
            spindle: env!("CARGO_PKG_VERSION").to_owned(),
            objects: BTreeMap::new(),
        }
    }
}

impl Objects {
    /// Names of all of them.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.objects.keys().map(String::as_str)
    }

    /// The list as it is written.
    pub(crate) fn to_json(&self) -> Result<Vec<u8>, spindle_run::Error> {
        let json = serde_json::to_vec_pretty(self);
        json.map_err(spindle_run::Error::Unreadable)
    }

    /// Reads a list.
    ///
    /// # Errors
    /// [`spindle_run::Error::Newer`], or what is no list.
    pub(crate) fn from_json(json: &[u8]) -> Result<Self, spindle_run::Error> {
        let found: Self = serde_json::from_slice(json)?;
        if found.version > VERSION {
            return Err(spindle_run::Error::Newer {
                found: found.version,
                known: VERSION,
                writer: found.spindle,
                this: env!("CARGO_PKG_VERSION"),
            });
        }
        Ok(found)
    }

    /// The digest of an object, if it is in the list.
    pub(crate) fn digest(&self, name: &str) -> Option<&str> {
        self.objects.get(name).map(|object| &*object.sha256)
    }
}

/// SHA-256 of contents, hexadecimal, as everybody computes it.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Files beside the folders of a run.
const FILES: [&str; 3] = [RECORD, "state.safetensors", "report.html"];
/// Folders of a run, with files in them.
const FOLDERS: [&str; 6] = [
    "checkpoints",
    "losses",
    "outputs",
    "interactions",
    "tables",
    "figures",
];

/// Whether a name is one that a run has: so no claim, no clock, and nothing that somebody else has put
/// there, whose names never become names of files.
pub(crate) fn is_of_a_run(name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    match parts[..] {
        [file] => FILES.contains(&file),
        [folder, file] => FOLDERS.contains(&folder) && !file.starts_with('.'),
        [SHARDS, making, file] => {
            let is_known = Making::ALL.iter().any(|known| known.name() == making);
            is_known && file.ends_with(".json")
        }
        _ => false,
    }
}

/// Whether an object may lie where a run goes.
pub(crate) fn is_known(name: &str) -> bool {
    let is_of_workers = name
        .strip_prefix(SHARDS)
        .is_some_and(|rest| rest.starts_with('/'));
    is_of_workers || name == OBJECTS || is_of_a_run(name)
}
