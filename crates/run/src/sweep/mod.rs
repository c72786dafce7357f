//! Sweeps: a grid of experiments, each a run of its own, and what all of them together say.
//!
//! A [`Sweep`] is read from a file: what its runs have in common, and lists of values whose every
//! combination is a run. [`joined_tables`] join what the runs found, [`over_seeds`] tells what
//! runs that differ in their seeds only have in common, and [`figures`](fn@figures) draw it.

mod definition;
mod domain;
mod figures;
mod gather;
mod matched;
mod number;
mod seeds;
mod transfer;
mod twins;

pub use definition::{Cell, Sweep};
pub use domain::Domain;
pub use figures::figures;
pub use gather::{CellRecord, joined_tables, own_tables, varied};
pub use number::{Number, numbers};
pub use seeds::{OverSeeds, over_seeds};
pub use transfer::{TestEffects, Transfer, figure as transfer_figure, transfers};
pub use twins::{Twins, Watched};
