//! Networks that are Burn modules: trained and evaluated, with weights under PyTorch's names.

mod engine;
mod module;
mod sgd;
mod weights;

pub(crate) use engine::BurnEngine;
pub(crate) use module::{BurnNetwork, Numbers};
