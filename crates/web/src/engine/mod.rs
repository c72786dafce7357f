//! What an engine answers beside a viewer: training, measuring, recording, drawing. Thin doors over
//! `spindle-core`.

mod data;
pub mod draw;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod measure;
pub mod record;
pub mod train;
