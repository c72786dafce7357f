//! AND-OR interactions of a model's outputs.
mod arch;
pub mod bootstrap;
mod butterfly;
pub mod decompose;
mod error;
pub mod mask;
pub mod phase;
pub mod reference;
pub mod salience;
mod schur;
pub mod similarity;
pub mod strength;
pub mod theory;
pub mod transform;

pub use error::Error;
