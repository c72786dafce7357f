//! Writers of small data sets in exactly the layouts that are published: what they hold can be
//! learned.
#![allow(dead_code, missing_docs, unreachable_pub, unused_imports)]

mod arrays;
mod clouds;
mod pictures;
mod texts;

use std::{fs, path::Path};

pub use arrays::{Numbers, npz, own_arrays, safetensors};
pub use clouds::{own_clouds, shapenet};
pub use pictures::{cifar10, cub, own_pictures, tiny_imagenet};
pub use texts::{ag_news, mnli, own_texts, sst2, vocabulary};

/// Pseudo-random bits of a position, the same at every time.
pub fn noise(position: usize) -> usize {
    let mut bits = (position as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (bits >> 33) as usize
}

/// Writes a file, and the folders above it.
pub fn write(folder: &Path, file: &str, contents: impl AsRef<[u8]>) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, contents).unwrap();
}
