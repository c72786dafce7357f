//! Files that were made elsewhere: what stands in the place of one that was to be got, and what is
//! told of one.

use std::borrow::Cow;

/// What a file is instead, with what to do, where Git has left a pointer in the place of a large file.
#[must_use]
pub fn git_lfs_pointer(bytes: &[u8]) -> Option<&'static str> {
    bytes
        .starts_with(b"version https://git-lfs.github.com/")
        .then_some("a Git LFS pointer, not the file itself: fetch that with git lfs pull")
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
