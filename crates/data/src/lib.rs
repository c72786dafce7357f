//! Data sets: labelled samples, and what of them an experiment trains on and measures.
//!
//! A kind of data is an implementation of [`DataKind`], with a module for each: [`pictures`],
//! [`texts`], [`clouds`]. A data set is a module for its published layout and a row of
//! [`catalogue`]. [`load`] is the door: what it gives is of one of the kinds, and what follows is
//! written once over [`Data`] of a kind. Loaders that need crates for file formats are behind the
//! feature `files`.
//!
//! What else people bring is read here too: [`outputs`] of any model, [`weights`], [`players`].

#[cfg(feature = "files")]
mod ag_news;
#[cfg(feature = "files")]
mod array;
#[cfg(feature = "files")]
mod arrays;
mod bytes;
pub mod catalogue;
#[cfg(feature = "files")]
mod cifar;
mod classes;
pub mod clouds;
#[cfg(feature = "files")]
mod cub;
mod data;
pub mod drawing;
mod entry;
mod error;
#[cfg(feature = "files")]
mod folder;
mod idx;
mod kind;
#[cfg(feature = "files")]
mod leavings;
#[cfg(feature = "files")]
mod lists;
pub mod mnist;
#[cfg(feature = "files")]
mod mnli;
#[cfg(feature = "files")]
mod npy_header;
#[cfg(feature = "files")]
mod npz;
#[cfg(feature = "files")]
pub mod outputs;
#[cfg(feature = "files")]
mod own;
#[cfg(feature = "files")]
mod picture_ends;
#[cfg(feature = "files")]
mod picture_files;
#[cfg(feature = "files")]
mod picture_folders;
pub mod pictures;
#[cfg(feature = "files")]
pub mod players;
#[cfg(feature = "files")]
mod points;
#[cfg(feature = "files")]
mod pytorch;
#[cfg(feature = "files")]
mod quotes;
mod sample;
#[cfg(feature = "files")]
mod scale;
mod selection;
#[cfg(feature = "files")]
mod shapenet;
pub mod solids;
#[cfg(feature = "files")]
mod sst2;
#[cfg(feature = "files")]
mod tables;
pub mod texts;
#[cfg(feature = "files")]
mod tiny_imagenet;
mod training;
mod unpacking;
#[cfg(feature = "files")]
pub mod weights;
#[cfg(feature = "files")]
mod word_pieces;

pub use catalogue::load;
pub use data::{About, AnyData, Data, Labelled, Labels, Split, as_begun};
pub use error::Error;
pub use kind::{AnyEncoded, Choices, DataKind, Description, Digested, Parts};
pub use sample::{EncodedSample, MeasuredSample};
pub use selection::{measured_samples, test_samples, training_masks};
pub use training::TrainingSet;
