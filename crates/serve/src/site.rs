//! What a server has to give.

use std::{fs::File, sync::Arc};

use sha2::{Digest, Sha256};

/// Bytes of a digest that a tag shows.
const DIGEST: usize = 16;

/// What is served.
pub trait Site: Send + Sync + 'static {
    /// What lies at an address: names joined by `/`, none of which is empty or begins with a dot.
    /// `None` where nothing lies there.
    ///
    /// # Errors
    /// A sentence for the reader, where something should lie there and cannot be given.
    fn find(&self, address: &str) -> Result<Option<Found>, String>;
}

/// What lies at an address.
#[derive(Debug)]
pub struct Found {
    /// Its bytes.
    pub body: Body,
    /// Another one when the bytes are others; letters, digits and dashes.
    pub tag: String,
    /// Whether the address never gives anything else, so that it need not be asked for again.
    pub forever: bool,
}

/// Where bytes come from.
#[derive(Debug)]
pub enum Body {
    /// From memory.
    Bytes(Arc<[u8]>),
    /// From the program itself.
    Static(&'static [u8]),
    /// From an open file of this length.
    File(File, u64),
}

impl Body {
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Static(bytes) => bytes.len() as u64,
            Self::File(_, length) => *length,
        }
    }
}

/// A tag for bytes: their digest.
pub fn tag_of(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let digits = digest.iter().take(DIGEST);
    digits.map(|byte| format!("{byte:02x}")).collect()
}
