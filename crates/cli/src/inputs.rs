//! Files that someone brings: outputs, weights and players. What is in them, `spindle-data` reads.

use std::{
    io::{self, Read},
    path::Path,
};

use anyhow::Context;
use spindle_data::{outputs, outputs::Games, players, weights};
use spindle_run::{event::Tensors, record::Players};

use crate::{interrupt, output, terminal::Terminal};

/// Outputs on all masks, from a NumPy file or standard input; of an archive the array of this name,
/// or the only one.
pub(crate) fn games(path: &Path, array: Option<&str>) -> anyhow::Result<Games> {
    let bytes = bytes(path).with_context(|| cannot_read(path))?;
    outputs::decode(&bytes, array).with_context(|| cannot_read(path))
}

/// Writes f64 `[samples, 2^n]`, whole or not at all.
pub(crate) fn write_outputs(path: &Path, values: &[f64], samples: usize) -> anyhow::Result<()> {
    output::write(path, &outputs::encode(values, samples)?)
}

/// Weights by their names in the network, whatever the file is called.
pub(crate) fn weights(path: &Path, terminal: &Terminal) -> anyhow::Result<Tensors> {
    let bytes = interrupt::read(path).with_context(|| cannot_read(path))?;
    let weights = weights::decode(path, &bytes).with_context(|| cannot_read(path))?;
    if let Some(aside) = weights.aside {
        terminal.say(&format!("{}: {aside}", path.display()));
    }
    Ok(weights.tensors)
}

/// The players that outputs are wanted of.
pub(crate) fn players(path: &Path) -> anyhow::Result<Players> {
    let bytes = interrupt::read(path).with_context(|| cannot_read(path))?;
    players::decode(&bytes).with_context(|| cannot_read(path))
}

/// A file's bytes, or those of standard input.
fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    if path != Path::new(output::STANDARD) {
        return interrupt::read(path);
    }
    let mut bytes = Vec::new();
    interrupt::waiting(|| io::stdin().read_to_end(&mut bytes))?;
    Ok(bytes)
}

fn cannot_read(path: &Path) -> String {
    format!("cannot read {}", path.display())
}
