//! What stands in the place of a file that was to be got from elsewhere.

/// What a file is instead, with what to do, where Git has left a pointer in the place of a large file.
#[must_use]
pub fn git_lfs_pointer(bytes: &[u8]) -> Option<&'static str> {
    bytes
        .starts_with(b"version https://git-lfs.github.com/")
        .then_some("a Git LFS pointer, not the file itself: fetch that with git lfs pull")
}
