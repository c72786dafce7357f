//! What `torch.save` has written. The pickle in it is parsed and never run.
//!
//! Sizes are checked before memory is taken for them: a pickle takes far more room than its bytes,
//! an archive may be compressed, and tensors may share one storage or repeat one number.

use std::{io::Cursor, path::Path};

use pytorch_reader::{DType, PytorchError, PytorchReader, Tensor as Stored};
use spindle_run::{
    encoding,
    event::{Tensor, Tensors},
    half,
};
use zip::{CompressionMethod, ZipArchive};

use crate::unpacking;

/// Most bytes of a pickle: the names and shapes of some thirty thousand tensors. The reader takes
/// up to two hundred times as many.
const LONGEST_PICKLE: u64 = 8 << 20;
/// Where the pickle lies in an archive.
const PICKLE: &str = "data.pkl";

const SAVE: &str = "save the weights with torch.save(model.state_dict(), \"weights.pt\")";

/// The tensors of a file, whose bytes these are. `prefix` tells, of those of floats, what the names
/// of weights begin with; others may be of any type.
///
/// # Errors
/// In words: a file that is none of PyTorch's, that would fill the memory, or without weights.
pub(super) fn tensors(
    path: &Path,
    bytes: &[u8],
    prefix: impl Fn(&Tensors) -> Option<&'static str>,
) -> Result<Tensors, String> {
    check_sizes(bytes)?;
    let found = PytorchReader::new(path).map_err(explained)?.into_tensors();
    let sizes = found.values().map(|tensor| tensor.byte_len() as u64);
    let size = sizes.fold(0, u64::saturating_add);
    unpacking::check("all tensors in it", size, bytes.len() as u64)?;
    let mut tensors = Tensors::new();
    let mut problems = Vec::new();
    for (name, stored) in found {
        match floats(&stored)? {
            Some(data) => {
                let shape = stored.shape().to_vec();
                tensors.insert(name, Tensor { shape, data });
            }
            None if encoding::is_counting_buffer(&name) => {}
            None => problems.push((name, stored.dtype())),
        }
    }
    // What optimisers and trainers count lies beside the weights and is none of them.
    let prefix = prefix(&tensors).unwrap_or_default();
    problems.retain(|(name, _)| name.starts_with(prefix));
    if !problems.is_empty() {
        let mut words: Vec<_> = problems
            .iter()
            .map(|(name, kind)| format!("{name} is {kind:?}"))
            .collect();
        words.sort_unstable();
        return Err(format!("floats are needed: {}", words.join(", ")));
    }
    if tensors.is_empty() {
        return Err(format!("there are no tensors in it; {SAVE}"));
    }
    Ok(tensors)
}

/// Refuses archives and pickles that would fill the memory.
fn check_sizes(bytes: &[u8]) -> Result<(), String> {
    if bytes.starts_with(b"PK") {
        return check_archive(bytes);
    }
    // A pickle that is neither in an archive nor before the bytes of tensors has none of them.
    let begins_as_pickle = bytes
        .first()
        .is_some_and(|first| b"\x80(}]c".contains(first));
    match begins_as_pickle && !has_storages(bytes) && bytes.len() as u64 > LONGEST_PICKLE {
        true => Err(format!(
            "it is a pickle of {} bytes without tensors in it; {SAVE}",
            bytes.len()
        )),
        false => Ok(()),
    }
}

/// Whether a file begins as those of PyTorch before 1.6 do, or as a TAR archive.
fn has_storages(bytes: &[u8]) -> bool {
    const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
    const MAGIC_TEXT: &[u8] = b"119547037146038801333356";
    let begin = &bytes[..bytes.len().min(64)];
    let has = |magic: &[u8]| begin.windows(magic.len()).any(|part| part == magic);
    has(&MAGIC) || has(MAGIC_TEXT) || bytes.get(257..262) == Some(b"ustar")
}

/// Refuses an archive with a pickle that is too long, or with compressed parts that together come
/// to more than data do. `torch.save` compresses nothing.
fn check_archive(bytes: &[u8]) -> Result<(), String> {
    let broken = |error| format!("it is not a whole ZIP archive: {error}");
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    let mut unpacked = 0_u64;
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(broken)?;
        let is_pickle = entry.name().map_err(broken)?.ends_with(PICKLE);
        if is_pickle && entry.size() > LONGEST_PICKLE {
            return Err(format!(
                "its {PICKLE} has {} bytes, more than the {LONGEST_PICKLE} that are read",
                entry.size()
            ));
        }
        if entry.compression() != CompressionMethod::Stored {
            unpacked = unpacked.saturating_add(entry.size());
        }
    }
    unpacking::check("its archive", unpacked, bytes.len() as u64)
        .map_err(|reason| format!("{reason}; torch.save compresses nothing, {SAVE}"))
}

/// A tensor's numbers; `None` where they are no floats.
fn floats(stored: &Stored) -> Result<Option<Vec<f32>>, String> {
    let convert = match stored.dtype() {
        DType::F32 => |bytes: &[u8]| numbers(bytes, f32::from_le_bytes),
        DType::F64 => |bytes: &[u8]| numbers(bytes, |b| f64::from_le_bytes(b) as f32),
        DType::F16 => |bytes: &[u8]| numbers(bytes, |b| half::f16(u16::from_le_bytes(b))),
        DType::BF16 => |bytes: &[u8]| numbers(bytes, |b| half::bf16(u16::from_le_bytes(b))),
        _ => return Ok(None),
    };
    let bytes = stored.read().map_err(|error| error.to_string())?;
    Ok(Some(convert(&bytes)))
}

fn numbers<const N: usize>(bytes: &[u8], convert: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    let (numbers, _) = bytes.as_chunks::<N>();
    numbers.iter().map(|&bytes| convert(bytes)).collect()
}

/// What a reader says of a file, with what to do about a network that was saved as a whole.
fn explained(error: PytorchError) -> String {
    let words = error.to_string();
    match words.split_once("Expected a dictionary at the root of the PyTorch file, found ") {
        Some((_, found)) => format!(
            "it holds a whole module or another object ({found}), whose code is needed to read it, and no dictionary of weights; {SAVE}"
        ),
        None => words,
    }
}
