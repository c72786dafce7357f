//! What has to hold of reading any file from a stranger: nothing panics, nothing hangs, no more
//! memory is taken than a multiple of the file, what is read can be written and read again, and
//! what is refused is refused in a sentence.
//!
//! [`TARGETS`] has a function a format, which takes any bytes. The tests give it damaged files for
//! some seconds, `cargo xtask fuzz` for minutes, and `tests/fuzz` those that libFuzzer finds.

mod damage;
pub mod memory;
pub mod seeds;
pub mod targets;
pub mod zip;

use std::{
    fmt::Display,
    sync::atomic::{AtomicU64, Ordering},
};

pub use damage::{damaged, generator};

/// A format, and what reads it.
pub struct Target {
    /// Its name on the command line, and of its file in `tests/fuzz`.
    pub name: &'static str,
    /// Reads bytes as the format, and panics where something does not hold.
    pub body: fn(&[u8]),
    /// Small files of the format.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

macro_rules! targets {
    ($($name:ident),*) => {
        &[$(Target { name: stringify!($name), body: targets::$name, seeds: seeds::$name }),*]
    };
}

/// All formats.
pub const TARGETS: &[Target] = targets![
    npy,
    npz,
    npz_array,
    arrays,
    weights,
    torch,
    torch_pickle,
    encodings,
    record,
    export,
    export_part,
    players,
    idx,
    table,
    csv
];

/// Characters of a refusal: longer ones would bury what they say.
const LONGEST_REFUSAL: usize = 4096;

static ACCEPTED: AtomicU64 = AtomicU64::new(0);

/// How many files were read and not refused since the last time that this was asked.
pub fn accepted() -> u64 {
    ACCEPTED.swap(0, Ordering::Relaxed)
}

/// What was read; `None` where it was refused, which has to be in words.
fn read<T, E: Display>(found: Result<T, E>) -> Option<T> {
    match found {
        Ok(found) => {
            ACCEPTED.fetch_add(1, Ordering::Relaxed);
            Some(found)
        }
        Err(error) => {
            let words = error.to_string();
            let count = words.chars().count();
            assert!(
                count >= 8 && words.contains(' '),
                "a refusal says nothing: {words:?}"
            );
            assert!(
                count <= LONGEST_REFUSAL,
                "a refusal has {count} characters: {}",
                words.chars().take(400).collect::<String>()
            );
            None
        }
    }
}
