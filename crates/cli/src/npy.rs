//! Outputs of any model as NumPy files.

use std::{fs::File, io::BufReader, path::Path};

use anyhow::{Context, bail};
use npyz::{DType, NpyFile, Order, TypeChar, WriterBuilder};
use spindle_run::folder::write_whole;

/// Outputs on all masks: row-major `[samples, 2^n]`.
pub(crate) struct Games {
    pub(crate) values: Vec<f64>,
    pub(crate) players: usize,
}

/// Reads f32 or f64, `[samples, 2^n]` or `[2^n]`, in C order.
pub(crate) fn read(path: &Path) -> anyhow::Result<Games> {
    let name = path.display();
    let file = File::open(path).with_context(|| format!("cannot open {name}"))?;
    let npy = NpyFile::new(BufReader::new(file))
        .with_context(|| format!("{name} is not a NumPy .npy file"))?;
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

fn floats(npy: NpyFile<BufReader<File>>) -> anyhow::Result<Vec<f64>> {
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
    Ok(write_whole(path, &bytes)?)
}
