//! Arrays of NumPy's `.npz` archives: ZIP files with a `.npy` file for each array, stored or
//! deflated.

use std::io::Read;

use flate2::bufread::DeflateDecoder;
use npyz::{DType, NpyFile, Order, TypeChar};
use rawzip::{CompressionMethod, ZipArchive};

use crate::{
    array::{Array, Values, count},
    npy_header, unpacking,
};

/// The array `name` of an archive.
///
/// # Errors
/// In words: an archive that is broken or without the array, and an array of another type or
/// layout.
pub(super) fn array(bytes: &[u8], name: &str) -> Result<Array, String> {
    let file = member(bytes, &format!("{name}.npy"))?;
    let foreign = |error| format!("{name} is not in NumPy's format: {error}");
    let header = npy_header::length(&file).map_err(foreign)?;
    let npy = NpyFile::new(&file[..]).map_err(|error| foreign(error.to_string()))?;
    if npy.order() == Order::Fortran && npy.shape().len() > 1 {
        return Err(format!(
            "{name} is in Fortran order; save numpy.ascontiguousarray({name})"
        ));
    }
    let shape = npy.shape().iter().map(|&length| usize::try_from(length));
    let shape: Vec<usize> = shape
        .collect::<Result<_, _>>()
        .map_err(|_| format!("the axes of {name} are impossibly large"))?;
    // Before memory is taken for what the header says.
    let there = file.len() - header;
    if let DType::Plain(plain) = npy.dtype()
        && plain.type_char() != TypeChar::Object
    {
        let size = plain.num_bytes().unwrap_or(1).max(1);
        let announced = count(&shape).and_then(|count| count.checked_mul(size));
        if announced != Some(there) {
            return Err(format!(
                "{name} is {shape:?} of {size} bytes each by its header, and {there} bytes are there; save it again"
            ));
        }
    }
    let values = values_of(npy, name)?;
    Ok(Array { shape, values })
}

fn values_of(npy: NpyFile<&[u8]>, name: &str) -> Result<Values, String> {
    let dtype = npy.dtype();
    let DType::Plain(plain) = &dtype else {
        return Err(format!("{name} has fields, plain numbers are needed"));
    };
    let read = |error| format!("{name} is truncated or broken: {error}");
    macro_rules! integers {
        ($type:ty) => {{
            let values = npy.into_vec::<$type>().map_err(read)?;
            Values::integers(values).ok_or_else(|| format!("{name} has numbers beyond 2^63"))
        }};
    }
    match (plain.type_char(), plain.num_bytes()) {
        (TypeChar::Uint, Some(1)) => Ok(Values::Bytes(npy.into_vec().map_err(read)?)),
        (TypeChar::Uint, Some(2)) => integers!(u16),
        (TypeChar::Uint, Some(4)) => integers!(u32),
        (TypeChar::Uint, Some(8)) => integers!(u64),
        (TypeChar::Int, Some(1)) => integers!(i8),
        (TypeChar::Int, Some(2)) => integers!(i16),
        (TypeChar::Int, Some(4)) => integers!(i32),
        (TypeChar::Int, Some(8)) => integers!(i64),
        (TypeChar::Float, Some(4)) => Ok(Values::Floats(npy.into_vec().map_err(read)?)),
        (TypeChar::Float, Some(8)) => {
            let values = npy.into_vec::<f64>().map_err(read)?;
            Ok(Values::Floats(
                values.into_iter().map(|value| value as f32).collect(),
            ))
        }
        _ => Err(format!(
            "{name} is of type {}; integers, f32 and f64 are known",
            dtype.descr()
        )),
    }
}

/// Names of the arrays of an archive, in its order.
///
/// # Errors
/// In words: an archive that is broken.
pub(super) fn names(bytes: &[u8]) -> Result<Vec<String>, String> {
    let archive = ZipArchive::from_slice(bytes).map_err(words)?;
    let mut names = Vec::new();
    let mut entries = archive.entries();
    while let Some(entry) = entries.next_entry().map_err(words)? {
        let path = entry.file_path().try_normalize().map_err(words)?;
        names.extend(path.as_ref().strip_suffix(".npy").map(str::to_owned));
    }
    Ok(names)
}

/// A file of an archive, unpacked; its checksum is checked.
///
/// # Errors
/// In words: an archive that is broken or without the file, and one that would fill the memory.
pub(super) fn member(bytes: &[u8], wanted: &str) -> Result<Vec<u8>, String> {
    let archive = ZipArchive::from_slice(bytes).map_err(words)?;
    let mut names = Vec::new();
    let mut entries = archive.entries();
    while let Some(entry) = entries.next_entry().map_err(words)? {
        let path = entry.file_path().try_normalize().map_err(words)?;
        let name = path.as_ref().to_owned();
        if name != wanted {
            names.push(name);
            continue;
        }
        let method = entry.compression_method();
        let file = archive.get_entry(entry.wayfinder()).map_err(words)?;
        let size = entry.uncompressed_size_hint();
        unpacking::check(wanted, size, file.data().len() as u64).map_err(|reason| {
            format!("{reason}; save the arrays with numpy.savez if they are meant")
        })?;
        let mut contents = Vec::new();
        // One more, so that what is longer than it says is noticed where it ends.
        match method {
            CompressionMethod::STORE => file
                .verifying_reader(file.data())
                .take(size + 1)
                .read_to_end(&mut contents),
            CompressionMethod::DEFLATE => file
                .verifying_reader(DeflateDecoder::new(file.data()))
                .take(size + 1)
                .read_to_end(&mut contents),
            _ => {
                return Err(format!(
                    "{wanted} is compressed in a way that NumPy does not"
                ));
            }
        }
        .map_err(words)?;
        if contents.len() as u64 != size {
            return Err(words(format!(
                "{wanted} is not of the {size} bytes that it announces"
            )));
        }
        return Ok(contents);
    }
    Err(format!("there is no {wanted} in it but {names:?}"))
}

fn words(error: impl std::fmt::Display) -> String {
    format!("it is not a whole ZIP archive: {error}")
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use rawzip::ZipArchiveWriter;

    use super::*;

    /// An archive whose array `x` is of six floats, and announces a shape.
    fn announcing(shape: &str) -> Vec<u8> {
        let text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n");
        let mut npy = b"\x93NUMPY\x01\x00".to_vec();
        npy.extend((text.len() as u16).to_le_bytes());
        npy.extend(text.as_bytes());
        npy.extend((0..6).flat_map(|value| (value as f32).to_le_bytes()));
        let mut bytes = Vec::new();
        let mut archive = ZipArchiveWriter::new(&mut bytes);
        let file = archive.new_file("x.npy");
        let (mut entry, config) = file
            .compression_method(CompressionMethod::STORE)
            .start()
            .unwrap();
        let mut writer = config.wrap(&mut entry);
        writer.write_all(&npy).unwrap();
        let (_, descriptor) = writer.finish().unwrap();
        entry.finish(descriptor).unwrap();
        archive.finish().unwrap();
        bytes
    }

    #[test]
    fn an_array_has_as_many_values_as_its_header_announces() {
        let whole = array(&announcing("(2, 3)"), "x").unwrap();
        assert_eq!(whole.shape, [2, 3]);
        assert!(matches!(whole.values, Values::Floats(values) if values.len() == 6));
        for shape in ["(2, 2)", "(5,)", "()", "(0,)", "(2, 4)", "(7,)"] {
            let said = array(&announcing(shape), "x").unwrap_err();
            assert!(said.contains("24 bytes are there"), "{shape}: {said}");
        }
        let said = array(&announcing("(4294967296, 4294967296)"), "x").unwrap_err();
        assert!(said.contains("impossibly large"), "{said}");
    }

    #[test]
    fn arrays_are_told_by_name() {
        let archive = announcing("(6,)");
        assert_eq!(names(&archive), Ok(vec!["x".to_owned()]));
        assert!(
            array(&archive, "y")
                .unwrap_err()
                .contains("there is no y.npy in it but [\"x.npy\"]")
        );
    }
}
