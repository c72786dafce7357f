//! SHA-256 digests of data sets and files.

use sha2::{Digest, Sha256};

/// SHA-256 of the parts one after another, hexadecimal. Each part's length goes in first, so that
/// moving bytes from one part to the next gives another digest.
#[must_use]
pub fn sha256<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let digest = parts.into_iter().fold(Sha256::new(), |digest, part| {
        digest
            .chain_update((part.len() as u64).to_le_bytes())
            .chain_update(part)
    });
    hexadecimal(&digest.finalize())
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_depends_on_where_parts_end() {
        let digest = sha256([&b"ab"[..], b"c"]);
        assert_eq!(digest.len(), 64);
        assert_eq!(digest, sha256([&b"ab"[..], b"c"]));
        assert_ne!(digest, sha256([&b"a"[..], b"bc"]));
    }

    #[test]
    fn hexadecimal_keeps_leading_zeros() {
        assert_eq!(hexadecimal(&[0, 10, 255]), "000aff");
    }
}
