//! Files that were made elsewhere: what stands in the place of one that was to be got, and what is
//! told of one.

use std::borrow::Cow;

/// What a file is instead, with what to do: a pointer that Git has left in the place of a large file, or
/// the page of a server that did not give it out.
#[must_use]
pub fn instead(bytes: &[u8]) -> Option<&'static str> {
    let begins = |with: &str| {
        let begin = bytes.trim_ascii_start().get(..with.len());
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(with.as_bytes()))
    };
    if begins("version https://git-lfs.github.com/") {
        Some("a Git LFS pointer, not the file itself: fetch that with git lfs pull")
    } else if begins("<!doctype html") || begins("<html") {
        Some(
            "a web page (HTML), not the file itself: get it again, and look at what the server says",
        )
    } else {
        None
    }
}

/// What a file is packed with, with what to do, for readers that do not unpack it.
#[must_use]
pub fn packed(bytes: &[u8]) -> Option<&'static str> {
    let magics: [(&[u8], &str); 4] = [
        (
            b"\x1f\x8b",
            "compressed with gzip: unpack it first (gunzip)",
        ),
        (b"\xfd7zXZ", "compressed with xz: unpack it first (unxz)"),
        (
            b"\x28\xb5\x2f\xfd",
            "compressed with zstd: unpack it first (unzstd)",
        ),
        (b"BZh", "compressed with bzip2: unpack it first (bunzip2)"),
    ];
    let found = magics.iter().find(|(magic, _)| bytes.starts_with(magic));
    found.map(|&(_, what)| what)
}

/// Characters that are told of what a file says.
const TOLD: usize = 600;

/// What is told of a part of a file, cut where it is long: it stands in a sentence about the file.
#[must_use]
pub fn cut(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(TOLD) {
        Some((end, _)) => Cow::Owned(format!("{} ...", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_files_place_is_known_by_its_begin() {
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n";
        assert!(instead(pointer).is_some_and(|what| what.contains("git lfs pull")));
        for page in [&b"\n <!DOCTYPE HTML>"[..], b"<html lang=en>"] {
            assert!(instead(page).is_some_and(|what| what.contains("web page")));
        }
        for file in [&b""[..], b"<", b"version 1", b"\x93NUMPY"] {
            assert_eq!((instead(file), packed(file)), (None, None));
        }
        assert!(packed(b"\x1f\x8b\x08").is_some_and(|what| what.contains("gunzip")));
    }
}
