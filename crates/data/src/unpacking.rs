//! How much a compressed file may unpack to: a few megabytes of zeros fit into a few kilobytes, and
//! gigabytes of them into a few megabytes.

/// Bytes that any file, or any part of an archive, may unpack to.
const LARGEST: u64 = 1 << 28;
/// As many times its packed bytes a larger one may unpack to.
const DENSEST: u64 = 64;

/// Most bytes that `packed` bytes may unpack to.
pub(super) fn limit(packed: u64) -> u64 {
    LARGEST.max(packed.saturating_mul(DENSEST))
}

/// Refuses what would fill the memory.
///
/// # Errors
/// In words, with both sizes.
pub(super) fn check(what: &str, size: u64, packed: u64) -> Result<(), String> {
    let allowed = limit(packed);
    match size > allowed {
        true => Err(format!(
            "{what} would unpack from {packed} bytes to {size}, more than the {allowed} that data come to"
        )),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_unpack_to_gigabytes_is_refused_before() {
        assert!(check("x.npy", 200_000_000, 200_000).is_ok());
        assert!(check("x.npy", 4_000_000_000, 4_000_000_000).is_ok());
        let said = check("x.npy", 4_000_000_000, 4_000_000).unwrap_err();
        assert!(
            said.contains("x.npy would unpack from 4000000 bytes to 4000000000"),
            "{said}"
        );
    }
}
