//! Outputs of any model as NumPy files.

use std::{
    io::{self, Read},
    path::Path,
};

use spindle_run::foreign::git_lfs_pointer;

use crate::{interrupt, output};
use anyhow::{Context, bail};
use npyz::{DType, NpyFile, Order, TypeChar, WriterBuilder};

/// Outputs on all masks: row-major `[samples, 2^n]`.
pub(crate) struct Games {
    pub(crate) values: Vec<f64>,
    pub(crate) players: usize,
}

/// Reads f32 or f64, `[samples, 2^n]` or `[2^n]`, in C order.
pub(crate) fn read(path: &Path) -> anyhow::Result<Games> {
    let name = path.display();
    let bytes = bytes(path).with_context(|| format!("cannot read {name}"))?;
    if let Some(what) = foreign(&bytes) {
        bail!("{name} is {what}");
    }
    let npy =
        NpyFile::new(&bytes[..]).with_context(|| format!("{name} is not a NumPy .npy file"))?;
    check_length(&npy, &bytes).with_context(|| format!("{name} is truncated"))?;
    let masks = match *npy.shape() {
        [masks] | [_, masks] => usize::try_from(masks)?,
        ref shape => bail!("{name} has shape {shape:?}; [samples, 2^n] or [2^n] is needed"),
    };
    if npy.order() == Order::Fortran && npy.shape().len() > 1 {
        bail!("{name} is in Fortran order; save numpy.ascontiguousarray(v)");
    }
    if npy.shape().first() == Some(&0) {
        bail!(
            "{name} has shape {:?}: there is no sample in it",
            npy.shape()
        );
    }
    let players = spindle_interactions::mask::player_count(masks)
        .with_context(|| format!("{name} has {masks} values a sample"))?;
    let samples = match *npy.shape() {
        [samples, _] => samples,
        _ => 1,
    };
    let values = floats(npy).with_context(|| format!("cannot read {name}"))?;
    if u64::try_from(values.len() / masks)? != samples {
        bail!(
            "{name} holds {} values, not the {samples} samples that its header announces",
            values.len()
        );
    }
    Ok(Games { values, players })
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

/// What a file is instead, with what to do, where its first bytes tell.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [] => Some("empty; is what writes it done?"),
        _ if bytes.starts_with(b"PK") => Some(
            "a .npz archive or another ZIP file, and one array is needed; save it with numpy.save(\"v.npy\", v)",
        ),
        _ => git_lfs_pointer(bytes),
    }
}

/// Whether all values are there that the header announces.
fn check_length(npy: &NpyFile<&[u8]>, bytes: &[u8]) -> anyhow::Result<()> {
    let size = match npy.dtype() {
        DType::Plain(plain) => plain.num_bytes().unwrap_or(0),
        _ => return Ok(()),
    };
    let count = npy
        .shape()
        .iter()
        .try_fold(size as u64, |product, &axis| product.checked_mul(axis));
    let announced = count.context("its axes are impossibly large")?;
    let there = (bytes.len() as u64).saturating_sub(header_length(bytes));
    match announced.checked_sub(there) {
        None | Some(0) => Ok(()),
        Some(missing) => bail!(
            "its header announces {announced} bytes of values, {there} are there and {missing} are missing; save or copy it again"
        ),
    }
}

/// Bytes before the values: six of the magic, two of the version, the length of the text, the text.
fn header_length(bytes: &[u8]) -> u64 {
    match *bytes {
        [_, _, _, _, _, _, 1, _, a, b, ..] => 10 + u64::from(u16::from_le_bytes([a, b])),
        [_, _, _, _, _, _, _, _, a, b, c, d, ..] => {
            12 + u64::from(u32::from_le_bytes([a, b, c, d]))
        }
        _ => 0,
    }
}

fn floats(npy: NpyFile<&[u8]>) -> anyhow::Result<Vec<f64>> {
    let dtype = npy.dtype();
    let size = match &dtype {
        DType::Plain(plain) if plain.type_char() == TypeChar::Float => plain.num_bytes(),
        _ => None,
    };
    match size {
        Some(8) => Ok(npy.into_vec::<f64>()?),
        Some(4) => Ok(npy.into_vec::<f32>()?.into_iter().map(f64::from).collect()),
        _ => bail!(
            "its type is {}, f32 or f64 is needed; save v.astype(\"float64\")",
            dtype.descr()
        ),
    }
}

/// Writes f64 `[samples, 2^n]`, whole or not at all.
pub(crate) fn write(path: &Path, values: &[f64], samples: usize) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    let mut writer = npyz::WriteOptions::new()
        .default_dtype()
        .shape(&[samples as u64, (values.len() / samples.max(1)) as u64])
        .writer(&mut bytes)
        .begin_nd()?;
    writer.extend(values.iter())?;
    writer.finish()?;
    output::write(path, &bytes)
}
