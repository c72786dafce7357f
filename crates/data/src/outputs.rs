//! Outputs of any model on all masks, as NumPy files.

use npyz::{DType, NpyFile, Order, TypeChar, WriterBuilder};
use spindle_run::foreign::{instead, packed};

use crate::{Error, npy_header, npz};

/// Outputs on all masks: row-major `[samples, 2^n]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Games {
    /// The values, f64.
    pub values: Vec<f64>,
    /// n.
    pub players: usize,
}

/// Reads the bytes of a NumPy file: f32 or f64, `[samples, 2^n]` or `[2^n]`, in C order. Of an
/// archive (`.npz`) the array of the name `array`, or the only one that is in it.
///
/// # Errors
/// [`Error::Brought`] for anything else, with what to do where that can be told.
pub fn decode(bytes: &[u8], array: Option<&str>) -> Result<Games, Error> {
    let found = match (is_archive(bytes), array) {
        (true, _) => unpacked(bytes, array).and_then(|file| games(&file)),
        (false, None) => games(bytes),
        (false, Some(name)) => Err(format!(
            "it is no .npz archive, of which --array {name} would choose an array"
        )),
    };
    found.map_err(Error::Brought)
}

fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK")
}

/// The file of an archive's array.
fn unpacked(archive: &[u8], wanted: Option<&str>) -> Result<Vec<u8>, String> {
    let names = npz::names(archive)?;
    let told = || names.join(", ");
    let name = match (wanted, &names[..]) {
        (_, []) => {
            return Err("it is a ZIP archive without a NumPy array in it; save the outputs with numpy.save(\"v.npy\", v)".to_owned());
        }
        (Some(name), _) if names.iter().any(|known| known == name) => name,
        (Some(name), _) => return Err(format!("there is no array {name} in it but {}", told())),
        (None, [only]) => only,
        (None, _) => {
            return Err(format!(
                "it is an archive of {} arrays: {}; choose one by --array NAME",
                names.len(),
                told()
            ));
        }
    };
    npz::member(archive, &format!("{name}.npy"))
}

fn games(bytes: &[u8]) -> Result<Games, String> {
    if let Some(what) = foreign(bytes) {
        return Err(format!("it is {what}"));
    }
    let not_numpy = |reason| format!("it is not a NumPy .npy file: {reason}");
    if !bytes.starts_with(b"\x93NUMPY") {
        return Err(not_numpy(
            "it does not begin as one; save the outputs with numpy.save(\"v.npy\", v)".to_owned(),
        ));
    }
    let header = npy_header::length(bytes).map_err(not_numpy)?;
    let npy = NpyFile::new(bytes).map_err(|error| not_numpy(error.to_string()))?;
    check_length(&npy, bytes.len() - header)?;
    let shape = npy.shape().to_vec();
    let (samples, masks) = match shape[..] {
        [masks] => (1, masks),
        [samples, masks] => (samples, masks),
        _ => {
            return Err(format!(
                "it has shape {shape:?}; [samples, 2^n] or [2^n] is needed"
            ));
        }
    };
    if npy.order() == Order::Fortran && shape.len() > 1 {
        return Err("it is in Fortran order; save numpy.ascontiguousarray(v)".to_owned());
    }
    if shape.first() == Some(&0) {
        return Err(format!("it has shape {shape:?}: there is no sample in it"));
    }
    let players = usize::try_from(masks)
        .map_err(|error| error.to_string())
        .and_then(|masks| {
            spindle_interactions::mask::player_count(masks).map_err(|error| error.to_string())
        })
        .map_err(|error| format!("it has {masks} values a sample: {error}"))?;
    let values = floats(npy)?;
    if (values.len() >> players) as u64 != samples {
        return Err(format!(
            "it holds {} values, not the {samples} samples that its header announces",
            values.len()
        ));
    }
    Ok(Games { values, players })
}

/// What a file is instead, with what to do, where its first bytes tell.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [] => Some("empty; is what writes it done?"),
        _ => instead(bytes).or_else(|| packed(bytes)),
    }
}

/// Whether all values are there that the header announces.
fn check_length(npy: &NpyFile<&[u8]>, there: usize) -> Result<(), String> {
    // What is no number has no size that is known; its type is refused later.
    let size = match npy.dtype() {
        DType::Plain(plain) => plain.num_bytes().filter(|&size| size > 0),
        _ => None,
    };
    let Some(size) = size else { return Ok(()) };
    let count = npy
        .shape()
        .iter()
        .try_fold(size as u64, |product, &axis| product.checked_mul(axis));
    let announced = count.ok_or("its axes are impossibly large")?;
    match announced.checked_sub(there as u64) {
        Some(0) => Ok(()),
        None => Err(format!(
            "its header announces {announced} bytes of values and {there} are there; save one array, once"
        )),
        Some(missing) => Err(format!(
            "it is truncated: its header announces {announced} bytes of values, {there} are there and {missing} are missing; save or copy it again"
        )),
    }
}

fn floats(npy: NpyFile<&[u8]>) -> Result<Vec<f64>, String> {
    let dtype = npy.dtype();
    let size = match &dtype {
        DType::Plain(plain) if plain.type_char() == TypeChar::Float => plain.num_bytes(),
        _ => None,
    };
    let values = match size {
        Some(8) => npy.into_vec::<f64>(),
        Some(4) => npy
            .into_vec::<f32>()
            .map(|values| values.into_iter().map(f64::from).collect()),
        _ => {
            return Err(format!(
                "its type is {}, f32 or f64 is needed; save v.astype(\"float64\")",
                dtype.descr()
            ));
        }
    };
    values.map_err(|error| error.to_string())
}

/// The bytes of a NumPy file: f64 `[samples, 2^n]`.
///
/// # Errors
/// [`Error::Brought`] for values that are not as many for every sample.
pub fn encode(values: &[f64], samples: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let masks = values.len() / samples.max(1);
    let written = npyz::WriteOptions::new()
        .default_dtype()
        .shape(&[samples as u64, masks as u64])
        .writer(&mut bytes)
        .begin_nd()
        .and_then(|mut writer| {
            writer.extend(values.iter())?;
            writer.finish()
        });
    written.map_err(|error| Error::Brought(error.to_string()))?;
    Ok(bytes)
}
